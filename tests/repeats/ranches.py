"""Workspaces whose shown run found what `sights` makes up; their photos' files are not there."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa

from thumper_core.contracts import (
    DEER,
    DETECTIONS,
    OUTCOMES,
    PHOTO_FACTS,
    ClassMeaning,
)
from thumper_core.store.ledger import FileRow
from thumper_core.store.meanings import set_meanings
from thumper_core.workspace import Workspace


def made(folder: Path, seen: pl.DataFrame, *, old: bool = False) -> Workspace:
    """A workspace whose shown run has these detections; old: its shards have no column `patch`."""
    workspace = Workspace.create(folder)
    photos = seen.unique("photo_id", maintain_order=True)
    facts = [
        {"photo_id": photo, "width": 640, "height": 360, "bytes": 9, "exif_taken_at": at}
        | {"is_infrared": True}
        for photo, at in photos.select("photo_id", "taken_at").rows()
    ]
    workspace.lake.write_shard(
        "photos", "000000", {"photos": pa.Table.from_pylist(facts, schema=PHOTO_FACTS)}
    )
    names = [(f"north/{n:04d}.jpg", photo) for n, photo in enumerate(photos["photo_id"])]
    workspace.ledger.upsert_files(
        [
            FileRow("/p", name, name.encode(), 9, 10**18, photo, "north", None, True, False)
            for name, photo in names
        ]
    )
    set_meanings(workspace.ledger, "fake", {"deer": ClassMeaning(DEER)})
    add_run(workspace, seen, old=old)
    return workspace


def add_run(workspace: Workspace, seen: pl.DataFrame, *, old: bool = False) -> str:
    run_id = workspace.ledger.create_run(f"f{old}{seen.height}", "fake", "e", {}).run_id
    outcomes = [
        {"run_id": run_id, "photo_id": photo, "status": "ok", "n_detections": 1}
        for photo in seen["photo_id"].unique(maintain_order=True)
    ]
    rows = [
        {**row, "run_id": run_id, "ordinal": 0, "confidence": 0.9, "class": "deer"}
        for row in seen.to_dicts()
    ]
    schema = DETECTIONS.remove(DETECTIONS.get_field_index("patch")) if old else DETECTIONS
    found = pa.Table.from_pylist(
        [{name: row.get(name) for name in schema.names} for row in rows], schema=schema
    )
    tables = {"outcomes": pa.Table.from_pylist(outcomes, schema=OUTCOMES), "detections": found}
    workspace.lake.write_shard(f"runs/{run_id}", "000000", tables)
    workspace.ledger.set_run_state(run_id, "complete")
    workspace.ledger.promote({"run": run_id})
    return run_id
