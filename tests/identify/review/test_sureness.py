"""How sure a herd is: what is answered is certain, the rest is a sum of doubts with its spread."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.identify.review.standings import SCALE, said, standing
from thumper_core.identify.review.standing import Standing
from thumper_core.identify.review.sureness import COUNT_WITHIN, Likely, sureness
from thumper_core.identify.scale.verdicts import Correction


def doubtful(pairs: int = 24, *, joined: bool, seed: int = 3) -> Standing:
    """Of each animal six looks, and one that is half alike: in its profile, or twice in its own."""
    rng = np.random.default_rng(seed)
    n = 7 if joined else 8
    means = np.zeros((n * pairs, 2 * pairs), np.float32)
    half = 0.53 if joined else 0.43
    for k, likeness in enumerate(rng.uniform(half - 0.06, half + 0.06, pairs)):
        means[n * k : n * k + n, 2 * k] = 1
        means[n * k + 6 : n * k + n, 2 * k : 2 * k + 2] = likeness, np.sqrt(1 - likeness**2)
    who = np.repeat(np.arange(pairs), n)
    labels = who if joined else 2 * who + (np.arange(n * pairs) % n >= 6)
    must = [(n * k, n * k + j) for k in range(pairs) for j in range(1, 6)]
    must += [] if joined else [(n * k + 6, n * k + 7) for k in range(pairs)]
    sizes = rng.integers(1, 9, n * pairs)
    return Standing(
        means,
        sizes.astype(np.int64),
        labels.astype(np.int32),
        said(n * pairs, must=must),
        SCALE,
        np.arange(n * pairs, dtype=np.int32),
    )


def share_held(likely: Likely, drawn: np.ndarray) -> float:
    return float(((likely.low - 1e-9 <= drawn) & (drawn <= likely.high + 1e-9)).mean())


def test_the_interval_of_the_number_holds_it_as_often_as_it_says() -> None:
    made = doubtful(joined=False)
    own = made.kinship.own
    assert (own * (1 - own)).sum() > 2  # there is something to doubt
    drawn = (np.random.default_rng(0).random((2000, len(own))) < own).sum(axis=1)
    animals = sureness(made).animals
    assert animals.value == pytest.approx(own.sum())
    assert 0.9 <= share_held(animals, drawn) < 1
    assert animals.high - animals.low < len(own) / 2  # and says something


def test_the_interval_of_wrong_pairs_holds_them() -> None:
    made = doubtful(joined=True)
    wrong = np.array([1 - b.p for b in made.branches])
    lost = np.array(
        [float(made.sizes[b.part].sum() * made.sizes[b.rest].sum()) for b in made.branches]
    )
    assert (wrong * (1 - wrong)).sum() > 1
    drawn = (np.random.default_rng(0).random((2000, len(wrong))) < wrong) @ lost / made.n_pairs
    likely = sureness(made).wrong
    assert likely.value == pytest.approx(wrong @ lost / made.n_pairs)
    assert 0.92 <= share_held(likely, drawn) < 1
    assert likely.high < 0.5


def test_what_is_missed_is_the_pairs_between_profiles_that_may_be_one() -> None:
    made = standing([0] * 4, [0, 0, 0, 1], sizes=[1, 1, 1, 5])
    joined, apart, p = 3.0, 15.0, made.kinship.kin[1].chance[0]
    assert made.n_pairs == joined + 10
    right = made.n_pairs * (1 - sureness(made).wrong.value) + p * apart
    assert sureness(made).missed.value == pytest.approx(p * apart / right)


def test_a_doubtful_correction_widens_every_interval() -> None:
    vaguely = Correction(doubt=1.5)
    for joined in (True, False):
        plain = doubtful(joined=joined)
        vague = replace(
            plain,
            scale=replace(SCALE, parts=vaguely, profiles=vaguely, strays=vaguely),
        )
        sure, unsure = sureness(plain), sureness(vague)
        name = "wrong" if joined else "animals"
        before, after = getattr(sure, name), getattr(unsure, name)
        assert after.value == pytest.approx(before.value)
        assert after.low <= before.low
        assert after.high > before.high
        assert after.high - after.low > 1.2 * (before.high - before.low)


def test_there_are_no_fewer_than_were_seen_together() -> None:
    photo = said(3, cannot=[(0, 1), (0, 2), (1, 2)], kind="same_photo")
    animals = sureness(standing([0, 0, 0], [0, 0, 0], links=photo)).animals
    assert animals.low == animals.value == 3.0 <= animals.high


def test_what_people_answered_is_certain() -> None:
    who = [0] * 4 + [1] * 4
    must = [(k, k + 1) for k in (0, 1, 2, 4, 5, 6)]
    settled = sureness(standing(who, links=said(8, must=must, cannot=[(0, 4)])))
    assert (settled.animals.low, settled.animals.value) == (2.0, 2.0)
    assert 2.0 < settled.animals.high < 2.5, "what nothing shows is not excluded by few looks"
    assert settled.missed == Likely(0.0, 0.0, 0.0)
    assert settled.wrong.value == settled.wrong.low == 0
    assert settled.answers_left == 0


def test_no_merge_is_beyond_all_doubt_until_many_were_looked_at() -> None:
    """Where every doubt is settled, what may still be wrong falls with the looks that found nothing."""
    highs = []
    for n in (2, 20, 200):
        must = [(k, k + 1) for k in range(n - 1)]
        highs.append(sureness(standing([0] * n, links=said(n, must=must))).wrong.high)
    assert highs[0] > highs[1] > highs[2] > 0
    assert highs[0] > 0.03
    assert highs[2] < 0.015


def test_answers_left_are_those_that_settle_the_number() -> None:
    made = doubtful(joined=False)
    left = sureness(made).answers_left
    assert left > 0
    own = made.kinship.own
    doubt = np.sort(own * (1 - own))[::-1]
    enough = (COUNT_WITHIN * own.sum() / 1.96) ** 2
    assert doubt[left:].sum() <= enough  # one answer each, if the likeliest kin is it
    assert doubt[left // 3 :].sum() > enough


@pytest.mark.parametrize("who", [[], [0], [0, 1], [0, 0]], ids=str)
def test_small_herds_have_figures(who: list[int]) -> None:
    found = sureness(standing(who))
    for likely in (found.wrong, found.missed, found.animals):
        assert 0 <= likely.low <= likely.value <= likely.high
    assert found.animals.high <= len(who) + 1
    assert found.answers_left >= 0


@pytest.mark.parametrize(
    ("likely", "is_close"),
    [
        (Likely(20, 19, 21), True),
        (Likely(20, 18.9, 20), False),
        (Likely(20, 20, 21.1), False),
        (Likely(0, 0, 0), True),
        (Likely(0, 0, 1), False),
    ],
)
def test_a_number_is_known_when_both_ends_are_close(likely: Likely, is_close: bool) -> None:
    assert likely.is_close is is_close
