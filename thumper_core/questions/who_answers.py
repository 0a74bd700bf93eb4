"""What a person says of a visit: ordinary decisions, with what was suggested then."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import (
    Decision,
    Looked,
    Move,
    NotAnimal,
    Reclass,
    Suggested,
    Undo,
    Untold,
)
from thumper_core.herd.decide import Effect, decide
from thumper_core.questions.met import KNOWN, NEW, NOT_DEER, NOTHING, UNKNOWN, Meeting, Visit
from thumper_core.workspace import Workspace

OTHER_ANIMAL: Final = "other animal"
_SAID_BY: Final = {
    Move.kind: NEW,  # unless it names a deer
    Untold.kind: UNKNOWN,
    Reclass.kind: NOT_DEER,
    NotAnimal.kind: NOTHING,
}
_BOXES: Final = (
    "select detection_id, photo_id, x1, y1, x2, y2, frame_ms from all_detections "
    "where run_id = ? and list_contains(?, detection_id)"
)
_RECORD: Final = pl.Schema(
    {
        "decision_id": pl.Int64(),
        "made_at": pl.Datetime("us", "UTC"),
        "author": pl.String(),
        "said": pl.String(),
        "individual_id": pl.String(),
        "chance": pl.Float64(),
        "p_new": pl.Float64(),
        "p_unknown": pl.Float64(),
        "rank": pl.Int64(),
        "first": pl.Float64(),
        "was_right": pl.Boolean(),
    }
)


def answer(
    workspace: Workspace,
    visit: Visit,
    meeting: Meeting,
    said: str,
    author: str,
    individual_id: str | None = None,
) -> tuple[int, ...]:
    """Record what a person says of a visit, and return the numbers of the decisions.

    said: `known` (with the individual), `new`, `unknown` (nobody can tell), `not_deer` (another animal)
    or `nothing` (no animal). Raises UsageError where it is none of these, or no deer is named; otherwise
    as `decide`.

    >>> from thumper_core import Workspace, who
    >>> ranch = Workspace.open("ranch")
    >>> photo = ranch.sql("select photo_id from detections where is_deer order by 1 limit 1").item()
    >>> met = who.meet(ranch, [photo])
    >>> len(who.answer(ranch, met.visits[0], met, "unknown", "ann"))
    1
    """
    made = _decisions(workspace, visit, meeting, said, individual_id)
    return decide(workspace, made, author, effect=Effect.BEHIND, as_one=True).numbers


def confirm(
    workspace: Workspace, visits: Sequence[Visit], meeting: Meeting, author: str
) -> tuple[int, ...]:
    """Answer each visit as it is `said`, several at once; returns the numbers of the decisions."""
    made = [
        one
        for visit in visits
        for one in _decisions(workspace, visit, meeting, visit.said, visit.individual_id)
    ]
    if not made:
        return ()
    return decide(workspace, made, author, effect=Effect.BEHIND, as_one=True).numbers


def take_back(workspace: Workspace, numbers: Sequence[int], author: str) -> None:
    """Undo decisions, the last first, all of them or none."""
    undone = [Undo(number) for number in sorted(numbers, reverse=True)]
    decide(workspace, undone, author, effect=Effect.BEHIND, as_one=True)


def looked(workspace: Workspace, author: str) -> int:
    """Record that all that is new was looked through: it is not asked about any more."""
    return decide(workspace, Looked(), author).numbers[0]


def record_so_far(workspace: Workspace) -> pl.DataFrame:
    """How good the suggestions were: one row per standing answer, oldest first.

    decision_id, made_at, author; said: as `answer` takes it; individual_id: of a known deer;
    chance: that the suggestion gave to what the person said, 0 where it is no deer; p_new, p_unknown; rank:
    of the deer among the suggested ones, 1 the first, null where it was not among them or none was said;
    first: the chance that the likeliest of all had; was_right: whether the person said just that.
    """
    rows = workspace.sql(
        "select decision_id, made_at, author, kind, payload from decisions "
        "where not undone and list_contains(?, kind) and contains(payload, '\"suggested\"') "
        "order by decision_id",
        [list(_SAID_BY)],
    )
    found = []
    for number, made_at, author, kind, payload in rows.iter_rows():
        found.append((number, made_at, author, *_judged(kind, json.loads(payload))))
    return pl.DataFrame(found, schema=_RECORD, orient="row")


def _judged(kind: str, told: dict[str, Any]) -> tuple[Any, ...]:
    by = told["suggested"]
    to = told["to"] if kind == Move.kind else None
    said = KNOWN if to is not None else _SAID_BY[kind]
    others = {NEW: by["p_new"], UNKNOWN: by["p_unknown"]}
    chance = by["chances"].get(to, 0.0) if said == KNOWN else others.get(said, 0.0)
    order = list(by["chances"])
    rank = order.index(to) + 1 if to in order else None
    first = max([*others.values(), *by["chances"].values()])
    return said, to, chance, by["p_new"], by["p_unknown"], rank, first, chance >= first


def _decisions(
    workspace: Workspace, visit: Visit, meeting: Meeting, said: str, individual_id: str | None
) -> list[Decision]:
    if said not in (KNOWN, NEW, UNKNOWN, NOT_DEER, NOTHING):
        raise UsageError(f"{said!r} cannot be said of a visit.")
    if said == KNOWN and individual_id is None:
        raise UsageError("Say which deer it is.")
    shown = {one.individual_id: one.detection_id for one in visit.candidates}
    wanted = [*visit.detection_ids, *shown.values()]
    if said == KNOWN and individual_id is not None and individual_id not in shown:
        shown[individual_id] = _best_of(workspace, individual_id)
        wanted.append(shown[individual_id])
    other = None
    if said in (KNOWN, NEW) and visit.held_by not in (None, individual_id):
        other = _another_of(workspace, visit)
        wanted += [other] if other else []
    boxes = {
        row["detection_id"]: BoxKey.of_row(row)
        for row in workspace.sql(_BOXES, [meeting.run_id, wanted]).iter_rows(named=True)
    }
    where = boxes[visit.detection_id]
    suggested = Suggested(
        meeting.run_id,
        meeting.herd_id,
        visit.chances,
        visit.p_new,
        visit.p_unknown,
        tuple((one.individual_id, boxes[one.detection_id]) for one in visit.candidates),
        visit.detection_ids,
    )
    if said in (NOT_DEER, NOTHING):
        # What was asked is kept once, with the picture that was looked at.
        asked = {
            name: suggested if name == visit.detection_id else None for name in visit.detection_ids
        }
        if said == NOTHING:
            return [NotAnimal(boxes[name], asked[name]) for name in visit.detection_ids]
        return [
            Reclass(boxes[name], OTHER_ANIMAL, suggested=asked[name])
            for name in visit.detection_ids
        ]
    if said == UNKNOWN:
        return [Untold(where, suggested)]
    cannot = [(where, boxes[other])] if other else []
    if said == NEW:
        cannot += [(where, boxes[name]) for name in shown.values() if name != other]
        return [Move(where, None, cannot=tuple(cannot), suggested=suggested)]
    must = ((where, boxes[shown[str(individual_id)]]),)
    return [Move(where, individual_id, must, cannot=tuple(cannot), suggested=suggested)]


def _best_of(workspace: Workspace, individual_id: str) -> str:
    rows = workspace.sql(
        "select best_detection_id from individuals where individual_id = ?", [individual_id]
    )["best_detection_id"].drop_nulls()
    if rows.is_empty():
        raise UsageError(f"There is no deer {individual_id!r} in the shown herd.")
    return str(rows[0])


def _another_of(workspace: Workspace, visit: Visit) -> str | None:
    """The best picture of whom the herd holds the visit with, of another visit; None: it has no other."""
    rows = workspace.sql(
        "select d.detection_id from assignments a join detections d using (detection_id) "
        "join photos p using (photo_id) where a.individual_id = ? and p.event_id <> ? "
        "order by d.confidence desc, d.detection_id limit 1",
        [visit.held_by, visit.event_id],
    )
    return None if rows.is_empty() else str(rows.item())
