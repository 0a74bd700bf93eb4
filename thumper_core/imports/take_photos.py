"""Of another workspace: which photos there are, what is known of them, and what a run made of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from thumper_core.cameras.table import save_cameras, written_cameras
from thumper_core.contracts import SHARD_TABLES
from thumper_core.imports.known import Record
from thumper_core.imports.undo import place_text
from thumper_core.ingest.scan import is_inside
from thumper_core.store.came_in import CAMERA, FILE, ROOT, RUN, note_parts, parts_of
from thumper_core.store.cameras.names import camera_key
from thumper_core.store.jobs import finish_job, start_job
from thumper_core.store.meanings import meanings_of, set_meanings
from thumper_core.store.records import FileRow, RunRow
from thumper_core.workspace import Workspace

_COMPLETE = ("complete", "rejected")


@dataclass(frozen=True)
class Taken:
    """photos: IDs that came; n_shared: of them those that were here; run_id: the run that holds what
    was known of their animals, None where the other workspace had none; is_new_run: it was not here.
    """

    photos: frozenset[str]
    n_shared: int
    run_id: str | None
    is_new_run: bool


def take_photos(
    record: Record,
    theirs: Workspace,
    photo_ids: Collection[str],
    roots: Mapping[str, str],
) -> Taken:
    """Make photos known here, with their facts and the results of the run that is shown there.

    photo_ids: which of theirs; roots: where a root of theirs is here, unnamed ones where they were.
    """
    ours = record.workspace
    wanted = frozenset(photo_ids)
    here = {photo_id for _, _, photo_id in ours.ledger.files_there()}
    for root in theirs.ledger.roots():
        rows = [row for row in theirs.ledger.files_under(root) if row.photo_id in wanted]
        _take_files(record, root, roots.get(root, root), rows, theirs)
    _take_facts(ours, theirs, wanted)
    run = _shown_run(theirs)
    if run is None:
        return Taken(wanted, len(here & wanted), None, False)
    run_id, is_new = _take_run(record, theirs, run, wanted)
    return Taken(wanted, len(here & wanted), run_id, is_new)


def _take_files(
    record: Record, root: str, target: str, rows: list[FileRow], theirs: Workspace
) -> None:
    """The files of one root. What lies inside a root of ours belongs to that."""
    ledger, import_id = record.workspace.ledger, record.row.import_id
    known = ledger.roots()
    spare = set() if Path(target).is_dir() else {p for _, _, p in ledger.files_there()}
    # A photo that is here needs no second path that leads nowhere.
    rows = [row for row in rows if row.photo_id not in spare]
    if not rows:
        return
    holding = [r for r in known if r != target and is_inside(os.fsencode(target), os.fsencode(r))]
    inside = ""
    if holding and target not in known:
        outer = max(holding, key=len)
        inside, target = Path(target).relative_to(outer).as_posix() + "/", outer
    elif target not in known:
        ledger.add_root(target, theirs.ledger.camera_levels().get(root))
        note_parts(ledger, import_id, ROOT, [(root, target)])
    there = {row.path_bytes for row in ledger.files_under(target)}
    moved = [
        row._replace(
            root=target, path=inside + row.path, path_bytes=os.fsencode(inside) + row.path_bytes
        )
        for row in rows
    ]
    new = [row for row in moved if row.path_bytes not in there]
    ledger.upsert_files(new, ledger.next_known())
    if target not in parts_of(ledger, import_id, ROOT).values():
        files = [(f"{target}/{row.path_bytes.hex()}", target) for row in new]
        note_parts(ledger, import_id, FILE, files)


def _take_facts(ours: Workspace, theirs: Workspace, wanted: frozenset[str]) -> None:
    facts = _fitting(theirs.lake.read("photos", "photos"), SHARD_TABLES["photos"]["photos"])
    new = wanted - ours.lake.known_photo_ids()
    part = facts.filter(pc.is_in(facts["photo_id"], pa.array(sorted(new), pa.string())))
    if part.num_rows:
        ours.lake.write_shard("photos", ours.lake.next_shard_name("photos"), {"photos": part})


def _shown_run(theirs: Workspace) -> RunRow | None:
    """The run that is shown there; else its last complete one."""
    shown = theirs.ledger.promoted("run")
    runs = [run for run in theirs.ledger.runs() if run.state != "discarded"]
    complete = [run for run in runs if run.state in _COMPLETE]
    return next((run for run in runs if run.run_id == shown), complete[-1] if complete else None)


def _take_run(
    record: Record, theirs: Workspace, run: RunRow, wanted: frozenset[str]
) -> tuple[str, bool]:
    """What the run found goes into the run of the same configuration here, which may be new."""
    ours = record.workspace
    ledger = ours.ledger
    same = ledger.find_run(run.fingerprint)
    is_new = same is None
    if same is None:
        same = ledger.create_run(run.fingerprint, run.detector, run.embedder, run.config)
        note_parts(ledger, record.row.import_id, RUN, [(run.run_id, same.run_id)])
    set_meanings(ledger, run.detector, meanings_of(theirs.ledger, run.detector))
    threshold = theirs.ledger.conf_min(run.run_id)
    if threshold is not None and ledger.conf_min(same.run_id) is None:
        ledger.set_conf_min(same.run_id, threshold)
    job = start_job(ledger, same.run_id, "import")
    try:
        done = set(
            ours.sql("select photo_id from all_outcomes where run_id = ?", [same.run_id])[
                "photo_id"
            ]
        )
        tables = _rows_of(theirs, run.run_id, same.run_id, wanted - done)
        if tables["outcomes"].num_rows:
            kind = f"runs/{same.run_id}"
            ours.lake.write_shard(kind, ours.lake.next_shard_name(kind), tables, claim=job)
        if is_new and run.state in (*_COMPLETE, "imported"):
            ledger.set_run_state(same.run_id, run.state, claim=job)
            if ledger.promoted("run") is None and run.state in _COMPLETE:
                ledger.promote({"run": same.run_id}, "brought in", claim=job)
        finish_job(ledger, job, "done")
    except BaseException as error:
        finish_job(ledger, job, "failed", str(error) or type(error).__name__)
        raise
    return same.run_id, is_new


def _rows_of(
    theirs: Workspace, run_id: str, new_id: str, photo_ids: frozenset[str]
) -> dict[str, pa.Table]:
    """The run's three tables for some photos, as rows of another run."""
    wanted = sorted(photo_ids)
    tables = {}
    for name, schema in SHARD_TABLES["runs"].items():
        where = (
            "list_contains(?, photo_id)"
            if "photo_id" in schema.names
            else "detection_id in (select detection_id from lake_detections where run_id = ? and "
            "list_contains(?, photo_id))"
        )
        values = [run_id, wanted] if "photo_id" in schema.names else [run_id, run_id, wanted]
        rows = theirs.sql(f"select * from lake_{name} where run_id = ? and {where}", values)
        tables[name] = _fitting(
            rows.with_columns(pl.lit(new_id).alias("run_id")).to_arrow(), schema
        )
    return tables


