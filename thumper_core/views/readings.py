"""What heads say of stored vectors, as tables of the views."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl
import pyarrow as pa

from thumper_core.contracts import ANIMAL, DEER, AgeClass, Sex
from thumper_core.heads.readings import READINGS, kept_readings
from thumper_core.heads.shelf import matching, shelf
from thumper_core.views.tables import by_run, register, register_answers

FOLDER: Final = "readings"


def register_readings(
    db: duckdb.DuckDBPyConnection,
    root: Path,
    files: Iterable[Path],
    runs: Sequence[Any],
    meanings: Sequence[Any],
    species: str,
) -> None:
    """The tables `readings` (heads' answers, a row for each detection) and `run_heads`.

    root: the workspace's folder; files: of the lake's embeddings; runs, meanings: rows of the
    ledger as `LEDGER_TABLES` asks for them; species: of interest. Only runs whose detector leaves a
    question open are read: one that tells bucks and does needs no head.
    """
    shards = by_run(files)
    heads = shelf(root).heads
    kept: list[Path] = []
    loose: list[pa.Table] = []
    of_runs = []
    for run_id, _, _, detector, embedder, config, *_ in runs:
        try:
            made_with = json.loads(config)
        except ValueError:  # damaged; `verify` names it
            continue
        found = matching(heads, embedder, made_with, species)
        if not found or run_id not in shards or not asks(detector, meanings, species):
            continue
        paths, tables = kept_readings(shards[run_id], found, root / "cache" / FOLDER / run_id)
        kept += paths
        loose += tables
        of_runs.append({"run_id": run_id} | {f"{k}_head": h.source for k, h in found.items()})
    schema = dict.fromkeys(("run_id", "species_head", "sex_head"), pl.String)
    register(db, "run_heads", pl.DataFrame(of_runs, schema=schema))
    # Not `READINGS.empty_table()`, which would import pandas for nothing.
    batches = [batch for table in loose for batch in table.to_batches()]
    register_answers(db, "readings", kept, pa.RecordBatchReader.from_batches(READINGS, batches))


def asks(detector: str, meanings: Sequence[Any], species: str) -> bool:
    """Whether a detector's classes leave open if an animal is a deer, or a deer's sex."""
    mine = [row for row in meanings if row[0] == detector]
    return any(
        kind == ANIMAL or (kind in (DEER, species) and sex == Sex.UNKNOWN and age != AgeClass.FAWN)
        for _, _, kind, sex, age in mine
    )
