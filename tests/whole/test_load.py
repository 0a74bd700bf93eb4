"""One run writes while three pages and a notebook read: no lock, no error, no half of a shard."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeDetector, FakeEmbedder, make_photos
from tests.generated import Size, build
from thumper_core.contracts import Boxes, ImageArray
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.run import RunSummary, fingerprint, run
from thumper_core.settings import Settings
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace

READER = Path(__file__).with_name("load_reader.py")
READERS = ("overview", "photos", "herd", "notebook")


def repeat_photos(folder: Path, n: int) -> None:
    """`n` files with pixels of a few photos: a byte behind the picture makes each a photo of its own."""
    originals = folder.with_name("originals-small")
    make_photos(originals, 12, broken=False)
    contents = [path.read_bytes() for path in sorted(originals.rglob("*.jpg"))]
    for i, content in zip(range(n), itertools.cycle(contents)):
        path = folder / f"card {i % 4}" / f"IMG_{i:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content + i.to_bytes(4, "big"))


class PacedDetector(FakeDetector):
    """Lets every reader take a turn now and then, so that they read while it works on any machine."""

    def __init__(self, results: Path, every: int) -> None:
        super().__init__(delay_s=0.01)
        self.results, self.every = results, every

    def detect(self, batch: ImageArray) -> list[Boxes]:
        if len(self.batches) % self.every == 0:
            wait_for_a_turn(self.results)
        return super().detect(batch)


def wait_for_a_turn(results: Path) -> None:
    def turns(kind: str) -> int:
        file = results / f"{kind}.turns"
        return file.stat().st_size if file.exists() else 0

    before = {kind: turns(kind) for kind in READERS}
    deadline = time.monotonic() + 300
    while any(turns(kind) <= before[kind] for kind in READERS):
        assert time.monotonic() < deadline, "a reader does not read"
        time.sleep(0.05)


def read_while(
    work: Callable[[], RunSummary], workspace: Workspace, results: Path
) -> tuple[RunSummary, dict[str, dict[str, Any]]]:
    """Do the work while the readers read; its outcome and what each of them found."""
    readers = [
        subprocess.Popen(
            [sys.executable, str(READER), str(workspace.root), kind, str(results)],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )
        for kind in ("pages", "notebook")
    ]
    try:
        summary = work()
    finally:
        (results / "stop").touch()
        codes = [reader.wait(300) for reader in readers]
    assert codes == [0, 0]
    return summary, {kind: json.loads((results / f"{kind}.json").read_text()) for kind in READERS}


@pytest.mark.parametrize(
    ("n_photos", "n_new", "shard_photos", "every"),
    [(300, 120, 4, 10), (60_000, 12_000, 100, 200)],
    ids=["small", "60,000 photos"],
)
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_readers_of_a_workspace_that_a_run_writes_to(
    tmp_path: Path, n_photos: int, n_new: int, shard_photos: int, every: int
) -> None:
    settings = Settings().replace(
        "engine", batch_size=4, queue_photos=16, shard_photos=shard_photos, shard_seconds=1.0
    )
    n_old = n_photos - n_new
    workspace = build(tmp_path, Size(photos=n_old, animals=40 if n_old > 1000 else 8))
    repeat_photos(tmp_path / "cards", n_new)
    add_paths(workspace, [tmp_path / "cards"])
    results = tmp_path / "results"
    results.mkdir()
    detector, embedder = PacedDetector(results, every), FakeEmbedder()
    [made_with] = [row.fingerprint for row in workspace.ledger.runs()]
    with workspace.ledger.transaction() as c:  # the generated run is one of these models
        mark = fingerprint(detector, embedder, settings)
        c.execute("update runs set fingerprint = ?", (mark,))
    started = time.monotonic()
    summary, found = read_while(
        lambda: run(workspace, detector, embedder, settings=settings), workspace, results
    )
    took = time.monotonic() - started
    for kind, one in found.items():
        print(f"{kind}: {one['turns']} turns, slowest {one['slowest_s']:.2f} s")
    print(f"{n_new} of {n_photos} photos written in {took:.0f} s beside {len(READERS)} readers")
    assert [one["errors"] for one in found.values()] == [[]] * len(READERS)
    for one in found.values():
        assert one["seen"] == sorted(one["seen"])  # what was seen once is seen from then on
        assert all(n_old <= n <= n_photos for n in one["seen"])
    during = {n for one in found.values() for n in one["seen"]}
    assert len(during - {n_old, n_photos}) >= 3  # they did read while it wrote
    assert (summary.is_new, summary.n_left, summary.progress.done) == (False, 0, n_new)
    assert Workspace.open(workspace.root).sql("select count(*) from outcomes").item() == n_photos
    with workspace.ledger.transaction() as c:  # as it was made: its ID names its fingerprint
        c.execute("update runs set fingerprint = ? where run_id = ?", (made_with, summary.run_id))
    assert verify(workspace).is_sound
