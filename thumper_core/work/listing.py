"""What works in a workspace, and what worked: jobs of the ledger and background work in one list.

A job is in the ledger because it works on a run. Background work has a record and a log (see
`work.launches`), and not all of it is a job: adding photos is not, nor is a command that ended before
it began a run. What is both is listed once, with the job's numbers and the record's log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.pipeline.pause import is_paused
from thumper_core.store.jobs import Job, jobs
from thumper_core.work.launches import Launch, launches, log_file, terminate
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Work:
    """One piece of work.

    work_id: the job's number, or the name of background work that is no job; state: `running`,
    `resting`, `done`, `stopped`, `failed` or `died`; done, total: photos or files, total 0 where
    there is nothing to count; log: what it printed, where it worked in the background; times: UTC.
    """

    work_id: str
    what: str
    state: str
    run_id: str | None
    pid: int | None
    pid_started: float | None
    started_at: datetime
    ended_at: datetime | None  # None: it works
    done: int
    total: int
    message: str
    log: Path | None
    is_here: bool = True  # False: of another machine or container, whose process cannot be reached

    @property
    def is_alive(self) -> bool:
        """Whether it works now."""
        return self.ended_at is None


def works(workspace: Workspace) -> list[Work]:
    """Every piece of work, oldest first."""
    root = workspace.root
    rests = is_paused(root)
    background = launches(root)
    found = []
    seen: set[str] = set()
    for job in jobs(workspace.ledger):
        launch = _launch_of(job, background)
        if launch is not None:
            seen.add(launch.launch_id)
        found.append(_of_job(job, launch, root, rests))
    others = [_of_launch(one, root) for one in background if one.launch_id not in seen]
    return sorted([*found, *others], key=lambda work: work.started_at)


def find(workspace: Workspace, work_id: str) -> Work:
    """The work of this number or name. Raises UsageError where there is none."""
    for work in works(workspace):
        if work.work_id == work_id:
            return work
    raise UsageError(f"There is no job {work_id!r}. `thumper jobs` lists them.")


def stop(workspace: Workspace, work_id: str | None = None) -> Work:
    """Ask work (default: the only process that works) to end after what is under way.

    Raises ThumperError where nothing works, where it has ended, or where several processes work
    and none is named.
    """
    if work_id is None:
        alive = [work for work in works(workspace) if work.is_alive]
        if not alive:
            raise ThumperError("Nothing works in this workspace.")
        if len({work.pid for work in alive}) > 1:
            names = ", ".join(work.work_id for work in alive)
            raise UsageError(f"Several work here: name one of {names}. See `thumper jobs`.")
        work = alive[-1]
    else:
        work = find(workspace, work_id)
    if not work.is_alive:
        raise ThumperError(f"Job {work.work_id} has ended already: {work.state}.")
    if work.pid is None:
        raise ThumperError(f"{work.work_id} is about to begin: ask again in a moment.")
    terminate(workspace.root, work)
    return work


def _launch_of(job: Job, background: Sequence[Launch]) -> Launch | None:
    """The background work whose process the job is of."""
    for launch in reversed(background):
        is_same = (launch.home, launch.pid) == (job.home, job.pid)
        if is_same and abs((launch.pid_started or 0.0) - job.pid_started) < 2.0:
            return launch
    return None


def _of_job(job: Job, launch: Launch | None, root: Path, rests: bool) -> Work:
    alive = job.is_alive()
    state = job.state
    message = job.message or ""
    if state == "running":
        state = ("resting" if rests else "running") if alive else "died"
        message = message or ("" if alive else "The process ended without a word.")
    return Work(
        str(job.job_id),
        job.kind,
        state,
        job.run_id,
        job.pid,
        job.pid_started,
        job.started_at,
        None if alive else (job.finished_at or job.heartbeat_at),
        int(job.progress.get("done", 0)),
        int(job.progress.get("total", 0)),
        message,
        log_file(root, launch.launch_id) if launch else None,
        job.is_here,
    )


def _of_launch(launch: Launch, root: Path) -> Work:
    alive = launch.is_alive
    words = launch.arguments.get("line", [launch.kind])
    return Work(
        launch.launch_id,
        str(words[0]) if words else launch.kind,
        "running" if launch.state == "starting" else launch.state,
        None,
        launch.pid,
        launch.pid_started,
        _time(launch.started_at),
        None if alive else _time(launch.updated_at or launch.started_at),
        launch.done,
        launch.total,
        launch.message,
        log_file(root, launch.launch_id),
        launch.is_here,
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
