"""A run: all results of one pipeline configuration. It can stop, go on and be topped up.

There is no queue to rebuild: what is pending is whatever photo has no outcome in this run.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from thumper_core.contracts import ClassMeaning, ErrorCode, Status, ThumperError, UsageError
from thumper_core.disk import DiskError, trouble_of
from thumper_core.pipeline.local import local_engine
from thumper_core.pipeline.pause import is_paused
from thumper_core.pipeline.pending import (
    PASSING,
    Selection,
    count_pending,
    pending_tasks,
    require_root,
)
from thumper_core.pipeline.progress import Meter, Progress
from thumper_core.pipeline.records import PhotoResult, PhotoTask
from thumper_core.pipeline.reuse import KnownPhoto, known_photos, reusable_run
from thumper_core.pipeline.room import room_for
from thumper_core.pipeline.strips import CUT, with_strips_settled
from thumper_core.pipeline.writer import ShardWriter, WriterThread
from thumper_core.settings import Settings
from thumper_core.stage import digest
from thumper_core.store.adopt import settle
from thumper_core.store.jobs import BEAT_S, Heartbeat, beat, finish_job, start_job
from thumper_core.store.ledger import RunRow
from thumper_core.store.meanings import set_meanings
from thumper_core.vision.detectors import Detector
from thumper_core.vision.embedders import Embedder
from thumper_core.workspace import Workspace

__all__ = ["RunSummary", "Selection", "Target", "count_pending", "pending_tasks", "run"]

ENGINE_VERSION = 1  # enters every fingerprint; raised when the engine's own steps change results


class PhotoEngine(Protocol):
    """What works on a run's photos: this process, or many machines."""

    def run(
        self, tasks: Iterable[PhotoTask], stop: threading.Event
    ) -> Iterator[PhotoResult | None]:
        """Yield every photo's complete result, each once; None now and then, so that the job beats.

        After `stop` is set no further photo is begun. Raises ThumperError where it cannot go on.
        """


EngineMaker = Callable[[Meter, Mapping[str, KnownPhoto], Callable[[], bool]], PhotoEngine]
"""Makes the engine of one pass from its meter, the detections that are known, and whether work is
held."""


@dataclass(frozen=True)
class RunSummary:
    """How a call of `run` ended."""

    run_id: str
    is_new: bool
    is_stopped: bool  # by the user, with photos left
    n_left: int  # pending photos that were not processed
    progress: Progress


def fingerprint(detector: Detector, embedder: Embedder, settings: Settings) -> str:
    """Hash of everything that decides a run's results; 16 hex digits."""
    return digest(run_config(detector, embedder, settings))


def run_config(detector: Detector, embedder: Embedder, settings: Settings) -> dict[str, Any]:
    """Weights, preprocessing and settings of a run, as JSON values.

    A precision is among the models' fields, which know whether it is one that was chosen.
    """
    return {
        "engine": ENGINE_VERSION,
        "detector": dict(detector.fingerprint_fields()),
        "embedder": dict(embedder.fingerprint_fields()),
        **stage_config(settings),
    }


def stage_config(settings: Settings) -> dict[str, dict[str, Any]]:
    """The settings that decide a run's results, beside the models and precisions.

    Those of clips count where they are not the usual ones, of strips only that they are cut: old runs go on.
    """
    strip = () if settings.embed.strip == CUT else ("strip",)
    clips = settings.clips.model_dump(mode="json")
    usual = type(settings.clips)().model_dump(mode="json")
    return ({"clips": clips} if clips != usual else {}) | {
        "detect": settings.detect.model_dump(mode="json", exclude={"detector", "precision"}),
        "embed": settings.embed.model_dump(mode="json", exclude={"embedder", "precision", *strip}),
    }


