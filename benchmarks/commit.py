"""What the register costs a commit: shards of 512 photos with it and without, taken in turns.

Without: written, fsynced and renamed, and nothing else, as before there was a register. With: as a run
commits them, with its claim asked for and its heartbeat holding the ledger open.

python benchmarks/commit.py [--shards N] [--folder DIR] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent))

from status import _result

from thumper_core import Workspace
from thumper_core.files import content_hash_of
from thumper_core.pipeline.writer import shard_tables
from thumper_core.store.jobs import Heartbeat, start_job

PHOTOS = 512
DIMENSIONS = 512
TARGET = 1.05


def tables_of_a_shard() -> dict[str, pa.Table]:
    """512 photos with 1.3 boxes each and vectors as long as those of real embedders."""
    rng = np.random.default_rng(0)
    results = [_result(f"{i:032x}", rng) for i in range(PHOTOS)]
    for result in results:
        n = len(result.boxes)
        result.vectors[:] = list(rng.normal(size=(n, DIMENSIONS)).astype(np.float32))
    return shard_tables(results, "r1", "efficientnet_lite0")


def write_without(folder: Path, name: str, tables: dict[str, pa.Table]) -> None:
    """A shard as it was committed before there was a register."""
    temporary, final = folder / f".writing-{name}", folder / name
    temporary.mkdir(parents=True)
    for table, rows in tables.items():
        path = temporary / f"{table}.parquet"
        pq.write_table(rows, path, compression="zstd")
        _fsync(path)
    sums = temporary / "checksums.json"
    found = {path.name: content_hash_of(path) for path in sorted(temporary.glob("*.parquet"))}
    sums.write_text(json.dumps(found), "utf-8")
    for path in (sums, temporary):
        _fsync(path)
    temporary.rename(final)
    _fsync(folder)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="where to write (default: a temporary folder)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    tables = tables_of_a_shard()
    without: list[float] = []
    held: list[float] = []
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        workspace = Workspace.create(Path(scratch))
        claim = start_job(workspace.ledger, "r1", "run")
        plain = workspace.root / "plain"
        with Heartbeat(workspace.ledger, claim):
            for number in range(options.shards + 1):
                name = f"{number:06d}"
                turns = [
                    (without, lambda name=name: write_without(plain, name, tables)),
                    (
                        held,
                        lambda name=name: workspace.lake.write_shard(
                            "runs/r1", name, tables, claim=claim
                        ),
                    ),
                ]
                for laps, work in turns if number % 2 else reversed(turns):
                    lap = seconds(work)
                    if number:  # the first of each warms up
                        laps.append(lap)
    figures = {
        "without_ms": statistics.median(without) * 1e3,
        "with_ms": statistics.median(held) * 1e3,
        "ratio": statistics.median(held) / statistics.median(without),
        "ratio_of_fastest_quarter": _quarter(held) / _quarter(without),
        "target": TARGET,
    }
    print(f"{options.shards} shards of {PHOTOS} photos each way, in turns, medians")
    print(f"without the register {figures['without_ms']:8.1f} ms")
    print(f"with                 {figures['with_ms']:8.1f} ms")
    print(
        f"ratio {figures['ratio']:.3f} (target at most {TARGET}); of the fastest quarters ", end=""
    )
    print(f"{figures['ratio_of_fastest_quarter']:.3f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


def _quarter(laps: list[float]) -> float:
    return statistics.mean(sorted(laps)[: max(1, len(laps) // 4)])


if __name__ == "__main__":
    main()
