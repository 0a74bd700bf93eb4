"""`thumper train detector LIST`: from a training list to a file that detectors are opened from."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from thumper_core.contracts import UsageError
from thumper_core.vision.centernet.allocator import keep_freed_memory
from thumper_core.vision.centernet.examples import Example, load
from thumper_core.vision.centernet.files import Weights, read_weights, with_class, write_onnx
from thumper_core.vision.centernet.fit import Losses, Plan, tune
from thumper_core.vision.centernet.training_list import ListedPhoto, read_list
from thumper_core.vision.weights import sha256_of

SAVED: Final = ".training.pt"
"""What a training that was stopped is kept under, behind the name of the file that it will write."""


@dataclass(frozen=True)
class Tuned:
    """What came out of a training.

    weights: the file; learned: the class; left: the photos that were kept back, to measure with;
    losses: (heat, box, kept) of each step.
    """

    weights: Path
    sha256: str
    n_bytes: int
    learned: str
    n_photos: int
    n_boxes: int
    left: Sequence[ListedPhoto]
    losses: Sequence[Losses]


def train(
    listed: Path,
    out: Path,
    start: Path,
    *,
    photos: Path | None = None,
    leave: str | None = None,
    plan: Plan,
    imgsz: int,
    on_progress: Callable[[int, int, Losses], None] | None = None,
) -> Tuned:
    """Tune the detector of a file on a training list, and write it.

    out: the file to write (.onnx); a training that was stopped is kept beside it, and the same call
    goes on with it. start: the file that it starts from. photos: where the list's folders are, None:
    beside the list. leave: photos whose path this regular expression finds are not learned from.
    imgsz: longest side that pictures are looked at with, pixels. Raises UsageError for what cannot
    be meant.
    """
    if out.suffix != ".onnx":
        raise UsageError(f"The file to write must end in .onnx, not {out.name!r}.")
    if imgsz < 64 or imgsz % 32:
        raise UsageError(f"The size must be a multiple of 32 from 64 on, not {imgsz}.")
    try:
        kept_back = re.compile(leave).search if leave else lambda _: None
    except re.error as error:
        raise UsageError(
            f"--leave takes a regular expression, and {leave!r} is none: {error}"
        ) from None
    told = read_list(listed, photos)
    learned_from = [photo for photo in told.photos if not kept_back(photo.name)]
    trained = train_on(
        learned_from,
        told.learned,
        out,
        start,
        plan=plan,
        imgsz=imgsz,
        about={"left_out": leave or ""},
        on_progress=on_progress,
    )
    left = [photo for photo in told.photos if kept_back(photo.name)]
    return replace(trained, left=left)


def train_on(
    photos: Sequence[ListedPhoto],
    learned: str,
    out: Path,
    start: Path,
    *,
    plan: Plan,
    imgsz: int,
    about: Mapping[str, str] | None = None,
    on_progress: Callable[[int, int, Losses], None] | None = None,
    stop: threading.Event | None = None,
) -> Tuned:
    """Tune the detector of a file on photos, whose boxes of `learned` are what it learns; as `train`.

    about: what the file says of the training besides; stop: ends it early, `fit.Stopped`.
    """
    keep_freed_memory()
    examples = load(photos, learned)
    n_boxes = sum(int(example.wanted.sum()) for example in examples)
    if not n_boxes:
        raise UsageError(f"No box of {learned!r} is left to learn from.")
    weights = with_class(read_weights(start), learned)
    out.parent.mkdir(parents=True, exist_ok=True)
    saved = out.with_name(out.name + SAVED)
    plan = replace(plan, origin=_origin(start, examples))
    network, losses = tune(weights.network, examples, plan, saved, on_progress, stop)
    told = {
        "description": f"MobileNetV3-CenterNet, tuned to find {learned}",
        "author": "thumper train detector",
        "trained_on": json.dumps({"photos": len(examples), "boxes": n_boxes, **(about or {})}),
    }
    write_onnx(Weights(network, weights.maps), out, imgsz=imgsz, about=told)
    saved.unlink(missing_ok=True)
    n_bytes = out.stat().st_size
    return Tuned(out, sha256_of(out), n_bytes, learned, len(examples), n_boxes, (), losses)


def _origin(start: Path, examples: Sequence[Example]) -> str:
    """A digest of what a training starts from and of what it is told."""
    digest = hashlib.sha256(sha256_of(start).encode())
    for example in examples:
        digest.update(f"{example.name}\0{example.image.shape}".encode())
        for part in (example.boxes, example.wanted, example.doubtful):
            digest.update(part.tobytes())
    return digest.hexdigest()[:16]
