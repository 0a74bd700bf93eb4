"""Work that outlives the process that asked for it: a detached process, its log and its record.

A launch is a JSON file `logs/<launch_id>.json` in the workspace and a log beside it. Only the
process that works writes the record, every `BEAT_S` at least; its parent writes it once, before the start.
Whether the process lives is asked of the system (PID and start time) where its number means
something (`store.liveness`); elsewhere only the age of the record can tell. What a run has done is in
the ledger's jobs; the record says what was asked for, which step it is at, and how it ended.
"""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import psutil

from thumper_core import detach, disk
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.files import write_whole
from thumper_core.store import liveness
from thumper_core.store.jobs import STALE_AFTER

KINDS: Final = ("demo", "start", "add", "process", "identify", "learn", "command")
ENVIRONMENT: Final = "THUMPER_LAUNCH"
"""Tells a detached command where its record is: `<workspace>/logs/<launch_id>.json`."""
State = Literal["starting", "running", "done", "stopped", "failed", "died"]
_LOG_TAIL_BYTES: Final = 4000
_START_GRACE_S: Final = 120.0
_SAME_START_S: Final = 2.0
BEAT_S: Final = 20.0


class Process(Protocol):
    """A process that works: of a launch, or of a job in the ledger."""

    @property
    def pid(self) -> int | None:
        """Its number."""

    @property
    def pid_started(self) -> float | None:
        """When it started, seconds since 1970."""

    @property
    def is_here(self) -> bool:
        """Whether it is one that this process can see and end."""


@dataclass(frozen=True)
class Launch:
    """One detached piece of work.

    arguments: what `jobs_work` takes for the kind, JSON values; of a `command` (the command line with
    `--detach`) its own, as `line`; step: what it is doing, in words;
    done, total: photos (or files) of this step, total 0 where there is nothing to count; home: where
    `pid` means something (`liveness.home`), None before the process began and in older records.
    """

    launch_id: str
    kind: str
    arguments: dict[str, Any]
    state: State
    step: str = ""
    done: int = 0
    total: int = 0
    message: str = ""
    pid: int | None = None
    pid_started: float | None = None
    started_at: str = ""  # ISO, UTC
    updated_at: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    home: str | None = None

    @property
    def is_here(self) -> bool:
        """Whether its process, if it lives, is one that this process can see and end."""
        return self.home == liveness.home()

    @property
    def is_alive(self) -> bool:
        """Whether its process works still (or is about to)."""
        return self.state in ("starting", "running")


