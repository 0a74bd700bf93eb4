"""What all figures share: escaping of people's text, the empty figure, the template."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go

from thumper_core import theme


def escape(text: str) -> str:
    """Text as Plotly shows it literally: it would take `<b>` for markup and `$x$` for a formula."""
    return html.escape(text, quote=False).replace("$", "&#36;")


def escaped(values: Iterable[str | None]) -> list[str]:
    """`escape` of each; null becomes the empty text."""
    return [escape(value or "") for value in values]


def short(label: str, longest: int = 22) -> str:
    """A label for an axis, escaped, cut to `longest` characters."""
    return escape(label if len(label) <= longest else label[: longest - 1] + "…")


def empty(text: str) -> go.Figure:
    """A figure that only says why there is nothing to see."""
    figure = go.Figure()
    figure.add_annotation(text=text, x=0.5, y=0.5, xref="paper", yref="paper")
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return finish(figure, height=160)


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
