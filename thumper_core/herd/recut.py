"""Decisions take effect at once: a new herd in which only what they concern was computed again."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from thumper_core.contracts import SHARD_TABLES, FloatArray
from thumper_core.decisions.resolution import SubjectFinder
from thumper_core.decisions.table import ALL_DECISIONS
from thumper_core.herd.build import build_herd, record_herd
from thumper_core.herd.carry_ids import carry_ids
from thumper_core.herd.decisions_heard import (
    boxes_named,
    changed_since,
    decisions_heard,
    decisions_set_aside,
)
from thumper_core.herd.history import counts_of
from thumper_core.herd.kept_space import load_known, save_known
from thumper_core.herd.lessons import load_lessons, save_lessons
from thumper_core.herd.load import load_deer_alone, vectors_of
from thumper_core.herd.notes import constraint_notes, kept
from thumper_core.herd.summary import interval_of, unstable
from thumper_core.herd.untold import untold_profiles
from thumper_core.identify.results import Tables
from thumper_core.identify.tree.recut import Known, Recut, recut_profiles
from thumper_core.store.herd_summary import DecisionsHeard, Growth, HerdSummary
from thumper_core.store.records import HerdRow
from thumper_core.workspace import Workspace

SITTING: Final = timedelta(hours=1)
"""Answers that take effect no longer than this after the ones before are of the same sitting."""


@dataclass(frozen=True)
class Applied:
    """What decisions did to the herd.

    herd_id: the herd that is shown now; is_whole: everything was identified again; is_new: there is
    a new herd (else nothing that was decided changes it); before, after: individuals that were
    computed again, as they were and as they are; notes: contradictions, and decisions that found no deer;
    heard: the decisions that it is in line with.
    """

    herd_id: str
    is_new: bool
    is_whole: bool
    before: tuple[str, ...]
    after: tuple[str, ...]
    summary: HerdSummary
    notes: tuple[str, ...]
    heard: DecisionsHeard


@dataclass(frozen=True)
class Answers:
    """Answers that take effect one after the other, as they are given.

    last: what the one before did, None of the first.
    """

    last: Applied | None = None

    def heard_of(self, herd: HerdRow) -> DecisionsHeard | None:
        """What the herd is in line with: also what was found to change nothing of it."""
        if self.last is not None and self.last.herd_id == herd.herd_id:
            return self.last.heard
        return herd.summary.heard

    def begun_on(self, herd: HerdRow) -> str:
        """The herd before the first answer of this sitting: that is what a rollback goes back to."""
        is_going_on = datetime.now(UTC) - herd.created_at < SITTING
        return (herd.summary.answered_on if is_going_on else "") or herd.herd_id


def apply_decisions(workspace: Workspace) -> Applied:
    """Bring the shown herd in line with every decision; all of it, where a part cannot be.

    As `recut_in_part`; where that cannot be done the shown run is identified again. Raises
    ThumperError like `build_herd`.
    """
    applied = recut_in_part(workspace)
    if applied is not None:
        return applied
    shown = workspace.ledger.promoted("herd")
    before = _individuals(workspace)
    run_id = None if shown is None else workspace.ledger.promoted("run")
    result = build_herd(workspace, run_id=run_id)
    after = _individuals(workspace)
    return Applied(
        result.herd_id,
        True,
        True,
        tuple(sorted(before - after)),
        tuple(sorted(after - before)),
        result.summary,
        result.summary.said,
        result.summary.heard or DecisionsHeard(),
    )


def recut_in_part(
    workspace: Workspace,
    *,
    grown: Known | None = None,
    growth: Growth | None = None,
    accept: Callable[[HerdSummary], bool] | None = None,
    answers: Answers | None = None,
) -> Applied | None:
    """Record and promote a herd in which only the profiles are new that decisions concern.

    Decisions: those made, taken back or restored since the shown herd. Every other individual
    keeps profile, ID and figures. grown: what the shown herd knows with deer that it does not hold,
    which are put where they belong (see `grow`); growth: how much came, with that; accept: asked
    with the summary; answers: a decision that speaks of a deer that the herd does not hold (a photo
    added since) waits, and the others take effect. None where nothing was recorded: it was not
    accepted, or only a whole identification will do, as there is no herd yet, its space is no longer
    kept, another method than `average` made it, or, without `answers`, a decision speaks of such a
    deer.
    """
    herd = workspace.ledger.promoted_herd()
    stored = load_known(workspace, herd.summary.base) if herd else None
    known = grown or stored
    if herd is None or known is None or herd.method != "average":
        return None
    before = herd.summary
    heard = answers.heard_of(herd) if answers else before.heard
    if heard is None:
        return None
    decisions = workspace.sql(ALL_DECISIONS)
    changed = changed_since(decisions, heard)
    if changed.is_empty() and grown is None:
        return Applied(herd.herd_id, False, False, (), (), before, before.said, heard)
    run_id = herd.run_id
    deer = load_deer_alone(workspace, run_id, workspace.settings.identify.class_conf_min)
    frame = deer.filter(pl.col("detection_id").is_in(known.detection_ids))
    named = boxes_named(changed, SubjectFinder(deer, decisions), deer)
    held = set(frame["detection_id"])
    waiting = {number for number, ids in named.items() if not ids <= held}
    if waiting and answers is None:
        return None
    now_heard = decisions_heard(decisions, waiting)
    decisions = decisions.filter(~pl.col("decision_id").is_in(list(waiting)))
    named_ids = {name for number, ids in named.items() if number not in waiting for name in ids}
    if grown is not None and stored is not None:
        named_ids |= set(grown.detection_ids) - set(stored.detection_ids)

    def raw(names: list[str]) -> FloatArray:
        return vectors_of(workspace, run_id, names)

    old, base = _tables(workspace, herd.herd_id), _table(workspace, before.base, "assignments")
    cut = recut_profiles(
        frame,
        known,
        old.assignments,
        base,
        np.flatnonzero(frame["detection_id"].is_in(sorted(named_ids)).to_numpy()).tolist(),
        raw,
        workspace.settings.identify,
        decisions,
        workspace.sql("from cameras"),
    )
    anew, lessons = cut.tables.assignments, load_lessons(workspace, before.base)
    part = frame.join(anew, on="detection_id", how="semi")
    untold = untold_profiles(lessons, part, anew, decisions, base)
    notes = tuple(constraint_notes(cut.report))
    if _is_as_before(cut, old, untold) and notes == before.said:
        return Applied(herd.herd_id, False, False, (), (), before, notes, now_heard)
    is_gone = pl.col("profile_id").is_in(list(cut.before))
    who_was = old.profiles.filter(is_gone)["individual_id"].drop_nulls().to_list()
    carried = carry_ids(
        workspace, run_id, anew, decisions_set_aside(cut.report), among=who_was, untold=untold
    )
    tables = _put_together(old, cut, carried.named(anew), carried.named(cut.tables.profiles))
    herd_id = workspace.ledger.reserve_herd_id()
    summary = replace(
        before,
        herd_id=herd_id,
        counts=counts_of(tables.profiles, tables.assignments),
        trust=replace(
            before.trust,
            estimated_animals=cut.animals.value if cut.animals else None,
            broken_links=cut.broken_links,
            unstable=unstable(tables.profiles),
            **_ends(cut),
        ),
        warnings=notes + tuple(w for w in before.warnings if w not in before.said),
        said=notes,
        contradictions=kept(cut.report),
        changes=carried.changes(),
        base=herd_id if grown is not None else before.base,
        heard=now_heard,
        grown=growth or before.grown,
        made_of="",
        answered_on=answers.begun_on(herd) if answers else "",
    )
    if accept is not None and not accept(summary):
        return None
    if grown is not None:
        save_known(workspace, herd_id, grown)
        if lessons is not None:
            save_lessons(workspace, herd_id, lessons, taught_by=before.base)
    if not record_herd(workspace, run_id, summary, tables, promote=True, instead_of=herd.herd_id):
        # Another process showed a herd meanwhile: this one would hide what was decided there.
        return None if grown else recut_in_part(workspace, accept=accept, answers=answers)
    who_is = carried.match.individual_of.values()
    return Applied(
        herd_id,
        True,
        False,
        tuple(sorted(who_was)),
        tuple(sorted(who_is)),
        summary,
        notes,
        now_heard,
    )


def _individuals(workspace: Workspace) -> set[str]:
    return set(workspace.sql("select individual_id from profiles")["individual_id"].drop_nulls())


def _ends(cut: Recut) -> dict[str, Any]:
    """The interval of the number of animals as it is now."""
    if cut.animals is None:
        return {"animals_low": None, "animals_high": None}
    return interval_of(cut.animals.value, cut.animals)


def _tables(workspace: Workspace, herd_id: str) -> Tables:
    """A herd's tables as they were written."""
    return Tables(**{name: _table(workspace, herd_id, name) for name in SHARD_TABLES["herds"]})