def start(
    root: Path, kind: str, arguments: dict[str, Any], *, environment: dict[str, str] | None = None
) -> Launch:
    """Start work on the workspace folder `root` in a process of its own session and return at once.

    arguments: see `jobs_work`. Raises ThumperError where another launch works in this workspace,
    UsageError where there is no such kind.
    """
    if kind not in KINDS:
        raise UsageError(f"There is no work called {kind!r}; one of {', '.join(KINDS)}.")
    refuse_if_busy(root)
    now = datetime.now(UTC)
    launch_id = f"{now:%Y%m%d-%H%M%S-%f}-{kind}"
    launch = Launch(launch_id, kind, arguments, "starting", started_at=now.isoformat())
    folder = logs_dir(root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write(root, launch)
        if kind == "command":
            words = detach.thumper_words(root, arguments["line"])
            record = folder / f"{launch.launch_id}.json"
            environment = {**(environment or {}), ENVIRONMENT: str(record.resolve())}
        else:
            words = ["-m", "thumper_core.work.worker", str(root.resolve()), launch_id]
        pid = detach.start(words, log_file(root, launch_id), environment)
    except OSError as error:
        raise disk.refusal(
            error, root, f"Cannot start work in {root}: {error.strerror or error}."
        ) from error
    return replace(launch, pid=pid)


def launches(root: Path) -> list[Launch]:
    """Every launch of the workspace folder, oldest first; a process that is gone has `died`."""
    detach.reap()
    folder = logs_dir(root)
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return [launch for path in paths if (launch := _read(path)) is not None]


def working(root: Path) -> Launch | None:
    """The launch that works now, or None."""
    alive = [launch for launch in launches(root) if launch.is_alive]
    return alive[-1] if alive else None


def refuse_if_busy(root: Path) -> None:
    """Raise ThumperError, with what it does, where a launch works in this workspace."""
    busy = working(root)
    if busy is not None:
        raise ThumperError(
            f"This workspace is busy: {busy.step or busy.kind} (process {busy.pid}). "
            "Wait for it, or end it with `thumper stop`."
        )


def stop(root: Path, launch_id: str) -> None:
    """Ask a launch to stop after what is under way; nothing that was finished is lost.

    Raises ThumperError where it does not work any more.
    """
    launch = next((one for one in launches(root) if one.launch_id == launch_id), None)
    if launch is None or not launch.is_alive or launch.pid is None:
        raise ThumperError("That work has ended already. Reload to see how.")
    terminate(root, launch)


def terminate(root: Path, work: Process) -> None:
    """Send SIGTERM to a process that works in the workspace folder `root`; one that has ended needs none.

    That it was asked is noted for `is_stopping`. Raises ThumperError where it is none of this machine,
    container or user.
    """
    if not work.is_here:
        raise ThumperError(
            f"Process {work.pid} works on another machine or in another container: end it there."
        )
    process = liveness.process_of(work.pid, work.pid_started)
    try:
        if process is not None:
            _note_stopping(root, work)
            process.send_signal(signal.SIGTERM)
    except psutil.Error as error:
        raise ThumperError(f"Cannot stop process {work.pid}: {error}.") from error


def is_stopping(root: Path, work: Process) -> bool:
    """Whether this very process was asked to stop, by whatever page or command."""
    try:
        asked = float(_stopping_file(root, work).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    # The system hands numbers out again; a job and its launch read the same start apart.
    return work.is_here and abs(asked - (work.pid_started or 0.0)) < _SAME_START_S


def _note_stopping(root: Path, work: Process) -> None:
    """A full disk keeps nobody from stopping what fills it."""
    with suppress(OSError):
        logs_dir(root).mkdir(parents=True, exist_ok=True)
        write_whole(_stopping_file(root, work), str(work.pid_started))


def _stopping_file(root: Path, work: Process) -> Path:
    return logs_dir(root) / f"stopping-{work.pid}"


def log_file(root: Path, launch_id: str) -> Path:
    """Where a launch's output goes."""
    return logs_dir(root) / f"{Path(launch_id).name}.log"


def log_tail(root: Path, launch_id: str) -> str:
    """The end of a launch's log, at most 4,000 bytes; empty where there is none."""
    try:
        with log_file(root, launch_id).open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LOG_TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def logs_dir(root: Path) -> Path:
    """Where records and logs lie."""
    return root / "logs"


def write(root: Path, launch: Launch) -> None:
    """Write a record, whole or not at all."""
    path = logs_dir(root) / f"{launch.launch_id}.json"
    stamped = replace(launch, updated_at=datetime.now(UTC).isoformat())
    write_whole(path, json.dumps(asdict(stamped)))


def read(root: Path, launch_id: str) -> Launch:
    """One record. Raises ThumperError where there is none that can be read."""
    launch = _read(logs_dir(root) / f"{launch_id}.json")
    if launch is None:
        raise ThumperError(f"There is no launch {launch_id!r} in {root}.")
    return launch


def _read(path: Path) -> Launch | None:
    """A record with its state as of now; None where it cannot be read."""
    try:
        launch = Launch(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    if launch.state == "starting":
        age_s = (datetime.now(UTC) - datetime.fromisoformat(launch.started_at)).total_seconds()
        if age_s > _START_GRACE_S:
            return replace(launch, state="died", message="The process never came up.")
    if launch.state == "running" and not _lives(launch):
        trouble = disk.state_of(path.parent)  # which may be why it could write no last word
        why = disk.sentence(trouble) if trouble else ""
        return replace(
            launch, state="died", message=f"The process ended without a word. {why}".strip()
        )
    return launch


def _lives(launch: Launch) -> bool:
    if not launch.is_here:
        return datetime.now(UTC) - datetime.fromisoformat(launch.updated_at) < STALE_AFTER
    process = liveness.process_of(launch.pid, launch.pid_started)
    try:
        return process is not None and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
