"""True frequencies from those with ghosts among them."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.store.herd_summary import Interval
from thumper_core.survey.misidentified import Errors, ghosts_of, true_frequencies


def test_without_splits_nothing_changes() -> None:
    observed = np.array([4.0, 2.0, 1.0])
    assert true_frequencies(observed, 0.0).tolist() == observed.tolist()
    assert ghosts_of(3, 0.0).tolist() == np.eye(3).tolist()


def test_two_captures_can_fall_apart() -> None:
    """Both right, one astray (two groups of one), both astray (two groups of one)."""
    made = ghosts_of(2, 0.1)
    assert made[:, 0].tolist() == pytest.approx([1.0, 0.0])  # alone, a ghost is all there is
    assert made[:, 1].tolist() == pytest.approx([2 * 0.18 + 2 * 0.01, 0.81])


def test_what_splits_made_is_undone() -> None:
    true = np.array([5.0, 8.0, 6.0, 3.0, 1.0])
    assert true_frequencies(ghosts_of(5, 0.15) @ true, 0.15) == pytest.approx(true)


def test_captures_are_kept_whatever_falls_apart() -> None:
    sizes = np.arange(1, 6)
    assert (sizes @ ghosts_of(5, 0.3)).tolist() == pytest.approx(sizes.tolist())


def test_no_frequency_is_negative() -> None:
    assert true_frequencies(np.array([0.0, 0.0, 9.0]), 0.2).min() >= 0


OBSERVED = np.array([12.0, 8.0, 6.0, 4.0])  # 30 groups


@pytest.mark.parametrize(
    ("animals", "merged"),
    [
        (Interval(20, 18, 22), (0.0, 0.0, 0.0)),  # splits
        (Interval(30, 28, 40), (0.0, 0.0, 0.25)),  # as many
        (Interval(40, 30, 50), (0.25, 0.0, 0.4)),  # merges
        (Interval(24), (0.0, 0.0, 0.0)),
    ],
)
def test_errors_of_a_herd_leave_as_many_animals_as_it_holds(
    animals: Interval, merged: tuple[float, ...]
) -> None:
    errors = Errors.of_herd(OBSERVED, animals)
    assert (errors.merged.value, errors.merged.low, errors.merged.high) == pytest.approx(merged)
    low = animals.value if animals.low is None else animals.low
    high = animals.value if animals.high is None else animals.high
    assert errors.split.low is not None and errors.split.high is not None
    for chance, n in (
        (errors.split.value, animals.value),
        (errors.split.low, high),
        (errors.split.high, low),
    ):
        assert true_frequencies(OBSERVED, chance).sum() == pytest.approx(min(n, 30), abs=0.05)


def test_a_herd_of_nobody_has_no_errors() -> None:
    assert Errors.of_herd(np.zeros(0), Interval(3)) == Errors()


def test_hardly_an_animal_behind_many_groups_is_too_much() -> None:
    assert Errors.of_herd(np.array([40.0, 1.0]), Interval(2, 1, 3)).are_too_many
    assert not Errors.of_herd(OBSERVED, Interval(28, 26, 30)).are_too_many


def test_draws_keep_to_the_intervals() -> None:
    errors = Errors(Interval(0.1, 0.05, 0.3), Interval(0.0, 0.0, 0.0))
    split, merged = errors.drawn(20_000, np.random.default_rng(0))
    assert np.quantile(split, 0.025) == pytest.approx(0.05, abs=0.005)
    assert np.quantile(split, 0.975) == pytest.approx(0.3, abs=0.01)
    assert merged.max() == 0
