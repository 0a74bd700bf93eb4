"""Figures about how far to believe a number: intervals, reliability, the accumulation curve."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import plotly.graph_objects as go
import polars as pl

from thumper_core import theme
from thumper_core.language import say
from thumper_core.report.figures.plotting import diagonal, empty, escaped, finish, short


def intervals(rows: pl.DataFrame, *, axis: str, percent: bool = False) -> go.Figure:
    """A dot with its interval per row, the first row on top.

    rows: `name` and `value, low, high` (floats; value null or NaN: the row is left out; low or
    high not finite: no interval) and, where there, `group` (colour and legend). axis: what the
    values are; percent: they are shares.
    """
    known = rows.filter(pl.col("value").is_not_null() & pl.col("value").is_finite())
    if known.is_empty():
        return empty(say("Nothing to compare yet"))
    if "group" not in known.columns:
        known = known.with_columns(pl.lit("").alias("group"))
    number = ".1%" if percent else ".3~g"
    names = known["name"].unique(maintain_order=True).to_list()
    groups = known["group"].unique(maintain_order=True).to_list()
    figure = go.Figure()
    for turn, group in enumerate(groups):
        part = known.filter(pl.col("group") == group)
        above, below = _arms(part)
        figure.add_scatter(
            x=part["value"].to_list(),
            # beside each other where several groups share a name
            y=[names.index(n) + 0.22 * (turn - (len(groups) - 1) / 2) for n in part["name"]],
            mode="markers",
            name=escaped([group])[0],
            customdata=list(zip(escaped(part["name"]), part["low"], part["high"], strict=True)),
            error_x={"type": "data", "array": above, "arrayminus": below, "thickness": 1.5},
            marker={"color": theme.SEQUENCE[turn % len(theme.SEQUENCE)], "size": 9},
            hovertemplate=f"%{{customdata[0]}}: %{{x:{number}}}<br>95%: %{{customdata[1]:{number}}}"
            f" to %{{customdata[2]:{number}}}<extra></extra>",
            showlegend=len(groups) > 1,
        )
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[short(name, 40) for name in names],
        range=[len(names) - 0.5, -0.5],
        ticksuffix="  ",
    )
    figure.update_xaxes(
        title_text=axis, showgrid=True, showline=False, tickformat=".1~%" if percent else None
    )
    return finish(figure, height=110 + 34 * len(names))


def reliability(table: pl.DataFrame, *, of: str = "pairs") -> go.Figure:
    """Predicted against observed share of what was so, as pairs that are one animal; on the diagonal it is
    honest.

    table: `predicted, observed` (in [0, 1]), `n`, as `Calibration.reliability`; of: what `n` counts.
    """
    rows = table.drop_nulls(["predicted", "observed"]).filter(pl.col("n") > 0)
    if rows.is_empty():
        return empty(say("Too few {of} for a reliability curve", of=of))
    largest = float(np.sqrt(rows["n"].to_numpy()).max())
    figure = go.Figure()
    diagonal(figure)
    figure.add_scatter(
        x=rows["predicted"].to_list(),
        y=rows["observed"].to_list(),
        customdata=rows["n"].to_list(),
        mode="lines+markers",
        line={"color": theme.ACCENT, "width": 2},
        marker={"size": [6 + 14 * math.sqrt(n) / largest for n in rows["n"]]},
        hovertemplate=say("said %{x:.1%}, was %{y:.1%}<br>%{customdata:,d} ")
        + of
        + "<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(
        title_text=say("Chance that was said"), range=[-0.03, 1.03], tickformat=".0%"
    )
    figure.update_yaxes(title_text=say("Share that was so"), range=[-0.03, 1.03], tickformat=".0%")
    return finish(figure, height=400)


def accumulation_curve(curve: pl.DataFrame, *, occasion: str = "days") -> go.Figure:
    """Individuals that a survey of so many occasions meets, with its 95% band.

    curve: `occasions, expected, low, high`, as `herd.accumulation.accumulation` gives it; occasion:
    what one is, in the plural.
    """
    if curve.is_empty():
        return empty(say("No occasions yet"))
    x = curve["occasions"].to_list()
    figure = go.Figure()
    figure.add_scatter(
        x=[*x, *reversed(x)],
        y=[*curve["high"], *reversed(curve["low"].to_list())],
        fill="toself",
        fillcolor="rgba(47, 122, 184, 0.18)",
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=x,
        y=curve["expected"].to_list(),
        mode="lines",
        line={"color": theme.ACCENT, "width": 2.5},
        hovertemplate=f"%{{x}} {occasion}: %{{y:.1f}} deer<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(title_text=say("Survey, {occasion}", occasion=occasion))
    figure.update_yaxes(title_text=say("Different deer"), rangemode="tozero")
    return finish(figure, height=360)


def heatmap(table: pl.DataFrame, *, rows: str, columns: Iterable[str], axis: str) -> go.Figure:
    """Counts of a cross table as a shaded grid: shade by share of the row, number in the cell.

    table: one row per value of the column `rows`, integer counts in `columns`; axis: what the
    columns are.
    """
    names = list(columns)
    if table.is_empty() or not names:
        return empty(say("Nothing to compare yet"))
    counts = table.select(names).to_numpy().astype(np.float64)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = go.Figure(
        go.Heatmap(
            z=share.tolist(),
            x=escaped(names),
            y=escaped(table[rows]),
            text=[[f"{int(n):,}" if n else "" for n in row] for row in counts],
            texttemplate="%{text}",
            colorscale=[[0, "rgba(127, 135, 131, 0.06)"], [1, theme.ACCENT]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{y} as %{x}: %{z:.1%} of the row<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False, ticksuffix="  ")
    figure.update_xaxes(title_text=axis, type="category", showline=False)
    return finish(figure, height=130 + 40 * table.height)


def _arms(part: pl.DataFrame) -> tuple[list[float | None], list[float | None]]:
    """Lengths of the error bars to the right and to the left; None where there is no end."""
    return tuple(  # type: ignore[return-value]
        [
            abs(end - value) if end is not None and math.isfinite(end) else None
            for value, end in zip(part["value"], part[side], strict=True)
        ]
        for side in ("high", "low")
    )
