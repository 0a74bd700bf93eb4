"""A herd as a reviewer meets it: its weights, its members, and the same under another scale."""

from __future__ import annotations

import numpy as np
import pytest

from tests.identify.review.standings import SCALE, standing
from thumper_core.decisions.kinds.who import About
from thumper_core.identify.scale.verdicts import Answers


@pytest.mark.parametrize(
    ("labels", "sizes", "weight", "pairs"),
    [
        ([], [], [], 1.0),
        ([0], [1], [1], 1.0),
        ([0], [4], [4], 6.0),
        ([0, 1, 0], [2, 5, 1], [3, 5], 13.0),
    ],
    ids=["none", "one", "one of four", "two"],
)
def test_weights_are_detections(
    labels: list[int], sizes: list[int], weight: list[float], pairs: float
) -> None:
    made = standing(labels, sizes=sizes)
    assert made.n_profiles == len(weight)
    assert made.weight.tolist() == weight
    assert made.n_pairs == pairs


def test_members_are_the_tracklets_of_a_profile() -> None:
    made = standing([0, 1, 0, 2, 1])
    assert [made.members(k).tolist() for k in range(3)] == [[0, 2], [1, 4], [3]]


def test_another_scale_moves_the_chances_and_nothing_else() -> None:
    told = Answers(np.full(30, 0.9), np.zeros(30, bool), np.full(30, About.PARTS, np.dtype("U8")))
    doubted = standing([0] * 4 + [1] * 4, scale=SCALE.corrected(told))
    plain = doubted.uncorrected()
    assert plain.scale == SCALE
    assert [b.p for b in doubted.branches] < [b.p for b in plain.branches]
    assert [b.part.tolist() for b in doubted.branches] == [b.part.tolist() for b in plain.branches]
    assert doubted.moved(0) is doubted
    lower, higher = doubted.moved(-1), doubted.moved(1)
    for low, middle, high in zip(lower.branches, doubted.branches, higher.branches, strict=True):
        assert low.p < middle.p < high.p
    assert np.array_equal(lower.labels, higher.labels)
