"""Ratios and the buck ratio method: published figures, plain resampling, refusals."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.herd.abundance.estimate import Estimate, Refused
from thumper_core.herd.abundance.ratios import (
    event_counts,
    jacobson,
    ratio_of_events,
    ratio_of_individuals,
    wilson,
)


def counts(*events: tuple[int, int, int]) -> pl.DataFrame:
    """(bucks, does, fawns) per event."""
    return pl.DataFrame(
        {
            "event_id": [f"e{n}" for n in range(len(events))],
            "camera": ["c1"] * len(events),
            "bucks": [e[0] for e in events],
            "does": [e[1] for e in events],
            "fawns": [e[2] for e in events],
            "unknown": [0] * len(events),
        },
        schema_overrides=dict.fromkeys(("bucks", "does", "fawns", "unknown"), pl.Int64),
    )


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # Newcombe 1998, Statistics in Medicine 17: 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_against_newcombe(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)
    assert wilson(n - successes, n) == pytest.approx((1 - high, 1 - low), abs=5e-5)


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_wilson_of_nothing(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="no proportion"):
        wilson(successes, n)


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(1, 300))
def test_ratio_of_individuals_holds_its_estimate(bucks: int, does: int) -> None:
    result = ratio_of_individuals(bucks, does, "bucks per doe")
    assert isinstance(result, Estimate)
    assert 0 <= result.low <= result.estimate <= result.high < math.inf


def test_ratio_of_individuals_at_the_ends() -> None:
    assert isinstance(ratio_of_individuals(3, 0, "x"), Refused)
    none = ratio_of_individuals(0, 20, "x")
    assert isinstance(none, Estimate)
    assert (none.estimate, none.low) == (0, 0)
    assert none.high == pytest.approx(0.1611 / (1 - 0.1611), abs=2e-4)


def test_an_animal_counts_once_in_an_event() -> None:
    rows = [  # event, photo, sex, age
        ("e1", "p1", "male", "adult"),
        ("e1", "p2", "male", "adult"),  # one buck in two photos of one event: one buck
        ("e1", "p2", "female", "adult"),
        ("e1", "p2", "female", "unknown"),  # two does in one photo
        ("e1", "p2", "male", "fawn"),  # a fawn is a fawn before it is a male
        ("e2", "p4", "unknown", "adult"),
    ]
    frame = pl.DataFrame(rows, schema=["event_id", "photo_id", "sex", "age_class"], orient="row")
    frame = frame.with_columns(pl.lit("c1").alias("camera"))
    assert event_counts(frame).rows() == [("e1", "c1", 1, 2, 1, 0), ("e2", "c1", 0, 0, 0, 1)]
    assert event_counts(frame.clear()).is_empty()


def test_ratio_of_events_equals_drawing_events_one_by_one() -> None:
    rng = np.random.default_rng(5)
    table = rng.poisson((0.6, 1.1, 0.3), size=(120, 3))
    result = ratio_of_events(counts(*map(tuple, table.tolist())), "bucks", "does")
    assert isinstance(result, Estimate)
    shown = table[(table[:, 0] > 0) | (table[:, 1] > 0)]
    assert result.estimate == pytest.approx(shown[:, 0].sum() / shown[:, 1].sum())
    drawn = shown[rng.integers(0, len(shown), (4000, len(shown)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    assert (result.low, result.high) == pytest.approx((low, high), rel=0.05)
    assert result == ratio_of_events(counts(*map(tuple, table.tolist())), "bucks", "does")
    assert result.assumptions


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([], "Only 0 events"),
        ([(1, 1, 0)] * 9, "Only 9 events"),
        ([(0, 0, 1)] * 50, "Only 0 events"),
        ([(1, 0, 0)] * 20, "No event shows does"),
    ],
)
def test_ratio_of_events_is_refused(events: list, said: str) -> None:
    result = ratio_of_events(counts(*events), "bucks", "does")
    assert isinstance(result, Refused)
    assert said in result.reason


def test_a_rare_denominator_leaves_the_interval_open() -> None:
    result = ratio_of_events(counts(*[(1, 0, 0)] * 19, (0, 1, 0)), "bucks", "does")
    assert isinstance(result, Estimate)
    assert (result.estimate, result.high) == (19, math.inf)


def test_jacobson_against_the_longleaf_survey() -> None:
    """213 bucks told apart, 1.4 does a buck, 0.67 fawns a doe: 711 deer.

    Jacobson, Kroll, Browning, Koerth & Conway, abstract of the 16th Southeast Deer Study Group
    meeting, 1993: 49 cameras on 10,000 acres in Mississippi, of which the 1997 paper grew.
    """
    events = [(1, 0, 0)] * 1000 + [(0, 1, 0)] * 1400 + [(0, 0, 1)] * 938
    census = jacobson(213, counts(*events))
    assert isinstance(census.total, Estimate) and isinstance(census.does, Estimate)
    assert isinstance(census.fawns, Estimate)
    assert round(census.total.estimate) == 711
    assert census.does.estimate == pytest.approx(213 * 1.4)
    assert census.fawns.estimate == pytest.approx(213 * 1.4 * 0.67)
    assert census.total.low < 711 < census.total.high
    assert not census.total.cautions


def test_jacobson_warns_when_bucks_were_hardly_seen_again() -> None:
    census = jacobson(9, counts(*[(1, 1, 0)] * 12))
    assert isinstance(census.total, Estimate)
    assert census.total.estimate == 18
    assert "less than twice" in census.total.cautions[0]


@pytest.mark.parametrize(
    ("n_bucks", "events", "said"),
    [
        (0, [(1, 1, 0)] * 20, "No buck"),
        (3, [(0, 1, 0)] * 20, "No buck"),
        (3, [(1, 1, 0)] * 9, "Only 9 events"),
        (3, [], "No buck"),
    ],
)
def test_jacobson_is_refused(n_bucks: int, events: list, said: str) -> None:
    census = jacobson(n_bucks, counts(*events))
    for part in (census.does, census.fawns, census.total):
        assert isinstance(part, Refused)
        assert said in part.reason
