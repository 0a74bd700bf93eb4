"""The herd that another workspace shows, shown here at once, before anything is identified.

That can be where this workspace held nothing: then its photos, runs and individuals are those that came.
Of a part of that workspace's photos it is the part of its herd. Elsewhere a herd of all photos together
has to be made, which `thumper identify` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import polars as pl

from thumper_core.contracts import SHARD_TABLES
from thumper_core.herd.build import record_herd
from thumper_core.herd.history import counts_of
from thumper_core.identify.results import Tables
from thumper_core.imports.known import Record
from thumper_core.imports.take_photos import Taken
from thumper_core.store.came_in import HERD, note_parts, parts_of
from thumper_core.store.herd_summary import HerdChanges, HerdSummary, HerdTrust
from thumper_core.store.records import HerdRow
from thumper_core.workspace import Workspace

_SEEN: Final = """
select d.detection_id, p.event_id, p.is_time_evidence,
    p.taken_at + to_milliseconds(coalesce(d.frame_ms, 0)) as taken_at,
    d.confidence * sqrt(greatest(coalesce(d.sharpness, 0), 1)) as goodness
from all_detections d join photos p using (photo_id) where d.run_id = ?
"""


class TakenHerd(NamedTuple):
    """herd_id: of the herd that is shown here now, None: none came; reason: a sentence that says why not,
    "" where there was none to come, or it came before.
    """

    herd_id: str | None
    reason: str = ""


def is_bare(workspace: Workspace) -> bool:
    """Whether a workspace holds nothing that a herd could be made of."""
    return not workspace.ledger.files_there() and workspace.ledger.promoted("herd") is None


def take_herd(
    record: Record, theirs: Workspace, taken: Taken, ids: Mapping[str, str], *, was_bare: bool
) -> TakenHerd:
    """Record and show the herd that is shown there, as far as its photos came.

    ids: individual there -> here; was_bare: see `is_bare`, before anything came.
    """
    ours, import_id = record.workspace, record.row.import_id
    herd = theirs.ledger.promoted_herd()
    if herd is None or not theirs.lake.shards(f"herds/{herd.herd_id}"):
        return TakenHerd(None)
    if herd.herd_id in parts_of(ours.ledger, import_id, HERD):
        return TakenHerd(None)
    if not was_bare:
        return TakenHerd(
            None,
            "Its herd is not shown, because this workspace had photos before: one of all of them has to "
            "be made.",
        )
    if taken.run_id is None or herd.run_id != theirs.ledger.promoted("run"):
        return TakenHerd(None, "Its herd is not shown, because the run that it is of did not come.")
    seen = ours.sql(_SEEN, [taken.run_id])
    tables, is_whole = _tables(theirs, herd.herd_id, seen, ids)
    herd_id = ours.ledger.reserve_herd_id()
    summary = replace(
        _summary(herd, ids, is_whole),
        herd_id=herd_id,
        counts=counts_of(tables.profiles, tables.assignments),
    )
    record_herd(ours, taken.run_id, summary, tables, promote=True)
    note_parts(ours.ledger, import_id, HERD, [(herd.herd_id, herd_id)])
    return TakenHerd(herd_id)


def _tables(
    theirs: Workspace, herd_id: str, seen: pl.DataFrame, ids: Mapping[str, str]
) -> tuple[Tables, bool]:
    """The herd's tables with the IDs of this workspace, and whether all of it came."""
    tracklets, assignments, profiles = (
        pl.DataFrame(theirs.lake.read(f"herds/{herd_id}", name)).drop("herd_id")
        for name in SHARD_TABLES["herds"]
    )
    who = pl.col("individual_id").replace_strict(dict(ids), default=None, return_dtype=pl.String)
    kept = assignments.join(seen, on="detection_id", how="semi", maintain_order="left")
    if kept.height == assignments.height:
        return Tables(tracklets, kept.with_columns(who), profiles.with_columns(who)), True
    best = _counted(kept.join(seen, on="detection_id"), "tracklet_id")
    tracklets = tracklets.drop("n_detections", "best_detection_id").join(
        best.select("tracklet_id", "n_detections", "best_detection_id"),
        on="tracklet_id",
        maintain_order="left",
    )
    counted = _counted(kept.join(seen, on="detection_id"), "profile_id")
    profiles = profiles.select("profile_id", "individual_id", "sex", "age_class").join(
        counted, on="profile_id", maintain_order="left"
    )
    return Tables(tracklets, kept.with_columns(who), profiles.with_columns(who)), False


def _counted(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """How often and when each profile or tracklet was seen, and where it is seen best."""
    known = pl.when("is_time_evidence").then("taken_at")
    return (
        rows.drop_nulls(by)
        .sort("goodness", "detection_id", descending=[True, False])
        .group_by(by, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int32).alias("n_detections"),
            pl.col("event_id").n_unique().cast(pl.Int32).alias("n_events"),
            known.min().alias("first_seen"),
            known.max().alias("last_seen"),
            pl.col("detection_id").first().alias("best_detection_id"),
        )
    )


def _summary(herd: HerdRow, ids: Mapping[str, str], is_whole: bool) -> HerdSummary:
    """What the herd's row says here: nothing of decisions, herds and spaces that did not come."""
    said = herd.summary
    carried = replace(
        said,
        warnings=tuple(w for w in said.warnings if w not in said.said),
        said=(),
        contradictions=None,
        changes=HerdChanges(),
        base="",
        heard=None,
        grown=None,
        made_of="",
        answered_on="",
        trust=replace(said.trust, unstable=tuple(ids[w] for w in said.trust.unstable if w in ids)),
    )
    if is_whole:
        return carried
    part = (
        "This is a part of a larger herd. How wrong it may be was not estimated: identify to know."
    )
    return replace(carried, trust=HerdTrust(), calibration=None, sweep={}, warnings=(part,))
