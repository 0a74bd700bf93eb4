"""The weekly pass: look, reprocess, look again, and keep the old herd where something is odd."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from thumper_core.counting import counted
from thumper_core.disk import refusal
from thumper_core.files import write_whole
from thumper_core.flows.lookout import Lookout
from thumper_core.flows.reprocess import ClearMode, ReprocessResult, photos_per_s, reprocess
from thumper_core.herd.checks import Anomaly, Statistics, shown_statistics, statistics
from thumper_core.herd.history import herd_history
from thumper_core.herd.readiness import readiness
from thumper_core.pipeline.launch import Models
from thumper_core.pipeline.progress import Progress
from thumper_core.settings import Settings
from thumper_core.store.jobs import Heartbeat, finish_job, start_job
from thumper_core.upkeep.notify import notify
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace

State = Literal["promoted", "rejected", "timed out", "stopped", "failed"]
LOCK = "weekly"


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """Aware wall clock."""

    def monotonic(self) -> float:
        """Seconds that never run backwards."""


class SystemClock:
    """The machine's."""

    def now(self) -> datetime:
        """Aware wall clock, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()


@dataclass(frozen=True)
class WeeklyResult:
    """How a pass ended; it is also a file in `reports/weekly/`."""

    state: State
    started_at: str  # ISO, with zone
    finished_at: str
    before: dict[str, Any] | None  # Statistics
    after: dict[str, Any] | None
    anomalies: tuple[dict[str, str], ...]
    herd_id: str | None  # the new one, where it is shown
    ready: bool
    message: str

    @property
    def is_over(self) -> bool:
        """Whether the pass came to its end; a stopped one is caught up."""
        return self.state != "stopped"


def weekly(
    workspace: Workspace,
    open_models: Callable[[], tuple[Models, Settings]],
    *,
    clear_mode: ClearMode = "none",
    clock: Clock | None = None,
    say: Callable[[str], None] = print,
    stop: threading.Event | None = None,
) -> WeeklyResult:
    """Do one pass and write its summary; whatever goes wrong inside it becomes its state.

    open_models: loads the models and says with which settings to run. The pass verifies what is
    stored, reprocesses, and promotes the new herd where the checks pass; otherwise the old one
    stays. After `weekly_timeout_s` it ends after the photos under way, and the next pass goes on.
    Raises ThumperError where another pass works.
    """
    clock, stop = clock or SystemClock(), stop or threading.Event()
    job = start_job(workspace.ledger, LOCK, "weekly")
    started_at, started = clock.now(), clock.monotonic()
    guard = _Guard(workspace, clock, started, stop, say)
    before: Statistics | None = None
    lookout: Lookout | None = None
    result: ReprocessResult | None = None
    damages: list[Anomaly] = []
    message = ""
    try:
        with Heartbeat(workspace.ledger, job, on_lost=stop.set):
            found = verify(workspace)
            damages = [Anomaly("damage", f"{d.what}: {d.detail}") for d in found.damages]
            for damage in found.damages:
                say(f"Damaged: {damage.what}: {damage.detail}")
            before = shown_statistics(workspace)
            lookout = Lookout(workspace)
            say(f"Before: {_sentence(before)}")
            models, settings = open_models()
            result = reprocess(
                workspace,
                models,
                clear_mode=clear_mode,
                settings=settings,
                retry_failed=True,
                usual_photos_per_s=rates_of_passes(workspace),
                on_progress=guard.progress,
                say=say,
                stop=stop,
            )
    except Exception as error:
        message = str(error) or type(error).__name__
    outcome = _outcome(
        workspace, result, before, damages, message, started_at, clock.now(), guard.timed_out
    )
    _write(workspace, outcome)
    finish_job(
        workspace.ledger, job, "failed" if outcome.state == "failed" else "done", message or None
    )
    say(f"After: {outcome.message}")
    problems = lookout.tell() if lookout and outcome.state == "promoted" else []
    if outcome.anomalies or outcome.state != "promoted":
        problems += notify(
            workspace.settings.ops, f"weekly {outcome.state}", outcome.message,
            anomalies=outcome.anomalies,
        )  # fmt: skip
    for problem in problems:
        say(problem)
    return outcome


def passes(workspace: Workspace) -> list[WeeklyResult]:
    """Every pass, oldest first; a summary that cannot be read is left out."""
    found = []
    for path in sorted(_folder(workspace).glob("*.json")):
        try:
            values = json.loads(path.read_text("utf-8"))
            found.append(WeeklyResult(**values | {"anomalies": tuple(values["anomalies"])}))
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return found


def last_started(workspace: Workspace) -> datetime | None:
    """When the newest pass began that came to an end."""
    over = [one for one in passes(workspace) if one.is_over]
    return datetime.fromisoformat(over[-1].started_at) if over else None


def rates_of_passes(workspace: Workspace) -> list[float]:
    """Photos a second of the last passes that processed enough to tell, at most eight."""
    rates = [one.after["photos_per_s"] for one in passes(workspace) if one.after]
    return [rate for rate in rates if rate][-8:]


class _Guard:
    """A line of progress now and then, and an end to a pass that takes too long."""

    def __init__(
        self,
        workspace: Workspace,
        clock: Clock,
        started: float,
        stop: threading.Event,
        say: Callable[[str], None],
    ) -> None:
        self._ops = workspace.settings.ops
        self._clock, self._stop, self._say = clock, stop, say
        self._started = self._said = started
        self.timed_out = False

    def progress(self, progress: Progress) -> None:
        """Hear how far the run is."""
        now = self._clock.monotonic()
        if now - self._said >= self._ops.weekly_report_s:
            self._said = now
            left = f", {progress.eta_s / 60:.0f} min left" if progress.eta_s is not None else ""
            self._say(
                f"{progress.done:,} of {counted(progress.total, 'photo')}, {progress.rate:.1f}/s, "
                f"{progress.failed:,} failed{left}"
            )
        if now - self._started > self._ops.weekly_timeout_s and not self._stop.is_set():
            self.timed_out = True
            self._stop.set()


def _outcome(
    workspace: Workspace,
    result: ReprocessResult | None,
    before: Statistics | None,
    damages: list[Anomaly],
    error: str,
    started_at: datetime,
    finished_at: datetime,
    timed_out: bool,
) -> WeeklyResult:
    anomalies = [*damages, *(result.anomalies if result else ())]
    state: State
    after = None
    if result is None:
        state, message = "failed", f"The pass failed: {error} The old herd is still shown."
    elif result.herd is None:
        state = "timed out" if timed_out else "stopped"
        message = f"The pass {state}; the next one goes on. The old herd is still shown."
    else:
        rate = photos_per_s(result.run)
        after = statistics(workspace, result.run_id, result.herd.summary.counts, rate)
        reasons = " ".join(anomaly.message for anomaly in anomalies)
        state = "promoted" if result.is_promoted else "rejected"
        message = (
            f"{_sentence(after)} {reasons}".rstrip()
            if result.is_promoted
            else f"The new herd was rejected, the old one is still shown. {reasons}"
        )
    ready = readiness(herd_history(workspace.ledger.herds())).ready
    if ready:
        message += " The herd is settled: its deer can be named."
    return WeeklyResult(
        state,
        started_at.isoformat(),
        finished_at.isoformat(),
        before.as_dict() if before else None,
        after.as_dict() if after else None,
        tuple(asdict(anomaly) for anomaly in anomalies),
        result.herd.herd_id if result and result.herd and result.is_promoted else None,
        ready,
        message,
    )


def _sentence(numbers: Statistics | None) -> str:
    if numbers is None:
        return "no herd yet."
    rate = numbers.assignment_rate
    assigned = "" if rate is None else f", {rate:.0%} of detections assigned"
    return (
        f"{counted(numbers.n_profiles, 'group')} ({counted(numbers.n_bucks, 'buck')}, "
        f"{counted(numbers.n_does, 'doe')}, {counted(numbers.n_fawns, 'fawn')}){assigned}; "
        f"{numbers.n_processed:,} of {counted(numbers.n_photos, 'photo')} processed, "
        f"{numbers.n_failed:,} failed."
    )


def _folder(workspace: Workspace) -> Path:
    return workspace.reports_dir / "weekly"


def _write(workspace: Workspace, outcome: WeeklyResult) -> None:
    """The summary for scripts and for people, each whole or not at all."""
    folder = _folder(workspace)
    started = datetime.fromisoformat(outcome.started_at)
    name = f"{started.astimezone(UTC):%Y%m%dT%H%M%S}"
    texts = {".md": _markdown(outcome), ".json": json.dumps(asdict(outcome), indent=2)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, text in texts.items():
            write_whole(folder / f"{name}{suffix}", text)
    except OSError as error:
        raise refusal(
            error, folder, f"Cannot write {folder}: {error.strerror or error}."
        ) from error


def _markdown(outcome: WeeklyResult) -> str:
    lines = [f"# Weekly pass of {outcome.started_at[:10]}: {outcome.state}", "", outcome.message]
    if outcome.after:
        lines += ["", "| | before | after |", "|---|---|---|"]
        before = outcome.before or {}
        for key, value in outcome.after.items():
            lines.append(f"| {key.replace('_', ' ')} | {_cell(before.get(key))} | {_cell(value)} |")
    for anomaly in outcome.anomalies:
        lines += ["", f"- **{anomaly['key']}**: {anomaly['message']}"]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