def _table(workspace: Workspace, herd_id: str, name: str) -> pl.DataFrame:
    return pl.DataFrame(workspace.lake.read(f"herds/{herd_id}", name)).drop("herd_id")


def _is_as_before(cut: Recut, old: Tables, untold: Collection[str]) -> bool:
    """Whether the part that was cut again holds the same detections in the same groups, and the same of
    these are deer.
    """
    columns = ["detection_id", "tracklet_id", "profile_id"]
    was = old.assignments.filter(pl.col("profile_id").is_in(list(cut.before))).select(columns)
    same = was.sort(columns).equals(cut.tables.assignments.select(columns).sort(columns))
    kinds = ["profile_id", "sex", "age_class"]
    known = old.profiles.filter(pl.col("profile_id").is_in(list(cut.before)))
    are_no_deer = known.filter(pl.col("individual_id").is_null())["profile_id"]
    return (
        same
        and set(are_no_deer) == set(untold)
        and known.select(kinds).sort(kinds).equals(cut.tables.profiles.select(kinds).sort(kinds))
    )


def _put_together(
    old: Tables, cut: Recut, assignments: pl.DataFrame, profiles: pl.DataFrame
) -> Tables:
    """The old tables with the part that was cut again in its place."""
    goes = pl.col("profile_id").is_in(list(cut.before))
    stays = ~goes.fill_null(False)
    tracklets_gone = old.assignments.filter(goes)["tracklet_id"].unique().to_list()
    kept = ~pl.col("tracklet_id").is_in(tracklets_gone)
    return Tables(
        _joined(old.tracklets.filter(kept), cut.tables.tracklets).sort("started_at", "tracklet_id"),
        _joined(old.assignments.filter(stays), assignments),
        _joined(old.profiles.filter(stays), profiles).sort("first_seen", "profile_id"),
    )


def _joined(rest: pl.DataFrame, anew: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in rest.columns if name in anew.columns]
    return pl.concat(
        [rest, anew.select(names).cast({name: rest.schema[name] for name in names})],
        how="diagonal",
    )
