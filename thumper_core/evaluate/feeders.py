"""Boxes of bucks and other deer that somebody drew: a folder a camera, YOLO labels beside the photos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from thumper_core.contracts import PICTURE_SUFFIXES, FloatArray, ImageArray, UsageError
from thumper_core.evaluate.reid import BATCH, MAX_PIXELS, Embeds

GAP: Final = timedelta(minutes=30)
"""Photos of one camera this far apart are of two visits."""
GREY_MAX: Final = 2.0
"""Mean distance of a pixel's channels from their mean, grey levels, up to which a photo has no colour."""
MARGIN: Final = 0.1
_DEER: Final = ("buck", "doe", "deer")
_TAKEN, _DETAILS = 36867, 0x8769


@dataclass(frozen=True)
class Feeders:
    """vectors: (N, D) float32 of boxes; is_buck, is_infrared: (N,); camera, visit: (N,) names."""

    vectors: FloatArray
    is_buck: npt.NDArray[np.bool_]
    camera: npt.NDArray[np.str_]
    visit: npt.NDArray[np.str_]
    is_infrared: npt.NDArray[np.bool_]


def read_feeders(folder: Path, embedder: Embeds) -> Feeders:
    """Embed the deer in `folder/<camera>/`; `folder/classes.txt` names the classes, one a line.

    Raises UsageError where it names no buck, or no labels are there.
    """
    from thumper_core.vision.images import decode_photo, embedder_crop

    names = _classes(folder)
    crops: list[ImageArray] = []
    parts: list[FloatArray] = []
    rows: list[tuple[str, datetime, bool, bool]] = []
    for photo, labels in _photos(folder):
        image = decode_photo(photo.read_bytes(), min_width=640, max_pixels=MAX_PIXELS).image
        grey = image.mean(axis=2, keepdims=True)
        is_infrared = float(np.abs(image - grey).mean()) < GREY_MAX
        at = _taken_at(photo)
        for number, box in _boxes(labels, image.shape[1], image.shape[0]):
            if names.get(number) not in _DEER:
                continue
            crops.append(embedder_crop(image, box, embedder.size, MARGIN, gray=False))
            rows.append((photo.parent.name, at, names[number] == "buck", is_infrared))
            if len(crops) == BATCH:
                parts.append(embedder.embed(np.stack(crops)))
                crops = []
    if crops:
        parts.append(embedder.embed(np.stack(crops)))
    if not rows:
        raise UsageError(f"{folder} holds no photo with labels beside it, in a folder a camera.")
    camera, times, bucks, infrared = (list(column) for column in zip(*rows, strict=True))
    return Feeders(
        np.concatenate(parts),
        np.array(bucks, bool),
        np.array(camera, np.str_),
        _visits(camera, times),
        np.array(infrared, bool),
    )


def _classes(folder: Path) -> dict[int, str]:
    try:
        lines = (folder / "classes.txt").read_text("utf-8").split()
    except OSError as error:
        raise UsageError(f"{folder} has no classes.txt that names the classes.") from error
    if "buck" not in lines:
        raise UsageError(f"{folder / 'classes.txt'} names no class `buck`.")
    return dict(enumerate(lines))


def _photos(folder: Path) -> Iterator[tuple[Path, Path]]:
    for photo in sorted(folder.glob("*/*")):
        labels = photo.with_suffix(".txt")
        if photo.suffix.lower() in PICTURE_SUFFIXES and labels.is_file():
            yield photo, labels


def _boxes(labels: Path, width: int, height: int) -> Iterator[tuple[int, FloatArray]]:
    """Class and box, xyxy in pixels, of each line that is one."""
    for line in labels.read_text("utf-8").splitlines():
        parts = line.split()
        if len(parts) < 5:
            continue
        x, y, w, h = (float(value) for value in parts[1:5])
        box = np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2]) * [
            width,
            height,
            width,
            height,
        ]
        yield int(parts[0]), box.astype(np.float32)


def _taken_at(photo: Path) -> datetime:
    """When it says that it was taken; a photo without a time is of a visit of its own."""
    with Image.open(photo) as image:
        text = str(image.getexif().get_ifd(_DETAILS).get(_TAKEN, ""))
    try:
        return datetime.strptime(text, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return datetime.max


def _visits(camera: list[str], times: list[datetime]) -> npt.NDArray[np.str_]:
    found = [""] * len(camera)
    number, before = 0, ("", datetime.min)
    for row in sorted(range(len(camera)), key=lambda r: (camera[r], times[r], r)):
        now = camera[row], times[row]
        if now[0] != before[0] or now[1] == datetime.max or now[1] - before[1] > GAP:
            number += 1
        before, found[row] = now, f"{now[0]}/{number}"
    return np.array(found, np.str_)
