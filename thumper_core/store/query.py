"""DuckDB views over the lake's Parquet and the ledger's tables, in memory, one connection each.

No `.duckdb` file is ever shared: a second process could not open one that the first holds.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

from thumper_core import contracts
from thumper_core.settings import IngestSettings
from thumper_core.store.cameras import read_cameras
from thumper_core.store.decisions import decisions_frame
from thumper_core.store.effective import KINDS, corrections, drawn_animals
from thumper_core.store.lake import Lake
from thumper_core.store.ledger import Ledger
from thumper_core.store.moved import moved_boxes

_BY_PARENT = {
    "lake_outcomes": ("runs", "outcomes", contracts.OUTCOMES),
    "lake_detections": ("runs", "detections", contracts.DETECTIONS),
    "lake_embeddings": ("runs", "embeddings", contracts.EMBEDDINGS),
    "lake_tracklets": ("herds", "tracklets", contracts.TRACKLETS),
    "lake_assignments": ("herds", "assignments", contracts.ASSIGNMENTS),
    "lake_profiles": ("herds", "profiles", contracts.PROFILES),
}
_TEXT, _TIME, _INT = pl.String, pl.Datetime("us"), pl.Int64
_LEDGER_TABLES: dict[str, tuple[str, dict[str, Any]]] = {
    "runs": (
        "select run_id, fingerprint, state, detector, embedder, config, started_at, finished_at "
        "from runs",
        dict.fromkeys(("run_id", "fingerprint", "state", "detector", "embedder", "config"), _TEXT)
        | dict.fromkeys(("started_at", "finished_at"), _TIME),
    ),
    "jobs": (
        "select job_id, run_id, kind, pid, host, state, started_at, heartbeat_at, finished_at, "
        "progress, message from jobs",
        {"job_id": _INT, "run_id": _TEXT, "kind": _TEXT, "pid": _INT, "host": _TEXT}
        | {"state": _TEXT, "started_at": _TIME, "heartbeat_at": _TIME, "finished_at": _TIME}
        | {"progress": _TEXT, "message": _TEXT},
    ),
    "herds": (
        "select herd_id, run_id, method, threshold, summary, created_at from herds",
        {"herd_id": _TEXT, "run_id": _TEXT, "method": _TEXT, "threshold": pl.Float64}
        | {"summary": _TEXT, "created_at": _TIME},
    ),
    "ledger_individuals": (
        "select individual_id, name, theme, sex, age_class, status, notes from individuals",
        dict.fromkeys(
            ("individual_id", "name", "theme", "sex", "age_class", "status", "notes"), _TEXT
        ),
    ),
    "class_meanings": (
        'select detector, "class", species, sex, age_class from class_meanings',
        dict.fromkeys(("detector", "class", "species", "sex", "age_class"), _TEXT),
    ),
}


def connect(
    lake: Lake, ledger: Ledger, ingest: IngestSettings, cameras_csv: Path
) -> duckdb.DuckDBPyConnection:
    """Open DuckDB with every view of the workspace as of now."""
    db = connect_light(lake, ledger)
    with ledger.reading() as sqlite:
        _register(db, "ledger_files", _files(sqlite))
    _register(db, "cameras", read_cameras(cameras_csv))
    gaps = {"burst_s": [ingest.burst_gap_s], "event_s": [ingest.event_gap_s]}
    _register(db, "gaps", pl.DataFrame(gaps))
    db.execute(_script("photo_views.sql"))
    return db


def connect_light(lake: Lake, ledger: Ledger) -> duckdb.DuckDBPyConnection:
    """Open DuckDB without the views of photos, bursts, events and sightings.

    Of the photos there is only `present (photo_id)`. For answers that must come at once: the
    photos of a large workspace take most of the time that a full connection needs.
    """
    db = duckdb.connect(":memory:")
    with contextlib.suppress(duckdb.InvalidInputException):
        # In Jupyter without ipywidgets there is no bar, and DuckDB refuses even to turn it off.
        db.execute("set enable_progress_bar = false")
    _lake_tables(db, lake)
    with ledger.reading() as sqlite:
        for name, (query, types) in _LEDGER_TABLES.items():
            _register(db, name, _frame(sqlite.execute(query).fetchall(), types))
        rows = sqlite.execute("select distinct photo_id from files where missing = 0").fetchall()
    _register(db, "present", pl.DataFrame(rows, schema={"photo_id": _TEXT}, orient="row"))
    run_id, herd_id = _shown(ledger)
    shown = {"run_id": [run_id], "herd_id": [herd_id]}
    _register(db, "shown", pl.DataFrame(shown, schema=dict.fromkeys(shown, _TEXT)))
    _decisions(db, ledger)
    db.execute(_script("views.sql"))
    return db


def _script(name: str) -> str:
    return resources.files("thumper_core.store").joinpath(name).read_text("utf-8")


def _lake_tables(db: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    """A view over the Parquet files of each table, or an empty table where there are none."""
    _parquet(db, "photo_facts", lake.files("photos", "photos"), contracts.PHOTO_FACTS)
    for name, (parent, table, schema) in _BY_PARENT.items():
        folder = lake.root / parent
        kinds = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
        paths = [
            path
            for kind in kinds
            if not kind.startswith(".")
            for path in lake.files(f"{parent}/{kind}", table)
        ]
        _parquet(db, name, paths, schema)


def _parquet(
    db: duckdb.DuckDBPyConnection, name: str, paths: list[Path], schema: pa.Schema
) -> None:
    if paths:
        listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
        db.execute(
            f'create temp view "{name}" as select * from read_parquet([{listed}], '
            "union_by_name = true, hive_partitioning = false, filename = 'shard_file')"
        )
    else:
        # Not `schema.empty_table()`, which would import pandas for nothing.
        with_file = schema.append(pa.field("shard_file", pa.string()))
        _register(db, name, pa.RecordBatchReader.from_batches(with_file, []))


def _register(
    db: duckdb.DuckDBPyConnection, name: str, table: pl.DataFrame | pa.RecordBatchReader
) -> None:
    """Copy a small table in, so that its Python object need not be kept."""
    db.register("incoming", table.to_arrow() if isinstance(table, pl.DataFrame) else table)
    db.execute(f'create temp table "{name}" as select * from incoming')
    db.unregister("incoming")


def _frame(rows: list[tuple[Any, ...]], types: dict[str, Any]) -> pl.DataFrame:
    """SQLite rows as columns; times are ISO text in UTC there, and UTC without a zone here."""
    as_stored = {name: _TEXT if dtype == _TIME else dtype for name, dtype in types.items()}
    times = [name for name, dtype in types.items() if dtype == _TIME]
    frame = pl.DataFrame(rows, schema=as_stored, orient="row")
    return frame.with_columns(pl.col(times).str.slice(0, 26).str.to_datetime(time_unit="us"))


def _files(sqlite: sqlite3.Connection) -> pl.DataFrame:
    """The files, with their modification time as local wall clock."""
    rows = sqlite.execute(
        "select root, path, path_bytes, size, mtime_ns, photo_id, camera, name_taken_at, missing "
        "from files"
    ).fetchall()
    types: dict[str, Any] = {"root": _TEXT, "path": _TEXT, "path_bytes": pl.Binary, "size": _INT}
    types |= {"mtime_ns": _INT, "photo_id": _TEXT, "camera": _TEXT, "name_taken_at": _TIME}
    frame = _frame(rows, types | {"missing": _INT})
    # The zone's offset changes over the year, and neither engine knows the machine's zone.
    local = [datetime.fromtimestamp(ns // 1_000_000_000) for ns in frame["mtime_ns"]]
    return frame.drop("mtime_ns").with_columns(pl.Series("mtime", local, _TIME))


def _decisions(db: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Decisions, and what they say of detections: `corrections`, `moved` boxes, `drawn` animals."""
    frame = decisions_frame(ledger)
    naive = frame.with_columns(pl.col("made_at").dt.replace_time_zone(None))
    _register(db, "decisions", naive)
    photo_ids = sorted(
        {
            json.loads(payload)["photo_id"]
            for payload in frame.filter(pl.col("kind").is_in(KINDS))["payload"]
        }
    )
    concerned = db.sql(
        "select * exclude (shard_file) from lake_detections where list_contains($1, photo_id)",
        params=[photo_ids],
    )
    processed = db.sql(
        "select distinct run_id, photo_id from lake_outcomes where list_contains($1, photo_id)",
        params=[photo_ids],
    )
    detections = pl.DataFrame(concerned.to_arrow_table())
    _register(db, "corrections", corrections(detections, frame))
    _register(db, "moved", moved_boxes(detections, frame).boxes)
    looked_at = pl.DataFrame(processed.to_arrow_table())
    _register(db, "drawn", drawn_animals(detections, frame, looked_at))


def _shown(ledger: Ledger) -> tuple[str | None, str | None]:
    """The promoted run and herd; before a first promotion, the newest run there is."""
    run_id = ledger.promoted("run")
    if run_id is None:
        runs = [r.run_id for r in ledger.runs() if r.state != "discarded"]
        run_id = runs[-1] if runs else None
    return run_id, ledger.promoted("herd")
