"""Profiles become individuals: which IDs are kept, which return, and which were merged into which."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace

import polars as pl

from thumper_core.decisions.kinds import Known, Merge
from thumper_core.decisions.known import known_boxes
from thumper_core.herd.match_ids import IdMatch, match_individuals
from thumper_core.store.herd_summary import Departed, HerdChanges
from thumper_core.workspace import Workspace

_EVERY_BOX = """(
    select run_id, detection_id, photo_id, x1, y1, x2, y2 from all_detections
    union all from replaced_detections
)"""
_LAST_HERD = f"""
select d.photo_id, d.x1, d.y1, d.x2, d.y2, a.individual_id
from assignments a
join herds h using (herd_id)
join {_EVERY_BOX} d on d.detection_id = a.detection_id and d.run_id = h.run_id
where a.individual_id is not null and (? or list_contains(?, a.individual_id))
"""
_AS_THEY_WERE = f"""
select d.photo_id, d.x1, d.y1, d.x2, d.y2, a.individual_id
from all_assignments a
join herds h using (herd_id)
join {_EVERY_BOX} d on d.detection_id = a.detection_id and d.run_id = h.run_id
where list_contains(?, a.herd_id || ' ' || a.individual_id)
"""
_KNOWN = "select kind, payload, undone from decisions where kind = ?"
_ANCHORED = """
select individual_id from individuals
where name is not null or coalesce(trim(notes), '') <> '' or status <> 'alive' or watched
"""


@dataclass(frozen=True)
class Carried:
    """Which individual each profile of a herd is.

    absent: individuals of the shown herd that no profile carries on. departed: these and those of
    earlier herds. Their names, notes and decisions stay in the ledger, and the ID comes back if they
    do.
    """

    match: IdMatch
    absent: list[str]
    departed: dict[str, Departed]

    def named(self, table: pl.DataFrame) -> pl.DataFrame:
        """The table (`profile_id`, ...) with the `individual_id` of each profile."""
        who = pl.DataFrame(
            list(self.match.individual_of.items()),
            schema={"profile_id": pl.String, "individual_id": pl.String},
            orient="row",
        )
        return table.join(who, on="profile_id", how="left", maintain_order="left")

    def changes(self) -> HerdChanges:
        """What a herd's row says of it."""
        match = self.match
        return HerdChanges(
            match.fresh,
            match.returned,
            tuple(self.absent),
            self.departed,
            match.splits,
            match.merges,
        )


def carry_ids(
    workspace: Workspace,
    run_id: str,
    assignments: pl.DataFrame,
    refused: Collection[int] = (),
    *,
    carry_over: bool = True,
    among: Collection[str] | None = None,
    untold: Collection[str] = (),
) -> Carried:
    """Give the profiles of a new herd the IDs of the shown one's individuals.

    assignments: `detection_id, profile_id` of the run's detections; refused: merge decisions that
    were set aside; among: only these individuals of the shown herd are looked at (the part of the
    herd that was cut again); untold: profiles that found no individual. Without `carry_over` every other
    profile is a new one.

    A merge that stands hands the ID of the one that is kept to the whole.
    """
    # Of a part of a large herd only the part is read.
    few = None if among is None else assignments["detection_id"].to_list()
    boxes = workspace.sql(
        "select detection_id, photo_id, x1, y1, x2, y2 from all_detections "
        "where run_id = ? and (? or list_contains(?, detection_id))",
        [run_id, few is None, few or []],
    )
    last = departed = None
    was: list[str] = []
    gone: dict[str, Departed] = {}
    merged: dict[str, str] = {}
    shown_id = workspace.ledger.promoted("herd")
    if carry_over and shown_id is not None:
        shown = workspace.ledger.herd(shown_id)
        gone = dict(shown.summary.changes.departed) if shown else {}
        merged = _standing_merges(workspace, refused)
        last = workspace.sql(_LAST_HERD, [among is None, list(among or ())])
        was = sorted(set(last["individual_id"]))
        last = last.with_columns(pl.col("individual_id").replace(merged))
        keys = [f"{h.herd_id} {i}" for i, h in gone.items() if i not in merged]
        departed = workspace.sql(_AS_THEY_WERE, [keys]) if keys else None
    told = known_boxes(workspace.sql(_KNOWN, [Known.kind]))
    if carry_over and not told.is_empty():
        told = told.with_columns(pl.col("individual_id").replace(merged))
        there = workspace.sql("select distinct individual_id from assignments")["individual_id"]
        is_there = pl.col("individual_id").is_in(there.drop_nulls().to_list())
        if last is not None and among is None:
            last = pl.concat([last.select(told.columns), told.filter(is_there)])
        told = told.filter(~is_there)
        departed = told if departed is None else pl.concat([departed.select(told.columns), told])
    match = match_individuals(
        assignments.join(boxes, on="detection_id"),
        last,
        departed,
        taken=workspace.ledger.individual_ids(),
        anchored={*workspace.sql(_ANCHORED)["individual_id"], *merged.values()},
        untold=untold,
    )
    given = set(match.individual_of.values())
    absent = [i for i in was if i not in given]
    if shown_id is not None:
        gone |= {i: Departed(shown_id) for i in absent}
    into = {i: merged.get(i) or match.absorbed.get(i) for i in gone}
    departed_now = {
        i: replace(h, merged_into=into[i] or h.merged_into)
        for i, h in gone.items()
        if i not in given
    }
    return Carried(match, absent, _followed(departed_now))


def _standing_merges(workspace: Workspace, refused: Collection[int]) -> dict[str, str]:
    """Individual -> the one that it was merged into, to the end of every chain."""
    into: dict[str, str] = {}
    rows = workspace.sql(
        "select decision_id, payload from decisions where kind = ? and not undone "
        "order by decision_id",
        [Merge.kind],
    )
    for number, payload in rows.iter_rows():
        said = json.loads(payload)
        if number in refused:
            continue
        keeper = said["into"]
        # A younger word on the keeper holds: it is an individual of its own, not a part of another.
        into.pop(keeper, None)
        into |= dict.fromkeys(said["from"], keeper)
    return {who: _end_of(into, who) for who in into}


def _end_of(into: dict[str, str], who: str) -> str:
    seen = {who}
    while who in into and into[who] not in seen:
        who = into[who]
        seen.add(who)
    return who


def _followed(departed: dict[str, Departed]) -> dict[str, Departed]:
    """The same, with `merged_into` the individual that stands at the end of the chain."""
    into = {i: h.merged_into for i, h in departed.items() if h.merged_into}
    return {
        i: replace(h, merged_into=_end_of(into, i) if i in into else None)
        for i, h in departed.items()
    }
