"""Columns that a table of the lake has by now, and files written before them lack."""

from __future__ import annotations

from typing import Final

import duckdb
import pyarrow as pa

_SQL: Final = {
    pa.string(): "varchar",
    pa.int32(): "integer",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.binary(): "blob",
    pa.timestamp("us"): "timestamp",
}


def lacking(db: duckdb.DuckDBPyConnection, schema: pa.Schema, source: str) -> str:
    """Columns of the schema that `source` lacks, as nulls to select beside `*`; empty: none."""
    there = {row[0] for row in db.execute(f"describe select * from {source}").fetchall()}
    missing = [field for field in schema if field.name not in there]
    return "".join(f', null::{_SQL[field.type]} as "{field.name}"' for field in missing)
