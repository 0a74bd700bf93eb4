"""A difference that resampled cases leave above zero, and one that they do not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thumper_core.evaluate.paired import Figure, chance_margin


def mean_of(values: np.ndarray) -> Figure:
    return lambda weight: float(np.average(values, weights=weight)) if len(values) else math.nan


RNG = np.random.default_rng(3)
HARD = RNG.random(200)
UNITS = np.arange(200) // 4


@pytest.mark.parametrize(
    ("gain", "is_better"),
    [
        (np.full(200, 0.001), True),  # always, however little
        (np.zeros(200), False),
        (np.full(200, -0.1), False),
        (np.where(UNITS == 7, 5.0, -0.01), False),  # one visit alone
        (RNG.normal(0.0, 0.2, 200), False),
    ],
)
def test_better_by_more_than_chance(gain: np.ndarray, is_better: bool) -> None:
    before, after = mean_of(HARD), mean_of(HARD + gain)
    margin = chance_margin(before, after, UNITS)
    assert margin >= 0
    assert (after(None) > before(None) + margin) is is_better


@pytest.mark.parametrize("units", [np.zeros(0, int), np.zeros(200, int)])
def test_of_no_or_one_visit_nothing_can_be_told(units: np.ndarray) -> None:
    values = HARD[: len(units)]
    assert chance_margin(mean_of(values), mean_of(values + 1), units) == math.inf
