"""Which flank each box shows, by the head for flanks, as a table of the views."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from thumper_core.heads.flank import FlankHead, shipped_flank_head
from thumper_core.heads.readings import kept_answers
from thumper_core.views.tables import by_run, register_answers

FOLDER: Final = "flanks"
SEEN: Final = pa.schema(
    [
        ("run_id", pa.string()),
        ("detection_id", pa.string()),
        ("shard", pa.string()),
        ("flank", pa.string()),
        ("chance", pa.float32()),
        ("said_by", pa.string()),
    ]
)
"""A row for each box of which a flank is said."""
_COLUMNS: Final = ("run_id", "detection_id", "x1", "y1", "x2", "y2", "patch")


def register_flanks(db: duckdb.DuckDBPyConnection, root: Path, files: Iterable[Path]) -> None:
    """The table `seen_flanks`.

    root: the workspace's folder; files: of the lake's detections. Without a head it is empty.
    """
    head = shipped_flank_head()
    kept, batches = _answers(head, root, files) if head else ([], [])
    # Not `SEEN.empty_table()`, which would import pandas for nothing.
    register_answers(db, "seen_flanks", kept, pa.RecordBatchReader.from_batches(SEEN, batches))


def _answers(
    head: FlankHead, root: Path, files: Iterable[Path]
) -> tuple[list[Path], list[pa.RecordBatch]]:
    """What is kept of each shard, and what could not be."""
    kept: list[Path] = []
    batches: list[pa.RecordBatch] = []
    for run_id, of_run in by_run(files).items():
        cache = root / "cache" / FOLDER / run_id
        paths, tables = kept_answers(of_run, [head.source], partial(_answer, head), cache)
        kept += paths
        batches += [batch for table in tables for batch in table.to_batches()]
    return kept, batches


def _answer(head: FlankHead, file: Path) -> pa.Table:
    """What the head says of a shard's boxes; nothing of a shard without patches."""
    if not set(_COLUMNS) <= set(pq.read_schema(file).names):
        return pa.Table.from_batches([], SEEN)
    rows = pl.read_parquet(file, columns=list(_COLUMNS), hive_partitioning=False)
    width, height = rows["x2"] - rows["x1"], rows["y2"] - rows["y1"]
    words, chance = head.say(*head.chances(rows["patch"].to_list(), width, height))
    said = rows.select("run_id", "detection_id").with_columns(
        pl.lit(file.parent.name).alias("shard"),
        pl.Series("flank", words, pl.String),
        pl.Series("chance", chance, pl.Float32),
        pl.lit(head.source).alias("said_by"),
    )
    return said.drop_nulls("flank").to_arrow().cast(SEEN)
