"""The scale: chances of groups by size and likeness, its corrections, and its printed form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from thumper_core.decisions.kinds.who import About
from thumper_core.identify.scale.random_effects import REFERENCE_SIZE, Scale
from thumper_core.identify.scale.verdicts import Answers, Correction

SCALE = Scale(0.08, 0.62, 0.02, 0.12, 0.03, 0.012)


def against(n: int, about: About = About.PARTS) -> Answers:
    """A model that gave 0.9 to n pairs of which none was the same."""
    return Answers(np.full(n, 0.9), np.zeros(n, bool), np.full(n, about, np.dtype("U8")))


@pytest.mark.parametrize(("a", "b"), [(1, 1), (3, 3), (1, 40), (200, 300)])
@pytest.mark.parametrize("h", [0.12, 0.3, 0.45, 0.62])
def test_the_ratio_is_that_of_two_normal_densities(a: int, b: int, h: float) -> None:
    share = (1 / a + 1 / b) / 2
    of_two = norm.logpdf(h, 0.12, np.sqrt(0.012 + (0.03 - 0.012) * share))
    of_one = norm.logpdf(h, 0.62, np.sqrt(0.02))
    ratio = float(SCALE.likelihood_ratio(h, a, b))
    assert np.log(ratio) == pytest.approx(of_one - of_two, abs=0.02)
    odds = ratio * 0.08 / 0.92
    assert float(SCALE.posterior(h, a, b)) == pytest.approx(odds / (1 + odds), abs=1e-9)


def test_large_groups_that_are_alike_say_more_than_small_ones() -> None:
    alike = [float(SCALE.posterior(0.5, n, n)) for n in (1, 3, 30)]
    assert alike == sorted(alike)
    assert alike[0] < alike[2]


@pytest.mark.parametrize(
    "scale",
    [
        SCALE,
        SCALE.corrected(against(20)),
        replace(SCALE, different_var=0.003, different_tau2=0.0025, same_var=0.003),
    ],
    ids=["plain", "corrected", "very sure"],
)
def test_the_chance_rises_with_likeness(scale: Scale) -> None:
    h = np.linspace(-1, 1, 2001)
    for size in (1, 3, 50):
        p = scale.posterior(h, size, size)
        assert (np.diff(p) >= 0).all()
        assert p.min() >= 0
        assert p.max() <= 1
    assert (np.diff(scale.probability(h)) > 0).all()
    assert float(scale.probability(1)) == 1
    assert float(scale.probability(-1)) == 0


@given(st.floats(-0.999, 0.999))
def test_a_chance_cuts_where_the_similarity_did_that_it_was_read_off(similarity: float) -> None:
    for scale in (SCALE, SCALE.corrected(against(20))):
        p = float(scale.probability(similarity))
        assert scale.similarity(p) == pytest.approx(similarity, abs=1e-6)
        assert float(scale.probability(scale.similarity(p))) == p


def test_the_printed_scale_speaks_of_groups_of_the_reference_size() -> None:
    for h in (0.2, 0.4, 0.6):
        plain = float(SCALE.posterior(h, REFERENCE_SIZE, REFERENCE_SIZE))
        assert float(SCALE.probability(h)) == pytest.approx(plain)


def test_no_answers_correct_nothing_but_leave_a_doubt() -> None:
    found = SCALE.corrected(Answers.none())
    h = np.linspace(-1, 1, 50)
    assert np.array_equal(found.posterior(h, 2, 5), SCALE.posterior(h, 2, 5))
    assert np.array_equal(found.likelihood_ratio(h, 2, 5), SCALE.likelihood_ratio(h, 2, 5))
    assert found.parts.doubt == found.profiles.doubt == found.strays.doubt > 0
    assert found.uncorrected() == SCALE


def test_each_kind_of_question_corrects_its_own_chance() -> None:
    def chances(scale: Scale) -> dict[About, float]:
        return {
            About.PARTS: float(scale.posterior(0.5, 3, 3)),
            About.PROFILES: float(scale.likelihood_ratio(0.5, 3, 3)),
            About.STRAY: float(scale.likelihood_ratio(0.5, 3, 3, is_stray=True)),
        }

    plain = chances(SCALE)
    assert plain[About.PROFILES] == plain[About.STRAY]
    for asked in About:
        now = chances(SCALE.corrected(against(20, asked)))
        assert now[asked] < plain[asked]
        assert {kind for kind in About if now[kind] == plain[kind]} == set(About) - {asked}


def test_corrections_replace_each_other_and_the_fit_stays() -> None:
    told = SCALE.corrected(against(20))
    assert told.corrected(against(20)) == told
    assert told.corrected(Answers.none()).parts.shift == 0
    kept = ("prior", "same_mean", "same_var", "different_mean", "different_var", "different_tau2")
    assert all(getattr(told, name) == getattr(SCALE, name) for name in kept)


def test_moved_moves_every_chance() -> None:
    doubt = Correction(doubt=0.5)
    vague = replace(SCALE, parts=doubt, profiles=doubt, strays=doubt)
    assert vague.moved(1).posterior(0.4, 3, 3) > SCALE.posterior(0.4, 3, 3)
    assert vague.moved(-1).likelihood_ratio(0.4, 3, 3) < SCALE.likelihood_ratio(0.4, 3, 3)
    strays = [
        float(scale.likelihood_ratio(0.4, 3, 3, is_stray=True))
        for scale in (vague.moved(-1), SCALE)
    ]
    assert strays[0] < strays[1]
    assert vague.moved(0) == vague
