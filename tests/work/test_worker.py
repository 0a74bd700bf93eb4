"""Detached work: it outlives its parent, says how far it is, stops, fails in words, and dies seen."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.generated import Size, build
from tests.herds import make_deer_photos, models
from tests.learning.reviewed import move_all, ranch_of
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.flows.trial import Trial
from thumper_core.store.liveness import home
from thumper_core.work import launches as jobs_launch
from thumper_core.work import worker
from thumper_core.work.listing import works
from thumper_core.work.worker import Recorder
from thumper_core.workspace import Workspace

HERE, ELSEWHERE = home(), "ranch|0|pid:[1]"


def wait_until(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.2)


def test_adding_outlives_the_process_that_asked(tmp_path: Path) -> None:
    source = build(tmp_path / "source", Size(photos=12, animals=2, cameras=2), identify=False)
    photos = source.ledger.roots()[0]
    root = tmp_path / "own"
    code = (
        "from pathlib import Path; from thumper_core.work import launches as j; "
        f"j.start(Path({str(root)!r}), 'add', {{'paths': [{photos!r}]}})"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
    wait_until(lambda: jobs_launch.working(root) is None)
    launch = jobs_launch.launches(root)[-1]
    assert (launch.state, launch.result["n_files"]) == ("done", 12)
    assert Workspace.open(root).sql("select count(*) as n from photos")["n"][0] > 0


def test_identify_makes_another_herd(tmp_path: Path) -> None:
    workspace = build(tmp_path, Size(photos=60, animals=4, cameras=2))
    before = workspace.ledger.promoted("herd")
    started = jobs_launch.start(workspace.root, "identify", {"threshold": 0.4})
    assert started.pid is not None
    with pytest.raises(ThumperError, match="busy"):
        jobs_launch.start(workspace.root, "identify", {})
    wait_until(lambda: jobs_launch.working(workspace.root) is None)
    launch = jobs_launch.launches(workspace.root)[-1]
    assert (launch.kind, launch.state) == ("identify", "done"), launch
    assert workspace.ledger.promoted("herd") == launch.result["herd_id"] != before


def test_a_refusal_is_kept_in_words(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "empty")
    jobs_launch.start(workspace.root, "identify", {})
    wait_until(lambda: jobs_launch.working(workspace.root) is None)
    launch = jobs_launch.launches(workspace.root)[-1]
    assert launch.state == "failed"
    assert "There are no photos in this workspace yet" in launch.message


def test_a_season_is_started_told_and_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_deer_photos(tmp_path / "cards" / "season", n_deer=3, n_events=3)
    monkeypatch.setattr("thumper_core.flows.start.open_models", lambda *args: models())
    monkeypatch.setattr("thumper_core.pipeline.effort.give_way", lambda: None)
    root = tmp_path / "ranch"
    steps: list[str] = []
    counted: dict[str, list[int]] = {}
    note = worker.Recorder.say

    def heard(self: Recorder, step: str, done: int = 0, total: int = 0) -> None:
        steps.append(step)
        counted.setdefault(step, []).append(total)
        note(self, step, done, total)

    monkeypatch.setattr(worker.Recorder, "say", heard)
    asked = {"photos": str(tmp_path / "cards"), "camera_level": 2, "detector": "eye"}
    jobs_launch.logs_dir(root).mkdir(parents=True)
    launch = jobs_launch.Launch(
        "1-start", "start", asked, "starting", started_at="2026-01-01T00:00:00+00:00"
    )
    jobs_launch.write(root, launch)
    assert worker.work(root, "1-start", threading.Event()) == 0
    ended = jobs_launch.read(root, "1-start")
    assert (ended.state, ended.result["n_left"]) == ("done", 0)
    # Each step once, and what counts no photos says no number: the bar never begins again.
    assert [
        one for one, after in zip(steps, [*steps[1:], ""], strict=True) if one != after
    ] == list(worker._STEPS.values())
    assert [name for name, totals in counted.items() if any(totals)] == [
        worker._STEPS["add"],
        worker._STEPS["run"],
    ]
    workspace = Workspace.open(root)
    assert workspace.settings.ingest.camera_level == 2
    assert workspace.settings.detect.detector == "eye"
    assert workspace.ledger.promoted("herd") == ended.result["herd_id"]
    assert Path(ended.result["report"]).is_file()


def test_learning_says_how_far_it_is_and_what_came_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranch = ranch_of(tmp_path)
    move_all(ranch)
    better = Trial("detector", "average precision", 0.4, 0.7, 40, "2 cameras")
    steps: list[int] = []

    def learned(workspace: Workspace, plan: Any, say: Any, stop: Any) -> list[Trial]:
        steps.append(plan.steps)
        say("Tuning the detector", 3, 7)
        return [better]

    monkeypatch.setattr("thumper_core.flows.learn.LEARNERS", {"detector": learned})
    monkeypatch.setattr("thumper_core.pipeline.effort.give_way", lambda: None)
    launch = jobs_launch.Launch(
        "1-learn", "learn", {"steps": 7}, "starting", started_at="2026-01-01T00:00:00+00:00"
    )
    jobs_launch.logs_dir(ranch.root).mkdir(parents=True)
    jobs_launch.write(ranch.root, launch)
    assert worker.work(ranch.root, "1-learn", threading.Event()) == 0
    ended = jobs_launch.read(ranch.root, "1-learn")
    assert (ended.state, ended.step, ended.total, steps) == ("done", "Tuning the detector", 7, [7])
    assert ended.result["sentences"][0].startswith("Detector. Better: average precision 0.400")


def test_work_that_a_full_disk_ends_says_so_even_where_it_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Workspace.create(tmp_path)
    launch = jobs_launch.Launch("1-add", "add", {"paths": ["x"]}, "starting")
    jobs_launch.logs_dir(tmp_path).mkdir(parents=True)
    jobs_launch.write(tmp_path, replace(launch, started_at=datetime.now(UTC).isoformat()))

    def full(*args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "lake"))

    monkeypatch.setattr("thumper_core.ingest.add.add_paths", full)
    assert worker.work(tmp_path, "1-add", threading.Event()) == 3
    ended = jobs_launch.read(tmp_path, "1-add")
    assert ended.state == "failed"
    assert f"The disk that holds {tmp_path / 'lake'} is full" in ended.message

    recorder = worker.Recorder(
        tmp_path, replace(launch, state="running", pid=2**22 + 1, home=home())
    )
    jobs_launch.write(tmp_path, recorder.launch)
    monkeypatch.setattr(jobs_launch, "write_whole", full)
    recorder.say("Reading", 1, 2)
    recorder.end("failed", "The disk is full.")
    monkeypatch.setattr("thumper_core.disk.free_bytes", lambda folder: 0)
    died = jobs_launch.read(tmp_path, "1-add")
    assert died.state == "died"
    assert "without a word. The disk that holds" in died.message


def test_unknown_work_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no work called"):
        jobs_launch.start(tmp_path, "destroy", {})


def aged(root: Path, launch: jobs_launch.Launch, age: timedelta) -> None:
    """Write a record as if it had been written then."""
    jobs_launch.write(root, launch)
    path = jobs_launch.logs_dir(root) / f"{launch.launch_id}.json"
    values = json.loads(path.read_text()) | {"updated_at": (datetime.now(UTC) - age).isoformat()}
    path.write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("of", "age_s", "pid_started", "state"),
    [
        (ELSEWHERE, 5, 1.0, "running"),
        (ELSEWHERE, 180, None, "died"),
        (None, 5, 1.0, "running"),
        (None, 180, None, "died"),
        (HERE, 5, 1.0, "died"),
        (HERE, 180, None, "running"),
    ],
)
def test_elsewhere_a_number_says_nothing_and_the_records_age_does(
    tmp_path: Path, of: str | None, age_s: float, pid_started: float | None, state: str
) -> None:
    """pid_started None: that of this very process, which lives."""
    (tmp_path / "logs").mkdir()
    launch = jobs_launch.Launch(
        "20260101-000000-0-add",
        "add",
        {},
        "running",
        pid=os.getpid(),
        pid_started=pid_started or psutil.Process().create_time(),
        started_at="2026-01-01T00:00:00+00:00",
        home=of,
    )
    aged(tmp_path, launch, timedelta(seconds=age_s))
    (found,) = jobs_launch.launches(tmp_path)
    assert found.state == state
    if state == "running" and of != HERE:
        with pytest.raises(ThumperError, match="another machine or in another container"):
            jobs_launch.stop(tmp_path, launch.launch_id)
        work = works(Workspace.create(tmp_path))[0]
        assert (work.is_alive, work.is_here) == (True, False)


def test_a_record_beats_while_its_process_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_launch, "BEAT_S", 0.05)
    (tmp_path / "logs").mkdir()
    launch = jobs_launch.Launch("20260101-000000-0-add", "add", {}, "starting")
    jobs_launch.write(tmp_path, launch)
    recorder = Recorder(tmp_path, launch)
    recorder.begin()
    begun = jobs_launch.read(tmp_path, launch.launch_id)
    assert (begun.state, begun.home) == ("running", HERE)
    wait_until(lambda: jobs_launch.read(tmp_path, launch.launch_id).updated_at > begun.updated_at)
    recorder.end("done")
    ended = jobs_launch.read(tmp_path, launch.launch_id)
    time.sleep(0.3)
    assert jobs_launch.read(tmp_path, launch.launch_id) == ended


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"state": "running", "pid": 2**22 + 1, "pid_started": 1.0}, "died"),
        ({"state": "running", "pid": os.getpid(), "pid_started": 1.0, "home": HERE}, "died"),
        ({"state": "running", "pid": 2**22 + 1, "pid_started": 1.0, "home": HERE}, "died"),
        ({"state": "starting", "started_at": "2020-01-01T00:00:00+00:00"}, "died"),
        ({"state": "done"}, "done"),
    ],
)
def test_the_system_is_asked_who_lives(tmp_path: Path, change: dict, state: str) -> None:
    launch = jobs_launch.Launch("20260101-000000-0-add", "add", {}, "running")
    (tmp_path / "logs").mkdir()
    aged(tmp_path, replace(launch, **change), timedelta(minutes=3))
    assert [one.state for one in jobs_launch.launches(tmp_path)] == [state]
    assert jobs_launch.working(tmp_path) is None
    with pytest.raises(ThumperError, match="ended already"):
        jobs_launch.stop(tmp_path, launch.launch_id)


def test_a_live_process_can_be_stopped_and_no_other(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        started = psutil.Process(child.pid).create_time()
        launch = jobs_launch.Launch("x", "add", {}, "running", pid=child.pid, home=HERE)
        # Another process had this number then; and elsewhere another one has it now.
        jobs_launch.terminate(tmp_path, replace(launch, pid_started=started - 100))
        with pytest.raises(ThumperError, match="another machine or in another container"):
            jobs_launch.terminate(tmp_path, replace(launch, pid_started=started, home=ELSEWHERE))
        time.sleep(0.5)
        assert child.poll() is None
        there = replace(launch, pid_started=started)
        assert not jobs_launch.is_stopping(tmp_path, there)
        jobs_launch.terminate(tmp_path, there)
        assert jobs_launch.is_stopping(tmp_path, there)
        assert not jobs_launch.is_stopping(tmp_path, replace(there, pid_started=started + 100))
        assert not jobs_launch.is_stopping(tmp_path, replace(there, home=ELSEWHERE))
        assert child.wait(20) == -signal.SIGTERM
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def test_unreadable_records_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.json").write_text("{half")
    (tmp_path / "logs" / "b.json").write_text(json.dumps({"other": 1}))
    assert jobs_launch.launches(tmp_path) == []
    assert jobs_launch.log_tail(tmp_path, "../../etc/passwd") == ""
