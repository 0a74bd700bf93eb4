"""Which pairs to ask a person about next, and how sure the herd is of itself by now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import COMPARED, Unknowable
from thumper_core.decisions.kinds.who import About, Asked
from thumper_core.herd.lessons import load_lessons
from thumper_core.herd.notes import sentence
from thumper_core.identify.meet.learn import Lessons
from thumper_core.identify.review.clear import clearness
from thumper_core.identify.review.doubted import doubted
from thumper_core.identify.review.questions import Asking, questions
from thumper_core.identify.review.sureness import Sureness, sureness
from thumper_core.questions.contradicted import called
from thumper_core.questions.review_queue import asked_pairs
from thumper_core.questions.second_looks import Told, told
from thumper_core.questions.standing import standing_of
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.questions.tuning import Tuning


@dataclass(frozen=True)
class Question:
    """Are these two one animal? left, right: detection IDs, the first of each is what is asked, the others
    are shown with it as the same animal.

    p: chance that they are, as of now; asked: what a verdict says it answers (None: nobody ever asked);
    sizes: pictures that hang on either side; is_inside: whether both are of one group now; before: what
    was said of these two already, where that is asked about again (None: nothing); looks: how often these
    two were judged by themselves.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    p: float
    asked: Asked | None
    sizes: tuple[int, int]
    is_inside: bool
    before: bool | None = None
    looks: int = 0


@dataclass(frozen=True)
class Review:
    """A herd as its answers have it now.

    n_profiles: groups of pictures held to be one deer each; set_aside: a sentence for each answer that
    others or the photos contradict.
    """

    n_profiles: int
    set_aside: tuple[str, ...]
    sureness: Sureness
    questions: tuple[Question, ...]


def review(
    workspace: Workspace,
    tuning: Tuning,
    threshold: float | None,
    passed_over: frozenset[tuple[str, str]] = frozenset(),
    limit: int = 40,
) -> Review | None:
    """The herd with every decision so far, and its most telling questions; None: not calibrated.

    threshold: the one in use (None: the recommended); passed_over: pairs of detection IDs that are not to
    be asked about now.
    """
    stood = standing_of(workspace, tuning, threshold)
    if stood is None:
        return None
    standing, report, decisions = stood.standing, stood.report, stood.decisions
    tracklets, clustering = tuning.found.tables.tracklets, tuning.found.clustering
    names = tracklets["best_detection_id"].to_list()
    of = dict(zip(tuning.frame["detection_id"].to_list(), clustering.index.tolist(), strict=True))
    closed, untold = (
        {(min(of[a], of[b]), max(of[a], of[b])) for a, b in pairs if a in of and b in of}
        for pairs in (
            asked_pairs(workspace, COMPARED) | passed_over,
            asked_pairs(workspace, (Unknowable.kind,)),
        )
    )
    before = told(report.said, report.contradictions, decisions, clustering.index)
    doubts = [
        doubt
        for doubt in doubted(standing, before.given, before.contradicted)
        if not _is_passed_over(doubt.given.pair, before, passed_over, tuning)
    ]
    tells = _tells(workspace, tuning)
    against = [found for found in report.contradictions if found.set_aside]
    bursts = called(workspace, (name for found in against for name in found.chain))
    clear = clearness(
        tuning.frame, clustering.index, len(tuning.sizes), _lessons(workspace, tuning.run_id)
    )
    asked = questions(standing, closed, limit, doubts, frozenset(untold), tells, clear)
    return Review(
        standing.n_profiles,
        tuple(sentence(found, bursts) for found in against),
        sureness(standing),
        tuple(_question(one, names, before, tuning) for one in asked),
    )


def _tells(workspace: Workspace, tuning: Tuning) -> npt.NDArray[np.bool_]:
    """(T,) tracklets of which some picture is of a deer that the shown herd could tell from others."""
    nobody = workspace.sql("select detection_id from assignments where individual_id is null")
    shows = ~tuning.frame["detection_id"].is_in(nobody["detection_id"].to_list()).to_numpy()
    found = np.zeros(len(tuning.sizes), bool)
    np.logical_or.at(found, tuning.found.clustering.index, shows)
    return found


def _lessons(workspace: Workspace, run_id: str) -> Lessons | None:
    """What the shown herd goes by, where it is one of this run and something is kept."""
    herd = workspace.ledger.promoted_herd()
    if herd is None or herd.run_id != run_id:
        return None
    return load_lessons(workspace, herd.summary.base)


def kept_of(question: Question, key_of: dict[str, BoxKey]) -> tuple[tuple[BoxKey, BoxKey], ...]:
    """The pairs that were shown as one animal on either side, for the verdict that leaves them so."""
    return tuple(
        (key_of[side[0]], key_of[other])
        for side in (question.left, question.right)
        for other in side[1:]
    )


def _question(asking: Asking, names: list[Any], before: Told, tuning: Tuning) -> Question:
    left, right = (tuple(str(names[t]) for t in side) for side in (asking.left, asking.right))
    asked: Asked | None = Asked(asking.chance, tuning.run_id, asking.about)
    if asking.again is not None:
        # The very pictures that the answer was about: the new one takes its place.
        pair = asking.again.pair
        (left, right), asked = _pictures(pair, before, tuning), before.asked.get(pair)
    sizes, groups = tuning.sizes, asking.sides
    return Question(
        left,
        right,
        asking.p,
        asked,
        (int(sizes[groups[0]].sum()), int(sizes[groups[1]].sum())),
        asking.about is About.PARTS,
        None if asking.again is None else asking.again.same,
        0 if asking.again is None else before.looks[asking.again.pair],
    )


def _pictures(
    pair: tuple[int, int], before: Told, tuning: Tuning
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = tuning.frame["detection_id"]
    left, right = before.rows[pair]
    return (str(names[left]),), (str(names[right]),)


def _is_passed_over(
    pair: tuple[int, int],
    before: Told,
    passed_over: frozenset[tuple[str, str]],
    tuning: Tuning,
) -> bool:
    (left,), (right,) = _pictures(pair, before, tuning)
    return bool({(left, right), (right, left)} & passed_over)
