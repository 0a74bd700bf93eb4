"""Figures of a reviewer's effort."""

from __future__ import annotations

import polars as pl
import pytest

from thumper_core.report.figures.effort import deer_by_answers, truth_by_answers

POINTS = pl.DataFrame(
    {
        "answers": [0, 12, 30],
        "f1": [0.8, 0.9, 1.0],
        "precision": [0.7, 0.95, 1.0],
        "recall": [0.95, 0.9, 1.0],
        "profiles": [30, 12, 9],
        "animals": [20.0, 11.0, 9.0],
        "animals_low": [15.0, 8.0, 9.0],
        "animals_high": [26.0, 14.0, 9.0],
    }
)


def test_a_line_for_each_measure_over_the_answers() -> None:
    figure = truth_by_answers(POINTS)
    lines = {trace.name: list(trace.y) for trace in figure.data}
    assert lines == {
        "F1": [0.8, 0.9, 1.0], "Precision": [0.7, 0.95, 1.0], "Recall": [0.95, 0.9, 1.0]
    }  # fmt: skip
    assert all(list(trace.x) == [0, 12, 30] for trace in figure.data)
    low, high = figure.layout.yaxis.range
    assert low < 0.7
    assert high > 1


def test_profiles_the_interval_and_the_truth() -> None:
    figure = deer_by_answers(POINTS, 9)
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines["Groups"].y) == [30, 12, 9]
    assert list(lines["Deer, by the herd itself"].y) == [20, 11, 9]
    assert list(lines["True deer"].y) == [9, 9]
    assert list(lines["True deer"].x) == [0, 30]
    band = lines["95% interval, by the herd itself"]
    corners = list(zip(band.x, band.y, strict=True))
    assert corners == [(0, 26), (12, 14), (30, 9), (30, 9), (12, 8), (0, 15)]


@pytest.mark.parametrize("figure", [truth_by_answers, lambda points: deer_by_answers(points, 9)])
def test_nothing_to_show_says_so(figure) -> None:  # type: ignore[no-untyped-def]
    assert figure(POINTS.clear()).layout.annotations[0].text == "No answers yet"
