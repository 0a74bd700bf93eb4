"""Answers against which everything else speaks are asked about again, and no others."""

from __future__ import annotations

import numpy as np
import pytest

from tests.identify.review.standings import said, standing
from thumper_core.identify.review.doubted import TIMES_MAX, Given, doubted
from thumper_core.identify.review.standing import Standing


def halves(*, told: bool) -> Standing:
    """Two animals; the first in two profiles, because of a wrong "different" or for no reason."""
    links = said(22, cannot=[(0, 6)] if told else [])
    return standing([0] * 12 + [1] * 10, [0] * 6 + [1] * 6 + [2] * 10, links=links)


def mixed(*must: tuple[int, int]) -> Standing:
    """Two animals in one profile by a wrong "same", and a third beside them."""
    return standing(
        [0] * 6 + [1] * 6 + [2] * 8, [0] * 12 + [1] * 8, links=said(20, must=list(must))
    )


def pairs(made: Standing, *given: Given, contradicted: tuple[tuple[int, int], ...] = ()) -> list:
    return [doubt.given.pair for doubt in doubted(made, given, set(contradicted))]


def test_a_different_between_halves_of_one_animal_is_doubted() -> None:
    made = halves(told=True)
    found = doubted(made, [Given(0, 6, False)], set())
    assert [doubt.given.pair for doubt in found] == [(0, 6)]
    assert found[0].chance > 0.95
    assert [set(side.tolist()) for side in found[0].sides] == [set(range(6)), set(range(6, 12))]


def test_a_different_between_two_animals_is_not() -> None:
    assert pairs(halves(told=True), Given(0, 12, False), Given(6, 12, False)) == []


def test_a_same_between_two_animals_is_doubted() -> None:
    made = mixed((0, 6))
    found = doubted(made, [Given(0, 6, True)], set())
    assert [doubt.given.pair for doubt in found] == [(0, 6)]
    assert found[0].chance < 0.05
    sides = {frozenset(side.tolist()) for side in found[0].sides}
    assert sides == {frozenset(range(6)), frozenset(range(6, 12))}


def test_a_same_within_one_animal_is_not() -> None:
    assert pairs(mixed((0, 6), (1, 2)), Given(1, 2, True)) == []


def test_where_other_answers_join_the_two_as_well_no_single_one_is_doubted() -> None:
    made = mixed((0, 6), (1, 7), (0, 1), (6, 7))
    assert pairs(made, Given(0, 6, True), Given(0, 1, True)) == []


@pytest.mark.parametrize("times", [1, 2, TIMES_MAX])
def test_an_answer_that_was_repeated_is_doubted_only_for_a_contradiction(times: int) -> None:
    made, given = halves(told=True), Given(0, 6, False, times)
    assert pairs(made, given) == ([(0, 6)] if times == 1 else [])
    again = times < TIMES_MAX
    assert pairs(made, given, contradicted=((0, 6),)) == ([(0, 6)] if again else [])


def test_the_likeliest_wrong_comes_first() -> None:
    made = mixed((0, 6))
    given = [Given(0, 6, True), Given(1, 2, True)]
    assert pairs(made, *given, contradicted=((1, 2),)) == [(1, 2), (0, 6)]


def test_answers_that_did_not_take_effect_have_two_bare_sides() -> None:
    """A "same" that a contradiction set aside, a "different" within one profile."""
    found = doubted(halves(told=False), [Given(0, 6, True), Given(0, 1, False)], {(0, 6), (0, 1)})
    assert {doubt.given.pair for doubt in found} == {(0, 6), (0, 1)}
    assert all(len(side) == 1 for doubt in found for side in doubt.sides)
    assert np.isfinite([doubt.chance for doubt in found]).all()


def test_nothing_given_nothing_doubted() -> None:
    assert doubted(standing([]), [], set()) == []
