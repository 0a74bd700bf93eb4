"""The strip of days of a survey's cameras."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from thumper_core.questions.survey_run import CALENDAR
from thumper_core.report import figures

FIRST = date(2026, 9, 1)


def test_every_day_of_every_camera_has_its_sign() -> None:
    states = list(figures.STATE_NAME)
    rows = [
        (camera, FIRST + timedelta(n), state, n, None)
        for camera in ("<b>Creek", "Gate")
        for n, state in enumerate(states)
    ]
    figure = figures.days_of_cameras(pl.DataFrame(rows, schema=CALENDAR, orient="row"))
    assert [trace.name for trace in figure.data] == list(figures.STATE_NAME.values())
    assert len({trace.marker.symbol for trace in figure.data}) == len(states)
    assert all(list(trace.y) == [0, 1] for trace in figure.data)
    assert figure.layout.yaxis.ticktext[0] == "&lt;b&gt;Creek"


def test_without_cameras_it_says_so() -> None:
    figure = figures.days_of_cameras(pl.DataFrame(schema=CALENDAR))
    assert "No camera has" in figure.layout.annotations[0].text
