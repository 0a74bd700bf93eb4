from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from thumper_core.questions.busiest import busiest_hours


def at_hours(hours: list[int]) -> pl.DataFrame:
    start = datetime(2026, 10, 1)
    return pl.DataFrame(
        {"started_at": [start + timedelta(hours=hour) for hour in hours]},
        schema={"started_at": pl.Datetime("us")},
    )


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ([], None),
        ([6] * 19, None),  # too few
        (list(range(24)) * 4, None),  # no hour stands out
        ([23] * 10 + [0] * 10 + [12] * 20, (12, 14, 0.5)),
        ([23] * 11 + [0] * 10 + [12] * 20, (23, 1, 21 / 41)),  # round midnight
    ],
)
def test_busiest_hours(hours: list[int], expected: Any) -> None:
    assert busiest_hours(at_hours(hours)) == expected
