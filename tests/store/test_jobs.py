"""One live job for a run; a dead one's claim is taken over."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from thumper_core.contracts import ThumperError
from thumper_core.store.jobs import beat, finish_job, jobs, start_job
from thumper_core.store.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path / "ledger.sqlite")
    made.create()
    return made


def test_a_second_job_on_the_same_run_is_refused_and_names_the_first(ledger: Ledger) -> None:
    first = start_job(ledger, "r1", "run")
    with pytest.raises(ThumperError, match=f"Job {first} .process {os.getpid()}"):
        start_job(ledger, "r1", "run")
    start_job(ledger, "r2", "run")
    finish_job(ledger, first, "done")
    assert start_job(ledger, "r1", "run") != first


@pytest.mark.parametrize(
    ("column", "value"), [("pid", 2**22 + 1), ("pid_started", 1.0)], ids=["gone", "pid reused"]
)
def test_a_dead_job_is_taken_over(ledger: Ledger, column: str, value: float) -> None:
    dead = start_job(ledger, "r1", "run")
    with ledger.transaction() as c:
        c.execute(f"update jobs set {column} = ?", (value,))
    assert not jobs(ledger)[0].is_alive()
    start_job(ledger, "r1", "run")
    states = {job.job_id: job.state for job in jobs(ledger, "r1")}
    assert states[dead] == "failed"


def test_on_another_host_only_the_heartbeat_tells(ledger: Ledger) -> None:
    start_job(ledger, "r1", "run")
    with ledger.transaction() as c:
        c.execute("update jobs set home = 'elsewhere'")
    job = jobs(ledger)[0]
    assert job.is_alive()
    assert not job.is_alive(datetime.now(UTC) + timedelta(minutes=5))


def test_heartbeat_carries_progress_and_the_end_is_recorded(ledger: Ledger) -> None:
    number = start_job(ledger, "r1", "run")
    beat(ledger, number, {"done": 3})
    assert jobs(ledger)[0].progress == {"done": 3}
    finish_job(ledger, number, "failed", "the disk is full")
    job = jobs(ledger)[0]
    assert (job.state, job.message, job.is_alive()) == ("failed", "the disk is full", False)
    assert job.finished_at is not None
