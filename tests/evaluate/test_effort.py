"""A simulated reviewer works through a herd: true answers make it truer, whatever was asked."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.evaluate.effort_herds import effort_case
from tests.identify.review.standings import said, standing
from thumper_core.evaluate.effort import ORDERS, Point, simulate
from thumper_core.evaluate.reviewer import Reviewer
from thumper_core.identify.review.sureness import Likely

SPLINTERED, MERGED = (1, 1.4), (2, 1.0)
"""Made-up herds whose profiles are too many, and too few."""


@pytest.mark.parametrize("which", [SPLINTERED, MERGED], ids=["splintered", "merged"])
def test_true_answers_make_a_herd_truer(which: tuple[int, float]) -> None:
    case = effort_case(*which)
    points = list(simulate(case, answers=100))
    assert (points[0].profiles > 9) if which is SPLINTERED else (points[0].profiles < 9)
    assert points[0].answers == 0
    assert points[0].f1 < 0.98
    for before, after in pairwise(points):
        assert after.answers > before.answers
        assert after.f1 > before.f1 - 0.01
    last = points[-1]
    assert last.f1 == last.bcubed_f1 == last.precision == last.recall == 1
    assert last.profiles == last.deer == last.true_deer == 9
    assert all(last.holds.values())
    assert all(point.contradictions == 0 for point in points)


def test_batches_answers_and_seeds_are_kept() -> None:
    case = effort_case(*SPLINTERED)
    assert [p.answers for p in simulate(case, answers=0)] == [0]
    points = list(simulate(case, answers=20, batch=8))
    assert 8 <= points[1].answers < 16
    assert 20 <= points[-1].answers < 20 + 8  # the last batch is told, though it is not full
    assert len({p.answers for p in points}) == len(points)
    one, again, other = (
        list(simulate(case, answers=20, error_rate=0.3, seed=seed)) for seed in (1, 1, 2)
    )
    assert one == again != other


def test_review_asks_better_than_chance() -> None:
    case = effort_case(*SPLINTERED)
    ends = {order: list(simulate(case, answers=40, order=order))[-1] for order in ORDERS}
    assert set(ends) == {"review", "nearest", "random"}
    assert ends["review"].f1 > max(ends["random"].f1, ends["nearest"].f1)


def test_with_wrong_answers_what_collides_is_asked_again() -> None:
    """Answers of which one in four is wrong: without a second look they would stay as they were."""
    case = effort_case(*SPLINTERED)
    points = list(simulate(case, answers=120, error_rate=0.25, seed=1, batch=4))
    assert any(point.contradictions for point in points)
    true = list(simulate(case, answers=60))[-1]
    few = list(simulate(case, answers=60, error_rate=0.05, seed=1))[-1]
    assert few.f1 >= 0.95 * true.f1


@pytest.mark.parametrize("order", ["nearest", "random"])
def test_the_plain_orders_ask_open_pairs_only(order: str) -> None:
    """Not what was said, nor what the photos tell, nor what follows from both."""
    links = said(6, must=[(0, 1), (1, 2)], cannot=[(2, 3)])
    made = standing([0, 0, 0, 1, 1, 2], links=links)
    known = {(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3)}
    asked = set()
    reviewer = Reviewer(np.array(list("aaabbc")), 0.0, np.random.default_rng(0))
    for seed in range(20):
        for asking in ORDERS[order](made, reviewer, np.random.default_rng(seed)):
            asked.add((asking.left[0], asking.right[0]))
            assert len(asking.left) == len(asking.right) == 1
            assert np.isnan(asking.chance)  # such answers correct no chance
    assert not asked & known
    if order == "random":
        assert asked == {(i, j) for i in range(6) for j in range(i + 1, 6)} - known
    else:
        likeness = made.means @ made.means.T
        assert (3, 4) in asked
        pairs = {(i, j) for i in range(6) for j in range(i + 1, 6)} - known - asked
        assert max(likeness[pair] for pair in pairs) <= min(likeness[pair] for pair in asked)


@pytest.mark.parametrize("order", ["nearest", "random"])
def test_nothing_open_is_nothing_to_ask(order: str) -> None:
    made = standing([0, 0, 1], links=said(3, must=[(0, 1)], cannot=[(1, 2)]))
    reviewer = Reviewer(np.array(list("aab")), 0.0, np.random.default_rng(0))
    assert ORDERS[order](made, reviewer, np.random.default_rng(0)) == []


def point(**changes: object) -> Point:
    likely = Likely(0.1, 0.05, 0.2)
    plain = Point(
        answers=0, profiles=9, precision=0.9, recall=0.9, f1=0.9, bcubed_precision=1, bcubed_recall=1,
        bcubed_f1=1, wrong=likely, missed=likely, animals=Likely(9, 8.0, 10.0), answers_left=3,
        contradictions=0, true_deer=9,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, set()),
        ({"precision": 0.79}, {"wrong"}),
        ({"precision": 0.96}, {"wrong"}),
        ({"precision": 0.8, "recall": 0.95}, set()),
        ({"recall": 0.7}, {"missed"}),
        ({"true_deer": 11}, {"animals"}),
        ({"true_deer": 7}, {"animals"}),
        ({"true_deer": 7, "recall": 1.0}, {"animals", "missed"}),
    ],
)
def test_whether_an_interval_holds_the_truth(changes: dict[str, object], missing: set[str]) -> None:
    holds = point(**changes).holds
    assert {name for name, held in holds.items() if not held} == missing
    assert set(holds) == {"wrong", "missed", "animals"}
