"""Measure this machine: how many threads, how large batches, and which precision is near enough.

Everything is measured on the workspace's own photos. int8 is made with one half of them, and every
precision is compared with float32 on the other half.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from thumper_core.contracts import ThumperError
from thumper_core.cores import core_count
from thumper_core.pipeline.clip import ClipTask
from thumper_core.pipeline.decode import Decoder
from thumper_core.pipeline.effort import GAIN_MIN, probe_batch_size
from thumper_core.pipeline.launch import Models, open_untuned
from thumper_core.pipeline.local import batches_in_flight
from thumper_core.pipeline.pending import Selection, pending_tasks
from thumper_core.pipeline.records import Decoded, PhotoResult, PhotoTask
from thumper_core.pipeline.tuned import Tuned, processor_name, save_tuned, tuning_key
from thumper_core.settings import Settings
from thumper_core.upkeep.precisions import Say, Trial, best_of, rate_of, try_precisions
from thumper_core.vision.backends import Precision, choose_backend, has_fast_bf16, uses_gpu
from thumper_core.vision.gpu_jpeg import THREADS, GpuJpegs
from thumper_core.workspace import Workspace

SAMPLE_PHOTOS: Final = 192
CROWD_GAIN_MIN: Final = 1.25


@dataclass(frozen=True)
class Measurements:
    """What `tune` found. adopted: precisions that were written to the settings, by stage."""

    tuned: Tuned
    photos_per_s: dict[int, float]  # decoded, by number of threads
    gpu_photos_per_s: float | None  # decoded on the GPU; None: without one, or without torchcodec
    trials: list[Trial]
    best: dict[str, Precision]  # the fastest that fits, by model
    adopted: dict[str, str]


def tune(
    workspace: Workspace,
    settings: Settings,
    *,
    adopt: bool = False,
    trust: bool = False,
    say: Say = lambda text: None,
) -> Measurements:
    """Measure and keep what is fastest here; adopt: the settings take the fastest precision too.

    Raises ThumperError where there are no photos to measure with.
    """
    say("Reading photos")
    models = open_untuned(workspace, settings, trust=trust)
    tasks = _sample(workspace)
    decoded, rates = _decode(tasks, models, settings)
    gpu_rate = _gpu_rate(tasks, models, settings)
    trials: list[Trial] = []
    if choose_backend(settings.engine.device) == "openvino":
        trials = try_precisions(workspace, settings, decoded, trust, say)
    best = {model: best_of(trials, model) for model in ("detector", "embedder") if trials}
    adopted = _adopt(workspace, settings, best) if adopt else {}
    if adopted:
        settings = settings.replace("detect", precision=adopted.get("detect"))
        settings = settings.replace("embed", precision=adopted.get("embed"))
        models = open_untuned(workspace, settings, trust=trust)
    say("Trying streams and batches")
    streams = _streams(workspace, settings, decoded, trust) if trials else 0
    probed = probe_batch_size(models.detector, batches_in_flight(settings.engine.device))
    batch = max(settings.engine.batch_size, probed)
    tuned = Tuned(
        batch_size=batch,
        decode_threads=_fewest(rates),
        streams=streams,
        processor=processor_name(),
        measured_at=datetime.now(UTC).isoformat(" ", "seconds"),
    )
    key = tuning_key(models.detector, models.embedder, settings.engine.device)
    save_tuned(workspace, key, tuned)
    return Measurements(tuned, rates, gpu_rate, trials, best, adopted)


def _sample(workspace: Workspace) -> list[PhotoTask]:
    """Photos from the whole workspace, evenly."""
    tasks = pending_tasks(workspace, "", Selection())  # of no run: every photo
    if not tasks:
        raise ThumperError("There are no photos to measure with. `thumper add PATH` first.")
    step = max(1, len(tasks) // SAMPLE_PHOTOS)
    return tasks[::step][:SAMPLE_PHOTOS]


def _decode(
    tasks: Sequence[PhotoTask], models: Models, settings: Settings
) -> tuple[list[Decoded], dict[int, float]]:
    """Pictures of the most frequent shape, and photos a second by number of threads.

    Each number of threads reads photos of its own, so that none finds them in memory already.
    """
    decoder = Decoder(models.detector, settings.detect.max_pixels)
    counts = sorted({max(1, core_count() - 1), core_count(), 2 * core_count()})
    decoder(tasks[0])  # libraries are loaded outside the time
    decoded: list[Decoded] = []
    rates = {}
    for number, threads in enumerate(counts):
        found, rates[threads] = _timed(decoder, tasks[number :: len(counts)], threads)
        decoded += [item for item in found if isinstance(item, Decoded)]
    if not decoded:
        raise ThumperError("None of the photos could be read: `thumper run` says why for each.")
    shape, _ = Counter(item.canvas.shape for item in decoded).most_common(1)[0]
    return [item for item in decoded if item.canvas.shape == shape], rates


def _gpu_rate(tasks: Sequence[PhotoTask], models: Models, settings: Settings) -> float | None:
    """Photos a second with JPEGs decoded on the GPU; the files are in memory by now."""
    if not uses_gpu(settings.engine.device):
        return None
    try:
        jpegs = GpuJpegs()
    except ThumperError:
        return None
    decoder = Decoder(models.detector, settings.detect.max_pixels, jpegs=jpegs)
    _timed(decoder, tasks[:THREADS], THREADS)  # libraries are loaded outside the time
    return _timed(decoder, tasks, THREADS)[1]


def _timed(
    decoder: Decoder, tasks: Sequence[PhotoTask], threads: int
) -> tuple[list[Decoded | ClipTask | PhotoResult], float]:
    """What became of the photos, and photos a second."""
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        found = list(pool.map(decoder, tasks))
        return found, len(tasks) / max(time.perf_counter() - started, 1e-9)


def _fewest(rates: dict[int, float]) -> int:
    """The smallest number that a larger one does not beat by a twentieth.

    More threads than cores only pay where they wait for a slow disk; then it shows by more than
    that.
    """
    best = min(rates)
    for number in sorted(rates):
        least = GAIN_MIN if number <= core_count() else CROWD_GAIN_MIN
        if rates[number] > rates[best] * least:
            best = number
    return best


def _adopt(workspace: Workspace, settings: Settings, best: dict[str, Precision]) -> dict[str, str]:
    """Write the best precisions to the workspace's settings; those that changed, by stage."""
    if not best:
        return {}
    usual = "bf16" if has_fast_bf16() else "f32"
    wanted = {
        "detect": "auto" if best["detector"] == usual else best["detector"],
        "embed": best["embedder"],
    }
    changed: dict[str, str] = {
        stage: value
        for stage, value in wanted.items()
        if getattr(settings, stage).precision != value
    }
    for stage, value in changed.items():
        workspace.settings = workspace.settings.replace(stage, precision=value)
    if changed:
        workspace.settings.save(workspace.settings_file)
    return changed


def _streams(workspace: Workspace, settings: Settings, decoded: list[Decoded], trust: bool) -> int:
    """0, one stream for each core, unless fewer are faster by a twentieth."""
    canvases = np.stack([item.canvas for item in decoded])
    rates = {}
    for streams in dict.fromkeys((0, max(1, core_count() // 2), 1)):
        models = open_untuned(workspace, settings.replace("engine", streams=streams), trust=trust)
        rates[streams] = rate_of(models.detector.detect, canvases, settings.engine.batch_size)
    best = max(rates, key=lambda streams: rates[streams])
    return best if rates[best] > GAIN_MIN * rates[0] else 0
