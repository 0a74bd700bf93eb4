"""Whatever happens, nothing is lost, and the tables end equal to those of an undisturbed run."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeDetector, FakeEmbedder, make_photos, tables_of
from tests.herds import SETTINGS, GreyDetector, PatternEmbedder, deer_workspace, models
from thumper_core.contracts import ThumperError
from thumper_core.flows.reprocess import reprocess
from thumper_core.herd.roll_back import roll_back
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.run import Selection, count_pending, run
from thumper_core.store import lake as lake_module
from thumper_core.store.jobs import RunBusyError, jobs
from thumper_core.store.lake import pq
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace

CHILD = Path(__file__).with_name("killable_ops.py")
Tables = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tables]:
    """A workspace with one herd, to be copied, and the tables of its run."""
    folder = tmp_path_factory.mktemp("whole")
    workspace = deer_workspace(folder, n_deer=4, n_events=3)
    result = reprocess(workspace, models())
    assert result.is_promoted
    return folder, tables_of(workspace, result.run_id)


@pytest.fixture
def workspace(whole: tuple[Path, Tables], tmp_path: Path) -> Workspace:
    """A copy, with the photos where they were."""
    shutil.copytree(whole[0] / "work", tmp_path / "work")
    return Workspace.open(tmp_path / "work")


def child(workspace: Workspace, stage: str, nth: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(CHILD), str(workspace.root), stage, str(nth)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )


def finish(workspace: Workspace, expected: Tables) -> None:
    """Repeat the command; then everything is there, once, equal and sound."""
    workspace = Workspace.open(workspace.root)
    workspace.settings = SETTINGS
    before = workspace.ledger.promoted("run")
    result = reprocess(workspace, models(), clear_mode="all", settings=SETTINGS)
    assert result.is_promoted
    run_id = workspace.ledger.promoted("run")
    assert run_id is not None and run_id != before
    assert tables_of(workspace, run_id) == expected
    assert verify(workspace).is_sound
    assert len(workspace.sql("select distinct herd_id from assignments")) == 1


@pytest.mark.parametrize(
    ("stage", "nth"),
    [
        ("embed", 2), ("rename", 2), ("promote", 1),
        *(
            pytest.param(*at, marks=pytest.mark.slow)
            for at in (("decode", 5), ("detect", 3), ("write", 2), ("commit", 2))
        ),
    ],
)  # fmt: skip
def test_killed_at_a_stage_the_old_herd_stays_and_the_same_command_ends_it(
    workspace: Workspace, whole: tuple[Path, Tables], stage: str, nth: int
) -> None:
    before = workspace.sql("select * from sightings order by all").rows()
    assert child(workspace, stage, nth).wait(120) == -signal.SIGKILL
    after = Workspace.open(workspace.root)
    assert after.sql("select * from sightings order by all").rows() == before
    finish(workspace, whole[1])
    assert len(workspace.ledger.runs()) <= 2


def test_killed_in_a_rollback_either_herd_is_shown_whole(
    workspace: Workspace, whole: tuple[Path, Tables]
) -> None:
    finish(workspace, whole[1])
    shown = workspace.ledger.promoted("run"), workspace.ledger.promoted("herd")
    assert child(workspace, "rollback", 1).wait(120) == -signal.SIGKILL
    assert (workspace.ledger.promoted("run"), workspace.ledger.promoted("herd")) == shown
    herd_id, run_id = roll_back(workspace)
    assert (run_id, herd_id) == (
        workspace.ledger.promoted("run"), workspace.ledger.promoted("herd")
    )  # fmt: skip
    assert run_id != shown[0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_killed_at_a_random_moment(
    workspace: Workspace, whole: tuple[Path, Tables], seed: int
) -> None:
    process = child(workspace, "none", 1)
    # From the moment on when it begins to work, however long its start takes on this machine.
    while not any(job.pid == process.pid for job in jobs(workspace.ledger)):
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(random.Random(seed).uniform(0.0, 3.0))
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    finish(workspace, whole[1])


def test_sigterm_ends_a_command_after_the_photos_under_way(tmp_path: Path) -> None:
    from thumper_core.commands.common import stop_on_interrupt

    photos = tmp_path / "photos"
    make_photos(photos, 60)
    workspace = Workspace.create(tmp_path / "work")
    add_paths(workspace, [photos])

    class Ended(FakeDetector):
        def detect(self, batch):  # type: ignore[no-untyped-def]
            if len(self.batches) == 2:
                handler = signal.getsignal(signal.SIGTERM)
                assert callable(handler)  # called as the system would, without risk to the tests
                handler(signal.SIGTERM, None)
            return super().detect(batch)

    with stop_on_interrupt() as stop:
        summary = run(workspace, Ended(), FakeEmbedder(), settings=SETTINGS, stop=stop)
    assert summary.is_stopped and 0 < summary.progress.done < 58
    done = workspace.sql("select count(*) from all_outcomes").item()
    assert done == summary.progress.done


def test_a_third_done_and_the_machine_gone_the_same_command_goes_on_from_there(
    tmp_path: Path,
) -> None:
    """The seed scenario: 20,285 of 59,185 photos done (scaled down), then the power went."""
    photos = tmp_path / "photos"
    make_photos(photos, 118, broken=False)
    workspace = Workspace.create(tmp_path / "work")
    add_paths(workspace, [photos])
    n_done = round(118 * 20_285 / 59_185)
    first = run(
        workspace, FakeDetector(), FakeEmbedder(), settings=SETTINGS,
        selection=Selection(limit=n_done),
    )  # fmt: skip
    with workspace.ledger.transaction() as c:  # as a machine that lost power leaves its job
        c.execute("update jobs set state = 'running', finished_at = null, pid_started = 1.0")
    leftover = workspace.lake.root / "runs" / first.run_id / ".writing-000005-1"
    leftover.mkdir()
    (leftover / "outcomes.parquet").write_bytes(b"half")
    again = Workspace.open(workspace.root)
    assert count_pending(again, first.run_id) == 118 - n_done
    second = run(again, FakeDetector(), FakeEmbedder(), settings=SETTINGS)
    assert (second.run_id, second.is_new) == (first.run_id, False)
    assert second.progress.total == second.progress.done == 118 - n_done
    assert again.ledger.run(first.run_id).state == "complete"
    assert [job.state for job in jobs(again.ledger)] == ["failed", "done"]
    assert not leftover.exists()


def test_a_full_disk_loses_nothing(
    workspace: Workspace, whole: tuple[Path, Tables], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = workspace.ledger.promoted("herd")
    write, calls = pq.write_table, []

    def full(table: Any, path: Path, **options: Any) -> None:
        calls.append(path)
        if len(calls) > 5:
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(table, path, **options)

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(ThumperError, match=r"is full.*more are needed\. Nothing that was"):
        reprocess(workspace, models(), clear_mode="all", settings=SETTINGS)
    assert workspace.ledger.promoted("herd") == before
    monkeypatch.setattr(pq, "write_table", write)
    finish(workspace, whole[1])


def test_a_disk_that_is_really_full(whole: tuple[Path, Tables], small_disk: Path) -> None:
    shutil.copytree(whole[0] / "work", small_disk / "work")
    workspace = Workspace.open(small_disk / "work")
    before = workspace.ledger.promoted("herd")
    ballast = small_disk / "ballast"
    handle = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    with pytest.raises(OSError, match="No space"):
        while True:
            os.write(handle, bytes(4096))
    os.close(handle)
    with pytest.raises(ThumperError, match=r"is full: \d+ KiB free"):
        reprocess(workspace, models(), clear_mode="all", settings=SETTINGS)
    ballast.unlink()
    assert workspace.ledger.promoted("herd") == before
    finish(workspace, whole[1])


def test_a_workspace_that_cannot_be_written_says_so(
    workspace: Workspace, whole: tuple[Path, Tables], monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = Path.mkdir

    def refuse(path: Path, *args: Any, **kwargs: Any) -> None:
        if "/lake/runs/" in str(path):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        mkdir(path, *args, **kwargs)

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ThumperError, match="is read-only"):
        reprocess(workspace, models(), clear_mode="all", settings=SETTINGS)
    monkeypatch.undo()
    finish(workspace, whole[1])


def test_a_clock_that_was_set_back(
    workspace: Workspace, whole: tuple[Path, Tables], monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    import thumper_core.store.jobs as jobs_module
    from thumper_core.store import file_rows, herd_rows, run_rows

    past = datetime(1999, 1, 1, tzinfo=UTC).isoformat(" ", "microseconds")
    for module in (file_rows, herd_rows, run_rows, jobs_module):
        monkeypatch.setattr(module, "now_text", lambda: past)
    finish(workspace, whole[1])
    herds = workspace.ledger.herds()
    assert workspace.ledger.promoted("herd") == herds[-1].herd_id
    assert roll_back(workspace)[0] == herds[0].herd_id


def test_two_workers_started_at_once_share_no_photo(
    workspace: Workspace, whole: tuple[Path, Tables], tmp_path: Path
) -> None:
    settings = SETTINGS.replace("embed", margin=0.2)  # another run than the shown one
    refused: list[BaseException] = []
    start = threading.Barrier(2)

    def work() -> None:
        mine = Workspace.open(workspace.root)
        start.wait()
        try:
            slow = GreyDetector()
            detect = slow.detect
            slow.detect = lambda batch: (time.sleep(0.1), detect(batch))[1]  # type: ignore[method-assign]
            run(mine, slow, PatternEmbedder(), settings=settings)
        except RunBusyError as error:
            refused.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(refused) == 1 and "already working" in str(refused[0])
    runs = workspace.ledger.runs()
    assert len(runs) == 2
    kept = workspace.lake.read(f"runs/{runs[-1].run_id}", "outcomes")
    assert kept.num_rows == len(set(kept["photo_id"].to_pylist())) == 24
    shutil.copytree(whole[0] / "work", tmp_path / "undisturbed")
    other = Workspace.open(tmp_path / "undisturbed")
    alone = run(other, GreyDetector(), PatternEmbedder(), settings=settings).run_id
    assert tables_of(workspace, runs[-1].run_id) == tables_of(other, alone)


@pytest.mark.parametrize("seconds", [1.0, pytest.param(30.0, marks=pytest.mark.slow)])
def test_a_locked_ledger_is_waited_for(
    workspace: Workspace, whole: tuple[Path, Tables], seconds: float
) -> None:
    holder = sqlite3.connect(workspace.ledger.path, isolation_level=None, check_same_thread=False)
    holder.execute("begin immediate")
    threading.Timer(seconds, lambda: (holder.rollback(), holder.close())).start()
    started = time.monotonic()
    finish(workspace, whole[1])
    assert time.monotonic() - started >= seconds * 0.9


def test_a_power_cut_at_any_rename_finds_every_byte_of_the_shard_on_the_disk(
    workspace: Workspace, whole: tuple[Path, Tables], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not synced is dropped at every rename: nothing of a shard may be among it."""
    synced: dict[Path, int] = {}
    fsync, rename = os.fsync, lake_module.rename
    n_dropped, n_renames = 0, 0

    def record(handle: int) -> None:
        fsync(handle)
        path = Path(f"/proc/self/fd/{handle}").resolve()
        synced[path] = path.stat().st_size

    def cut(source: Path, target: Path) -> None:
        nonlocal n_dropped, n_renames
        n_renames += 1
        assert source.resolve() in synced  # the names of the files
        for path in source.iterdir():
            kept = synced.get(path.resolve(), 0)
            if kept < path.stat().st_size:
                n_dropped += 1
                os.truncate(path, kept)
        rename(source, target)

    monkeypatch.setattr(os, "fsync", record)
    monkeypatch.setattr(lake_module, "rename", cut)
    finish(workspace, whole[1])
    assert n_renames >= 3 and n_dropped == 0
