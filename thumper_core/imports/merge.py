"""Two people's cards of one ranch become one workspace: photos, decisions with their authors, individuals.

An individual of theirs is one of ours where photos that both have show it; others are new here, and keep
what is known of them. What both say otherwise is listed, and ours stays. All of it goes again in one step
(`imports.undo`), and merged again it brings only what is new.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.counting import counted
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Known
from thumper_core.decisions.known import known_boxes
from thumper_core.decisions.names_given import holders
from thumper_core.decisions.record import Said
from thumper_core.herd.match_ids import IdMatch, match_individuals
from thumper_core.imports.known import Record
from thumper_core.imports.other import Other
from thumper_core.imports.take_decisions import Here, about, individuals_in, take_words
from thumper_core.imports.take_herd import TakenHerd, is_bare, take_herd
from thumper_core.imports.take_photos import Taken, take_cameras, take_photos
from thumper_core.ingest.versions import pair_versions
from thumper_core.store.came_in import (
    DECISION,
    INDIVIDUAL,
    begin_import,
    imports,
    note_parts,
    parts_of,
)
from thumper_core.store.records import DecisionRow
from thumper_core.workspace import Workspace

KIND: Final = "merge"
_BOXES_MAX: Final = 200
"""Boxes by which an individual is told again, the surest first."""
_HERD: Final = """
select a.individual_id, d.photo_id, d.x1, d.y1, d.x2, d.y2, d.confidence, d.frame_ms
from assignments a join detections d using (detection_id)
where a.individual_id is not null order by d.confidence desc, d.detection_id
"""


@dataclass(frozen=True)
class Merged:
    """What came. taken: photos and the run; shared: individuals there -> here, by photos that both have;
    new: individuals there -> here of the others; n_decisions: what people said there, recorded now;
    n_noted: individuals of which it was recorded by which boxes they are known; n_there: said here already;
    n_cameras: rows of `cameras.csv`; conflicts: sentences; herd: theirs, where it could come; n_versions:
    pairs of photos, theirs or ours, that are found to be versions of one picture.
    """

    import_id: int
    taken: Taken
    shared: Mapping[str, str]
    new: Mapping[str, str]
    n_decisions: int
    n_noted: int
    n_there: int
    n_cameras: int
    conflicts: tuple[str, ...]
    herd: TakenHerd
    n_versions: int


def merge_workspace(
    workspace: Workspace,
    other: Other,
    *,
    author: str,
    roots: Mapping[str, str] | None = None,
    photo_ids: Collection[str] | None = None,
) -> Merged:
    """Bring another workspace, or a part of it, into this one.

    roots: where a root of theirs is here, see `take_photos`; photo_ids: only these of its photos, None:
    all. Raises UsageError where both are one, ThumperError where the other holds no photo.
    """
    theirs = other.workspace
    if theirs.lake.root == workspace.lake.root:
        raise UsageError("That is this workspace itself. Name another one, or a bundle of one.")
    files = theirs.ledger.files_there()
    wanted = {photo_id for _, _, photo_id in files}
    wanted = wanted if photo_ids is None else wanted & {*photo_ids}
    if not wanted:
        raise ThumperError("There is no photo in it: nothing was merged.")
    said_there = theirs.ledger.decisions()  # damaged ones raise before anything is written
    row = begin_import(workspace.ledger, KIND, other.place, other.digest, author)
    record = Record(workspace, row, author)
    herd_here, herd_there = _herd(workspace), _herd(theirs)
    herd_there = herd_there.filter(pl.col("photo_id").is_in(list(wanted)))
    match = _match(workspace, herd_here, herd_there)
    was_bare = is_bare(workspace)
    taken = take_photos(record, theirs, wanted, roots or {})
    n_cameras, conflicts = take_cameras(record, theirs)
    if theirs.settings.species != workspace.settings.species:
        conflicts.append(
            f"It is about {theirs.settings.species}, and this workspace about "
            f"{workspace.settings.species}, which stays."
        )
    there = {*herd_there["individual_id"]}
    mine = about(said_there, wanted, there) if photo_ids is not None else said_there
    named = [who for one in mine for who in individuals_in(one.kind, one.payload)]
    shared, new = _ids(record, match, sorted({*there, *named}), herd_here)
    mine = [
        one
        for one in mine
        if one.kind != Known.kind or one.payload["binds"] or one.payload["individual_id"] in new
    ]
    words = take_words(
        mine,
        _here(workspace),
        {**shared, **new},
        shared.values(),
        other.label,
        author,
    )
    n_decisions = record.say(words.said)
    n_noted = record.say(_known(new, herd_there, other, author, mine))
    conflicts += [*_of_individuals(match, {**shared, **new}, herd_here), *words.conflicts]
    herd = take_herd(record, theirs, taken, {**shared, **new}, was_bare=was_bare)
    return Merged(
        row.import_id,
        taken,
        shared,
        new,
        n_decisions,
        n_noted,
        words.n_there,
        n_cameras,
        tuple(conflicts),
        herd,
        # their photos were read long ago: what is new since the last look says nothing here
        pair_versions(workspace, again=True, of=taken.photos),
    )


def _herd(workspace: Workspace) -> pl.DataFrame:
    """Which individual each box shows: by the herd that is shown; of those that are not in it, as known."""
    shown = workspace.sql(_HERD)
    told = known_boxes(workspace.sql("select kind, payload, undone from decisions"))
    more = told.filter(~pl.col("individual_id").is_in(shown["individual_id"].to_list()))
    surest = pl.lit(1.0, pl.Float32).alias("confidence")
    anywhere = pl.lit(None, pl.Int32).alias("frame_ms")
    return pl.concat([shown, more.with_columns(surest, anywhere).select(shown.columns)])


def _match(workspace: Workspace, here: pl.DataFrame, there: pl.DataFrame) -> IdMatch:
    """Their individuals against ours, by boxes of photos that both have."""
    anchored = workspace.sql("select individual_id from individuals where name is not null")
    return match_individuals(
        there.rename({"individual_id": "profile_id"}),
        here if here.height else None,
        taken=workspace.ledger.individual_ids(),
        anchored=[*anchored["individual_id"]],
    )


def _ids(
    record: Record, match: IdMatch, wanted: list[str], here: pl.DataFrame
) -> tuple[dict[str, str], dict[str, str]]:
    """Individual there -> here, of those that both have, and of the others, which get an ID."""
    ledger, import_id = record.workspace.ledger, record.row.import_id
    before = parts_of(ledger, import_id, INDIVIDUAL)
    ours = {*here["individual_id"]}
    found = {who: match.individual_of.get(who) for who in wanted}
    shared = {
        who: id_here
        for who, id_here in found.items()
        if who not in before and id_here is not None and id_here in ours
    }
    rest = [who for who in wanted if who not in before and who not in shared]
    new = dict(zip(rest, ledger.add_individuals(rest), strict=True))
    note_parts(ledger, import_id, INDIVIDUAL, [*shared.items(), *new.items()])
    known = {who: before[who] for who in wanted if who in before}
    created = {who for who, id_here in known.items() if id_here not in ours}
    return (
        shared | {w: i for w, i in known.items() if w not in created},
        new | {w: known[w] for w in created},
    )


def _here(workspace: Workspace) -> Here:
    with workspace.ledger.reading() as c:
        ids = [row[0] for row in c.execute("select individual_id from individuals")]
        names = holders(c)
    gone = {
        int(number)
        for one in imports(workspace.ledger)
        if one.undone_at is not None
        for number in parts_of(workspace.ledger, one.import_id, DECISION).values()
    }
    here = [one for one in workspace.ledger.decisions() if one.decision_id not in gone]
    return Here(here, names, ids)


def _known(
    new: Mapping[str, str],
    herd: pl.DataFrame,
    other: Other,
    author: str,
    said: list[DecisionRow],
) -> list[tuple[str, Said]]:
    """By which boxes individuals that are new here are found again, with what is known of them."""
    told = {one.payload.get("individual_id") for one in said if one.kind == Known.kind}
    found = []
    for who, here in new.items():
        rows = herd.filter(pl.col("individual_id") == who).head(_BOXES_MAX)
        if rows.is_empty() or who in told:
            continue
        boxes = tuple(BoxKey.of_row(row) for row in rows.iter_rows(named=True))
        what = Known(here, boxes, f"{who} of the workspace {other.label}", other.digest, False)
        found.append((f"known {who}", Said.of(what, author)))
    return found


def _of_individuals(match: IdMatch, ids: Mapping[str, str], here: pl.DataFrame) -> list[str]:
    """Animals that one herd holds for one and the other for several."""
    ours = {*here["individual_id"]}
    said = []
    for split in match.splits:
        names = ", ".join(part.profile_id for part in split.parts)
        said.append(f"{split.individual_id} is one deer here and several there: {names}.")
    for merged in match.merges:
        names = ", ".join(p.individual_id for p in merged.parts if p.individual_id in ours)
        said.append(f"{merged.profile_id} is one deer there and several here: {names}.")
    return said


def sentences(merged: Merged, label: str) -> list[str]:
    """What came, for people."""
    taken = merged.taken
    run = "no results" if taken.run_id is None else (
        f"the results of run {taken.run_id}" + (" (new here)" if taken.is_new_run else "")
    )  # fmt: skip
    return [
        f"{label}: {counted(len(taken.photos), 'photo')}, {taken.n_shared:,} of them here before, with "
        f"{run}; {counted(merged.n_cameras, 'row')} of cameras.csv.",
        f"{counted(len(merged.shared), 'individual')} that both know by the same photos, "
        f"{len(merged.new):,} new here; {counted(merged.n_decisions, 'decision')} recorded, "
        f"{merged.n_there:,} said here before.",
        *(
            [
                "Noted in the record: by which pictures "
                f"{counted(merged.n_noted, 'individual is', 'individuals are')} known."
            ]
            if merged.n_noted
            else []
        ),
        *(
            [f"{counted(merged.n_versions, 'photo')} found to be another version of a picture."]
            if merged.n_versions
            else []
        ),
        *(f"Conflict: {one}" for one in merged.conflicts),
        *([f"Its herd is shown, as {merged.herd.herd_id}."] if merged.herd.herd_id else []),
        *([merged.herd.reason] if merged.herd.reason else []),
    ]
