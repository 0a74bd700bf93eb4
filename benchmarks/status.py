"""How long `thumper status` takes over a generated workspace of 60,000 processed photos.

python benchmarks/status.py [--photos N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from thumper_core import Workspace
from thumper_core.contracts import PHOTO_FACTS, Boxes, Status
from thumper_core.pipeline.records import PhotoResult
from thumper_core.pipeline.writer import shard_tables
from thumper_core.store.ledger import FileRow

SHARD = 512
TARGET_S = 1.0


def generate(folder: Path, n: int) -> Workspace:
    """A workspace with `n` photos of six cameras and a complete run with 1.3 boxes a photo."""
    workspace = Workspace.create(folder)
    ids = [f"{i:032x}" for i in range(n)]
    start = datetime(2026, 1, 1)
    facts = {
        "photo_id": ids,
        "width": [1920] * n,
        "height": [1080] * n,
        "bytes": [500_000] * n,
        "exif_taken_at": [start + timedelta(seconds=37 * i) for i in range(n)],
    }
    table = pa.table(facts).cast(pa.schema([PHOTO_FACTS.field(name) for name in facts]))
    for field in PHOTO_FACTS:
        if field.name not in facts:
            table = table.append_column(field, pa.nulls(n, field.type))
    workspace.lake.write_shard("photos", "000000", {"photos": table.select(PHOTO_FACTS.names)})
    workspace.ledger.add_root("/photos")
    workspace.ledger.upsert_files(
        FileRow(
            "/photos", path, path.encode(), 500_000, i, photo_id, f"cam{i % 6}", None, True, False
        )
        for i, photo_id in enumerate(ids)
        for path in [f"cam{i % 6}/IMG_{i:06d}.JPG"]
    )
    run = workspace.ledger.create_run("0" * 16, "demo", "efficientnet_lite0", {})
    rng = np.random.default_rng(0)
    for first in range(0, n, SHARD):
        results = [_result(photo_id, rng) for photo_id in ids[first : first + SHARD]]
        tables = shard_tables(results, run.run_id, "efficientnet_lite0")
        workspace.lake.write_shard(f"runs/{run.run_id}", f"{first // SHARD:06d}", tables)
    workspace.ledger.set_run_state(run.run_id, "complete")
    return workspace


def _result(photo_id: str, rng: np.random.Generator) -> PhotoResult:
    n = int(rng.poisson(1.3))
    boxes = Boxes(
        rng.uniform(0, 900, (n, 4)).astype(np.float32),
        np.full(n, 0.8, np.float32),
        np.zeros(n, np.int64),
    )
    vectors = [np.ones(8, np.float32) / np.float32(np.sqrt(8))] * n
    sharpness = np.full(n, 100, np.float32)
    return PhotoResult(
        photo_id, Status.OK, None, None, boxes, ["doe"] * n, sharpness, list(vectors)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = generate(Path(folder), options.photos)
        command = [sys.executable, "-m", "thumper_core.cli", "-w", str(workspace.root)]
        seconds: dict[str, float] = {}
        for name, words in {
            "start-up alone": ["--version"],
            "status": ["status", "--json"],
        }.items():
            laps = []
            for _ in range(options.rounds):
                started = time.perf_counter()
                subprocess.run([*command, *words], check=True, stdout=subprocess.DEVNULL)
                laps.append(time.perf_counter() - started)
            seconds[name] = min(laps)
    for name, value in seconds.items():
        print(f"{name:16} {value:6.2f} s")
    print(f"status / target of {TARGET_S:.0f} s: {seconds['status'] / TARGET_S:.2f}")
    if options.json:
        options.json.write_text(json.dumps(seconds, indent=2))


if __name__ == "__main__":
    main()
