"""Visits for a camera-day: by hand, how often the interval holds, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thumper_core.herd.abundance.estimate import Estimate, Refused
from thumper_core.survey.rates import rate, times_as_many

DAYS = np.array([14.0, 14, 7, 14])


def test_a_rate_by_hand() -> None:
    found = rate(np.array([14.0, 28, 7, 0]), DAYS)
    assert isinstance(found, Estimate)
    assert found.estimate == pytest.approx(1.0)
    half = math.log(found.high / found.estimate)
    assert half == pytest.approx(3.182446 * math.sqrt(4 / 3 * (0 + 14**2 + 0 + 14**2) / 49**2))
    assert found.low == pytest.approx(math.exp(-half))


def test_equal_cameras_leave_chance_alone() -> None:
    found = rate(np.array([14.0, 14, 7, 14]), DAYS)
    assert isinstance(found, Estimate)
    assert math.log(found.high) == pytest.approx(3.182446 / math.sqrt(49))


def test_a_camera_without_a_day_is_left_out() -> None:
    assert rate(np.array([14.0, 28, 7, 5]), np.array([14.0, 14, 7, 0])) == rate(
        np.array([14.0, 28, 7]), np.array([14.0, 14, 7])
    )


@pytest.mark.parametrize(
    ("visits", "says"), [([3.0, 4.0], "Fewer than 3"), ([0.0, 0, 0], "No deer came")]
)
def test_too_little_is_refused(visits: list[float], says: str) -> None:
    seen, days = np.array(visits), np.full(len(visits), 14.0)
    alone = rate(seen, days)
    both = times_as_many(seen, days, np.array([1.0, 2, 3]), np.full(3, 14.0), "times")
    assert isinstance(alone, Refused) and says in alone.reason
    assert isinstance(both, Refused) and says in both.reason


def test_intervals_hold_what_is_true() -> None:
    """Sites differ, bait sees three times as many: in at least 90% of 400 draws."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        days = rng.integers(7, 15, 12).astype(float)
        each = rng.lognormal(-0.08, 0.4, 12) * np.where(np.arange(12) < 5, 1.5, 0.5)
        visits = rng.poisson(each * days).astype(float)
        found = times_as_many(visits[:5], days[:5], visits[5:], days[5:], "times")
        assert isinstance(found, Estimate)
        held += found.low <= 3 <= found.high
    assert held >= 0.9 * 400
