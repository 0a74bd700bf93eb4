"""Ratios of visits against effort: by hand, against a slow way, and that chance is not called a finding."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from thumper_core.habits.effects import (
    EXPECTED_MIN,
    STRETCHES_MIN,
    Effect,
    effects,
    judged,
)

FIRST = date(2025, 9, 1)
TEXT = {"stratum": pl.String, "level": pl.String}
CELLS = {"day": pl.Date, **TEXT, "hours": pl.Float64, "visits": pl.Int64}


def cells(*rows: tuple[int, str, str, float, int]) -> pl.DataFrame:
    made = [(FIRST + timedelta(days=day), *rest) for day, *rest in rows]
    return pl.DataFrame(made, schema=CELLS, orient="row")


def drawn(seed: int, days: int = 60, ratio: float = 1.0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    rows = []
    for day in range(days):
        herd = float(random.gamma(4, 0.25))
        for stratum, rate in (("a", 0.1), ("b", 0.4)):
            for level, times in (("low", ratio), ("high", 1.0)):
                hours = float(random.integers(2, 12))
                n = int(random.poisson(rate * herd * times * hours))
                rows.append((day, stratum, level, hours, n))
    return cells(*rows)


def slow(frame: pl.DataFrame, level: str) -> float:
    """The Mantel-Haenszel ratio, written plainly."""
    above = below = 0.0
    for (_,), part in frame.group_by("stratum"):
        is_level = part["level"] == level
        a, t1 = (float(part.filter(is_level)[name].sum()) for name in ("visits", "hours"))
        b, t0 = (float(part.filter(~is_level)[name].sum()) for name in ("visits", "hours"))
        above, below = above + a * t0 / (t1 + t0), below + b * t1 / (t1 + t0)
    return above / below


def test_the_ratio_and_its_interval_are_those_of_a_slow_way() -> None:
    frame = drawn(1, ratio=2.0)
    low, high = effects(frame, "wind", ("low", "high"))
    assert low.ratio == pytest.approx(slow(frame, "low"))
    assert low.ratio == pytest.approx(1 / high.ratio)  # type: ignore[operator]
    first = pl.col("day") - FIRST
    logs = [
        np.log(slow(frame.filter(first.dt.total_days() // 3 != left), "low")) for left in range(20)
    ]
    error = np.sqrt(19 / 20 * ((np.array(logs) - np.mean(logs)) ** 2).sum())
    assert np.log(low.high / low.low) / 2 == pytest.approx(2.093 * error, rel=1e-3)  # type: ignore[operator]
    assert low.n_visits == frame.filter(pl.col("level") == "low")["visits"].sum()


def test_what_is_common_is_not_what_is_liked() -> None:
    """Nine hours in ten are alike: nine visits in ten fall into them, and the ratio is 1."""
    rows = [(day, "a", level, hours, n) for day in range(30)
            for level, hours, n in (("usual", 21.6, 9), ("rare", 2.4, 1))]  # fmt: skip
    found = effects(cells(*rows), "wind", ("usual", "rare"))
    assert [one.ratio for one in found] == pytest.approx([1.0, 1.0])
    assert not any(one.stands_out for one in judged(found))


def test_a_camera_that_sees_more_is_compared_with_itself() -> None:
    """The busy camera stood in calm hours mostly: that is no effect of wind."""
    rows = []
    for day in range(60):
        rows += [(day, "busy", "calm", 20.0, 10 + day % 3), (day, "busy", "windy", 4.0, 2)]
        rows += [(day, "poor", "calm", 4.0, day % 2), (day, "poor", "windy", 20.0, 2)]
    calm, _ = effects(cells(*rows), "wind", ("calm", "windy"))
    assert calm.ratio is not None
    assert 0.9 < calm.ratio < 1.25


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (cells(), "nothing"),
        (cells(*((day, "a", level, 12.0, 1) for day in range(9) for level in ("x", "y"))), "few"),
        (cells(*((day, "a", level, 12.0, 9) for day in range(6) for level in ("x", "y"))), "days"),
        (cells(*((day, level, level, 12.0, 9) for day in range(60) for level in ("x", "y"))), "strata"),
        (cells(*((day, "a", level, 12.0, n) for day in range(60) for level, n in (("x", 0), ("y", 9)))),
         "none in it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_too_little_has_no_ratio(frame: pl.DataFrame, why: str) -> None:
    for one in effects(frame, "wind", ("x", "y")):
        assert (one.ratio, one.low, one.high, one.p, one.stands_out) == (None,) * 4 + (False,)


def test_the_rule_is_as_it_is_told() -> None:
    """Ten expected visits on six stretches are enough, with a day left out as well as not."""
    n_days = 3 * STRETCHES_MIN
    rows = [
        (day, "a", level, 12.0, int(day < EXPECTED_MIN))
        for day in range(n_days)
        for level in ("x", "y")
    ]
    assert all(one.ratio is not None for one in effects(cells(*rows), "wind", ("x", "y")))
    fewer = cells(*rows[2:])
    assert all(one.ratio is None for one in effects(fewer, "wind", ("x", "y")))


def test_many_looked_at() -> None:
    def one(p: float | None) -> Effect:
        return Effect("wind", "x", 9, 9.0, 9.0, 9, 1.5, 1.1, 2.0, p)

    # 0.04 would do alone, not as one of five.
    assert [e.stands_out for e in judged([one(0.04)])] == [True]
    among = judged([one(p) for p in (0.04, 0.5, None, 0.6, 0.7, 0.8)])
    assert [e.stands_out for e in among] == [False] * 6
    assert [e.stands_out for e in judged([one(0.001), one(0.5)])] == [True, False]
    assert judged([one(None)]) == [one(None)]


def test_intervals_hold_and_what_is_so_is_found() -> None:
    """Days differ, the kinds of hours do not: about 1 interval in 20 leaves out 1, and few p are small."""
    found = [effects(drawn(seed), "wind", ("low", "high"))[0] for seed in range(100)]
    holds = [e.low <= 1 <= e.high for e in found]  # type: ignore[operator]
    assert np.mean(holds) >= 0.89  # 100 draws of 0.95
    assert all(effects(drawn(seed, ratio=2.5), "wind", ("low",))[0].p < 0.01 for seed in range(8))  # type: ignore[operator]
