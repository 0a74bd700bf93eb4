"""The merges inside profiles: a stranger is doubted, what people confirmed is left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.identify.review.standings import SCALE, said, standing
from thumper_core.decisions.kinds.who import About
from thumper_core.identify.scale.verdicts import Answers


@pytest.mark.parametrize(
    ("labels", "merges"),
    [([], 0), ([0], 0), ([0, 1, 2], 0), ([0, 0, 1], 1), ([0, 0, 0, 1, 1], 3)],
    ids=["none", "one", "all alone", "a pair", "two profiles"],
)
def test_a_profile_of_n_tracklets_has_n_less_one_merges(labels: list[int], merges: int) -> None:
    made = standing(labels)
    assert len(made.inner) == len(made.branches) == merges
    for merge in made.inner:
        inside = set(made.members(merge.profile).tolist())
        sides = set(merge.part.tolist()), set(merge.rest.tolist())
        assert sides[0] | sides[1] <= inside
        assert not sides[0] & sides[1]
        assert len(sides[0]) <= len(sides[1])


def test_the_similarity_of_a_merge_is_the_mean_over_its_pairs() -> None:
    made = standing([0] * 6 + [1] * 3)
    for merge in made.inner:
        plain = (made.means[merge.part] @ made.means[merge.rest].T).mean()
        assert merge.similarity == pytest.approx(plain, abs=1e-5)


def test_a_stranger_inside_a_profile_is_doubted_most() -> None:
    who, labels = [0] * 6 + [1], [0] * 7
    made = standing(who, labels)
    worst = min(made.branches, key=lambda branch: branch.p)
    assert worst.part.tolist() == [6]
    assert set(worst.rest.tolist()) == set(range(6))
    assert worst.p < 0.05
    others = [b.p for b in made.branches if b is not worst]
    assert min(others) > 0.5


def test_a_part_that_another_profile_fits_as_well_is_doubted_more() -> None:
    """The next best home counts: a look half way between two animals, the other one absent or there."""
    crowd = np.repeat([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], 6, axis=0)
    means = np.vstack([crowd, [[0.62, 0.62, 0.48]]]).astype(np.float32)
    p = {}
    for name, rows in (("alone", [*range(6), 12]), ("beside", list(range(13)))):
        labels = np.array([1 if 6 <= row < 12 else 0 for row in rows])
        made = replace(standing(labels.tolist()), means=means[rows])
        p[name] = next(b.p for b in made.branches if b.part.tolist() == [len(rows) - 1])
    assert p["beside"] < 0.51 < 0.8 < p["alone"]


def test_what_people_called_the_same_is_no_question_any_more() -> None:
    who = [0] * 4
    first = standing(who)
    last = first.inner[-1]
    pair = sorted((int(last.part[0]), int(last.rest[0])))
    confirmed = standing(who, links=said(4, must=[(pair[0], pair[1])]))
    assert len(confirmed.inner) == len(first.inner) - 1
    for merge in confirmed.inner:
        sides = [set(side.tolist()) for side in (merge.part, merge.rest)]
        assert not any(pair[0] in a and pair[1] in b for a, b in (sides, sides[::-1]))
    chain = standing(who, links=said(4, must=[(0, 1), (1, 2), (2, 3)]))
    assert chain.inner == ()


def test_answers_correct_the_chance_and_leave_the_plain_one() -> None:
    told = Answers(np.full(40, 0.9), np.zeros(40, bool), np.full(40, About.PARTS, np.dtype("U8")))
    plain = standing([0] * 5)
    corrected = standing([0] * 5, scale=SCALE.corrected(told))
    for before, after in zip(plain.branches, corrected.branches, strict=True):
        assert after.chance == before.chance
        assert after.p < before.p <= before.chance
