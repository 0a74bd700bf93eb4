"""Deer in all from known ones, with and without errors."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.herd.abundance.estimate import Estimate, Refused
from thumper_core.store.herd_summary import Interval
from thumper_core.survey.known import abundance_of_known
from thumper_core.survey.misidentified import Errors

SEEN = np.array([1] * 6 + [2] * 5 + [3] * 4 + [5] * 3, float)


def estimate(times: np.ndarray, errors: Errors, n_occasions: int = 14) -> Estimate:
    found = abundance_of_known(times, n_occasions, errors)
    assert isinstance(found, Estimate)
    return found


def test_without_errors_it_is_chao() -> None:
    """S + k f1 (f1 - 1) / (2 (f2 + 1)), by hand."""
    found = estimate(SEEN, Errors())
    assert found.estimate == pytest.approx(18 + 13 / 14 * 6 * 5 / (2 * 6))
    assert 18 <= found.low < found.estimate < found.high


def test_splits_make_it_fewer_and_merges_more() -> None:
    plain = estimate(SEEN, Errors())
    split = estimate(SEEN, Errors(split=Interval(0.05, 0.0, 0.1)))
    merged = estimate(SEEN, Errors(merged=Interval(0.1, 0.0, 0.2)))
    assert split.estimate < plain.estimate < merged.estimate
    assert merged.estimate == pytest.approx(plain.estimate / 0.9)


def test_what_is_not_known_of_errors_widens_the_interval() -> None:
    sure = estimate(SEEN, Errors(merged=Interval(0.1, 0.1, 0.1)))
    unsure = estimate(SEEN, Errors(merged=Interval(0.1, 0.0, 0.3)))
    assert unsure.high - unsure.low > sure.high - sure.low


def test_a_herd_in_which_every_deer_came_often_is_complete() -> None:
    found = estimate(np.full(12, 6.0), Errors())
    assert (found.estimate, found.low, found.high) == (12, 12, 12)


@pytest.mark.parametrize(
    ("times", "n_occasions", "errors", "reason"),
    [
        ([2.0, 1.0], 2, Errors(), "it takes three"),
        ([], 5, Errors(), "No identified deer"),
        ([1.0, 1.0], 5, Errors(), "on two days"),
        ([1.0] * 20 + [9.0] * 3, 10, Errors(split=Interval(0.7)), "Too many groups"),
    ],
)
def test_too_little_is_refused(
    times: list[float], n_occasions: int, errors: Errors, reason: str
) -> None:
    found = abundance_of_known(np.array(times), n_occasions, errors)
    assert isinstance(found, Refused)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("times", "n_occasions", "caution"),
    [([1.0] * 9 + [2.0] * 2, 14, "one day only"), ([2.0] * 5, 4, "4 days are few")],
)
def test_what_speaks_against_it_is_said(times: list[float], n_occasions: int, caution: str) -> None:
    assert any(caution in c for c in estimate(np.array(times), Errors(), n_occasions).cautions)


def test_the_interval_holds_a_herd_that_splits_and_merges_hide() -> None:
    """20 surveys of 60 deer whose every twentieth visit founds a ghost."""
    rng, held, believed = np.random.default_rng(5), 0, 0
    told = Errors(split=Interval(0.05, 0.02, 0.08))
    for _ in range(20):
        seen = rng.binomial(14, rng.beta(4, 16, 60))
        ghosts = rng.binomial(seen, 0.05)
        times = np.concatenate([seen - ghosts, np.ones(ghosts.sum())])
        for errors, add in ((told, 1), (Errors(), 0)):
            found = estimate(times[times > 0], errors)
            is_held = found.low <= 60 <= found.high
            held, believed = held + is_held * add, believed + is_held * (1 - add)
    assert held >= 18
    assert believed < held
