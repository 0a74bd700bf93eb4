"""What every threshold makes of the herd: each curve on a scale that shows it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest

from thumper_core.report import figures
from thumper_core.report.figures.thresholds import ERROR_MIN
from thumper_core.store.herd_summary import Interval


def frame(n: int, **columns: Any) -> pl.DataFrame:
    threshold = np.linspace(0.3, 0.9, n)
    return pl.DataFrame(
        {
            "threshold": threshold,
            "profiles": np.arange(n) + 4,
            "assignment_rate": 1 - threshold / 2,
            "expected_false_merge": threshold[::-1] / 5,
            "expected_false_split": threshold / 5,
        }
        | columns
    )


def names(figure: Any) -> list[str]:
    return [trace.name for trace in figure.data]


@pytest.mark.parametrize(
    ("recommended", "current", "labels"),
    [
        (None, None, []),
        (0.6, None, ["Recommended: 0.600"]),
        (0.6, 0.5, ["In use: 0.500", "Recommended: 0.600"]),
        (0.6, 0.6, ["In use, as recommended: 0.600"]),
        (None, 0.99997, ["In use: 0.99997"]),
        (None, 1e-9, ["In use: below 0.000001"]),
    ],
)
def test_marks(recommended: Any, current: Any, labels: list[str]) -> None:
    figure = figures.sweep(frame(30), recommended=recommended, current=current)
    said = [a.text for a in figure.layout.annotations]
    assert [text for text in said if "span" not in text] == labels
    assert names(figure) == ["Groups", "Wrongly merged", "Wrongly split", "Assigned"]


def test_without_rates_there_are_groups_still() -> None:
    figure = figures.sweep(frame(5).select("threshold", "profiles"))
    assert names(figure) == ["Groups"]


def test_without_a_calibrated_threshold_it_is_empty() -> None:
    none = frame(4).with_columns(threshold=pl.lit(float("nan")))
    assert len(figures.sweep(none).data) == 0
    half = frame(4).with_columns(
        threshold=pl.Series([0.1, float("nan"), 0.2, None]), expected_false_merge=float("nan")
    )
    figure = figures.sweep(half)
    assert list(figure.data[0].x) == [0.1, 0.2]
    assert list(figure.data[1].y) == [None, None]


def test_small_errors_are_on_the_axis_and_say_what_they_are() -> None:
    tiny = [0.0, 1e-7, 0.01, 0.2]
    figure = figures.sweep(frame(4, expected_false_merge=tiny))
    merged = figure.data[1]
    assert list(merged.y) == [ERROR_MIN, ERROR_MIN, 0.01, 0.2]
    assert [value for _, value in merged.customdata] == tiny
    low, high = figure.layout.yaxis2.range
    assert figure.layout.yaxis2.type == "log"
    assert low < math.log10(ERROR_MIN)
    assert high > math.log10(0.2)


def test_a_share_that_does_not_move_is_left_out() -> None:
    figure = figures.sweep(frame(5, assignment_rate=[1.0] * 5, stability=[0.9, 0.8, 0.9, 0.9, 1.0]))
    assert names(figure)[-1] == "Stable"
    assert "Assigned" not in names(figure)
    low, high = figure.layout.yaxis3.range
    assert low < 0.8
    assert low > 0.7  # not from nothing
    assert high > 1
    flat = figures.sweep(frame(5, assignment_rate=[1.0] * 5))
    assert names(flat) == ["Groups", "Wrongly merged", "Wrongly split"]


def test_the_estimate_is_a_line_with_its_band() -> None:
    figure = figures.sweep(frame(5), animals=Interval(6.4, 5.0, 9.0))
    band, line = figure.data[:2]
    assert set(band.y) == {5.0, 9.0}
    assert set(line.y) == {6.4}
    assert any("about 6 deer (5 to 9)" in a.text for a in figure.layout.annotations)
    alone = figures.sweep(frame(5), animals=Interval(6.4))
    assert names(alone)[:2] == ["Deer, estimated", "Groups"]


def test_where_similarity_is_known_it_is_the_axis() -> None:
    sure = frame(5, threshold=[1e-9, 1e-4, 0.5, 0.9999, 1 - 1e-9], similarity=[0, 1, 2, 3, 4])
    figure = figures.sweep(sure, current=0.5, chosen=0.9999)
    assert list(figure.data[0].x) == [0, 1, 2, 3, 4]
    assert {shape.x0 for shape in figure.layout.shapes} == {2, 3}
    ticks = dict(zip(figure.layout.xaxis3.ticktext, figure.layout.xaxis3.tickvals, strict=True))
    assert ticks["0.5"] == 2
    assert len(ticks) >= 3