@dataclass(frozen=True)
class Target:
    """Which run a call works on.

    fresh: a new run even where a complete one of the same configuration is there; a new one that
    was cut off goes on. into: this run, which must be of the same configuration. answers: photos
    whose detections are known from elsewhere (`pipeline.told`): the run is about these alone.
    """

    fresh: bool = False
    into: str | None = None
    reuse_detections: bool = False  # take those that another run found with the same detector
    answers: Mapping[str, KnownPhoto] | None = None


def run(
    workspace: Workspace,
    detector: Detector,
    embedder: Embedder,
    *,
    settings: Settings | None = None,
    meanings: Mapping[str, ClassMeaning] | None = None,
    selection: Selection = Selection(),  # noqa: B008 - frozen
    target: Target = Target(),
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    engine: EngineMaker | None = None,
) -> RunSummary:
    """Process what is pending in the run that this configuration stands for.

    The same configuration tops up its run; another opens a new one beside it. Photos that fail for
    a reason that may pass are tried once more at the end. `stop`, once set, ends the run after the
    photos under way. engine: who works; None: this process, with the two models. Raises
    ThumperError where another live job holds the run or took it over (this process had slept),
    where the model fails on everything, where a folder of photos is away as a whole, or where the
    disk refuses; finished photos are kept.
    """
    settings = with_strips_settled(workspace, settings or workspace.settings)
    stop = stop or threading.Event()
    config = run_config(detector, embedder, settings)
    source = reusable_run(workspace, config) if target.reuse_detections else None
    row, is_new = _open_run(workspace, detector, embedder, config, target)
    set_meanings(workspace.ledger, detector.name, meanings or {})
    job_id = start_job(workspace.ledger, row.run_id, "run")
    work = _Work(workspace, row, detector, embedder, settings, stop, job_id, on_progress, engine)
    try:
        with Heartbeat(workspace.ledger, job_id, work.as_dict) as heartbeat:
            settle(workspace.lake, f"runs/{row.run_id}", job_id)
            is_cut = settings.embed.strip == CUT
            tasks = pending_tasks(workspace, row.run_id, selection, cut_strips=is_cut)
            tasks = _about(tasks, target.answers)
            if source is not None and source.run_id != row.run_id:
                work.known = known_photos(workspace, source.run_id, detector.class_names)
            if target.answers is not None:
                work.known = target.answers
            work.meter = Meter(len(tasks))
            work.process(tasks, heartbeat)
            n_left = _count_left(workspace, row.run_id, target.answers)
            if n_left == 0 and row.state != "rejected":
                workspace.ledger.set_run_state(row.run_id, "complete", claim=job_id)
            if n_left == 0 and workspace.ledger.promoted("run") is None:
                workspace.ledger.promote({"run": row.run_id}, "first complete run", claim=job_id)
        progress = work.meter.progress()
        is_stopped = stop.is_set() and progress.done < progress.total
        beat(workspace.ledger, job_id, progress.as_dict())
        finish_job(workspace.ledger, job_id, "stopped" if is_stopped else "done")
    except BaseException as error:
        trouble = trouble_of(error, workspace.root)
        refused = DiskError(trouble, work.bytes_left()) if trouble else None
        with contextlib.suppress(ThumperError):  # a ledger that refuses must not hide the error
            told = str(refused or error) or type(error).__name__
            finish_job(workspace.ledger, job_id, "failed", told)
        if refused is not None:
            raise refused from error
        raise
    return RunSummary(row.run_id, is_new, is_stopped, n_left, progress)


def _open_run(
    workspace: Workspace,
    detector: Detector,
    embedder: Embedder,
    config: dict[str, Any],
    target: Target,
) -> tuple[RunRow, bool]:
    """The run to work on, and whether it is new."""
    if target.into is not None:
        row = workspace.ledger.run(target.into)
        if row.fingerprint != digest(config):
            raise UsageError(
                f"Run {row.run_id} was made with other models or settings. `thumper reprocess` "
                "makes a run with the present ones."
            )
        return row, False
    reuse = ("building",) if target.fresh else ("building", "complete", "rejected")
    # Where a file lies decides no result: it is kept beside what does, for later calls.
    file = getattr(detector, "file", "")
    kept = config | {"detector_file": file} if file else config
    return workspace.ledger.open_run(
        digest(config), detector.name, embedder.name, kept, reuse=reuse
    )


