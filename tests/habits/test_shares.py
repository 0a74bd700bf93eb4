"""Shares of visits: with one visit a day Wilson's interval; days that are alike make it wider."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from thumper_core.habits.shares import VISITS_MIN, share

DAYS = [date(2025, 9, 1) + timedelta(days=k) for k in range(40)]


def test_one_visit_a_day_is_wilson_s() -> None:
    found = share(np.array([True] * 8 + [False] * 2), DAYS[:10])
    assert found is not None
    assert found.value == 0.8
    assert (found.low, found.high) == pytest.approx((0.47, 0.95), abs=0.03)


def test_days_that_are_alike_say_less() -> None:
    is_so = np.array([True] * 20 + [False] * 20)
    apart = share(is_so, DAYS)
    alike = share(is_so, [day for day in DAYS[:8] for _ in range(5)])
    assert apart is not None and alike is not None
    assert alike.high - alike.low > 1.5 * (apart.high - apart.low)


@pytest.mark.parametrize("is_so", [True, False])
def test_all_or_none(is_so: bool) -> None:
    found = share(np.full(12, is_so), DAYS[:12])
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high - found.low > 0.1


def test_a_few_visits_are_no_habit() -> None:
    assert share(np.ones(VISITS_MIN - 1, bool), DAYS[: VISITS_MIN - 1]) is None


def test_its_interval_holds_the_share() -> None:
    random = np.random.default_rng(4)
    held = []
    for _ in range(200):
        days = [DAYS[k] for k in random.integers(0, 40, 30)]
        mood = {day: random.beta(6, 6) for day in DAYS}
        found = share(np.array([random.random() < mood[day] for day in days]), days)
        held.append(found is not None and found.low <= 0.5 <= found.high)
    assert np.mean(held) >= 0.9
