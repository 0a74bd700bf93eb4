"""Two workers of two hosts on one run, killed and suspended at random: every row once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.fakes import FakeDetector, FakeEmbedder, make_photos, tables_of
from tests.whole.on_a_host import STALE_S
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.run import run
from thumper_core.settings import Settings
from thumper_core.store.jobs import jobs
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace

SCRIPT = Path(__file__).with_name("on_a_host.py")
N_PHOTOS = 60
ROUND_S = 120.0


class Host:
    """One host, whose worker is started again whenever it was killed, as a service would be."""

    def __init__(self, name: str, workspace: Workspace, log: Path) -> None:
        command = [sys.executable, str(SCRIPT), str(workspace.root), name, str(log)]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        self._pid_file = Path(f"{log}.{name}")
        self.process = subprocess.Popen(command, env=environment)

    def worker(self) -> int | None:
        """The number of its worker; None where it has none, or has done everything."""
        text = self._pid_file.read_text() if self._pid_file.exists() else ""
        return int(text) if text.isdecimal() else None

    def hit(self, number: signal.Signals, worker: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(worker, number)


def work_disturbed(workspace: Workspace, log: Path, chance: random.Random) -> Counter[str]:
    """Two hosts at work until nothing is pending; how often what was done to them."""
    log.touch()
    hosts = [Host(name, workspace, log) for name in ("a", "b")]
    happened: Counter[str] = Counter()
    until = time.monotonic() + ROUND_S
    n_wanted = chance.randint(2, 5)  # then they are left alone, and must come to an end
    try:
        while any(host.process.poll() is None for host in hosts):
            assert time.monotonic() < until, (log.read_text(), jobs(workspace.ledger))
            if not jobs(workspace.ledger) or happened.total() >= n_wanted:
                time.sleep(0.02)
                continue
            time.sleep(chance.uniform(0.05, 1.0))
            host = chance.choice(hosts)
            worker = host.worker()
            if worker is None:
                continue
            if chance.random() < 0.5:
                host.hit(signal.SIGKILL, worker)
                happened["kill"] += 1
            else:
                host.hit(signal.SIGSTOP, worker)
                time.sleep(chance.uniform(0.2, 4.0) * STALE_S)
                host.hit(signal.SIGCONT, worker)
                happened["suspension"] += 1
    finally:
        for host in hosts:
            if (worker := host.worker()) is not None:
                host.hit(signal.SIGKILL, worker)
            host.process.kill()
            host.process.wait()
    return happened


def doubled(workspace: Workspace, run_id: str, table: str, key: str) -> int:
    """How many rows too many lie in the shards that count, before any view leaves one out."""
    seen = Counter(
        value
        for path in workspace.lake.files(f"runs/{run_id}", table)
        for value in pq.read_table(path, columns=[key], partitioning=None)[key].to_pylist()
    )
    return sum(n - 1 for n in seen.values())


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    make_photos(folder, N_PHOTOS, broken=False)
    return folder


def rounds(tmp_path: Path, photos: Path, seeds: range) -> Counter[str]:
    """Do a round of each seed, and compare what came out with an undisturbed run."""
    whole = Workspace.create(tmp_path / "undisturbed")
    add_paths(whole, [photos])
    settings = Settings().replace("engine", batch_size=2)
    expected = tables_of(
        whole, run(whole, FakeDetector(), FakeEmbedder(), settings=settings).run_id
    )
    total: Counter[str] = Counter()
    for seed in seeds:
        workspace = Workspace.create(tmp_path / f"round-{seed}")
        add_paths(workspace, [photos])
        log = tmp_path / f"round-{seed}.txt"
        total += work_disturbed(workspace, log, random.Random(seed))
        total["lost claim"] += log.read_text().count(" lost: ")
        (row,) = workspace.ledger.runs()
        for table, key in (
            ("outcomes", "photo_id"), ("detections", "detection_id"), ("embeddings", "detection_id")
        ):  # fmt: skip
            assert doubled(workspace, row.run_id, table, key) == 0, seed
        assert tables_of(workspace, row.run_id) == expected, seed
        assert row.state == "complete"
        assert verify(workspace).is_sound
    return total


@pytest.mark.slow
def test_two_hosts_killed_and_suspended_at_random_leave_every_row_once(
    tmp_path: Path, photos: Path
) -> None:
    happened = rounds(tmp_path, photos, range(1))
    assert happened["kill"] + happened["suspension"] >= 1


@pytest.mark.slow
def test_twenty_rounds_of_kills_and_suspensions(tmp_path: Path, photos: Path) -> None:
    happened = rounds(tmp_path, photos, range(100, 120))
    print(dict(happened))
    assert happened["kill"] >= 20 and happened["suspension"] >= 20
    assert happened["lost claim"] >= 5
