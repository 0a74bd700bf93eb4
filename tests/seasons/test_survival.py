"""Survival among known deer, corrected for those that were there and not seen."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from thumper_core.herd.abundance.estimate import Estimate, Refused
from thumper_core.herd.abundance.occasions import Captures, capture_matrix
from thumper_core.seasons.survival import survival


def seen(times: dict[str, int]) -> Captures:
    """Who was seen on how many days."""
    rows = [
        (who, datetime(2025, 9, 1) + timedelta(days=(3 * k + n) % 20))
        for n, (who, count) in enumerate(times.items())
        for k in range(count)
    ]
    return capture_matrix(pl.DataFrame(rows, schema=["individual_id", "started_at"], orient="row"))


def test_all_seen_often_is_the_share_that_came_again() -> None:
    known = [f"d{k}" for k in range(20)]
    found = survival(known, seen({f"d{k}": 6 for k in range(15)}))
    assert isinstance(found, Estimate)
    assert found.estimate == pytest.approx(0.75)
    assert 0.5 < found.low < 0.75 < found.high < 0.95


def test_many_seen_once_means_that_some_were_missed() -> None:
    known = [f"d{k}" for k in range(20)]
    often = survival(known, seen({f"d{k}": 5 for k in range(10)}))
    seldom = survival(known, seen({f"d{k}": 1 if k < 5 else 2 for k in range(10)}))
    assert isinstance(often, Estimate) and isinstance(seldom, Estimate)
    assert seldom.estimate > often.estimate
    assert seldom.high > often.high
    assert seldom.high <= 1.0


def test_what_people_say_is_in_the_share_and_its_interval() -> None:
    known = [f"d{k}" for k in range(16)]
    after = seen({f"d{k}": 1 if k < 6 else 2 for k in range(13)})
    unsaid = survival(known, after)
    said = survival(known, after, ["d14", "d15", "of another year"])
    assert isinstance(unsaid, Estimate) and isinstance(said, Estimate)
    assert unsaid.high == 1.0
    assert said.estimate <= said.high == pytest.approx(14 / 16)
    assert said.low <= said.estimate
    # One that was seen again lived on, whatever was said of it.
    assert survival(known, after, ["d0"]) == unsaid
    over = survival(known, after, known)
    assert isinstance(over, Estimate) and over.high == pytest.approx(13 / 16)
    none = survival(known, seen({"x": 2, "y": 3}), known)
    assert isinstance(none, Estimate) and (none.estimate, none.low, none.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("known", "times", "reason"),
    [
        (["a", "b"], {"a": 3}, "Only 2 known deer; it takes 5."),
        (list("abcdef"), {"a": 1, "b": 1, "c": 1}, "No deer was seen on two occasions"),
        (list("abcdef"), {}, "Only 0 occasions"),
    ],
)
def test_too_little_is_refused(known: list[str], times: dict[str, int], reason: str) -> None:
    found = survival(known, seen(times))
    assert isinstance(found, Refused)
    assert reason in found.reason


def test_the_interval_holds_the_truth() -> None:
    """Deer that live on with a chance of 0.8 and are seen on a tenth of thirty days each."""
    rng = np.random.default_rng(3)
    held = []
    for _ in range(60):
        alive = rng.random(30) < 0.8
        days = rng.random((30, 30)) < 0.08
        days[~alive] = False
        names = np.array([f"d{k}" for k in range(30)])
        there = days.any(axis=1)
        captures = Captures(
            tuple(names[there]),
            tuple(datetime(2025, 9, 1) + timedelta(days=k) for k in range(30)),
            1.0,
            days[there],
        )
        found = survival(names.tolist(), captures)
        assert isinstance(found, Estimate)
        held.append(found.low <= 0.8 <= found.high)
    assert np.mean(held) >= 0.9
