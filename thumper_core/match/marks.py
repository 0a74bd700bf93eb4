"""What is kept of a crop: where its keypoints lie in it, and what each looks like, in few bytes."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray, ImageArray
from thumper_core.match.aliked import STRIDE, Aliked

MIDDLE: Final = (0.5, 0.42)
"""Middle of the ellipse of a box in which keypoints are looked for, shares of its width and height ..."""
REACH: Final = (0.42, 0.27)
"""... and how far it goes to each side. A box is a third ground and sky. Without this the best matches
of two animals were of the place behind them, on photos of one waterhole all of the first eight."""
SIDE: Final = 320
"""Longest side, pixels, of that part of the box as the network sees it. At 224 it tells half as much."""
MOST: Final = 128
"""Keypoints of a crop; twice as many told animals apart no better."""
LENGTH: Final = 128
"""Numbers of a descriptor."""
UNIT: Final = 256.0
"""What 1 is kept as: no number of a descriptor of so many is beyond half of that."""
ONE: Final = 65_535.0
COARSEST: Final = 128
"""Pixels that the part's longest side must have: of less, blown up, the noise is matched. Of deer in infrared
with boxes 100 pixels wide, a quarter of any two crops matched, and of two deer in one photo as many."""
BESIDE: Final = 8
"""Pixels of the network's picture that a keypoint keeps from rows where none may lie."""
VERSION: Final = 2
"""Raise it when the same crop shall give other keypoints."""


@dataclass(frozen=True)
class Marks:
    """Keypoints of C crops.

    place: (C, MOST, 2) uint16, x and y as shares of the crop's sides, ONE the whole; descriptor:
    (C, MOST, LENGTH) int8, UNIT for 1. A crop with fewer keypoints has zeros for the rest, and a row of
    zeros is like nothing.
    """

    place: npt.NDArray[np.uint16]
    descriptor: npt.NDArray[np.int8]

    @classmethod
    def none(cls, crops: int = 0) -> Marks:
        """Of crops that have not a keypoint."""
        return cls(np.zeros((crops, MOST, 2), np.uint16), np.zeros((crops, MOST, LENGTH), np.int8))


def marks_of(network: Aliked, crop: ImageArray, rows: tuple[int, int] | None = None) -> Marks:
    """The keypoints of one crop, (H, W, 3) uint8 RGB, of the animal's box and nothing round it.

    rows: from and to, of the crop, where they may lie; None: everywhere. None of one that is too coarse.
    """
    low, high = _part(crop)
    part = crop[low[1] : high[1], low[0] : high[0]]
    if max(high - low) < COARSEST:
        return Marks.none(1)
    ratio = SIDE / max(high - low)
    width, height = (max(2, round(side * ratio / STRIDE)) * STRIDE for side in high - low)
    method = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
    picture = np.asarray(cv2.resize(part, (width, height), interpolation=method), np.uint8)
    where = _ellipse(width, height)
    if rows is not None:
        first, last = ((row - low[1]) * height / (high - low)[1] for row in rows)
        y = np.arange(height)[:, None]
        # What stands beside a strip sees it.
        where = where & (y >= first + (rows[0] > 0) * BESIDE)
        where &= y < last - (rows[1] < crop.shape[0]) * BESIDE
    found = network.find(picture, MOST, where)
    marks = Marks.none(1)
    count = len(found.xy)
    pixels = low + found.xy * ((high - low) / np.array([width, height]))
    share = np.clip(pixels / np.array(crop.shape[1::-1]), 0, 1)
    marks.place[0, :count] = np.rint(share * ONE)
    marks.descriptor[0, :count] = np.clip(np.rint(found.descriptor * UNIT), -127, 127)
    return marks


def _part(crop: ImageArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Left top and right bottom, pixels, of the crop's part that holds the ellipse."""
    size = np.array(crop.shape[1::-1])
    middle, reach = np.array(MIDDLE), np.array(REACH)
    low = np.floor((middle - reach) * size).astype(np.int64)
    high = np.ceil((middle + reach) * size).astype(np.int64)
    return np.clip(low, 0, size - 1), np.clip(high, low + 1, size)


@functools.cache
def _ellipse(width: int, height: int) -> npt.NDArray[np.bool_]:
    """(height, width) bool, True in the ellipse that fills the rectangle."""
    x, y = (np.linspace(-1, 1, side) for side in (width, height))
    return np.asarray(y[:, None] ** 2 + x**2 < 1)


def places(marks: Marks) -> FloatArray:
    """(C, MOST, 2) float32 shares of the crop's sides."""
    return np.asarray(marks.place / ONE, np.float32)
