"""Figures of one deer's and two deer's habits: effects, light, hours, the ground of one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go
import polars as pl

from thumper_core import theme
from thumper_core.counting import counted
from thumper_core.habits.effects import Effect
from thumper_core.habits.ground import SHARES, Ground
from thumper_core.habits.overlap import Overlap
from thumper_core.language import figure as number
from thumper_core.language import say
from thumper_core.report.figures.habits import camera_points, metre_axes
from thumper_core.report.figures.methods import intervals
from thumper_core.report.figures.plotting import empty, finish, short
from thumper_core.survey.flat_map import plane

_TICKS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_MOST: Final = 15  # deer in a figure


def ratios(found: Sequence[Effect]) -> go.Figure:
    """How many times as many visits in hours of each kind as in all others, on a scale of doublings; those
    that have an interval. The line is 1: as often.
    """
    told = [one for one in found if one.ratio is not None]
    if not told:
        return empty(say("Too few visits"))
    rows = pl.DataFrame(
        {
            "name": [f"{say(one.level)} ({counted(one.n_visits, 'visit')})" for one in told],
            "value": [one.ratio for one in told],
            "low": [one.low for one in told],
            "high": [one.high for one in told],
        }
    )
    figure = intervals(rows, axis=say("Times as many"))
    figure.add_vline(x=1, line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"})
    ends = [value for one in told for value in (one.low, one.high) if value is not None]
    low, high = min(*ends, 0.5), max(*ends, 2.0)
    figure.update_xaxes(
        type="log",
        range=[math.log10(max(low, 0.05)) - 0.05, math.log10(min(high, 20.0)) + 0.05],
        tickvals=list(_TICKS),
        ticktext=[number(tick, "g") for tick in _TICKS],
        tickformat=None,
    )
    return finish(figure, height=90 + 34 * len(told), margin={"t": 8})


def lights(frame: pl.DataFrame) -> go.Figure:
    """The share of each deer's visits by daylight, with its interval, the most seen first.

    frame: of `deer_habits.lights_of`; deer whose share is not told are left out.
    """
    told = frame.drop_nulls("daylight").head(_MOST)
    if told.is_empty():
        return empty(say("Too few visits"))
    rows = told.select(name="label", value="daylight", low="low", high="high")
    figure = intervals(rows, axis=say("Share of visits by daylight"), percent=True)
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".0%")
    return finish(figure, margin={"t": 8})


def hours(found: Overlap, first: str, second: str, *, by_sun: bool) -> go.Figure:
    """When two deer come, as densities over the day; what lies below both is their overlap."""
    at = np.append(found.hours, 2 * np.pi) * 12 / np.pi
    ones, others = (np.append(part, part[0]) for part in (found.first, found.second))
    figure = go.Figure()
    figure.add_scatter(
        x=at,
        y=np.minimum(ones, others),
        mode="lines",
        line={"width": 0},
        fill="tozeroy",
        fillcolor="rgba(127, 135, 131, 0.25)",
        name=say("Both"),
        hoverinfo="skip",
    )
    for name, values, colour, dash in (
        (first, ones, theme.ACCENT, "solid"),
        (second, others, theme.CONTRAST, "dash"),
    ):
        figure.add_scatter(
            x=at,
            y=values,
            mode="lines",
            name=short(name),
            line={"color": colour, "dash": dash, "width": 2},
            hoverinfo="skip",
        )
    if by_sun:
        names = (say("Midnight"), say("Sunrise"), say("Noon"), say("Sunset"), say("Midnight"))
        figure.update_xaxes(tickvals=[0, 6, 12, 18, 24], ticktext=list(names))
    else:
        figure.update_xaxes(tickvals=list(range(0, 25, 3)), title_text=say("Hour of day"))
    figure.update_yaxes(showticklabels=False, rangemode="tozero", title_text=say("Visits"))
    return finish(figure, height=280)


def ground_map(cameras: pl.DataFrame, ground: Ground) -> go.Figure:
    """The cameras that saw a deer, its hull, and where it is likely to be, true to scale.

    cameras: `camera, latitude, longitude, n_visits`, those that `ground` was made of; others without
    coordinates are left out. Axes: metres east and north of their middle.
    """
    placed = cameras.drop_nulls(["latitude", "longitude"])
    _, metres = plane(placed["latitude"], placed["longitude"])
    figure = go.Figure()
    for part, name, dash in zip(
        SHARES,
        (say("Half of its time"), say("95% of its time")),
        ("solid", "dash"),
        strict=True,
    ):
        figure.add_contour(
            x=ground.xs_m,
            y=ground.ys_m,
            z=ground.share,
            contours={"start": part, "end": part, "size": 1, "coloring": "none"},
            line={"color": theme.CONTRAST, "width": 2, "dash": dash},
            name=name,
            showlegend=True,
            showscale=False,
            hoverinfo="skip",
        )
    ring = np.vstack([ground.hull_m, ground.hull_m[:1]])
    figure.add_scatter(
        x=ring[:, 0],
        y=ring[:, 1],
        mode="lines",
        name=say("Hull of its cameras"),
        line={"color": theme.NEUTRAL, "width": 2, "dash": "dot"},
        fill="toself",
        fillcolor="rgba(127, 135, 131, 0.12)",
        hoverinfo="skip",
    )
    camera_points(figure, placed, metres, name=say("Its visits to a camera"))
    metre_axes(figure)
    return finish(figure, height=460)
