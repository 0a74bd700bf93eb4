"""Figures about a reviewer's answers: how true a herd is after each, and what it says of itself."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl

from thumper_core import theme
from thumper_core.language import mark, say
from thumper_core.report.figures.plotting import empty, finish

_LINES = (
    ("f1", "F1", theme.ACCENT, "solid"),
    ("precision", mark("Precision"), theme.GOOD, "dot"),
    ("recall", mark("Recall"), theme.CONTRAST, "dot"),
)


def truth_by_answers(points: pl.DataFrame) -> go.Figure:
    """F1, precision and recall of the pairs over the answers given.

    points: one row per batch: `answers`, and `f1, precision, recall` in [0, 1].
    """
    if points.is_empty():
        return empty(say("No answers yet"))
    figure = go.Figure()
    for column, name, colour, dash in _LINES:
        figure.add_scatter(
            x=points["answers"].to_list(),
            y=points[column].to_list(),
            name=say(name),
            mode="lines+markers",
            line={"color": colour, "width": 2, "dash": dash},
            hovertemplate=f"%{{x:,}} answers: {name} %{{y:.3f}}<extra></extra>",
        )
    low = min(points[column].min() for column, *_ in _LINES)  # type: ignore[type-var]
    figure.update_xaxes(title_text=say("Answers given"), rangemode="tozero")
    figure.update_yaxes(title_text=say("Of pairs of pictures"), range=[max(0.0, low - 0.03), 1.01])  # type: ignore[operator]
    return finish(figure, height=340, legend={"orientation": "h", "y": 1.12})


def deer_by_answers(points: pl.DataFrame, true_deer: int) -> go.Figure:
    """The number of profiles and the herd's own interval of deer over the answers, and the truth.

    points: one row per batch: `answers, profiles, animals, animals_low, animals_high`.
    """
    if points.is_empty():
        return empty(say("No answers yet"))
    answers = points["answers"].to_list()
    figure = go.Figure()
    figure.add_scatter(
        x=[*answers, *reversed(answers)],
        y=[*points["animals_high"].to_list(), *reversed(points["animals_low"].to_list())],
        name=say("95% interval, by the herd itself"),
        fill="toself",
        fillcolor="rgba(47, 122, 184, 0.18)",
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=answers,
        y=points["animals"].to_list(),
        name=say("Deer, by the herd itself"),
        mode="lines+markers",
        line={"color": theme.ACCENT, "width": 2},
        hovertemplate="%{x:,} answers: about %{y:.1f} deer<extra></extra>",
    )
    figure.add_scatter(
        x=answers,
        y=points["profiles"].to_list(),
        name=say("Groups"),
        mode="lines+markers",
        line={"color": theme.CONTRAST, "width": 2, "shape": "hv"},
        hovertemplate="%{x:,} answers: %{y:,} groups<extra></extra>",
    )
    figure.add_scatter(
        x=[answers[0], answers[-1]],
        y=[true_deer, true_deer],
        name=say("True deer"),
        mode="lines",
        line={"color": theme.NEUTRAL, "width": 2, "dash": "dash"},
        hovertemplate=f"{true_deer:,} true deer<extra></extra>",
    )
    figure.update_xaxes(title_text=say("Answers given"), rangemode="tozero")
    figure.update_yaxes(title_text=say("Deer"))
    return finish(figure, height=360, legend={"orientation": "h", "y": 1.15})
