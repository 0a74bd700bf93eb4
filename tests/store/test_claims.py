"""Whoever lost a run can change nothing of it any more; who lives is asked where it can be known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.store.older import as_schema_1
from thumper_core.contracts import ThumperError
from thumper_core.store import jobs as jobs_module
from thumper_core.store import liveness, register
from thumper_core.store.adopt import reconcile, settle
from thumper_core.store.claims import LostClaimError
from thumper_core.store.jobs import Heartbeat, RunBusyError, beat, finish_job, jobs, start_job
from thumper_core.workspace import Workspace

TABLE = pa.table({"run_id": ["r1", "r1"], "photo_id": ["p1", "p2"]})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path)


def taken_over(workspace: Workspace, run_id: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """A claim of this host that another host took over when it was silent for too long."""
    mine = start_job(workspace.ledger, run_id, "run")
    with workspace.ledger.transaction() as c:
        long_ago = (datetime.now(UTC) - timedelta(minutes=3)).isoformat(" ", "microseconds")
        c.execute("update jobs set heartbeat_at = ? where job_id = ?", (long_ago, mine))
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(liveness, "home", lambda: "elsewhere")
        assert start_job(workspace.ledger, run_id, "run") > mine
    return mine


# --- commits -------------------------------------------------------------------------------------


def test_who_lost_the_run_commits_nothing_and_is_told_who_has_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = workspace.lake
    mine = start_job(workspace.ledger, "r1", "run")
    lake.write_shard("runs/r1", "000000", {"outcomes": TABLE}, claim=mine)
    finish_job(workspace.ledger, mine, "done")
    lost = taken_over(workspace, "r1", monkeypatch)
    with pytest.raises(
        LostClaimError, match=rf"Job {lost + 1} \(process \d+ on .*took run r1 over"
    ):
        lake.write_shard("runs/r1", "000001", {"outcomes": TABLE}, claim=lost)
    assert [path.name for path in (lake.root / "runs/r1").iterdir()] == ["000000"]
    lake.write_shard("runs/r1", "000001", {"outcomes": TABLE}, claim=lost + 1)


def test_a_folder_that_the_new_owner_cleared_away_is_a_lost_run_and_no_full_disk(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = workspace.lake
    mine = start_job(workspace.ledger, "r1", "run")
    write = pq.write_table

    def slept(table: pa.Table, path: Path, **options: object) -> None:
        finish_job(workspace.ledger, mine, "failed")
        settle(lake, "runs/r1", start_job(workspace.ledger, "r1", "run"))
        write(table, path, **options)

    monkeypatch.setattr(pq, "write_table", slept)
    with pytest.raises(LostClaimError):
        lake.write_shard("runs/r1", "000000", {"outcomes": TABLE}, claim=mine)
    with pytest.raises(LostClaimError):
        settle(lake, "runs/r1", mine)


@pytest.mark.parametrize(
    "change",
    [
        lambda w, run, job: beat(w.ledger, job, {}),
        lambda w, run, job: w.ledger.set_run_state(run, "complete", claim=job),
        lambda w, run, job: w.ledger.promote({"run": run}, claim=job),
    ],
    ids=["beats", "ends the run", "promotes it"],
)
def test_who_lost_the_run_cannot(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Workspace, str, int], None],
) -> None:
    run_id = workspace.ledger.create_run("0" * 16, "d", "e", {}).run_id
    lost = taken_over(workspace, run_id, monkeypatch)
    before = jobs(workspace.ledger)
    with pytest.raises(LostClaimError):
        change(workspace, run_id, lost)
    finish_job(workspace.ledger, lost, "done")
    assert jobs(workspace.ledger) == before
    assert workspace.ledger.run(run_id).state == "building"
    assert workspace.ledger.promoted("run") is None


def test_a_heartbeat_finds_that_the_run_is_lost(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "BEAT_S", 0.01)
    lost, told = taken_over(workspace, "r1", monkeypatch), threading.Event()
    with Heartbeat(workspace.ledger, lost, on_lost=told.set) as heartbeat:
        assert told.wait(30)
        with pytest.raises(LostClaimError):
            heartbeat.require()


def test_a_heartbeat_beats_while_its_block_does_one_long_thing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "BEAT_S", 0.01)
    job = start_job(workspace.ledger, "r1", "run")
    first = jobs(workspace.ledger)[0].heartbeat_at
    with Heartbeat(workspace.ledger, job, lambda: {"done": 7}) as heartbeat:
        until = time.monotonic() + 30
        while jobs(workspace.ledger)[0].heartbeat_at == first and time.monotonic() < until:
            time.sleep(0.01)
        heartbeat.require()
    assert jobs(workspace.ledger)[0].heartbeat_at > first
    assert jobs(workspace.ledger)[0].progress == {"done": 7}


# --- between the rename and the ledger -----------------------------------------------------------


def killed_before_the_ledger_knew(workspace: Workspace, claim: int) -> Path:
    shard = workspace.lake.write_shard("runs/r1", "000000", {"outcomes": TABLE}, claim=claim)
    with workspace.ledger.transaction() as c:
        register.strike(c, "runs/r1", "000000")
    return shard


def test_a_shard_that_was_renamed_and_not_entered_is_not_read_until_it_is_entered(
    workspace: Workspace,
) -> None:
    claim = start_job(workspace.ledger, "r1", "run")
    with workspace.ledger.transaction() as c:
        c.execute("insert into runs values ('r1','f','building','d','e','{}','2025-01-01',null)")
    killed_before_the_ledger_knew(workspace, claim)
    assert workspace.lake.shards("runs/r1") == []
    assert workspace.sql("select count(*) from all_outcomes").item() == 0
    assert workspace.lake.next_shard_name("runs/r1") == "000001"
    settle(workspace.lake, "runs/r1", claim)
    settle(workspace.lake, "runs/r1", claim)
    assert [shard.name for shard in workspace.lake.shards("runs/r1")] == ["000000"]


@pytest.mark.parametrize("what", ["half a table", "another run's rows", "no list"])
def test_what_is_not_whole_by_its_own_list_is_not_entered(workspace: Workspace, what: str) -> None:
    claim = start_job(workspace.ledger, "r1", "run")
    shard = killed_before_the_ledger_knew(workspace, claim)
    if what == "half a table":
        (shard / "outcomes.parquet").write_bytes((shard / "outcomes.parquet").read_bytes()[:-9])
    elif what == "another run's rows":
        shard.parent.rename(shard.parent.with_name("r2"))
    else:
        (shard / "checksums.json").unlink()
    kind = "runs/r2" if what == "another run's rows" else "runs/r1"
    settle(workspace.lake, kind, claim)
    assert workspace.lake.shards(kind) == []


def test_a_ledger_that_refuses_takes_the_rename_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise ThumperError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(register, "enter", refuse)
        with pytest.raises(ThumperError, match="no room"):
            workspace.lake.write_shard("runs/r1", "000000", {"outcomes": TABLE})
    assert list((workspace.lake.root / "runs/r1").iterdir()) == []
    workspace.lake.write_shard("runs/r1", "000000", {"outcomes": TABLE})


def test_an_older_ledger_over_a_newer_lake_and_the_other_way_round(workspace: Workspace) -> None:
    workspace.lake.write_shard("photos", "000000", {"photos": TABLE})
    newer = workspace.lake.write_shard("photos", "000001", {"photos": TABLE.slice(1)})
    with workspace.ledger.transaction() as c:
        register.strike(c, "photos", newer.name)
        register.enter(c, "photos", "000002", {})
    reconcile(workspace.lake)
    assert [shard.name for shard in workspace.lake.shards("photos")] == ["000000", "000001"]
    with workspace.ledger.reading() as c:
        assert register.names(c, "photos") == ["000000", "000001"]


def test_a_ledger_from_before_the_register_enters_what_is_there_once(workspace: Workspace) -> None:
    workspace.lake.write_shard("photos", "000000", {"photos": TABLE})
    with workspace.ledger.reading() as c:
        entered = register.entries(c)
    older = as_schema_1(workspace)
    with older.ledger.reading() as c:
        assert register.entries(c) == entered and entered[0].tables["photos"].rows == 2
    with older.ledger.transaction() as c:
        register.strike(c, "photos")
    assert Workspace.open(older.root).lake.shards("photos") == []


# --- who lives -----------------------------------------------------------------------------------


HERE = ("host", "boot", "pid:[1]")


@pytest.mark.parametrize(
    ("there", "is_here"),
    [
        (HERE, True),
        (("host", "boot", "pid:[2]"), False),
        (("host", "later boot", "pid:[1]"), False),
        (("other", "boot", "pid:[1]"), False),
    ],
    ids=["the same", "another container", "another start", "another host"],
)
def test_a_process_number_is_asked_for_only_where_it_means_something(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], is_here: bool
) -> None:
    monkeypatch.setattr(liveness, "home", lambda: "|".join(there))
    start_job(workspace.ledger, "r1", "run")
    monkeypatch.setattr(liveness, "home", lambda: "|".join(HERE))
    (job,) = jobs(workspace.ledger)
    late = datetime.now(UTC) + timedelta(minutes=5)
    assert job.is_alive() and job.is_alive(late) == is_here  # the number is that of this process
    with workspace.ledger.transaction() as c:
        c.execute("update jobs set pid = ?", (2**22 + 1,))
    (gone,) = jobs(workspace.ledger)
    assert gone.is_alive() == (not is_here)  # a heartbeat from elsewhere is believed
    with pytest.raises(RunBusyError, match="end it there") if not is_here else _nothing():
        start_job(workspace.ledger, "r1", "run")


def _nothing() -> object:
    from contextlib import nullcontext

    return nullcontext()


def test_the_home_of_this_process_is_its_own_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    liveness.home.cache_clear()
    mine = liveness.home()
    command = [sys.executable, "-c", "from thumper_core.store.liveness import home; print(home())"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == mine
    monkeypatch.setattr(liveness, "_BOOT", Path("/nowhere"))
    monkeypatch.setattr(liveness, "_NAMESPACE", Path("/nowhere"))
    liveness.home.cache_clear()
    assert liveness.home().endswith("||")  # as on macOS and Windows
    liveness.home.cache_clear()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no suspension on this system")
def test_a_suspended_worker_of_this_machine_keeps_its_run(workspace: Workspace) -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        job = start_job(workspace.ledger, "r1", "run")
        started = psutil.Process(sleeper.pid).create_time()
        with workspace.ledger.transaction() as c:
            c.execute(
                "update jobs set pid = ?, pid_started = ?, heartbeat_at = '2025-01-01 00:00:00+00:00'",
                (sleeper.pid, started),
            )
        os.kill(sleeper.pid, signal.SIGSTOP)
        with pytest.raises(RunBusyError, match=f"thumper stop {job}"):
            start_job(workspace.ledger, "r1", "run")
    finally:
        sleeper.kill()
        sleeper.wait()
    assert start_job(workspace.ledger, "r1", "run") > job
