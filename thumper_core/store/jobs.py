"""Jobs: processes that work on a run, with a heartbeat, one at a time for each run.

A job is alive while its process is: same host, same PID and same start time of that PID, so that a
PID which another program got after a reboot is not mistaken for it. On another host only the
heartbeat can tell.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil

from thumper_core.contracts import ThumperError
from thumper_core.store.ledger import Ledger
from thumper_core.store.records import now_text

STALE_AFTER = timedelta(minutes=2)
_COLUMNS = (
    "job_id, run_id, kind, pid, pid_started, host, state, started_at, heartbeat_at, "
    "finished_at, progress, message"
)


class RunBusyError(ThumperError):
    """Another live job works on the run."""


@dataclass(frozen=True)
class Job:
    """One process working on a run. `state`: running, done, stopped, failed."""

    job_id: int
    run_id: str | None
    kind: str
    pid: int
    pid_started: float
    host: str
    state: str
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None
    progress: dict[str, Any]
    message: str | None

    def is_alive(self, now: datetime | None = None) -> bool:
        """Whether the process that this job belongs to still works."""
        if self.state != "running":
            return False
        if self.host == socket.gethostname():
            return process_of(self.pid, self.pid_started) is not None
        return (now or datetime.now(UTC)) - self.heartbeat_at < STALE_AFTER


def process_of(pid: int | None, pid_started: float | None) -> psutil.Process | None:
    """The process with this PID that started then; None where it has ended or is another."""
    try:
        process = psutil.Process(pid)
        is_same = abs(process.create_time() - (pid_started or 0.0)) < 2.0
    except psutil.Error:
        return None
    return process if is_same else None


def jobs(ledger: Ledger, run_id: str | None = None) -> list[Job]:
    """Jobs, oldest first; of one run where it is named."""
    query = f"select {_COLUMNS} from jobs"
    with ledger.reading() as c:
        if run_id is None:
            rows = c.execute(f"{query} order by job_id").fetchall()
        else:
            rows = c.execute(f"{query} where run_id = ? order by job_id", (run_id,)).fetchall()
    return [_job(row) for row in rows]


def start_job(ledger: Ledger, run_id: str | None, kind: str) -> int:
    """Claim a run for this process and return the job's number.

    A dead job's claim is taken over. Raises ThumperError, naming the job, where a live one has it.
    """
    me = psutil.Process()
    now = datetime.now(UTC)
    with ledger.transaction() as c:
        query = f"select {_COLUMNS} from jobs where state = 'running' and run_id is ?"
        for row in c.execute(query, (run_id,)).fetchall():
            job = _job(row)
            if job.is_alive(now):
                raise RunBusyError(
                    f"Job {job.job_id} (process {job.pid} on {job.host}) is already working on run "
                    f"{run_id}. Wait for it, or end it: `thumper stop {job.job_id}`."
                )
            c.execute(
                "update jobs set state = 'failed', finished_at = heartbeat_at, "
                "message = 'the process ended without a word' where job_id = ?",
                (job.job_id,),
            )
        stamp = now.isoformat(" ", "microseconds")
        cursor = c.execute(
            "insert into jobs (run_id, kind, pid, pid_started, host, state, started_at, "
            "heartbeat_at) values (?,?,?,?,?,'running',?,?)",
            (run_id, kind, os.getpid(), me.create_time(), socket.gethostname(), stamp, stamp),
        )
        return int(cursor.lastrowid or 0)


def beat(ledger: Ledger, job_id: int, progress: dict[str, Any]) -> None:
    """Say that the job lives and how far it is."""
    with ledger.transaction() as c:
        c.execute(
            "update jobs set heartbeat_at = ?, progress = ? where job_id = ?",
            (now_text(), json.dumps(progress), job_id),
        )


def finish_job(ledger: Ledger, job_id: int, state: str, message: str | None = None) -> None:
    """Close a job as `done`, `stopped` or `failed`."""
    with ledger.transaction() as c:
        c.execute(
            "update jobs set state = ?, finished_at = ?, heartbeat_at = ?, message = ? "
            "where job_id = ?",
            (state, now_text(), now_text(), message, job_id),
        )


def _job(row: tuple[Any, ...]) -> Job:
    finished = datetime.fromisoformat(row[9]) if row[9] else None
    started, beat_at = datetime.fromisoformat(row[7]), datetime.fromisoformat(row[8])
    values = [*row[:7], started, beat_at, finished, json.loads(row[10]), row[11]]
    return Job(*values)
