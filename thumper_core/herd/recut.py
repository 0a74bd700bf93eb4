"""Decisions take effect at once: a new herd in which only what they concern was computed again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from thumper_core.contracts import SHARD_TABLES, FloatArray
from thumper_core.decisions.resolution import SubjectFinder
from thumper_core.herd.build import ALL_DECISIONS, build_herd, load_deer, record_herd
from thumper_core.herd.carry_ids import carry_ids
from thumper_core.herd.decisions_heard import (
    boxes_named,
    changed_since,
    decisions_heard,
    decisions_set_aside,
)
from thumper_core.herd.history import counts_of
from thumper_core.herd.kept_space import load_known, save_known
from thumper_core.herd.notes import constraint_notes, kept
from thumper_core.herd.summary import interval_of, unstable
from thumper_core.identify.results import Tables
from thumper_core.identify.tree.recut import Known, Recut, recut_profiles
from thumper_core.store.herd_summary import Growth, HerdSummary
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Applied:
    """What decisions did to the herd.

    herd_id: the herd that is shown now; is_whole: everything was identified again; is_new: there is
    a new herd (else nothing that was decided changes it); before, after: individuals that were
    computed again, as they were and as they are; notes: contradictions, and decisions that found no deer.
    """

    herd_id: str
    is_new: bool
    is_whole: bool
    before: tuple[str, ...]
    after: tuple[str, ...]
    summary: HerdSummary
    notes: tuple[str, ...]


def apply_decisions(workspace: Workspace) -> Applied:
    """Bring the shown herd in line with every decision; all of it, where a part cannot be.

    As `recut_in_part`; where that cannot be done the shown run is identified again. Raises
    ThumperError like `build_herd`.
    """
    applied = recut_in_part(workspace)
    if applied is not None:
        return applied
    shown = workspace.ledger.promoted("herd")
    before = set(workspace.sql("select individual_id from profiles")["individual_id"])
    run_id = None if shown is None else workspace.ledger.promoted("run")
    result = build_herd(workspace, run_id=run_id)
    after = set(workspace.sql("select individual_id from profiles")["individual_id"])
    return Applied(
        result.herd_id,
        True,
        True,
        tuple(sorted(before - after)),
        tuple(sorted(after - before)),
        result.summary,
        result.summary.said,
    )


def recut_in_part(
    workspace: Workspace,
    *,
    grown: Known | None = None,
    growth: Growth | None = None,
    accept: Callable[[HerdSummary], bool] | None = None,
) -> Applied | None:
    """Record and promote a herd in which only the profiles are new that decisions concern.

    Decisions: those made, taken back or restored since the shown herd. Every other individual
    keeps profile, ID and figures. grown: what the shown herd knows with deer that it does not hold,
    which are put where they belong (see `grow`); growth: how much came, with that; accept: asked
    with the summary. None where nothing was recorded: it was not accepted, or only a whole
    identification will do, as there is no herd yet, its space is no longer kept, another method
    than `average` made it, or a decision speaks of a deer that it does not hold (a photo added
    since).
    """
    herd = workspace.ledger.promoted_herd()
    stored = load_known(workspace, herd.summary.base) if herd else None
    known = grown or stored
    if herd is None or known is None or herd.method != "average":
        return None
    before = herd.summary
    if before.heard is None:
        return None
    decisions = workspace.sql(ALL_DECISIONS)
    changed = changed_since(decisions, before.heard)
    if changed.is_empty() and grown is None:
        return Applied(herd.herd_id, False, False, (), (), before, before.said)
    run_id = herd.run_id
    deer, vectors = load_deer(workspace, run_id, workspace.settings.identify.class_conf_min)
    in_space = pl.col("detection_id").is_in(known.detection_ids)
    frame = deer.filter(in_space)
    finder = SubjectFinder(deer, decisions)
    found = {finder.find(box) for box in boxes_named(changed)} - {None}
    named_ids = set(deer["detection_id"].gather(sorted(row for row in found if row is not None)))
    if not named_ids <= set(frame["detection_id"]):
        return None
    if grown is not None and stored is not None:
        named_ids |= set(grown.detection_ids) - set(stored.detection_ids)
    place = {name: row for row, name in enumerate(deer["detection_id"].to_list())}

    def raw(names: list[str]) -> FloatArray:
        return vectors[[place[name] for name in names]]

    old = _tables(workspace, herd.herd_id)
    cut = recut_profiles(
        frame,
        known,
        old.assignments,
        _tables(workspace, before.base).assignments,
        np.flatnonzero(frame["detection_id"].is_in(sorted(named_ids)).to_numpy()).tolist(),
        raw,
        workspace.settings.identify,
        decisions,
        workspace.sql("from cameras"),
    )
    notes = tuple(constraint_notes(cut.report))
    if _is_as_before(cut, old) and notes == before.said:
        return Applied(herd.herd_id, False, False, (), (), before, notes)
    is_gone = pl.col("profile_id").is_in(list(cut.before))
    who_was = old.profiles.filter(is_gone)["individual_id"].to_list()
    carried = carry_ids(
        workspace, run_id, cut.tables.assignments, decisions_set_aside(cut.report), among=who_was
    )
    tables = _put_together(
        old, cut, carried.named(cut.tables.assignments), carried.named(cut.tables.profiles)
    )
    herd_id = workspace.ledger.reserve_herd_id()
    summary = replace(
        before,
        herd_id=herd_id,
        counts=counts_of(tables.profiles, tables.assignments),
        trust=replace(
            before.trust,
            estimated_animals=cut.estimated_animals,
            broken_links=cut.broken_links,
            unstable=unstable(tables.profiles),
            **_ends(cut),
        ),
        warnings=notes + tuple(w for w in before.warnings if w not in before.said),
        said=notes,
        contradictions=kept(cut.report),
        changes=carried.changes(),
        base=herd_id if grown is not None else before.base,
        heard=decisions_heard(decisions),
        grown=growth or before.grown,
        made_of="",
    )
    if accept is not None and not accept(summary):
        return None
    if grown is not None:
        save_known(workspace, herd_id, grown)
    record_herd(workspace, run_id, summary, tables, promote=True)
    who_is = carried.match.individual_of.values()
    return Applied(
        herd_id, True, False, tuple(sorted(who_was)), tuple(sorted(who_is)), summary, notes
    )


def _ends(cut: Recut) -> dict[str, Any]:
    """The interval of the number of animals as it is now."""
    if cut.estimated_animals is None or cut.animals is None:
        return {"animals_low": None, "animals_high": None}
    return interval_of(cut.estimated_animals, cut.animals)


def _tables(workspace: Workspace, herd_id: str) -> Tables:
    """A herd's tables as they were written."""
    kind = f"herds/{herd_id}"
    read = (
        (name, pl.DataFrame(workspace.lake.read(kind, name)).drop("herd_id"))
        for name in SHARD_TABLES["herds"]
    )
    return Tables(**dict(read))


def _is_as_before(cut: Recut, old: Tables) -> bool:
    """Whether the part that was cut again holds the same detections in the same groups."""
    columns = ["detection_id", "tracklet_id", "profile_id"]
    was = old.assignments.filter(pl.col("profile_id").is_in(list(cut.before))).select(columns)
    same = was.sort(columns).equals(cut.tables.assignments.select(columns).sort(columns))
    kinds = ["profile_id", "sex", "age_class"]
    known = old.profiles.filter(pl.col("profile_id").is_in(list(cut.before))).select(kinds)
    return same and known.sort(kinds).equals(cut.tables.profiles.select(kinds).sort(kinds))


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
