"""What all figures share: escaping of people's text, the empty figure, the template."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Callable, Iterable
from typing import Any, Final

import plotly.graph_objects as go

from thumper_core import theme
from thumper_core.language import figure, mark, say

_EMPTY_CHARS: Final = 32


def escape(text: str) -> str:
    """Text as Plotly shows it literally: it would take `<b>` for markup and `$x$` for a formula."""
    return html.escape(text, quote=False).replace("$", "&#36;")


def escaped(values: Iterable[str | None]) -> list[str]:
    """`escape` of each; null becomes the empty text."""
    return [escape(value or "") for value in values]


def short(label: str, longest: int = 22) -> str:
    """A label for an axis, escaped, cut to `longest` characters."""
    return escape(label if len(label) <= longest else label[: longest - 1] + "…")


def chance_text(p: float) -> str:
    """A chance in [0, 1] with three decimals, and near the ends with as many as tell it from them."""
    rest = min(p, 1 - p)
    if rest < 1e-6:
        return say("below 0.000001") if p < 0.5 else say("above 0.999999")
    return figure(p, f".{max(3, -math.floor(math.log10(rest)))}f")


def empty(text: str) -> go.Figure:
    """A figure that only says why there is nothing to see, in lines that fit beside another figure."""
    figure = go.Figure()
    lines = "<br>".join(textwrap.wrap(text, _EMPTY_CHARS))
    figure.add_annotation(text=lines, x=0.5, y=0.5, xref="paper", yref="paper")
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return finish(figure, height=160, margin={"l": 8, "r": 8, "t": 8, "b": 8})


def finish(figure: go.Figure, **layout: Any) -> go.Figure:
    """Set the light template and layout values; returns the same figure."""
    figure.update_layout(template=theme.template("light"), **layout)
    return figure


def diagonal(figure: go.Figure) -> None:
    """Draw the line from (0, 0) to (1, 1) that a curve is read against."""
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )


def mark_thresholds(
    figure: go.Figure,
    span: tuple[float, float],
    *,
    recommended: float | None = None,
    current: float | None = None,
    place: Callable[[float], float] = float,
    above_px: int = 0,
) -> None:
    """Vertical lines over the whole figure, labelled on top; one label where both are equal.

    span: the ends of the axis; place: where on it a threshold stands; above_px: how
    far above the figure the labels stand. Labels point away from each other,
    and inwards near the ends.
    """
    marks = {mark("Recommended"): recommended, mark("In use"): current}
    if recommended is not None and current is not None and abs(recommended - current) < 1e-6:
        marks = {mark("In use, as recommended"): current}
    shown = sorted((value, text) for text, value in marks.items() if value is not None)
    anchors = []
    for number, (value, text) in enumerate(shown):
        x = place(value)
        share = (x - span[0]) / ((span[1] - span[0]) or 1)
        if 0.35 < share < 0.65:
            anchors.append("left" if number else "right")
        else:
            anchors.append("left" if share < 0.5 else "right")
        dash = "dash" if text == "Recommended" else "solid"
        figure.add_shape(
            type="line", xref="x", yref="paper", x0=x, x1=x, y0=0, y1=1, line_dash=dash
        )
        figure.add_annotation(
            x=x,
            y=1,
            xref="x",
            yref="paper",
            yanchor="bottom",
            yshift=above_px + (0 if number == 0 or anchors == ["right", "left"] else 16),
            xanchor=anchors[-1],
            text=f"{say(text)}: {chance_text(value)}",
        )
