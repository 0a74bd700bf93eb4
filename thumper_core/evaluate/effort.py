"""How many answers a herd takes: a simulated reviewer works through the queue of the Review page.

What is asked, how a herd follows the answers and what it says of itself is the product's own
(`identify.review`); only the person is simulated (`reviewer`). Two plain orders of asking stand beside
it: the most similar pair of which nothing is known first, and pairs at random.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.decisions.kinds.who import About
from thumper_core.evaluate.metrics import Contingency
from thumper_core.evaluate.reviewer import Reviewer
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.review.doubted import doubted
from thumper_core.identify.review.questions import Asking, questions
from thumper_core.identify.review.standing import Standing
from thumper_core.identify.review.sureness import Likely, sureness
from thumper_core.identify.scale.probability import Judgement, judge_again
from thumper_core.identify.space.similarity import IntArray
from thumper_core.identify.tree.cluster import average_linkage

Labels = npt.NDArray[Any]
Order = Callable[[Standing, Reviewer, np.random.Generator], list[Asking]]

BATCH: Final = 12
ASKED_AT_ONCE: Final = 4


@dataclass(frozen=True)
class Case:
    """A herd whose truth is known, before any answer.

    means: (T, d) float32; index: (N,) tracklet of each detection; links: what the photos tell;
    judgement: the scale and the cut that they give; event: (T,) int32 code of each tracklet's visit;
    truth: (N,) the individual of each detection; who: (T,) that of each tracklet, most of its detections'.
    """

    means: FloatArray
    index: IntArray
    links: Constraints
    judgement: Judgement
    event: IntArray
    truth: Labels
    who: Labels

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """(T,) detections of each tracklet."""
        return np.bincount(self.index, minlength=len(self.means)).astype(np.int64)


@dataclass(frozen=True)
class Point:
    """The herd after a batch. profiles: groups; the rest as the truth has it and as the herd says."""

    answers: int
    profiles: int
    precision: float
    recall: float
    f1: float
    bcubed_precision: float
    bcubed_recall: float
    bcubed_f1: float
    wrong: Likely
    missed: Likely
    animals: Likely
    answers_left: int
    contradictions: int
    true_deer: int

    @property
    def deer(self) -> int:
        """How many animals the herd says there are."""
        return round(self.animals.value)

    @property
    def holds(self) -> dict[str, bool]:
        """Whether each interval of what the herd says of itself holds the truth."""
        true = {"wrong": 1 - self.precision, "missed": 1 - self.recall, "animals": self.true_deer}
        return {
            name: getattr(self, name).low - 1e-9 <= value <= getattr(self, name).high + 1e-9
            for name, value in true.items()
        }


def simulate(
    case: Case,
    *,
    answers: int,
    error_rate: float = 0.0,
    order: str = "review",
    batch: int = BATCH,
    seed: int = 0,
) -> Iterator[Point]:
    """The herd before any answer and after each batch, until nothing is left to ask or said enough.

    answers: most that are given; order: a key of ORDERS; batch: answers between two points.
    """
    rng = np.random.default_rng(seed)
    reviewer = Reviewer(case.who, error_rate, rng)
    similarity = case.judgement.best
    state = _State(case, reviewer, similarity)
    yield state.point()
    reported = 0
    while reviewer.n_answers < answers:
        before = reviewer.n_answers
        for asking in _apart(ORDERS[order](state.standing, reviewer, rng), ASKED_AT_ONCE):
            reviewer.answer(asking)
        is_done = reviewer.n_answers == before or reviewer.n_answers >= answers
        state = _State(case, reviewer, similarity)
        if reviewer.n_answers - reported >= (1 if is_done else batch):
            similarity = state.cut()
            state = _State(case, reviewer, similarity)
            reported = reviewer.n_answers
            yield state.point()
        if is_done:
            return


class _State:
    """The herd as the answers so far have it, cut at a similarity."""

    def __init__(self, case: Case, reviewer: Reviewer, similarity: float) -> None:
        self._case, self._reviewer = case, reviewer
        links, self.conflicts = reviewer.links(case.links)
        self._tree = average_linkage(case.means, links.cannot, links.must, links.group).dendrogram
        self._answers = reviewer.answers()
        scale = case.judgement.scale.corrected(self._answers)
        labels = self._tree.cut(similarity)
        self.standing = Standing(case.means, case.sizes, labels, links, scale, case.event)

    def cut(self) -> float:
        """Where identifying again would cut."""
        case = self._case
        return judge_again(case.judgement, self._tree, case.sizes, self._answers).best

    def point(self) -> Point:
        """Measured."""
        case, standing = self._case, self.standing
        found = standing.labels[case.index]
        table = Contingency(case.truth, found, np.arange(len(found)))
        pairs, (precision, recall) = table.pairs(None), table.bcubed(None)
        sure = sureness(standing)
        return Point(
            answers=self._reviewer.n_answers,
            profiles=standing.n_profiles,
            precision=pairs.precision,
            recall=pairs.recall,
            f1=pairs.f1,
            bcubed_precision=precision,
            bcubed_recall=recall,
            bcubed_f1=2 * precision * recall / max(precision + recall, 1e-12),
            wrong=sure.wrong,
            missed=sure.missed,
            animals=sure.animals,
            answers_left=sure.answers_left,
            contradictions=len(self.conflicts),
            true_deer=len(np.unique(case.truth)),
        )


def _apart(asked: list[Asking], most: int) -> list[Asking]:
    """The first questions that do not touch each other's tracklets: one answer settles no other."""
    taken: set[int] = set()
    kept: list[Asking] = []
    for asking in asked:
        touched = {int(t) for side in asking.sides for t in side}
        if not touched & taken and len(kept) < most:
            kept.append(asking)
            taken |= touched
    return kept


