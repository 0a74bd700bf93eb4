"""Which photos are there and where they lie; of a picture with several versions, the used one."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from thumper_core.store.cameras.first_paths import with_first_paths
from thumper_core.store.cameras.names import names_in
from thumper_core.store.versions import Used, used_instead
from thumper_core.views.tables import ledger_frame

_TEXT, _TIME, _INT = pl.String, pl.Datetime("us"), pl.Int64


def present_photos(sqlite: sqlite3.Connection) -> pl.DataFrame:
    """`photo_id` of the photos that are there, of a picture with several versions the used one."""
    # IDs are hex digits. One text costs a fraction of rows, `unique` one of SQLite's `distinct`.
    query = "select group_concat(photo_id, ' ') from files where missing = 0"
    (ids,) = sqlite.execute(query).fetchone()
    there = pl.DataFrame({"photo_id": (ids or "").split()}, schema={"photo_id": _TEXT}).unique()
    others = used_instead(sqlite)
    return there.filter(~pl.col("photo_id").is_in(list(others))) if others else there


def replaced(used: Mapping[str, Used]) -> pl.DataFrame:
    """`photo_id, used_id, scale_x, scale_y` of the photos that another version is used for."""
    return pl.DataFrame(
        [(photo_id, *place) for photo_id, place in used.items()],
        schema={"photo_id": _TEXT, "used_id": _TEXT, "scale_x": pl.Float64, "scale_y": pl.Float64},
        orient="row",
    )


def ledger_files(sqlite: sqlite3.Connection) -> pl.DataFrame:
    """The files, with their modification time as local wall clock; see `with_first_paths`.

    Of a picture with several versions those of the used one.
    """
    rows = sqlite.execute(
        "select root, path, path_bytes, size, mtime_ns, photo_id, camera, name_taken_at, missing, "
        "name_precision, file_number, known from files"
    ).fetchall()
    roots = [row[0] for row in sqlite.execute("select root from roots order by added_at, root")]
    types: dict[str, Any] = {"root": _TEXT, "path": _TEXT, "path_bytes": pl.Binary, "size": _INT}
    types |= {"mtime_ns": _INT, "photo_id": _TEXT, "camera": _TEXT, "name_taken_at": _TIME}
    types |= {"missing": _INT, "name_precision": _TEXT, "file_number": _INT, "known": _INT}
    frame = ledger_frame(rows, types)
    others = used_instead(sqlite)
    if others:
        frame = frame.filter(~pl.col("photo_id").is_in(list(others)))
    # The zone's offset changes over the year, and neither engine knows the machine's zone.
    local = [datetime.fromtimestamp(ns // 1_000_000_000) for ns in frame["mtime_ns"]]
    timed = frame.drop("mtime_ns").with_columns(pl.Series("mtime", local, _TIME))
    return with_first_paths(timed, roots, names_in(sqlite))
