"""Jobs: processes that work on a run, with a heartbeat, one at a time for each run.

A job is alive while its process is, where that can be asked: in the same home (`store.liveness`),
with the same start time. Elsewhere only the heartbeat can tell. A wrong guess costs nothing but
work: a job that was taken for dead cannot commit any more (`store.claims`).
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

import psutil

from thumper_core.contracts import ThumperError
from thumper_core.store import liveness
from thumper_core.store.claims import LostClaimError, require_claim
from thumper_core.store.ledger import Ledger
from thumper_core.store.records import now_text, parse_json, parse_time

STALE_AFTER = timedelta(minutes=2)
BEAT_S = 2.0
_COLUMNS = (
    "job_id, run_id, kind, pid, pid_started, host, state, started_at, heartbeat_at, "
    "finished_at, progress, message, home"
)


class RunBusyError(ThumperError):
    """Another live job works on the run."""


@dataclass(frozen=True)
class Job:
    """One process working on a run. `state`: running, done, stopped, failed.

    home: where `pid` means something (`liveness.home`); None for jobs of older versions.
    """

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
    home: str | None = None

    @property
    def is_here(self) -> bool:
        """Whether its process, if it lives, is one that this process can see and end."""
        return self.home == liveness.home()

    def is_alive(self, now: datetime | None = None) -> bool:
        """Whether the process that this job belongs to still works; a suspended one does."""
        if self.state != "running":
            return False
        if self.is_here:
            return liveness.process_of(self.pid, self.pid_started) is not None
        return (now or datetime.now(UTC)) - self.heartbeat_at < STALE_AFTER


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
    """Claim a run for this process and return the job's number, which is greater than any before.

    A dead job's claim is taken over. Raises ThumperError, naming the job, where a live one has it.
    """
    me = psutil.Process()
    now = datetime.now(UTC)
    with ledger.transaction() as c:
        query = f"select {_COLUMNS} from jobs where state = 'running' and run_id is ?"
        for row in c.execute(query, (run_id,)).fetchall():
            job = _job(row)
            if job.is_alive(now):
                raise RunBusyError(_busy(job))
            c.execute(
                "update jobs set state = 'failed', finished_at = heartbeat_at, "
                "message = 'the process ended without a word' where job_id = ?",
                (job.job_id,),
            )
        stamp = now.isoformat(" ", "microseconds")
        cursor = c.execute(
            "insert into jobs (run_id, kind, pid, pid_started, host, home, state, started_at, "
            "heartbeat_at) values (?,?,?,?,?,?,'running',?,?)",
            (
                run_id, kind, os.getpid(), me.create_time(), socket.gethostname(),
                liveness.home(), stamp, stamp,
            ),
        )  # fmt: skip
        return int(cursor.lastrowid or 0)


def beat(ledger: Ledger, job_id: int, progress: dict[str, Any]) -> None:
    """Say that the job lives and how far it is. Raises LostClaimError where it was taken over."""
    with ledger.transaction() as c:
        require_claim(c, job_id)
        c.execute(
            "update jobs set heartbeat_at = ?, progress = ? where job_id = ?",
            (now_text(), json.dumps(progress), job_id),
        )


def finish_job(ledger: Ledger, job_id: int, state: str, message: str | None = None) -> None:
    """Close a job as `done`, `stopped` or `failed`; one that was taken over stays as it is."""
    with ledger.transaction() as c:
        c.execute(
            "update jobs set state = ?, finished_at = ?, heartbeat_at = ?, message = ? "
            "where job_id = ? and state = 'running'",
            (state, now_text(), now_text(), message, job_id),
        )


class Heartbeat:
    """Beats for a job, from a thread of its own, while the `with` block works.

    What the block does in one piece may take longer than `STALE_AFTER`. progress: asked at each
    beat; on_lost: called once where another job took over. The ledger stays open meanwhile, which
    spares each of its transactions the work of closing it as the last one.
    """

    def __init__(
        self,
        ledger: Ledger,
        job_id: int,
        progress: Callable[[], dict[str, Any]] = dict,
        on_lost: Callable[[], None] | None = None,
    ) -> None:
        self._ledger, self._job_id, self._progress = ledger, job_id, progress
        self._on_lost = on_lost
        self._end = threading.Event()
        self._lost: LostClaimError | None = None
        self._thread = threading.Thread(target=self._work, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()

    def require(self) -> None:
        """Raise LostClaimError where a beat has found that another job took over."""
        if self._lost is not None:
            raise self._lost

    def _work(self) -> None:
        with self._ledger.kept_open():
            while not self._end.wait(BEAT_S):
                try:
                    beat(self._ledger, self._job_id, self._progress())
                except LostClaimError as error:
                    self._lost = error
                    if self._on_lost is not None:
                        self._on_lost()
                    return
                except ThumperError:  # busy for a moment, or no room: the next beat tells
                    continue


def _busy(job: Job) -> str:
    what = f"Job {job.job_id} (process {job.pid} on {job.host}) is already working on run {job.run_id}."
    if job.is_here:
        return f"{what} Wait for it, or end it: `thumper stop {job.job_id}`."
    minutes = STALE_AFTER.total_seconds() / 60
    return (
        f"{what} Wait for it, or end it there. If it has ended without a word, as after a power cut, "
        f"repeat the command {minutes:.0f} minutes after {job.heartbeat_at:%H:%M:%S} UTC."
    )


def _job(row: tuple[Any, ...]) -> Job:
    finished = parse_time(row[9]) if row[9] else None
    started, beat_at = parse_time(row[7]), parse_time(row[8])
    values = [*row[:7], started, beat_at, finished, parse_json(row[10]), row[11], row[12]]
    return Job(*values)
