"""A person who knows the truth, at the Review page and at what is proposed from year to year."""

from __future__ import annotations

import polars as pl

from thumper_core.decisions.kinds import Decision, Different, Same
from thumper_core.herd.decide import Effect, decide
from thumper_core.questions.pair_questions import Question, kept_of, review
from thumper_core.questions.review_queue import verdict_key
from thumper_core.questions.seasons import histories
from thumper_core.questions.tuning import prepare
from thumper_core.questions.year_links import YearLink, keys_of, pictures_of, year_links
from thumper_core.workspace import Workspace

BY = "reviewer"
ASKED_AT_ONCE = 4
ROUNDS_MAX = 10


def owners(pictures: pl.DataFrame, true: pl.DataFrame) -> dict[str, str]:
    """The deer that most pictures of each group show; true: `detection_id, who`."""
    counts = (
        pictures.join(true, on="detection_id")
        .drop_nulls("who")
        .group_by("individual_id", "who")
        .len()
    )
    order = ["individual_id", "len", "who"]
    best = counts.sort(order, descending=[False, True, False]).unique("individual_id", keep="first")
    return dict(best.select("individual_id", "who").iter_rows())


def answer_pairs(workspace: Workspace, true: pl.DataFrame, most: int) -> int:
    """Answer what Review asks, until nothing is left or as many answers as `most` are given; how many.

    As on the page, a picture that is another animal than the first of its side is said to be, and counts
    as an answer. What shows no deer that the truth knows is passed over.
    """
    who = dict(true.drop_nulls("who").iter_rows())
    boxes = workspace.sql("from detections").to_dicts()
    key_of = {row["detection_id"]: verdict_key(row) for row in boxes}
    tuning, given, passed = prepare(workspace, None), 0, set[tuple[str, str]]()
    while given < most:
        found = review(workspace, tuning, None, frozenset(passed))
        asked = _apart(found.questions if found else ())
        said: list[Decision] = []
        for question in asked:
            a, b = question.left[0], question.right[0]
            if a not in who or b not in who:
                passed.add((a, b))
                continue
            wrong = [
                (side[0], other)
                for side in (question.left, question.right)
                for other in side[1:]
                if who.get(other) != who[side[0]]
            ]
            odd = {key_of[other] for _, other in wrong}
            kept = tuple(pair for pair in kept_of(question, key_of) if pair[1] not in odd)
            kind = Same if who[a] == who[b] else Different
            said.append(kind(key_of[a], key_of[b], question.asked, kept))
            said += [Different(key_of[one], key_of[other]) for one, other in wrong if other in who]
        if not asked:
            break
        if said:
            decide(workspace, said, BY)
        given += len(said)
    decide(workspace, [], BY, effect=Effect.WHOLE)
    return given


def answer_years(workspace: Workspace, true: pl.DataFrame) -> dict[str, int]:
    """Answer what is proposed from year to year, until nothing is."""
    same = n = 0
    for _ in range(ROUNDS_MAX):
        proposed = year_links(workspace, histories(workspace))
        if not proposed:
            break
        owner, keys = owners(pictures_of(workspace), true), keys_of(workspace, proposed)
        is_same = [_is_same(one, owner) for one in proposed]
        said = [
            one.same(keys) if right else one.different(keys)
            for one, right in zip(proposed, is_same, strict=True)
        ]
        decide(workspace, said, BY, effect=Effect.WHOLE)
        same, n = same + sum(is_same), n + len(proposed)
    return {"answers": n, "same deer": same}


def _is_same(one: YearLink, owner: dict[str, str]) -> bool:
    return owner.get(one.later, one.later) == owner.get(one.earlier, one.earlier)


def _apart(asked: tuple[Question, ...]) -> list[Question]:
    """The first questions that share no picture."""
    taken: set[str] = set()
    kept: list[Question] = []
    for question in asked:
        shown = {*question.left, *question.right}
        if not shown & taken and len(kept) < ASKED_AT_ONCE:
            kept.append(question)
            taken |= shown
    return kept
