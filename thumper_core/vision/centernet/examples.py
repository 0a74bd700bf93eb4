"""The photos of a training list in memory, as a training takes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from thumper_core.contracts import FloatArray, ImageArray
from thumper_core.vision.centernet.training_list import DOUBT, ListedPhoto

LARGEST_PX: Final = 1024
"""Longest side of a picture that is kept in memory."""
Flags = np.ndarray
"""(N,) bool."""


@dataclass(frozen=True)
class Example:
    """One photo with its boxes.

    image: (H, W, 3) uint8 RGB; boxes: (N, 4) float32 xyxy, pixels of it; wanted: which show what is
    learned; doubtful: of which nobody can tell; the others are other animals; apart: it is of other
    places than those in which what is learned is looked for.
    """

    name: str
    camera: str
    image: ImageArray
    boxes: FloatArray
    wanted: Flags
    doubtful: Flags
    apart: bool


def load(photos: Iterable[ListedPhoto], learned: str) -> list[Example]:
    """Read the pictures; those that cannot be read are left out, as real cards have them."""
    found = []
    for photo in photos:
        image = _read(photo.path)
        if image is None:
            continue
        height, width = image.shape[:2]
        ratio = min(1.0, LARGEST_PX / max(width, height))
        if ratio < 1:
            image = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        height, width = image.shape[:2]
        found.append(
            Example(
                photo.name,
                photo.camera,
                np.ascontiguousarray(image[:, :, ::-1]),
                photo.boxes * np.array([width, height] * 2, np.float32),
                np.array([label == learned for label in photo.labels], bool),
                np.array([label == DOUBT for label in photo.labels], bool),
                photo.apart,
            )
        )
    return found


def _read(path: Path) -> np.ndarray | None:
    """(H, W, 3) uint8 BGR, upright; None where it cannot be read. Whatever bytes its name is of."""
    try:
        return cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):  # it is gone, or empty
        return None
