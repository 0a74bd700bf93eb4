"""What the views stand on: the lake's Parquet and the ledger's tables as tables of DuckDB."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl
import pyarrow as pa

from thumper_core.boxes.overlap import BOX
from thumper_core.contracts import DEER, SHARD_TABLES, ThumperError
from thumper_core.decisions.box_contents import corrections, drawn_animals
from thumper_core.decisions.box_flanks import SAID, flanks_said
from thumper_core.decisions.box_places import moved_boxes
from thumper_core.decisions.clip_tracks import along_tracks
from thumper_core.decisions.kinds import CORRECTIONS, ShowsFlank
from thumper_core.decisions.table import decisions_frame
from thumper_core.store.deer_words import EVERY_DEER, last_of_old_words
from thumper_core.store.lake import Lake, files_of, folder_of
from thumper_core.store.ledger import Ledger
from thumper_core.store.records import LOOK
from thumper_core.views.lacking import lacking

_PLACES: Final = {
    "photo_facts" if folder == "photos" else f"lake_{table}": (folder, table)
    for folder, tables in SHARD_TABLES.items()
    for table in tables
}
ONCE: Final = ("lake_outcomes", "lake_detections", "lake_embeddings", "photo_facts")
"""The tables of which several shards may hold the same photo. `once.sql` makes each of `NAME_rows`."""
SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    name: SHARD_TABLES[folder][table] for name, (folder, table) in _PLACES.items()
}
"""The tables of the lake, as the views call them."""
_TEXT, _TIME, _INT = pl.String, pl.Datetime("us"), pl.Int64
LEDGER_TABLES: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "runs": (
        "select run_id, fingerprint, state, detector, embedder, config, started_at, finished_at "
        "from runs",
        dict.fromkeys(("run_id", "fingerprint", "state", "detector", "embedder", "config"), _TEXT)
        | dict.fromkeys(("started_at", "finished_at"), _TIME),
    ),
    "run_conf_min": (
        "select run_id, conf_min from run_conf_min",
        {"run_id": _TEXT, "conf_min": pl.Float32},
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
        "select individual_id, name, theme, sex, age_class, status, notes, watched, status_on, "
        "status_by from individuals",
        dict.fromkeys(
            ("individual_id", "name", "theme", "sex", "age_class", "status", "notes"), _TEXT
        )
        | {"watched": _INT, "status_on": _TEXT, "status_by": _TEXT},
    ),
    "class_meanings": (
        'select detector, "class", species, sex, age_class from class_meanings',
        dict.fromkeys(("detector", "class", "species", "sex", "age_class"), _TEXT),
    ),
}
"""The small tables of the ledger: the view's name -> (query, types)."""
_WHERE: Final = {"run_id": _TEXT, "detection_id": _TEXT}
_PLACE: Final = dict.fromkeys(BOX, pl.Float32)
_WORDS: Final = dict.fromkeys(("species", "sex", "age_class"), _TEXT)
_OF_DETECTIONS: Final = (*CORRECTIONS, ShowsFlank.kind)
_SPOKEN: Final[Mapping[str, dict[str, Any]]] = {
    "corrections": {**_WHERE, **_WORDS, "is_animal": pl.Boolean},
    "moved": {**_WHERE, **_PLACE},
    "drawn": {**_WHERE, "photo_id": _TEXT, "ordinal": pl.Int32, **_PLACE, "frame_ms": pl.Int32}
    | {"confidence": pl.Float32, "class": _TEXT, **_WORDS, "source": _TEXT}
    | {"is_animal": pl.Boolean, "track": pl.Int32},
    "said_flanks": dict(SAID),
}
"""The tables of what people said of boxes, as they are where nothing was said."""


def lake_files(lake: Lake) -> dict[str, list[Path]]:
    """The committed Parquet files of each of `SCHEMAS`' tables."""
    catalog = lake.catalog()
    return {
        name: [
            path
            for kind, shards in catalog.items()
            if folder_of(kind) == folder
            for path in files_of(shards, table)
        ]
        for name, (folder, table) in _PLACES.items()
    }


def parquet_view(
    db: duckdb.DuckDBPyConnection, name: str, paths: list[Path], *, copied: bool = False
) -> None:
    """A view over Parquet files of one of `SCHEMAS`, or over an empty table; copied: a table.

    Of the tables in `ONCE` it is `NAME_rows`: every row there is, with its `shard_file`.
    """
    if paths:
        source = (
            f"read_parquet([{', '.join(map(quoted, paths))}], "
            "union_by_name = true, hive_partitioning = false, filename = 'shard_file')"
        )
    else:
        source = f"empty_{name}"
        # Not `schema.empty_table()`, which would import pandas for nothing.
        with_file = SCHEMAS[name].append(pa.field("shard_file", pa.string()))
        register(db, source, pa.RecordBatchReader.from_batches(with_file, []))
    shown = f"{name}_rows" if name in ONCE else name
    what = "temp table" if copied else "view"
    nulls = lacking(db, SCHEMAS[name], source)
    db.execute(f'create or replace {what} "{shown}" as select *{nulls} from {source}')


def each_once(db: duckdb.DuckDBPyConnection) -> None:
    """The views of what several shards may hold (`ONCE`), each row once."""
    db.execute(script_of("once.sql"))
    if db.execute("select 1 from superseded limit 1").fetchone():
        db.execute(script_of("superseded.sql"))


def script_of(name: str) -> str:
    """A file of SQL of this package."""
    return resources.files("thumper_core.views").joinpath(name).read_text("utf-8")


