"""What is measured of a crop that decides what it can be good for."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.boxes.iou import area_px2, boxes_of
from thumper_core.identify.links.columns import picture_column
from thumper_core.identify.links.pairs import pairs_within
from thumper_core.identify.links.quality import is_cut, log_sharpness

Array = npt.NDArray[np.float64]

NAMES: Final = (
    *("size", "size squared", "sharpness", "share", "cut", "covered", "shape", "shape squared"),
    *("confidence", "infrared", "flank"),
)
"""The columns of `measures`."""


def measures(frame: pl.DataFrame) -> Array:
    """(N, len(NAMES)) float64 of a frame as `identify_frame` takes it, finite; what is missing is 0.

    size: log2 of the square root of the box's pixels; sharpness: its logarithm; share: square root of the
    box's share of the photo; cut: whether the photo's edge cuts the animal; covered: share of the box
    that lies in another box of the photo, in [0, 1]; shape: log of width over height, by which an animal
    seen from its side differs from one seen from its front or rear; confidence: the detector's, as log
    odds; infrared, flank: whether it is infrared, and whether a flank is said.
    """
    box = boxes_of(frame).astype(np.float64)
    area = np.maximum(area_px2(box), 1)
    photo = np.maximum(_numbers(frame, "width"), 1) * np.maximum(_numbers(frame, "height"), 1)
    size = np.log2(np.sqrt(area)) - 7  # 128 pixels are nought
    wide = np.maximum(box[:, 2] - box[:, 0], 1) / np.maximum(box[:, 3] - box[:, 1], 1)
    confidence = np.clip(_numbers(frame, "confidence"), 0.01, 0.99)
    shape = np.log(wide)
    infrared = np.zeros(frame.height)
    if "is_infrared" in frame.columns:
        infrared = frame["is_infrared"].fill_null(False).to_numpy().astype(np.float64)
    flank = np.zeros(frame.height)
    if "flank" in frame.columns:
        flank = frame["flank"].is_in(["left", "right"]).fill_null(False).to_numpy().astype(float)
    columns = (
        size,
        size**2,
        log_sharpness(frame),
        np.sqrt(np.clip(area / photo, 0, 1)),
        is_cut(frame).astype(np.float64),
        _covered(frame, box, area),
        shape,
        shape**2,
        np.log(confidence / (1 - confidence)),
        infrared,
        flank,
    )
    return np.column_stack(columns) if frame.height else np.zeros((0, len(NAMES)))


def _numbers(frame: pl.DataFrame, name: str) -> Array:
    return np.asarray(frame[name].cast(pl.Float64).fill_null(0).fill_nan(0).to_numpy(), np.float64)


def _covered(frame: pl.DataFrame, box: Array, area: Array) -> Array:
    """(N,) largest share of each box that lies in another box of its photo."""
    found = np.zeros(len(box))
    photo = frame[picture_column(frame)].rank("dense").fill_null(0).to_numpy()
    pairs = pairs_within(photo.astype(np.int32)).T
    for a, b in (pairs, pairs[::-1]):
        low = np.maximum(box[a, :2], box[b, :2])
        high = np.minimum(box[a, 2:], box[b, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        np.maximum.at(found, a, shared / area[a])
    return found
