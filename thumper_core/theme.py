"""How figures look: a quiet template, light and dark, and colours that colour-blind readers tell apart.

The hues are those of Okabe and Ito (2008, "Color Universal Design"), toned so that each keeps a
contrast of at least 3:1 against the light and against the dark background (WCAG 2.2, 1.4.11): a
trace keeps its colour when a page changes its mode, and only the template is exchanged.
"""

from __future__ import annotations

from typing import Final, Literal

import plotly.graph_objects as go

from thumper_core.language import mark

Mode = Literal["light", "dark"]

FONT: Final = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif'
)
BACKGROUND: Final[dict[Mode, str]] = {"light": "#ffffff", "dark": "#1b1f1c"}
_INK: Final[dict[Mode, str]] = {"light": "#3c453e", "dark": "#c9d1ca"}
_RULE: Final[dict[Mode, str]] = {"light": "#e4e7e2", "dark": "#333a35"}

CATEGORIES: Final = ("buck", "doe", "fawn", "unknown")
"""Sex and age as people say it, in the order in which tables and legends show it."""
CATEGORY_NAME: Final = {
    "buck": mark("Bucks"),
    "doe": mark("Does"),
    "fawn": mark("Fawns"),
    "unknown": mark("Sex unknown"),
}
CATEGORY_COLOUR: Final = {
    "buck": "#2f7ab8",
    "doe": "#c8622a",
    "fawn": "#1f9270",
    "unknown": "#7f8783",
}

ACCENT: Final = "#2f7ab8"
CONTRAST: Final = "#c8622a"
GOOD: Final = "#1f9270"
NEUTRAL: Final = "#7f8783"

SEQUENCE: Final = (
    "#2f7ab8",
    "#c8622a",
    "#1f9270",
    "#b0629a",
    "#a37800",
    "#5a72c4",
    "#b8504f",
    "#4f8a3c",
    "#8a6bb0",
    "#2e8c9a",
)
"""For groups that have no colour of their own; the order keeps neighbours far apart."""


def template(mode: Mode = "light") -> go.layout.Template:
    """The Plotly template of a mode; the background is left transparent for the page to show."""
    ink, rule = _INK[mode], _RULE[mode]
    axis = {
        "gridcolor": rule,
        "linecolor": rule,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "title": {"standoff": 12, "font": {"size": 12}},
        "tickfont": {"size": 12},
    }
    layout = go.Layout(
        font={"family": FONT, "size": 13, "color": ink},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        colorway=list(SEQUENCE),
        margin={"l": 48, "r": 16, "t": 36, "b": 44},
        xaxis={**axis, "showgrid": False, "showline": True},
        yaxis=axis,
        polar={
            "bgcolor": "rgba(0,0,0,0)",
            "radialaxis": {"gridcolor": rule, "linecolor": rule, "tickfont": {"size": 11}},
            "angularaxis": {"gridcolor": rule, "linecolor": rule},
        },
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.0,
            "yanchor": "bottom",
            "traceorder": "normal",
            "bgcolor": "rgba(0,0,0,0)",
        },
        hoverlabel={
            "font": {"family": FONT, "size": 13, "color": ink},
            "bgcolor": BACKGROUND[mode],
            "bordercolor": rule,
            "align": "left",
        },
        hovermode="closest",
        bargap=0.18,
        barcornerradius=2,
        annotationdefaults={"font": {"size": 12, "color": ink}, "showarrow": False},
        shapedefaults={"line": {"color": ink, "width": 1}},
    )
    return go.layout.Template(layout=layout)
