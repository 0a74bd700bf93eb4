"""Measure this machine: how many threads, how large batches, and which precision is near enough.

Everything is measured on the workspace's own photos. int8 is made with one half of them, and every
precision is compared with float32 on the other half.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from thumper_core.contracts import Boxes, FloatArray, ImageArray, ThumperError
from thumper_core.cores import core_count
from thumper_core.identify.boxes import iou_matrix
from thumper_core.ops.effort import GAIN_MIN, probe_batch_size
from thumper_core.pipeline.decode import Decoder
from thumper_core.pipeline.launch import DETECTOR_SAMPLES, EMBEDDER_SAMPLES, Models, open_untuned
from thumper_core.pipeline.local import batches_in_flight
from thumper_core.pipeline.pending import Selection, pending_tasks
from thumper_core.pipeline.records import Decoded, PhotoTask
from thumper_core.pipeline.tuned import FOLDER, Tuned, processor_name, save_tuned, tuning_key
from thumper_core.settings import Settings
from thumper_core.vision.backends import Precision, choose_backend, has_fast_bf16
from thumper_core.vision.images import boxes_to_image, embedder_crop
from thumper_core.vision.quantise import can_quantise, save_calibration
from thumper_core.workspace import Workspace

SAMPLE_PHOTOS: Final = 192
JUDGED_MIN: Final = 30  # fewer boxes or crops cannot tell a precision that is off by a few per cent
BOXES_MIN: Final = 0.98
COSINE_MIN: Final = 0.998
CROWD_GAIN_MIN: Final = 1.25
CLEAR: Final = 0.05  # boxes this far above the weakest kept must be found again

Say = Callable[[str], None]


@dataclass(frozen=True)
class Trial:
    """One precision of one model, measured. agreement: with float32, see `agreement_of_*`."""

    model: str  # detector or embedder
    precision: Precision
    pictures_per_s: float
    agreement: float | None
    n_judged: int
    fits: bool


@dataclass(frozen=True)
class Tuning:
    """What `tune` found. adopted: precisions that were written to the settings, by stage."""

    tuned: Tuned
    photos_per_s: dict[int, float]  # decoded, by number of threads
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
) -> Tuning:
    """Measure and keep what is fastest here; adopt: the settings take the fastest precision too.

    Raises ThumperError where there are no photos to measure with.
    """
    say("Reading photos")
    models = open_untuned(workspace, settings, trust=trust)
    tasks = _sample(workspace)
    decoded, rates = _decode(tasks, models, settings)
    trials: list[Trial] = []
    if choose_backend(settings.engine.device) == "openvino":
        trials = _trials(workspace, settings, decoded, trust, say)
    best = {model: _best(trials, model) for model in ("detector", "embedder") if trials}
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
    return Tuning(tuned, rates, trials, best, adopted)


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
        part = tasks[number :: len(counts)]
        with ThreadPoolExecutor(threads) as pool:
            started = time.perf_counter()
            found = list(pool.map(decoder, part))
            rates[threads] = len(part) / max(time.perf_counter() - started, 1e-9)
        decoded += [item for item in found if isinstance(item, Decoded)]
    if not decoded:
        raise ThumperError("None of the photos could be read: `thumper run` says why for each.")
    shape, _ = Counter(item.canvas.shape for item in decoded).most_common(1)[0]
    return [item for item in decoded if item.canvas.shape == shape], rates


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


def _trials(
    workspace: Workspace, settings: Settings, decoded: list[Decoded], trust: bool, say: Say
) -> list[Trial]:
    """Every precision that this machine has, of both models."""
    precisions: list[Precision] = ["f32"]
    precisions += ["bf16"] if has_fast_bf16() else []
    precisions += ["int8"] if can_quantise() else []
    canvases = np.stack([item.canvas for item in decoded])
    made_with, judged = slice(0, None, 2), slice(1, None, 2)
    if (
        "int8" in precisions and settings.detect.precision != "int8"
    ):  # else runs are made with the pictures that are there
        save_calibration(workspace.root / FOLDER / DETECTOR_SAMPLES, canvases[made_with])
    trials: list[Trial] = []
    exact: list[Boxes] = []
    batch = settings.engine.batch_size
    for precision in precisions:
        say(f"Detector in {precision}")
        models = open_untuned(
            workspace, settings.replace("detect", precision=precision), trust=trust
        )
        run = models.detector.detect
        found = _in_batches(run, canvases, batch)
        exact = exact or found
        share, n = agreement_of_boxes(exact[judged], found[judged], settings.detect.conf_min)
        rate = _rate(run, canvases, batch)
        trials.append(_trial("detector", precision, rate, share, n, BOXES_MIN))
    crops = _crops(decoded, exact, models, settings)
    if len(crops) < 2:
        return trials
    if "int8" in precisions and settings.embed.precision != "int8":
        save_calibration(workspace.root / FOLDER / EMBEDDER_SAMPLES, crops[made_with])
    reference: FloatArray | None = None
    for precision in precisions:
        say(f"Embedder in {precision}")
        models = open_untuned(
            workspace, settings.replace("embed", precision=precision), trust=trust
        )
        vectors = np.concatenate(_in_batches(models.embedder.embed, crops, batch, whole=True))
        reference = vectors if reference is None else reference
        cosine = agreement_of_vectors(reference[judged], vectors[judged])
        rate = _rate(models.embedder.embed, crops, batch)
        n = len(vectors[judged])
        trials.append(_trial("embedder", precision, rate, cosine, n, COSINE_MIN))
    return trials


def _trial(
    model: str, precision: Precision, rate: float, agreement: float, n: int, least: float
) -> Trial:
    """A precision fits where it is float32 itself, or enough was compared and agrees."""
    if precision == "f32":
        return Trial(model, precision, rate, None, n, True)
    return Trial(model, precision, rate, agreement, n, n >= JUDGED_MIN and agreement >= least)


def agreement_of_boxes(
    exact: Sequence[Boxes], other: Sequence[Boxes], conf_min: float
) -> tuple[float, int]:
    """Share of clear boxes, of either side, that the other side has too, and their number.

    Clear: confidence >= conf_min + 0.05, because one just above may end just below. Had: a box of
    the same class at IoU >= 0.5. 1.0 of 0 where there is none.
    """
    n, found = 0, 0
    for a, b in zip(exact, other, strict=True):
        same = (iou_matrix(a.xyxy, b.xyxy) >= 0.5) & (a.class_id[:, None] == b.class_id[None, :])
        for boxes, is_had in ((a, same.any(axis=1)), (b, same.any(axis=0))):
            is_clear = boxes.confidence >= conf_min + CLEAR
            n += int(is_clear.sum())
            found += int((is_clear & is_had).sum())
    return (found / n if n else 1.0), n


def agreement_of_vectors(exact: FloatArray, other: FloatArray) -> float:
    """The cosine that 99 of 100 crops reach between their two vectors, rows of length 1."""
    return float(np.quantile((exact * other).sum(axis=1), 0.01)) if len(exact) else 1.0


def _best(trials: Sequence[Trial], model: str) -> Precision:
    fitting = [trial for trial in trials if trial.model == model and trial.fits]
    return max(fitting, key=lambda t: t.pictures_per_s).precision if fitting else "f32"


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
        rates[streams] = _rate(models.detector.detect, canvases, settings.engine.batch_size)
    best = max(rates, key=lambda streams: rates[streams])
    return best if rates[best] > GAIN_MIN * rates[0] else 0


def _in_batches(run: Callable, pictures: ImageArray, batch: int, *, whole: bool = False) -> list:
    """The model's outputs of all pictures: one of each, or with `whole` one array a batch."""
    outputs: list = []
    for start in range(0, len(pictures), batch):
        output = run(pictures[start : start + batch])
        outputs.extend([output] if whole else output)
    return outputs


def _rate(run: Callable, pictures: ImageArray, batch: int) -> float:
    """Pictures a second: the best of three passes over up to four batches, compiled before."""
    pictures = pictures[: 4 * batch]
    _in_batches(run, pictures[:batch], batch)
    spent = []
    for _ in range(3):
        started = time.perf_counter()
        _in_batches(run, pictures, batch)
        spent.append(time.perf_counter() - started)
    return len(pictures) / max(min(spent), 1e-9)


def _crops(
    decoded: Sequence[Decoded], found: Sequence[Boxes], models: Models, settings: Settings
) -> ImageArray:
    """The animals of the photos as the embedder gets them, (N, S, S, 3) uint8."""
    size, embed = models.embedder.size, settings.embed
    crops = [
        embedder_crop(item.photo.image, box, size, embed.margin, gray=embed.gray)
        for item, boxes in zip(decoded, found, strict=True)
        for box in boxes_to_image(item.on_photo(boxes).xyxy, item.photo)
    ]
    return np.stack(crops) if crops else np.zeros((0, size, size, 3), np.uint8)
