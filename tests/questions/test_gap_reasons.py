"""Why a camera was silent, as far as its photos say it."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from thumper_core.questions.gap_reasons import reasons, told_by_photos
from thumper_core.workspace import Workspace

START = datetime(2026, 9, 1, 6)
Row = tuple[int, int | None, float | None, float | None]
"""Day, number of the file, battery in percent, temperature in degrees Celsius."""


def photos(*rows: Row, camera: str = "Creek") -> pl.DataFrame:
    return pl.DataFrame(
        [(camera, START + timedelta(days=d), "second", n, b, t) for d, n, b, t in rows],
        schema={
            "camera": pl.String,
            "taken_at": pl.Datetime("us"),
            "taken_at_precision": pl.String,
            "file_number": pl.Int64,
            "battery_pct": pl.Float64,
            "temperature_c": pl.Float64,
        },
        orient="row",
    )


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], []),
        ([(0, 7, None, None)], []),
        ([(0, 7, 15.0, None)], ["battery was at 15% before it"]),
        ([(0, 7, 20.0, None), (9, 8, 100.0, None)], ["at 20% before and at 100% after", "go on without"]),
        ([(0, 7, 80.0, None), (9, 8, 75.0, None)], ["go on without a break: it took none"]),
        ([(0, 700, None, None), (9, 1, None, None)], ["begin anew after it: its card"]),
        ([(0, 9999, None, None), (9, 1, None, None)], []),  # the count was full
        ([(0, 7, None, None), (9, 1208, None, None)], ["jump by 1,200 over it"]),
        ([(0, 7, None, -14.0)], ["It was -14 °C before it"]),
        ([(0, 7, None, 4.0)], []),
        ([(3, 7, 5.0, None)], []),  # on a day of the silence itself: no photo of before
    ],
)  # fmt: skip
def test_reasons(rows: list[Row], says: list[str]) -> None:
    first = (START + timedelta(days=1)).date()
    last = (START + timedelta(days=8)).date()
    found = reasons(photos(*rows), "Creek", first, last)
    assert len(found) == len(says)
    assert all(part in text for part, text in zip(says, found, strict=True))
    assert reasons(photos(*rows), "Gate", first, last) == []


def test_what_reasons_go_by_is_asked_of_these_cameras_and_of_all_times(small: Workspace) -> None:
    rows = told_by_photos(small, ["Creek"])
    assert set(rows["camera"]) == {"Creek"} and rows.columns == photos().columns
    assert rows.height == small.sql("select count(*) from photos where camera = 'Creek'").item()
