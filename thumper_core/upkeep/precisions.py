"""Which precisions of a model are near enough to float32, and how fast each is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from thumper_core.boxes.iou import iou_matrix
from thumper_core.contracts import Boxes, FloatArray, ImageArray
from thumper_core.pipeline.launch import DETECTOR_SAMPLES, EMBEDDER_SAMPLES, Models, open_untuned
from thumper_core.pipeline.records import Decoded
from thumper_core.pipeline.tuned import FOLDER
from thumper_core.settings import Settings
from thumper_core.vision.backends import Precision, has_fast_bf16
from thumper_core.vision.images import boxes_to_image, embedder_crop
from thumper_core.vision.quantise import can_quantise, save_calibration
from thumper_core.workspace import Workspace

JUDGED_MIN: Final = 30  # fewer boxes or crops cannot tell a precision that is off by a few per cent
BOXES_MIN: Final = 0.98
COSINE_MIN: Final = 0.998
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


def try_precisions(
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
        rate = rate_of(run, canvases, batch)
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
        rate = rate_of(models.embedder.embed, crops, batch)
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


def best_of(trials: Sequence[Trial], model: str) -> Precision:
    """The fastest precision of a model that fits; float32 where nothing was tried."""
    fitting = [trial for trial in trials if trial.model == model and trial.fits]
    return max(fitting, key=lambda t: t.pictures_per_s).precision if fitting else "f32"


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


def _in_batches(run: Callable, pictures: ImageArray, batch: int, *, whole: bool = False) -> list:
    """The model's outputs of all pictures: one of each, or with `whole` one array a batch."""
    outputs: list = []
    for start in range(0, len(pictures), batch):
        output = run(pictures[start : start + batch])
        outputs.extend([output] if whole else output)
    return outputs


def rate_of(run: Callable, pictures: ImageArray, batch: int) -> float:
    """Pictures a second: the best of three passes over up to four batches, compiled before."""
    pictures = pictures[: 4 * batch]
    _in_batches(run, pictures[:batch], batch)
    spent = []
    for _ in range(3):
        started = time.perf_counter()
        _in_batches(run, pictures, batch)
        spent.append(time.perf_counter() - started)
    return len(pictures) / max(min(spent), 1e-9)