def _about(tasks: list[PhotoTask], answers: Mapping[str, KnownPhoto] | None) -> list[PhotoTask]:
    """The tasks that a run is about: all, or those that have an answer."""
    return tasks if answers is None else [task for task in tasks if task.photo_id in answers]


def _count_left(workspace: Workspace, run_id: str, answers: Mapping[str, KnownPhoto] | None) -> int:
    """How many photos the run still has to do."""
    if answers is None:
        return count_pending(workspace, run_id)
    return len(_about(pending_tasks(workspace, run_id, Selection()), answers))


@dataclass
class _Work:
    """One call's way from tasks through the engine into the writer, with a heartbeat."""

    workspace: Workspace
    row: RunRow
    detector: Detector
    embedder: Embedder
    settings: Settings
    stop: threading.Event
    job_id: int
    on_progress: Callable[[Progress], None] | None
    make_engine: EngineMaker | None
    known: Mapping[str, KnownPhoto] = field(default_factory=dict)
    meter: Meter = field(default_factory=lambda: Meter(0))

    def as_dict(self) -> dict[str, Any]:
        """How far it is, for the heartbeat."""
        return self.meter.progress().as_dict()

    def bytes_left(self) -> int:
        """About how much the photos that are not done yet would still write."""
        progress = self.meter.progress()
        return room_for(self.workspace, self.settings, progress.total - progress.done).need

    def process(self, tasks: Sequence[PhotoTask], heartbeat: Heartbeat) -> None:
        """Process the tasks, then once more those that failed for a reason that may pass."""
        by_id = {task.photo_id: task for task in tasks}
        roots = self.workspace.ledger.roots()
        failed: dict[str, ErrorCode] = {}
        for result in self._results(tasks, by_id, roots, heartbeat):
            self.meter.photo(len(result.boxes), result.error_code)
            if result.status is Status.ERROR and result.error_code in PASSING:
                failed[result.photo_id] = result.error_code
        if failed and not self.stop.is_set():
            again = [by_id[photo_id] for photo_id in failed]
            for result in self._results(again, by_id, roots, heartbeat):
                self.meter.again(failed[result.photo_id], len(result.boxes), result.error_code)
        if self.on_progress:
            self.on_progress(self.meter.progress())

    def _results(
        self,
        tasks: Sequence[PhotoTask],
        by_id: Mapping[str, PhotoTask],
        roots: Sequence[str],
        heartbeat: Heartbeat,
    ) -> Iterator[PhotoResult]:
        """Results on their way to the lake, until the run is another job's."""
        engine, options = self._engine(), self.settings.engine
        writer = ShardWriter(
            self.workspace.lake,
            self.row.run_id,
            self.embedder.name,
            claim=self.job_id,
            shard_photos=options.shard_photos,
            shard_seconds=options.shard_seconds,
        )
        last_shown = 0.0
        with WriterThread(writer, options.queue_photos, self.meter) as writing:
            for result in engine.run(tasks, self.stop):
                if result is not None:
                    require_root(roots, by_id[result.photo_id], result)
                    writing.put(result)
                    yield result
                heartbeat.require()
                if self.on_progress and time.monotonic() - last_shown >= BEAT_S:
                    last_shown = time.monotonic()
                    self.on_progress(self.meter.progress())

    def _engine(self) -> PhotoEngine:
        def is_held() -> bool:
            return is_paused(self.workspace.root)

        if self.make_engine is not None:
            return self.make_engine(self.meter, self.known, is_held)
        return local_engine(
            self.detector, self.embedder, self.settings, self.meter, self.known, is_held
        )
