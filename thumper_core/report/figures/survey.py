"""Figures of a camera survey: what each camera did on each day."""

from __future__ import annotations

import math
from typing import Final

import plotly.graph_objects as go
import polars as pl

from thumper_core import language, theme
from thumper_core.language import mark, say
from thumper_core.report.figures.plotting import empty, escaped, finish, short

STATE_NAME: Final = {
    "photo": mark("Took photos"),
    "quiet": mark("No photo, counts"),
    "said worked": mark("No photo, said to have worked"),
    "silent": mark("Silent, does not count"),
    "said dead": mark("Said to have been dead"),
    "away": mark("Away, by cameras.csv"),
    "not yet": mark("Not yet known"),
}
"""States of a survey's days (`questions.survey_run.CALENDAR`), as a person reads them."""
_LOOKS: Final = {
    "photo": (theme.GOOD, "square"),
    "quiet": (theme.GOOD, "square-open"),
    "said worked": (theme.ACCENT, "diamond-open"),
    "silent": (theme.CONTRAST, "x"),
    "said dead": (theme.CONTRAST, "x-open"),
    "away": (theme.NEUTRAL, "line-ew-open"),
    "not yet": (theme.NEUTRAL, "circle-open-dot"),
}
"""Colour and sign of each: the sign alone tells them apart too."""
_ROW_PX: Final = 26
_DATES: Final = 8
"""Days that are named below the strip, at most."""


def days_of_cameras(calendar: pl.DataFrame) -> go.Figure:
    """A strip of days for each camera: a sign for each day, by what is held of it.

    calendar: `camera, day, state, silent_days`, as `survey_run.Run.calendar`.
    """
    if calendar.is_empty():
        return empty(say("No camera has a photo on these days, and none stands in cameras.csv."))
    cameras = calendar["camera"].unique(maintain_order=True).to_list()
    figure = go.Figure()
    for state, name in STATE_NAME.items():
        part = calendar.filter(pl.col("state") == state)
        if part.is_empty():
            continue
        colour, symbol = _LOOKS[state]
        told = [
            say("silent for {n} days", n=n) if n > 1 else "" for n in part["silent_days"].to_list()
        ]
        days = [language.day(day) for day in part["day"]]
        figure.add_scatter(
            x=part["day"].to_list(),
            y=[cameras.index(camera) for camera in part["camera"]],
            mode="markers",
            name=say(name),
            marker={"color": colour, "symbol": symbol, "size": 9, "line": {"width": 1.5}},
            customdata=list(zip(escaped(part["camera"]), days, told, strict=True)),
            hovertemplate="%{customdata[0]}, %{customdata[1]}: "
            + say(name)
            + "<br>%{customdata[2]}<extra></extra>",
        )
    figure.update_yaxes(
        tickvals=list(range(len(cameras))),
        ticktext=[short(camera, 16) for camera in cameras],
        range=[len(cameras) - 0.5, -0.5],
        showgrid=False,
        ticksuffix="  ",
    )
    dates = sorted(set(calendar["day"]))
    marked = dates[:: math.ceil(len(dates) / _DATES)]
    named = [language.day(day, year=False) for day in marked]
    figure.update_xaxes(showgrid=False, tickvals=marked, ticktext=named)
    return finish(
        figure,
        height=130 + _ROW_PX * len(cameras),
        margin={"l": 8, "r": 8, "t": 60, "b": 32},
        showlegend=True,
    )