def _by_worth(standing: Standing, reviewer: Reviewer, _rng: np.random.Generator) -> list[Asking]:
    doubts = doubted(standing, reviewer.given(), reviewer.clashing)
    return questions(standing, set(reviewer.said), doubts=doubts)


def _nearest_first(standing: Standing, _r: Reviewer, _rng: np.random.Generator) -> list[Asking]:
    similarity = standing.means @ standing.means.T
    rows, columns = _open_pairs(standing)
    order = np.argsort(-similarity[rows, columns], kind="stable")[:ASKED_AT_ONCE]
    return [_plain(int(rows[k]), int(columns[k])) for k in order]


def _at_random(standing: Standing, _r: Reviewer, rng: np.random.Generator) -> list[Asking]:
    rows, columns = _open_pairs(standing)
    drawn = rng.permutation(len(rows))[:ASKED_AT_ONCE]
    return [_plain(int(rows[k]), int(columns[k])) for k in drawn]


ORDERS: Final[dict[str, Order]] = {
    "review": _by_worth,
    "nearest": _nearest_first,
    "random": _at_random,
}


def _plain(a: int, b: int) -> Asking:
    sides = (np.array([a]), np.array([b]))
    return Asking(About.PROFILES, (a,), (b,), sides, float("nan"), float("nan"), 0.0)


def _open_pairs(standing: Standing) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pairs of tracklets of which neither answers nor photos, nor what follows, say what they are."""
    links = standing.links
    tree = average_linkage(standing.means, must=links.must).dendrogram
    part = tree.cut(np.inf)
    known = part[:, None] == part[None, :]
    barred = np.zeros((int(part.max(initial=-1)) + 1,) * 2, bool)
    ends = part[links.cannot]
    barred[ends[:, 0], ends[:, 1]] = barred[ends[:, 1], ends[:, 0]] = True
    rows, columns = np.nonzero(np.triu(~known & ~barred[part[:, None], part[None, :]], 1))
    return rows, columns
