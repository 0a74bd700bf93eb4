"""Answers correct chances: a fair model is left alone however the pairs were picked, another is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thumper_core.decisions.kinds.who import About
from thumper_core.identify.scale.verdicts import (
    SHIFT_SD,
    SLOPE_MIN,
    SLOPE_SD,
    SUREST,
    Answers,
    Correction,
    correction,
    log_odds,
)


def answers(chance: np.ndarray, same: np.ndarray) -> Answers:
    about = np.full(len(chance), About.PROFILES, np.dtype("U8"))
    return Answers(np.asarray(chance, float), np.asarray(same, bool), about)


def chance_of(found: Correction, p: float) -> float:
    return float(1 / (1 + np.exp(-found.of(log_odds(p)))))


def test_nobody_asked_is_no_correction() -> None:
    found = correction(Answers.none())
    assert (found.shift, found.slope) == (0, 1)
    assert found.doubt == pytest.approx(SHIFT_SD)


@pytest.mark.parametrize("low", [0.4, 0.05, 0.8])
def test_a_fair_model_is_left_alone_whichever_pairs_were_asked(low: float) -> None:
    """Asked only where p is near a half, or low, or high: no fair sample of all pairs."""
    rng = np.random.default_rng(7)
    chance = rng.uniform(low, low + 0.2, 600)
    found = correction(answers(chance, rng.random(600) < chance))
    assert abs(found.shift) < 0.35
    assert abs(found.slope - 1) < 0.1
    for p in (0.02, 0.5, 0.98):
        assert chance_of(found, p) == pytest.approx(p, abs=0.09)


@pytest.mark.parametrize(("given", "true"), [(0.9, 0.5), (0.5, 0.1), (0.6, 0.95), (0.05, 0.4)])
def test_a_model_that_is_off_is_put_right_where_it_was_asked(given: float, true: float) -> None:
    chance = np.full(120, given)
    found = correction(answers(chance, np.arange(120) < 120 * true))
    assert chance_of(found, given) == pytest.approx(true, abs=0.05)
    assert found.shift * (true - given) > 0
    # And what is wrong at one chance is held to be wrong that way at the others.
    assert (chance_of(found, 0.3) - 0.3) * (true - given) > 0


def test_few_answers_move_little_and_many_are_known_well() -> None:
    moves, doubts = [], []
    for n in (1, 10, 100):
        found = correction(answers(np.full(n, 0.9), np.zeros(n, bool)))
        moves.append(0.9 - chance_of(found, 0.9))
        doubts.append(correction(answers(np.full(n, 0.5), np.arange(n) % 2 == 0)).doubt)
    assert 0 < moves[0] < moves[1] < moves[2]
    assert SHIFT_SD > doubts[0] > doubts[1] > doubts[2]
    assert doubts[2] < 0.25


def test_a_kind_of_question_is_heard_when_one_was_answered() -> None:
    assert not Correction().is_heard
    assert not correction(Answers.none()).is_heard
    assert correction(answers(np.array([0.9]), np.array([True]))).is_heard


@pytest.mark.parametrize("same", [False, True])
def test_answers_turn_even_what_the_model_was_certain_of(same: bool) -> None:
    certain = 1e-12 if same else 1 - 1e-12
    found = correction(answers(np.full(40, certain), np.full(40, same)))
    assert (chance_of(found, certain) > 0.5) == same


def test_surer_than_the_surest_counts_hardly_more_and_still_comes_first() -> None:
    plain = Correction()
    assert plain.of(SUREST) == pytest.approx(SUREST)
    assert plain.of([50, -50]) == pytest.approx([SUREST, -SUREST], abs=0.05)
    rising = plain.of(np.linspace(-60, 60, 500))
    assert (np.diff(rising) > 0).all()
    assert log_odds([0.0, 1.0]) == pytest.approx([-SUREST, SUREST])
    assert log_odds(0.25) == pytest.approx(-np.log(3))


def test_moved_by_standard_errors() -> None:
    made = Correction(0.5, 0.9, 0.2)
    assert made.moved(2) == replace(made, shift=0.9)
    assert made.moved(-1).of(1.0) == pytest.approx(0.3 + 0.9)


def test_the_kinds_of_question_are_kept_apart() -> None:
    kinds = np.array([About.PARTS, About.STRAY, About.PROFILES, About.STRAY], np.dtype("U8"))
    told = Answers(np.array([0.1, 0.2, 0.3, 0.4]), np.array([True, False, True, True]), kinds)
    chances = {about: told.on(about).chance.tolist() for about in About}
    assert chances == {About.PARTS: [0.1], About.PROFILES: [0.3], About.STRAY: [0.2, 0.4]}
    assert told.on(About.STRAY).same.tolist() == [False, True]
    assert set(told.on(About.STRAY).about) == {"stray"}


ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40)


@given(ANSWERS)
def test_the_curve_is_the_most_likely_one(said: list[tuple[float, bool]]) -> None:
    chance, same = np.array([p for p, _ in said]), np.array([s for _, s in said], bool)
    found = correction(answers(chance, same))
    assert np.isfinite([found.shift, found.slope, found.doubt]).all()
    assert found.slope >= SLOPE_MIN  # what is more alike is never held to be less likely one animal
    assert 0 < found.doubt <= SHIFT_SD + 1e-9

    def cost(shift: float, slope: float) -> float:
        z = (shift + slope * log_odds(chance)) * np.where(same, 1, -1)
        prior = (shift / SHIFT_SD) ** 2 / 2 + ((slope - 1) / SLOPE_SD) ** 2 / 2
        return float(np.logaddexp(0, -z).sum() + prior)

    least = cost(found.shift, found.slope)
    for aside, steeper in ((0.05, 0), (-0.05, 0), (0, 0.01), (0, -0.01), (0.05, -0.01)):
        assert least <= cost(found.shift + aside, found.slope + steeper) + 1e-9
