"""What every threshold makes of the herd, each figure on a scale that shows it; `figures` offers it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from thumper_core import theme
from thumper_core.language import mark, say
from thumper_core.report.figures.plotting import empty, finish, mark_thresholds
from thumper_core.store.herd_summary import Interval

ERROR_MIN: Final = 1e-4
"""Errors below are drawn here: a logarithmic axis has no zero."""
FLAT: Final = 0.005  # a share that moves by less says nothing
_ERRORS: Final = (
    ("expected_false_merge", mark("Wrongly merged"), theme.CONTRAST, "dash"),
    ("expected_false_split", mark("Wrongly split"), theme.ACCENT, "dot"),
)
_SHARES: Final = (
    ("assignment_rate", mark("Assigned"), theme.GOOD, "solid"),
    ("stability", mark("Stable"), theme.NEUTRAL, "dashdot"),
)
_CHANCES: Final = (0.5, 0.9, 0.1, 0.99, 0.01, 0.999, 0.001, 0.9999, 0.0001, 0.99999, 0.00001)
"""Ticks, the first ones preferred."""
_STROKES: Final = {
    "solid": "\u2501\u2501",
    "dash": "\u2501 \u2501",
    "dot": "\u2505\u2505",
    "dashdot": "\u2501 \u2505",
}
_ABOVE_PX: Final = 22  # room for the words over a part


def sweep(
    frame: pl.DataFrame,
    *,
    recommended: float | None = None,
    current: float | None = None,
    chosen: float | None = None,
    animals: Interval | None = None,
) -> go.Figure:
    """What each threshold makes of the herd: groups above, then errors, then shares.

    frame: as `identify.tree.sweep.sweep` gives it, one row per threshold: `threshold` (P that two groups
    are one animal; rows without one are left out), `profiles` and any of `expected_false_merge`,
    `expected_false_split`, `assignment_rate`, `stability` (shares in [0, 1]). Where it has the column
    `similarity`, that is the axis, with the chances written on it: on an axis of chances nearly all that
    happens is at its two ends. A share that hardly moves is
    left out, and a part without a line. recommended, current: thresholds to mark; chosen: one that is
    tried, a dotted line; animals: the estimated
    number of deer, drawn over the groups as a line with its 95% band.
    """
    rows = frame
    if not frame.is_empty():
        rows = frame.filter(pl.col("threshold").is_finite()).sort("threshold")
    if rows.is_empty():
        return empty(say("No sweep yet"))
    errors = [line for line in _ERRORS if line[0] in rows.columns]
    shares = [line for line in _SHARES if line[0] in rows.columns and _moves(rows[line[0]])]
    parts = ["groups", *(["errors"] if errors else []), *(["shares"] if shares else [])]
    figure = make_subplots(rows=len(parts), cols=1, shared_xaxes=True, vertical_spacing=0.11)
    axis = _Axis.of(rows)
    x = axis.x.tolist()
    marked = [axis.place(value) for value in (recommended, current) if value is not None]
    span = (min(x + marked), max(x + marked))
    chances = rows["threshold"].to_list()
    if animals is not None:
        _estimate(figure, animals, span)
    figure.add_scatter(
        x=x,
        y=rows["profiles"].to_list(),
        customdata=chances,
        name=say("Groups"),
        mode="lines",
        line={"color": theme.NEUTRAL, "width": 2, "shape": "hv"},
        hovertemplate="%{customdata:.3f}: %{y:,d} groups<extra></extra>",
        row=1,
        col=1,
    )
    for number, part in enumerate(parts[1:], 2):
        for column, name, colour, dash in errors if part == "errors" else shares:
            values = rows[column].cast(pl.Float64).fill_nan(None)
            drawn = values.clip(ERROR_MIN) if part == "errors" else values
            figure.add_scatter(
                x=x,
                y=drawn.to_list(),
                customdata=list(zip(chances, values.to_list(), strict=True)),
                name=say(name),
                mode="lines",
                line={"color": colour, "width": 2, "dash": dash},
                hovertemplate="%{customdata[0]:.3f}: %{customdata[1]:.2%}<extra>%{fullData.name}</extra>",
                row=number,
                col=1,
            )
    mark_thresholds(
        figure,
        span,
        recommended=recommended,
        current=current,
        place=axis.place,
        above_px=_ABOVE_PX,
    )
    if chosen is not None:
        figure.add_shape(
            type="line",
            xref="x",
            yref="paper",
            x0=axis.place(chosen),
            x1=axis.place(chosen),
            y0=0,
            y1=1,
            line={"dash": "dot", "width": 2, "color": theme.ACCENT},
        )
    figure.update_xaxes(range=span, **axis.ticks(span))
    told = {
        "groups": [(say("Groups"), theme.NEUTRAL, "solid")],
        "errors": [(say(name), colour, dash) for _, name, colour, dash in errors],
        "shares": [(say(name), colour, dash) for _, name, colour, dash in shares],
    }
    if animals is not None:
        told["groups"].append((_told(animals), theme.GOOD, "dash"))
    for number, part in enumerate(parts, 1):
        _head(figure, number, told[part])
    # Of the last threshold every tracklet is a group: on a linear axis the others lie on the floor.
    figure.update_yaxes(type="log", dtick="D2", tickformat=",d", row=1, col=1)
    if errors:
        worst = max((float(rows[c].fill_nan(None).max() or 0) for c, *_ in errors), default=0.0)  # type: ignore[arg-type]
        figure.update_yaxes(**_error_axis(worst), row=2, col=1)
    if shares:
        least = min(float(rows[c].fill_nan(None).min() or 0) for c, *_ in shares)  # type: ignore[arg-type]
        low = math.floor(20 * least) / 20
        figure.update_yaxes(
            tickformat=".0%",
            range=[low - 0.02 * (1 - low), 1 + 0.04 * (1 - low)],
            row=len(parts),
            col=1,
        )
    figure.update_xaxes(
        title_text=say("Chance that two groups are one animal"), row=len(parts), col=1
    )
    return finish(figure, height=110 + 165 * len(parts), margin={"t": 72}, showlegend=False)


@dataclass(frozen=True)
class _Axis:
    """Where thresholds stand: x, rising, of each chance p."""

    x: npt.NDArray[np.float64]
    p: npt.NDArray[np.float64]
    is_chance: bool

    @classmethod
    def of(cls, rows: pl.DataFrame) -> _Axis:
        """The axis of a sweep's rows, sorted by threshold."""
        p = rows["threshold"].to_numpy().astype(np.float64)
        column = rows.get_column("similarity", default=None)
        if column is None:
            return cls(p, p, True)
        return cls(np.sort(column.to_numpy().astype(np.float64)), p, False)

    def place(self, threshold: float) -> float:
        """Where a threshold stands; one beyond the sweep at its end."""
        if self.is_chance:
            return threshold
        return float(np.interp(threshold, self.p, self.x))

    def ticks(self, span: tuple[float, float]) -> dict[str, list[float] | list[str] | int]:
        """Round chances that stand far enough apart to be read; an axis of chances has its own."""
        if self.is_chance:
            return {}
        kept = list[float]()
        for chance in _CHANCES:
            at = self.place(chance)
            far = all(abs(at - self.place(other)) >= 0.16 * (span[1] - span[0]) for other in kept)
            if self.p[0] <= chance <= self.p[-1] and far:
                kept.append(chance)
        kept.sort()
        return {
            "tickangle": 0,
            "tickvals": [self.place(chance) for chance in kept],
            "ticktext": [f"{chance:.5f}".rstrip("0") for chance in kept],
        }


