"""Where a dendrogram is cut once people answered: never lower, and higher where merges proved wrong."""

from __future__ import annotations

import numpy as np
import pytest

from tests.identify.review.standings import SCALE, looks
from thumper_core.decisions.kinds.who import About
from thumper_core.identify.scale.mixture import TwoGroups
from thumper_core.identify.scale.probability import judge, judge_again
from thumper_core.identify.scale.verdicts import Answers
from thumper_core.identify.tree.cluster import average_linkage

GRID = np.linspace(-1, 1, 201)
GROUPS = TwoGroups(
    0.2, SCALE.same_mean, SCALE.same_var, SCALE.different_mean, SCALE.different_var, GRID,
    np.clip(GRID, 0, 1),
)  # fmt: skip


@pytest.mark.parametrize(("same", "holds"), [(True, True), (False, False)])
def test_merges_that_answers_proved_wrong_are_undone_and_not_asked_one_by_one(
    same: bool, holds: bool
) -> None:
    means = looks([0] * 6 + [1] * 5)
    event, sizes = np.arange(11, dtype=np.int32), np.ones(11, np.int64)
    tree = average_linkage(means).dendrogram
    judged = judge(tree, means, event, sizes, GROUPS)
    assert tree.cut(judged.best).max() + 1 == 2
    said = Answers(
        np.full(40, 0.999999), np.full(40, same), np.full(40, About.PARTS, np.dtype("U8"))
    )
    again = judge_again(judged, tree, sizes, said)
    assert again.best >= judged.best
    assert bool(tree.cut(again.best).max() + 1 == 2) is holds
    if not holds:
        assert tree.cut(again.best).max() + 1 == 11


def test_a_single_tracklet_has_nothing_to_undo() -> None:
    means = looks([0])
    tree = average_linkage(means).dendrogram
    one = np.ones(1, np.int64)
    judged = judge(tree, means, np.zeros(1, np.int32), one, GROUPS)
    assert judge_again(judged, tree, one, Answers.none()).best == judged.best
