"""What works and worked is listed once, shown with its log, and ends when it is asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from tests.herds import SETTINGS, deer_workspace, models
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.flows.reprocess import reprocess
from thumper_core.pipeline.pause import go_on, pause
from thumper_core.store.jobs import finish_job, jobs, start_job
from thumper_core.store.liveness import home
from thumper_core.work import launches
from thumper_core.work.listing import find, stop, works
from thumper_core.workspace import Workspace

SLOW_RUN = """
import sys
from tests.herds import SETTINGS
from tests.fakes import FakeDetector, FakeEmbedder
from thumper_core.commands.common import stop_on_interrupt
from thumper_core.pipeline.run import run
from thumper_core.workspace import Workspace
with stop_on_interrupt() as stop:
    workspace, slow = Workspace.open(sys.argv[1]), FakeDetector(delay_s=0.5)
    summary = run(workspace, slow, FakeEmbedder(), settings=SETTINGS, stop=stop)
sys.exit(7 if summary.is_stopped else 0)
"""


def record(root: Path, kind: str, **values: object) -> launches.Launch:
    now = datetime.now(UTC)
    launch = launches.Launch(
        f"{now:%Y%m%d-%H%M%S-%f}-{kind}", kind, {}, "done", started_at=now.isoformat()
    )
    (root / "logs").mkdir(exist_ok=True)
    launches.write(root, replace(launch, **values))  # type: ignore[arg-type]
    launches.log_file(root, launch.launch_id).write_text("line one\nthe end\n")
    return launch


def test_background_work_and_its_job_are_one_entry(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    assert works(workspace) == []
    added = record(tmp_path, "add", done=3, total=3)
    me = psutil.Process()
    launch = record(
        tmp_path, "command", state="running", pid=me.pid, pid_started=me.create_time(), home=home(),
        arguments={"line": ["run", "--turbo"]},
    )  # fmt: skip
    before = works(workspace)
    assert [(w.work_id, w.what, w.state, w.is_alive) for w in before] == [
        (added.launch_id, "add", "done", False), (launch.launch_id, "run", "running", True)
    ]  # fmt: skip
    job_id = start_job(workspace.ledger, "r0001", "run")
    pause(tmp_path)
    entries = works(workspace)
    assert [(w.work_id, w.state) for w in entries] == [
        (added.launch_id, "done"), (str(job_id), "resting")
    ]  # fmt: skip
    assert entries[1].log == launches.log_file(tmp_path, launch.launch_id)
    go_on(tmp_path)
    assert find(workspace, str(job_id)).state == "running"
    finish_job(workspace.ledger, job_id, "done")
    assert find(workspace, str(job_id)).ended_at is not None
    with pytest.raises(UsageError, match=r"no job 'x'.*thumper jobs"):
        find(workspace, "x")


def test_a_job_whose_process_is_gone_has_died(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    start_job(workspace.ledger, "r0001", "run")
    with workspace.ledger.transaction() as c:
        c.execute("update jobs set pid_started = 1.0")
    work = works(workspace)[0]
    assert (work.state, work.is_alive) == ("died", False) and "without a word" in work.message
    with pytest.raises(ThumperError, match="Nothing works"):
        stop(workspace)
    with pytest.raises(ThumperError, match="has ended already: died"):
        stop(workspace, work.work_id)


def test_several_that_work_have_to_be_named(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    start_job(workspace.ledger, "r0001", "run")
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        started = psutil.Process(other.pid).create_time()
        launch = record(
            tmp_path, "add", state="running", pid=other.pid, pid_started=started, home=home()
        )
        with pytest.raises(UsageError, match=f"name one of 1, {launch.launch_id}"):
            stop(workspace)
        assert stop(workspace, launch.launch_id).pid == other.pid
        assert other.wait(20) == -signal.SIGTERM
    finally:
        if other.poll() is None:
            other.kill()
            other.wait()


def test_stop_ends_a_run_after_the_photos_under_way(tmp_path: Path) -> None:
    workspace = deer_workspace(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_RUN, str(workspace.root)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    deadline = time.monotonic() + 60
    while not any(job.progress.get("done") for job in jobs(workspace.ledger)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert stop(workspace).pid == process.pid
    assert process.wait(60) == 7
    job = jobs(workspace.ledger)[-1]
    assert job.state == "stopped" and 0 < job.progress["done"] < 60


def test_the_commands_list_show_and_refuse(tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    workspace = deer_workspace(tmp_path, n_deer=2, n_events=2)
    root = workspace.root
    assert call("-w", root, "jobs") == (0, "Nothing has worked here yet.\n")
    reprocess(workspace, models(), settings=SETTINGS)
    launch = record(root, "add", done=3, total=3)
    code, text = call("-w", root, "jobs")
    assert code == 0 and "8 of 8" in text and launch.launch_id in text
    code, text = call("-w", root, "jobs", "1")
    assert "Job 1: run, done" in text and "no log here" in text
    code, text = call("-w", root, "jobs", launch.launch_id)
    assert "the end" in text
    assert call("-w", root, "jobs", "99")[0] == 2
    assert "rests" not in call("-w", root, "status")[1]
    assert call("-w", root, "pause")[0] == 0
    assert "Work rests. thumper go-on" in call("-w", root, "status")[1]
    assert call("-w", root, "go-on")[0] == 0
    assert "rests" not in call("-w", root, "status")[1]
    assert call("-w", root, "stop") == (3, "Error: Nothing works in this workspace.\n")
