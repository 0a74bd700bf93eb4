"""What the Review page asks: it follows every answer at once, and every answer can be taken back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests import generated
from tests.generated import Size
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Different, Same, Undo, Unknowable
from thumper_core.decisions.record import record
from thumper_core.decisions.table import ALL_DECISIONS
from thumper_core.herd.build import build_herd
from thumper_core.identify.links.answers import answers_in
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.questions.pair_questions import (
    Question,
    Review,
    kept_of,
    review,
)
from thumper_core.questions.review_queue import verdict_key
from thumper_core.questions.standing import regrouped
from thumper_core.questions.tuning import Tuning, prepare
from thumper_core.workspace import Workspace

PROFILES = 12
"""Into so many the six animals fall at the threshold that is asked about here."""


def strict(tuning: Tuning) -> float:
    """A threshold that leaves splinters to ask about."""
    judgement, tree = tuning.found.thresholds.judgement, tuning.found.clustering.tree
    assert judgement is not None
    last = tree.n - PROFILES
    return float(judgement.scale.probability(tree.similarity[last - 1 : last + 1].mean()))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Tuning]:
    workspace = generated.build(tmp_path_factory.mktemp("asked"), Size(photos=150, animals=6))
    return workspace, prepare(workspace, None)


@pytest.fixture
def ranch(built: tuple[Workspace, Tuning]) -> tuple[Workspace, Tuning]:
    """The built workspace; what a test says in it is taken back afterwards."""
    workspace, tuning = built
    yield workspace, tuning  # type: ignore[misc]
    for row in workspace.sql(
        "from decisions where not undone and kind <> 'undo' order by decision_id desc"
    ).to_dicts():
        record(workspace.ledger, Undo(row["decision_id"]), "me")


def asked(ranch: tuple[Workspace, Tuning], **options: object) -> Review:
    found = review(*ranch, strict(ranch[1]), **options)  # type: ignore[arg-type]
    assert found is not None
    return found


def keys_of(workspace: Workspace, question: Question) -> dict[str, BoxKey]:
    rows = workspace.sql("from detections").to_dicts()
    shown = {*question.left, *question.right}
    return {r["detection_id"]: verdict_key(r) for r in rows if r["detection_id"] in shown}


def verdict(workspace: Workspace, question: Question, kind: type[Same | Different]) -> int:
    key_of = keys_of(workspace, question)
    told = kind(
        key_of[question.left[0]],
        key_of[question.right[0]],
        question.asked,
        kept_of(question, key_of),
    )
    return record(workspace.ledger, told, "me")


def join_of(found: Review) -> Question:
    """A splinter beside its animal."""
    return next(q for q in found.questions if not q.is_inside and q.before is None and q.p > 0.9)


def pair(question: Question) -> tuple[str, str]:
    return question.left[0], question.right[0]


def test_questions_name_pictures_of_the_run(ranch: tuple[Workspace, Tuning]) -> None:
    workspace, tuning = ranch
    found = asked(ranch)
    ids = set(workspace.sql("from detections")["detection_id"])
    assert found.questions
    assert found.n_profiles == len(np.unique(tuning.labels(strict(tuning)))) == PROFILES
    for question in found.questions:
        assert {*question.left, *question.right} <= ids
        assert not {*question.left} & {*question.right}
        assert 0 <= question.p <= 1
        assert question.asked is not None
        assert question.asked.run_id == tuning.run_id
        assert question.before is None
        assert all(size >= 1 for size in question.sizes)
    assert len(asked(ranch, limit=2).questions) == 2


def test_the_recommended_threshold_where_none_is_in_use(ranch: tuple[Workspace, Tuning]) -> None:
    _, tuning = ranch
    judgement = tuning.found.thresholds.judgement
    assert judgement is not None
    found = review(*ranch, None)
    assert found is not None
    assert found.n_profiles == len(np.unique(tuning.found.clustering.tree.cut(judgement.best)))


def test_without_a_scale_nothing_is_asked(ranch: tuple[Workspace, Tuning]) -> None:
    workspace, tuning = ranch
    bare = replace(tuning.found, thresholds=replace(tuning.found.thresholds, judgement=None))
    assert review(workspace, replace(tuning, found=bare), 0.5) is None
    assert review(workspace, replace(tuning, frame=tuning.frame.clear()), 0.5) is None


def test_same_joins_what_it_says_at_once_and_undo_takes_all_of_it_back(
    ranch: tuple[Workspace, Tuning],
) -> None:
    workspace, tuning = ranch
    before = asked(ranch)
    question = join_of(before)
    decision = verdict(workspace, question, Same)
    after = asked(ranch)
    assert after.n_profiles == before.n_profiles - 1
    assert pair(question) not in {pair(q) for q in after.questions}
    answers = answers_in(workspace.sql(ALL_DECISIONS), tuning.run_id)
    assert question.asked is not None
    assert answers.chance.tolist() == [question.asked.chance]
    record(workspace.ledger, Undo(decision), "me")
    assert asked(ranch) == before
    assert answers_in(workspace.sql(ALL_DECISIONS), tuning.run_id).chance.tolist() == []


def test_an_answer_that_all_else_speaks_against_is_asked_again_once(
    ranch: tuple[Workspace, Tuning],
) -> None:
    workspace, tuning = ranch
    question = join_of(asked(ranch))
    first = verdict(workspace, question, Different)
    again = asked(ranch).questions[0]
    assert set(pair(again)) == set(pair(question))
    assert (again.before, again.asked) == (False, question.asked)
    assert set(pair(again)) not in [
        set(pair(q)) for q in asked(ranch, passed_over=frozenset({pair(again)})).questions
    ]
    second = verdict(workspace, again, Same)
    assert asked(ranch).n_profiles == PROFILES - 1
    assert all(q.before is None for q in asked(ranch).questions)
    answers = answers_in(workspace.sql(ALL_DECISIONS), tuning.run_id)
    assert answers.same.tolist() == [True], "the new answer takes the old one's place"
    record(workspace.ledger, Undo(second), "me")
    assert asked(ranch).questions[0].before is False
    record(workspace.ledger, Undo(first), "me")
    assert asked(ranch).n_profiles == PROFILES


def test_different_said_twice_holds_for_ever(ranch: tuple[Workspace, Tuning]) -> None:
    workspace, tuning = ranch
    question = join_of(asked(ranch))
    for _ in range(2):
        verdict(workspace, question, Different)
    of = dict(zip(tuning.frame["detection_id"], tuning.found.clustering.index, strict=True))
    for threshold in (strict(tuning), 0.5, 0.01):
        found = review(workspace, tuning, threshold)
        assert found is not None
        assert pair(question) not in {pair(q) for q in found.questions}
    herd = build_herd(workspace)
    assignments = workspace.sql("from all_assignments where herd_id = ?", [herd.herd_id])
    profile = dict(zip(assignments["detection_id"], assignments["profile_id"], strict=True))
    assert profile[question.left[0]] != profile[question.right[0]]
    assert of[question.left[0]] != of[question.right[0]]


def test_answers_that_contradict_each_other_are_told_at_once(
    ranch: tuple[Workspace, Tuning],
) -> None:
    workspace, tuning = ranch
    question = join_of(asked(ranch))
    assert asked(ranch).set_aside == ()
    index = tuning.found.clustering.index
    of = dict(zip(tuning.frame["detection_id"], index, strict=True))
    taken = {of[one] for one in pair(question)}
    third = next(one for one, tracklet in of.items() if tracklet not in taken)
    chain = [replace(question, left=(a,), right=(b,)) for a, b in
             (pair(question), (pair(question)[1], third), (pair(question)[0], third))]  # fmt: skip
    said = [verdict(workspace, one, kind)
            for one, kind in zip(chain, (Same, Same, Different), strict=True)]  # fmt: skip
    wrong = said[-1]
    (told,) = asked(ranch).set_aside
    assert f"decision {wrong} says that" in told
    assert "undo whichever is wrong" in told
    again = {frozenset(pair(q)): q.before for q in asked(ranch).questions if q.before is not None}
    assert again == {frozenset(pair(one)): kind is Same
                     for one, kind in zip(chain, (Same, Same, Different), strict=True)}  # fmt: skip
    record(workspace.ledger, Undo(wrong), "me")
    assert asked(ranch).set_aside == ()


def test_what_was_left_beside_the_first_pictures_stays_with_them(
    ranch: tuple[Workspace, Tuning],
) -> None:
    workspace, _ = ranch
    question = next(
        q for q in asked(ranch, limit=200).questions if len(q.left) > 1 or len(q.right) > 1
    )
    key_of = keys_of(workspace, question)
    kept = kept_of(question, key_of)
    assert len(kept) == len(question.left) + len(question.right) - 2
    assert {a for a, _ in kept} <= {key_of[question.left[0]], key_of[question.right[0]]}
    verdict(workspace, question, Different)
    herd = build_herd(workspace)
    assignments = workspace.sql("from all_assignments where herd_id = ?", [herd.herd_id])
    profile = dict(zip(assignments["detection_id"], assignments["profile_id"], strict=True))
    left, right = ({profile[d] for d in side} for side in (question.left, question.right))
    assert len(left) == len(right) == 1
    assert left != right


def test_what_was_passed_over_or_cannot_be_told_is_not_asked(
    ranch: tuple[Workspace, Tuning],
) -> None:
    workspace, _ = ranch
    first, second = asked(ranch).questions[:2]
    left = [pair(q) for q in asked(ranch, passed_over=frozenset({pair(first)[::-1]})).questions]
    assert pair(first) not in left
    assert pair(second) in left
    key_of = keys_of(workspace, second)
    record(workspace.ledger, Unknowable(*(key_of[d] for d in pair(second))), "me")
    now = [pair(q) for q in asked(ranch).questions]
    assert pair(second) not in now
    assert pair(first) in now


def test_only_what_an_answer_touches_is_grouped_again(
    built: tuple[Workspace, Tuning],
) -> None:
    _, tuning = built
    known = tuning.found.constraints.constraints
    cut = tuning.similarity(strict(tuning))
    before = tuning.found.clustering.tree.cut(cut)
    assert np.array_equal(regrouped(tuning, known, cut), before)
    a, b = tuning.found.clustering.tree.children[-PROFILES + 5 :].tolist()[0]
    told = _with_must(known, *sorted((_leaf(tuning, a), _leaf(tuning, b))))
    after = regrouped(tuning, told, cut)
    (one,), (other,) = told.must.T
    assert before[one] != before[other]
    assert after[one] == after[other]
    rest = ~np.isin(before, [before[one], before[other]])
    pairs = [labels[rest][:, None] == labels[rest][None, :] for labels in (before, after)]
    assert np.array_equal(*pairs)
    assert not np.isin(after[rest], after[~rest]).any()


def _leaf(tuning: Tuning, node: int) -> int:
    """A tracklet below a node of the dendrogram."""
    tree = tuning.found.clustering.tree
    while node >= tree.n:
        node = int(tree.children[node - tree.n][0])
    return node


def _with_must(links: Constraints, a: int, b: int) -> Constraints:
    return replace(
        links,
        must=np.array([[a, b]], np.int32),
        must_kind=np.array(["human"], np.dtype("U10")),
        must_trust=np.ones(1, np.float32),
    )


def test_verdicts_move_neither_the_scale_nor_lower_the_cut(
    ranch: tuple[Workspace, Tuning],
) -> None:
    """People are asked about look-alikes: fitted as a sample they would move the scale."""
    workspace, tuning = ranch
    before = tuning.found.thresholds.judgement
    assert before is not None
    for _ in range(6):
        verdict(workspace, join_of(asked(ranch)), Same)
    after = prepare(workspace, tuning.run_id).found.thresholds
    assert after.judgement is not None
    assert after.judgement.scale.uncorrected() == before.scale.uncorrected()
    assert after.judgement.scale.profiles.shift != 0
    assert after.judgement.best >= before.best
    plain, told = tuning.found.thresholds.calibration, after.calibration
    assert told.n_human == plain.n_human + 6
    assert (told.eer, told.auc, told.n_must, told.n_cannot) == (
        plain.eer, plain.auc, plain.n_must, plain.n_cannot
    )  # fmt: skip