def _fitting(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with exactly the columns of a schema; those that it lacks are null."""
    for field in schema:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table.select(schema.names).cast(schema)


def take_cameras(record: Record, theirs: Workspace) -> tuple[int, list[str]]:
    """Rows of `cameras.csv` for cameras that have none here: how many, and what is said otherwise."""
    ours, there = written_cameras(record.workspace), _telling(written_cameras(theirs))
    mine = {camera_key(row["name"]): row for row in _telling(ours).iter_rows(named=True)}
    new, conflicts = [], []
    for row in there.iter_rows(named=True):
        known = mine.get(camera_key(row["name"]))
        if known is None:
            new.append(row)
        elif any(
            row[field] is not None and known[field] != row[field]
            for field in ("latitude", "longitude", "clock_offset_s")
        ) and (row["from"], row["to"]) == (known["from"], known["to"]):
            conflicts.append(
                f"Camera {row['name']}: {place_text(row['latitude'], row['longitude'])}, clock "
                f"{row['clock_offset_s']:g} s there; what cameras.csv says here stays."
            )
    if new:
        added = pl.DataFrame(new, schema=there.schema)
        keys = {camera_key(name) for name in added["name"]}
        is_bare = [camera_key(name) not in keys for name in ours["name"]]
        kept = ours.filter(pl.Series(is_bare, dtype=pl.Boolean))
        save_cameras(record.workspace, pl.concat([kept, added], how="diagonal_relaxed"))
        parts = [(camera_key(r["name"]), place_text(r["latitude"], r["longitude"])) for r in new]
        note_parts(record.workspace.ledger, record.row.import_id, CAMERA, parts)
    return len(new), conflicts


def _telling(table: pl.DataFrame) -> pl.DataFrame:
    """Of a table of cameras the rows that say something."""
    says = pl.col("latitude").is_not_null() | (pl.col("clock_offset_s") != 0)
    return table.filter(says | pl.col("from").is_not_null() | pl.col("to").is_not_null())
