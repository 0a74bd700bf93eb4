"""The herd as new pictures meet it: who is known, from which pictures, and what these teach."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import FloatArray, ThumperError
from thumper_core.decisions.kinds import Looked, Move, Untold
from thumper_core.decisions.resolution import SubjectFinder
from thumper_core.decisions.table import ALL_DECISIONS
from thumper_core.herd.grow import with_more
from thumper_core.herd.kept_space import load_known
from thumper_core.herd.lessons import learn_of_herd, load_lessons, save_lessons
from thumper_core.herd.load import load_deer_alone, vectors_of
from thumper_core.identify.meet.learn import Facts, Lessons
from thumper_core.identify.space.similarity import IntArray
from thumper_core.identify.tree.recut import Known
from thumper_core.questions.met import KNOWN, NEW, UNKNOWN, Answered
from thumper_core.store.records import HerdRow
from thumper_core.workspace import Workspace

Mask = npt.NDArray[np.bool_]

IDENTIFY: Final = "`thumper identify` makes one."


@dataclass(frozen=True)
class Gallery:
    """All deer of the shown run, a row each of `frame`, N of them.

    vectors: (N, d) float32 in the herd's space; raw: (A, D) embeddings of the rows that are asked about, in
    their order; asked: (N,) whether a row is asked about; who: (N,) code of the individual that each row of
    the gallery is of, -1: none, or asked about; names: individual IDs by code; held: (N,) the individual
    that the herd has it with, "" none; answered: of what would be asked about, what was answered.
    """

    herd: HerdRow
    since: datetime
    known: Known
    frame: pl.DataFrame
    vectors: FloatArray
    raw: FloatArray
    asked: Mask
    who: IntArray
    names: tuple[str, ...]
    held: npt.NDArray[np.str_]
    answered: tuple[tuple[Answered, npt.NDArray[np.int64]], ...]
    decisions: pl.DataFrame
    cameras: pl.DataFrame

    @cached_property
    def facts(self) -> Facts:
        """What is known of each row besides its vector."""
        return Facts.of(self.frame)


def gallery(workspace: Workspace, photos: Sequence[str] | None, since: datetime | None) -> Gallery:
    """The shown herd, with what is new beside it; see `questions.who.meet`.

    Raises ThumperError where there is no herd, or its space is not kept.
    """
    herd = workspace.ledger.promoted_herd()
    if herd is None:
        raise ThumperError(
            f"There is no herd yet that a picture could be compared with: {IDENTIFY}"
        )
    known = load_known(workspace, herd.summary.base)
    if known is None:
        raise ThumperError(f"The space of the shown herd is not kept any more: {IDENTIFY}")
    if known.mapping.matched:
        raise ThumperError(
            "The shown herd was made with local matching on, and new pictures cannot be mapped into its "
            "space: `thumper identify --matching off` makes one that they can meet."
        )
    decisions = workspace.sql(ALL_DECISIONS)
    from_when = since or last_look(workspace, decisions)
    frame = load_deer_alone(workspace, herd.run_id, workspace.settings.identify.class_conf_min)
    asked = _asked(workspace, frame, photos, from_when)
    members = frame.select("detection_id").join(
        workspace.sql("select detection_id, individual_id from assignments"),
        on="detection_id",
        how="left",
        maintain_order="left",
    )["individual_id"]
    held = np.array(members.fill_null("").to_list(), np.str_)
    answers = _answers(decisions, frame, asked)
    who_is = np.where(asked, "", held)
    for answer, rows in answers:
        name = answer.individual_id or ""
        if answer.said == NEW:  # a deer of its own, as far as the herd has made it one
            own = str(held[rows[0]])
            name = own if own and own not in set(who_is.tolist()) else ""
        who_is[rows] = name
        if photos is None:
            asked[rows] = False
    ids = sorted(set(who_is.tolist()) - {""})
    number = {name: code for code, name in enumerate(ids)}
    who = np.array([number.get(name, -1) for name in who_is.tolist()], np.int32)
    vectors, raw, frame_rows = _placed(workspace, herd, known, frame, asked, who >= 0)
    return Gallery(
        herd=herd,
        since=from_when,
        known=known,
        frame=frame.filter(pl.Series(frame_rows)),
        vectors=vectors[frame_rows],
        raw=raw,
        asked=asked[frame_rows],
        who=who[frame_rows],
        names=tuple(ids),
        held=held[frame_rows],
        answered=tuple(
            (answer, np.flatnonzero(np.isin(np.flatnonzero(frame_rows), rows)))
            for answer, rows in answers
        ),
        decisions=decisions,
        cameras=workspace.sql("from cameras"),
    )


def last_look(workspace: Workspace, decisions: pl.DataFrame) -> datetime:
    """When somebody last looked through what was new; else when the first herd was made. UTC."""
    looks = decisions.filter((pl.col("kind") == Looked.kind) & ~pl.col("undone"))["made_at"]
    if len(looks):
        last = datetime.fromisoformat(str(looks.max()))
        return last if last.tzinfo else last.replace(tzinfo=UTC)
    return min(herd.created_at for herd in workspace.ledger.herds())


def lessons(workspace: Workspace, found: Gallery) -> Lessons:
    """What the gallery teaches: learned once for each whole identification, and kept beside its space."""
    kept = load_lessons(workspace, found.herd.summary.base, its_own=True)
    if kept is not None:
        return kept
    names, run_id = found.frame["detection_id"], found.herd.run_id

    def raw(rows: npt.NDArray[np.int64]) -> FloatArray:
        return vectors_of(workspace, run_id, names.gather(rows).to_list())

    learned = learn_of_herd(
        found.frame,
        found.vectors,
        found.who,
        raw,
        found.known.contrast,
        found.cameras,
        workspace.settings.identify,
    )
    save_lessons(workspace, found.herd.summary.base, learned)
    return learned


def _asked(
    workspace: Workspace, frame: pl.DataFrame, photos: Sequence[str] | None, since: datetime
) -> Mask:
    """(N,) rows of the events of some photos; or of photos that were read since."""
    if photos is None:
        new = workspace.sql(
            "select photo_id from photos where read_at > ?", [since.replace(tzinfo=None)]
        )["photo_id"]
        return np.array(frame["photo_id"].is_in(new.to_list()).to_numpy(), bool)
    events = frame.filter(pl.col("photo_id").is_in(list(photos)))["event_id"].unique()
    here = frame["photo_id"].is_in(list(photos)) | frame["event_id"].is_in(events.to_list())
    return np.array(here.to_numpy(), bool)


def _answers(
    decisions: pl.DataFrame, frame: pl.DataFrame, asked: Mask
) -> list[tuple[Answered, npt.NDArray[np.int64]]]:
    """What was answered of rows that are asked about: the newest answer of each, and the visit's rows."""
    said = decisions.filter(
        pl.col("kind").is_in([Move.kind, Untold.kind]) & ~pl.col("undone")
    ).sort("decision_id", descending=True)
    if said.is_empty() or not asked.any():
        return []
    finder = SubjectFinder(frame, said)
    place = {name: row for row, name in enumerate(frame["detection_id"].to_list())}
    found: list[tuple[Answered, npt.NDArray[np.int64]]] = []
    taken: set[int] = set()
    for number, kind, payload, made_at in said.select(
        "decision_id", "kind", "payload", "made_at"
    ).iter_rows():
        told: dict[str, Any] = json.loads(payload)
        row = finder.find(told)
        if row is None or not asked[row] or row in taken:
            continue
        names = told.get("suggested", {}).get("visit", [])
        rows = {row, *(place[name] for name in names if name in place)} - taken
        taken |= rows
        to = told.get("to") if kind == Move.kind else None
        word = UNKNOWN if kind == Untold.kind else NEW if to is None else KNOWN
        first = min(rows, key=lambda r: (frame["taken_at"][r] is None, frame["taken_at"][r], r))
        visit_id = f"v{frame['detection_id'][first]}"
        answer = Answered((number,), visit_id, word, to, made_at)
        found.append((answer, np.array(sorted(rows), np.int64)))
    return found


def _placed(
    workspace: Workspace, herd: HerdRow, known: Known, frame: pl.DataFrame, asked: Mask, held: Mask
) -> tuple[FloatArray, FloatArray, Mask]:
    """(N, d) vectors in the herd's space, (A, D) embeddings of what is asked about, and (N,) the rows that
    have a place in it: those that the herd knows, and those that are asked about or held by a deer.
    """
    names = frame["detection_id"]
    place = {name: row for row, name in enumerate(known.detection_ids)}
    row_of = np.array([place.get(name, -1) for name in names.to_list()], np.int64)
    more = (asked | held) & (row_of < 0)
    needed = asked | more
    raw = vectors_of(workspace, herd.run_id, names.filter(pl.Series(needed)).to_list())
    if more.any():
        grown = with_more(known, frame.filter(pl.Series(more)), raw[more[needed]])
        row_of[more] = np.arange(len(known.detection_ids), len(grown.detection_ids))
        known = grown
    vectors = np.zeros((frame.height, known.vectors.shape[1]), np.float32)
    here = row_of >= 0
    vectors[here] = known.vectors[row_of[here]]
    return vectors, raw[asked[needed]] if len(raw) else raw, here