def quoted(path: Path) -> str:
    """A path as a literal of SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def register(
    db: duckdb.DuckDBPyConnection, name: str, table: pl.DataFrame | pa.RecordBatchReader
) -> None:
    """Copy a small table in, so that its Python object need not be kept."""
    # DuckDB finds it by its name here, which costs half of what registering it would.
    incoming = table.to_arrow() if isinstance(table, pl.DataFrame) else table  # noqa: F841
    db.execute(f'create or replace temp table "{name}" as select * from incoming')


def by_run(files: Iterable[Path]) -> dict[str, list[Path]]:
    """Files of the lake by the run that they are of."""
    found: dict[str, list[Path]] = {}
    for file in files:
        found.setdefault(file.parents[1].name, []).append(file)
    return found


def register_answers(
    db: duckdb.DuckDBPyConnection, name: str, kept: Iterable[Path], loose: pa.RecordBatchReader
) -> None:
    """A head's answers as a table: files of the cache and what could not be kept, without `shard`."""
    register(db, f"loose_{name}", loose)
    listed = ", ".join(map(quoted, kept))
    more = f"union all from read_parquet([{listed}], hive_partitioning = false)" if listed else ""
    db.execute(
        f"create or replace temp table {name} as select * exclude (shard) "
        f"from (from loose_{name} {more}) r anti join superseded_detections s "
        "on s.run_id = r.run_id and s.detection_id = r.detection_id "
        "and parse_filename(s.shard) = r.shard"
    )


def ledger_frame(rows: list[tuple[Any, ...]], types: dict[str, Any]) -> pl.DataFrame:
    """SQLite rows as columns; times are ISO text in UTC there, and UTC without a zone here.

    Raises ThumperError where a row is damaged.
    """
    as_stored = {name: _TEXT if dtype == _TIME else dtype for name, dtype in types.items()}
    times = [name for name, dtype in types.items() if dtype == _TIME]
    try:
        frame = pl.DataFrame(rows, schema=as_stored, orient="row")
        return frame.with_columns(pl.col(times).str.slice(0, 26).str.to_datetime(time_unit="us"))
    except (pl.exceptions.PolarsError, TypeError, OverflowError) as error:
        raise ThumperError(f"A row of the ledger cannot be read. {LOOK}") from error


def kept_detections(db: duckdb.DuckDBPyConnection) -> None:
    """The stored detections that count: all of a run, or those its `run_conf_min` leaves; and how
    many those are for each photo of such a run (`kept_counts`). Those in photos that another version is
    used for do not.

    Everything about detections stands on this view, decisions too: what is hidden is not there.
    """
    db.execute(
        "create or replace view kept_detections as select d.* from lake_detections d "
        "left join run_conf_min t on t.run_id = d.run_id "
        "where (t.conf_min is null or d.confidence >= t.conf_min) "
        "and d.photo_id not in (select photo_id from replaced)"
    )
    db.execute(
        "create or replace temp table kept_counts as "
        "select run_id, photo_id, cast(count(*) as integer) as n "
        "from kept_detections semi join run_conf_min using (run_id) group by run_id, photo_id"
    )


def register_decisions(db: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Decisions, and what they say of detections: `corrections`, `moved` boxes, `drawn` animals,
    `said_flanks`.
    """
    frame = decisions_frame(ledger)
    naive = frame.with_columns(pl.col("made_at").dt.replace_time_zone(None))
    register(db, "decisions", naive)
    photo_ids = sorted(
        {
            json.loads(payload)["photo_id"]
            for payload in frame.filter(pl.col("kind").is_in(_OF_DETECTIONS))["payload"]
        }
    )
    if not photo_ids:  # nothing to look for, which would cost a tenth of a second
        for name, schema in _SPOKEN.items():
            register(db, name, pl.DataFrame(schema=schema))
        return
    with ledger.reading() as sqlite:
        frame = _as_meant(frame, last_of_old_words(sqlite))
    concerned = db.sql(
        "select * from kept_detections semi join (select unnest($1) as photo_id) using (photo_id)",
        params=[photo_ids],
    )
    processed = db.sql(
        "select run_id, photo_id, clip from lake_outcomes "
        "semi join (select unnest($1) as photo_id) using (photo_id)",
        params=[photo_ids],
    )
    detections = pl.DataFrame(concerned.to_arrow_table())
    looked_at = pl.DataFrame(processed.to_arrow_table())
    along = along_tracks(detections, looked_at)
    register(db, "corrections", corrections(detections, frame, along))
    register(db, "moved", moved_boxes(detections, frame).boxes)
    drawn = drawn_animals(detections, frame, looked_at, along)
    register(db, "drawn", drawn)
    columns = ("run_id", "detection_id", "photo_id", "confidence", "frame_ms", *BOX)
    both = pl.concat([detections.select(columns), drawn.select(columns)])
    register(db, "said_flanks", flanks_said(both, frame))


def _as_meant(decisions: pl.DataFrame, last: int) -> pl.DataFrame:
    """Decisions in which, up to number `last`, a white-tailed deer is a deer of whatever species."""
    opened = pl.col("payload").str.json_path_match("$.species")
    is_old = (pl.col("decision_id") <= last) & (opened == EVERY_DEER)
    meant = pl.col("payload").map_elements(
        lambda text: json.dumps(json.loads(text) | {"species": DEER}), pl.String
    )
    return decisions.with_columns(pl.when(is_old).then(meant).otherwise("payload").alias("payload"))
