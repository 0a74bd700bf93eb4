"""A run: all results of one pipeline configuration. It can stop, go on and be topped up.

There is no queue to rebuild: what is pending is whatever photo has no outcome in this run.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from thumper_core.contracts import ClassMeaning, ThumperError, UsageError
from thumper_core.pipeline.decode import Decoder
from thumper_core.pipeline.engine import Engine
from thumper_core.pipeline.progress import Meter, Progress
from thumper_core.pipeline.records import PhotoTask
from thumper_core.pipeline.writer import ShardWriter, WriterThread
from thumper_core.settings import Settings, digest
from thumper_core.store.jobs import beat, finish_job, start_job
from thumper_core.store.ledger import RunRow
from thumper_core.store.meanings import set_meanings
from thumper_core.vision.detectors import Detector
from thumper_core.vision.embedders import Embedder
from thumper_core.workspace import Workspace

_BEAT_S = 2.0
ENGINE_VERSION = 1
"""Enters every fingerprint; raised when the engine's own steps would change results."""


@dataclass(frozen=True)
class Selection:
    """Which photos to process; pending ones only, in any case."""

    camera: str | None = None
    since: datetime | None = None  # camera wall clock
    limit: int | None = None


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
    """Weights, preprocessing and settings of a run, as JSON values."""
    return {
        "engine": ENGINE_VERSION,
        "detector": dict(detector.fingerprint_fields()),
        "embedder": dict(embedder.fingerprint_fields()),
        "detect": settings.detect.model_dump(mode="json", exclude={"detector"}),
        "embed": settings.embed.model_dump(mode="json", exclude={"embedder"}),
    }


def run(
    workspace: Workspace,
    detector: Detector,
    embedder: Embedder,
    *,
    settings: Settings | None = None,
    meanings: Mapping[str, ClassMeaning] | None = None,
    selection: Selection = Selection(),  # noqa: B008 - frozen
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> RunSummary:
    """Process what is pending in the run that this configuration stands for.

    The same configuration tops up its run; another opens a new one beside it. `stop`, once set,
    ends the run after the photos under way. Raises ThumperError where another live job holds the
    run, where the model fails on everything, or where the disk refuses; finished photos are kept.
    """
    settings = settings or workspace.settings
    stop = stop or threading.Event()
    config = run_config(detector, embedder, settings)
    row = workspace.ledger.find_run(digest(config))
    is_new = row is None
    if row is None:
        row = workspace.ledger.create_run(digest(config), detector.name, embedder.name, config)
    set_meanings(workspace.ledger, detector.name, meanings or {})
    job_id = start_job(workspace.ledger, row.run_id, "run")
    try:
        tasks = pending_tasks(workspace, row.run_id, selection)
        meter = Meter(len(tasks))
        _process(workspace, row, detector, embedder, settings, tasks, meter, stop, job_id, on_progress)
        n_left = count_pending(workspace, row.run_id)
        if n_left == 0:
            workspace.ledger.set_run_state(row.run_id, "complete")
            if workspace.ledger.promoted("run") is None:
                workspace.ledger.promote({"run": row.run_id}, "first complete run")
        progress = meter.progress()
        is_stopped = stop.is_set() and progress.done < progress.total
        beat(workspace.ledger, job_id, progress.as_dict())
        finish_job(workspace.ledger, job_id, "stopped" if is_stopped else "done")
    except BaseException as error:
        finish_job(workspace.ledger, job_id, "failed", str(error) or type(error).__name__)
        raise
    return RunSummary(row.run_id, is_new, is_stopped, n_left, progress)


def pending_tasks(workspace: Workspace, run_id: str, selection: Selection) -> list[PhotoTask]:
    """Photos without an outcome in the run, in path order. Raises UsageError: no such camera."""
    db = workspace.query()
    if selection.camera is not None:
        cameras = [r[0] for r in db.execute("select distinct camera from photos").fetchall()]
        if selection.camera not in cameras:
            known = ", ".join(sorted(cameras)) or "none yet"
            raise UsageError(f"There is no camera {selection.camera!r}. Cameras: {known}.")
    rows = db.execute(
        """
        select p.photo_id from photos p
        anti join (select photo_id from all_outcomes where run_id = $run) o using (photo_id)
        where ($camera is null or p.camera = $camera)
            and ($since is null or p.taken_at >= $since::timestamp)
        order by p.root, p.path
        """,
        {"run": run_id, "camera": selection.camera, "since": selection.since},
    ).fetchall()
    db.close()
    photo_ids = [row[0] for row in rows][: selection.limit]
    paths = workspace.ledger.paths_of(photo_ids)
    return [PhotoTask(i, tuple(paths[i]), content=not i.startswith("x")) for i in photo_ids]


def count_pending(workspace: Workspace, run_id: str) -> int:
    """How many photos have no outcome in the run."""
    db = workspace.query()
    row = db.execute(
        "select count(*) from photos p anti join (select photo_id from all_outcomes "
        "where run_id = ?) o using (photo_id)",
        [run_id],
    ).fetchone()
    db.close()
    return int(row[0]) if row else 0


def _process(
    workspace: Workspace,
    row: RunRow,
    detector: Detector,
    embedder: Embedder,
    settings: Settings,
    tasks: Sequence[PhotoTask],
    meter: Meter,
    stop: threading.Event,
    job_id: int,
    on_progress: Callable[[Progress], None] | None,
) -> None:
    """Drive the engine into the writer, with a heartbeat."""
    engine = Engine(
        detector,
        embedder,
        Decoder(detector, settings.detect.max_pixels),
        batch_size=settings.engine.batch_size,
        decode_threads=settings.engine.decode_threads or os.cpu_count() or 1,
        queue_photos=settings.engine.queue_photos,
        margin=settings.embed.margin,
        gray=settings.embed.gray,
        meter=meter,
    )
    writer = ShardWriter(
        workspace.lake,
        row.run_id,
        embedder.name,
        shard_photos=settings.engine.shard_photos,
        shard_seconds=settings.engine.shard_seconds,
    )
    last_beat = 0.0
    with WriterThread(writer, settings.engine.queue_photos) as writing:
        for result in engine.run(tasks, stop):
            if result is not None:
                writing.put(result)
                meter.photo(len(result.boxes), result.error_code)
            if time.monotonic() - last_beat >= _BEAT_S:
                last_beat = time.monotonic()
                beat(workspace.ledger, job_id, meter.progress().as_dict())
                if on_progress:
                    on_progress(meter.progress())
    if on_progress:
        on_progress(meter.progress())


def newest_complete_run(workspace: Workspace) -> RunRow:
    """The newest complete run. Raises ThumperError, naming the command, where there is none."""
    complete = [row for row in workspace.ledger.runs() if row.state == "complete"]
    if not complete:
        raise ThumperError("No run is complete yet. `thumper run` processes the pending photos.")
    return complete[-1]