def _estimate(figure: go.Figure, animals: Interval, span: tuple[float, float]) -> None:
    """The band of the estimate, and its line."""
    if animals.low is not None and animals.high is not None:
        figure.add_scatter(
            x=[*span, *reversed(span)],
            y=[animals.low, animals.low, animals.high, animals.high],
            fill="toself",
            fillcolor="rgba(31, 146, 112, 0.18)",
            line={"width": 0},
            mode="lines",
            name="95%",
            hoverinfo="skip",
            row=1,
            col=1,
        )
    figure.add_scatter(
        x=list(span),
        y=[animals.value] * 2,
        mode="lines",
        name=say("Deer, estimated"),
        line={"color": theme.GOOD, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
        row=1,
        col=1,
    )


def _told(animals: Interval) -> str:
    """What the line and the band over the groups are."""
    text = say("about {value:,.0f} deer", value=animals.value)
    if animals.low is None or animals.high is None:
        return text
    return say("{text} ({low:,.0f} to {high:,.0f})", text=text, low=animals.low, high=animals.high)


def _head(figure: go.Figure, row: int, lines: Sequence[tuple[str, str, str]]) -> None:
    """The words over a part: each line's name with its stroke, in its colour."""
    figure.add_annotation(
        text="   ".join(
            f'<span style="color:{colour}">{_STROKES[dash]}</span> {name}'
            for name, colour, dash in lines
        ),
        xref="paper",
        yref=f"y{'' if row == 1 else row} domain",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        yshift=3,
    )


def _moves(values: pl.Series) -> bool:
    """Whether a share is more than a flat line."""
    known = values.cast(pl.Float64).fill_nan(None).drop_nulls().to_numpy()
    return len(known) > 1 and bool(np.ptp(known) >= FLAT)


def _error_axis(worst: float) -> dict[str, Sequence[float] | Sequence[str] | str]:
    """A logarithmic axis from `ERROR_MIN` to the worst error, with ticks that say what is below."""
    ticks = [ERROR_MIN, 0.001, 0.01, 0.1, 1.0]
    top = next((tick for tick in ticks[1:] if tick >= worst), 1.0)
    return {
        "type": "log",
        "range": [math.log10(ERROR_MIN) - 0.1, math.log10(top) + 0.1],
        "tickvals": ticks,
        "ticktext": [say("0.01% or less"), "0.1%", "1%", "10%", "100%"],
    }
