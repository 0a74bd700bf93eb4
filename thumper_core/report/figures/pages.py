"""Figures that the pages have and reports do not: cameras on a map, one animal's calendar."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import polars as pl

from thumper_core import language, theme
from thumper_core.language import say
from thumper_core.report.figures.plotting import empty, escaped, finish, short


def camera_map(places: pl.DataFrame) -> go.Figure:
    """Cameras where they stand, north up and true to scale, without any map server.

    places: `camera, latitude, longitude` (degrees), `n_visits, n_individuals`. Rows without a
    position are left out.
    """
    rows = places.drop_nulls(["latitude", "longitude"])
    if rows.is_empty():
        return empty(
            say("No camera has a position: write latitude and longitude on the Settings page")
        )
    most = max(1, int(rows["n_visits"].max() or 1))  # type: ignore[arg-type]
    figure = go.Figure()
    figure.add_scatter(
        x=rows["longitude"].to_list(),
        y=rows["latitude"].to_list(),
        mode="markers+text",
        text=[short(name) for name in rows["camera"]],
        textposition="bottom center",
        customdata=list(
            zip(escaped(rows["camera"]), rows["n_visits"], rows["n_individuals"], strict=True)
        ),
        marker={
            "size": [12 + 30 * (n / most) ** 0.5 for n in rows["n_visits"]],
            "color": theme.GOOD,
            "opacity": 0.75,
            "line": {"width": 1.5, "color": "#ffffff"},
        },
        hovertemplate="%{customdata[0]}<br>%{customdata[1]:,d} visits of %{customdata[2]:,d} groups"
        "<br>%{y:.5f}, %{x:.5f}<extra></extra>",
    )
    east, north = (rows[axis].to_numpy() for axis in ("longitude", "latitude"))
    figure.update_xaxes(range=_widened(east), showticklabels=False, showgrid=True, showline=False)
    figure.update_yaxes(
        range=_widened(north),
        showticklabels=False,
        scaleanchor="x",
        scaleratio=1 / max(0.05, math.cos(math.radians(float(north.mean())))),
    )
    return finish(figure, height=330, showlegend=False, margin={"l": 8, "r": 8, "t": 8, "b": 8})


def calendar(
    days: pl.DataFrame, *, first: datetime | None = None, last: datetime | None = None
) -> go.Figure:
    """Visits of each day as a wall of weeks: one column a week, Monday on top.

    days: `day` (Date), `n` (integer), one row per day with any. first, last: the survey's ends,
    where they are wider than the visits.
    """
    if days.is_empty():
        return empty(say("No visits yet"))
    counts = dict(days.select("day", "n").iter_rows())
    begin: date = min([*counts, *([first.date()] if first else [])])
    end: date = max([*counts, *([last.date()] if last else [])])
    start = begin - timedelta(days=begin.weekday())
    weeks = (end - start).days // 7 + 1
    names = [say("Mon"), say("Tue"), say("Wed"), say("Thu"), say("Fri"), say("Sat"), say("Sun")]
    grid: list[list[int | None]] = [[None] * weeks for _ in range(7)]
    texts = [[""] * weeks for _ in range(7)]
    for offset in range((end - start).days + 1):
        day = start + timedelta(days=offset)
        if day >= begin:
            grid[offset % 7][offset // 7] = counts.get(day, 0)
            texts[offset % 7][offset // 7] = f"{names[offset % 7]} {language.day(day)}"
    figure = go.Figure(
        go.Heatmap(
            z=grid,
            text=texts,
            x=[start + timedelta(weeks=week) for week in range(weeks)],
            y=names,
            xgap=3,
            ygap=3,
            zmin=0,
            colorscale=[
                [0, "rgba(127,135,131,0.15)"],
                [0.01, "rgba(31,146,112,0.35)"],
                [1, theme.GOOD],
            ],
            showscale=False,
            hovertemplate="%{text}: %{z} visits<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    figure.update_xaxes(showgrid=False, showline=False, tickformat="%-d %b", nticks=min(12, weeks))
    return finish(figure, height=210, margin={"l": 40, "r": 8, "t": 8, "b": 32})


def visits_by_camera(sightings: pl.DataFrame) -> go.Figure:
    """One animal's visits to each camera. sightings: `camera`."""
    if sightings.is_empty():
        return empty(say("No visits yet"))
    rows = sightings.group_by("camera").len().sort("len", "camera", descending=[False, True])
    figure = go.Figure()
    figure.add_bar(
        x=rows["len"].to_list(),
        y=[short(name) for name in rows["camera"]],
        orientation="h",
        marker_color=theme.ACCENT,
        hovertemplate="%{y}: %{x} visits<extra></extra>",
    )
    figure.update_yaxes(type="category", showgrid=False, ticksuffix="  ")
    figure.update_xaxes(tickformat=",d", showgrid=True, showline=False)
    return finish(figure, height=70 + 30 * rows.height, margin={"l": 8, "r": 8, "t": 8, "b": 32})


def _widened(degrees: npt.NDArray[np.float64]) -> list[float]:
    """The ends of an axis that leaves room round its points."""
    low, high = float(degrees.min()), float(degrees.max())
    room = 0.22 * ((high - low) or 0.002)
    return [low - room, high + room]
