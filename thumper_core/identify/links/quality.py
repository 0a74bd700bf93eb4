"""How well a crop shows its animal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.boxes.iou import area_px2, boxes_of
from thumper_core.contracts import FloatArray


def crop_quality(frame: pl.DataFrame) -> FloatArray:
    """How well each crop shows its animal: (N,) float32 >= 0, to compare, not to interpret.

    Confidence x square root of the box's share of the photo x log sharpness, halved where the
    frame's edge cuts the animal.
    """
    box = boxes_of(frame)
    width, height = _photo_sides(frame)
    cut = is_cut(frame)
    confidence = frame["confidence"].cast(pl.Float64).fill_null(0).fill_nan(0).to_numpy()
    share = np.sqrt(np.clip(area_px2(box) / (width * height), 0, 1))
    quality = confidence * share * (1 + log_sharpness(frame)) * np.where(cut, 0.5, 1.0)
    return np.asarray(quality, np.float32)


def log_sharpness(frame: pl.DataFrame) -> npt.NDArray[np.float64]:
    """(N,) logarithm of 1 and the sharpness of each crop, 0 where that is not known."""
    sharp = frame["sharpness"].cast(pl.Float64).fill_null(0).fill_nan(0).clip(0)
    return np.asarray(np.log1p(sharp.to_numpy()))


def is_cut(frame: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """(N,) whether the edge of the photo cuts the animal: its box touches it."""
    box = boxes_of(frame)
    width, height = _photo_sides(frame)
    edge_px = 0.004 * np.maximum(width, height)
    return np.asarray(
        (box[:, 0] <= edge_px)
        | (box[:, 1] <= edge_px)
        | (box[:, 2] >= width - edge_px)
        | (box[:, 3] >= height - edge_px)
    )


def _photo_sides(
    frame: pl.DataFrame,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(N,) width and height of each photo, pixels, at least 1."""
    width, height = (
        np.maximum(frame[side].cast(pl.Float64).fill_null(1).to_numpy(), 1)
        for side in ("width", "height")
    )
    return width, height
