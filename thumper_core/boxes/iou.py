"""Overlap of boxes: (N, 4) float32 xyxy, pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

FloatArray = npt.NDArray[np.float32]


def iou_matrix(a_xyxy: npt.ArrayLike, b_xyxy: npt.ArrayLike) -> FloatArray:
    """Intersection over union of every box of `a` with every box of `b`.

    a_xyxy: (N, 4), b_xyxy: (M, 4), pixels. Returns (N, M) float32 in [0, 1]; 0 where a box has no
    area.
    """
    a = np.asarray(a_xyxy, np.float64).reshape(-1, 4)
    b = np.asarray(b_xyxy, np.float64).reshape(-1, 4)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    union = area_px2(a)[:, None] + area_px2(b)[None, :] - shared
    iou = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return np.asarray(iou, np.float32)


def area_px2(xyxy: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Area of each box: (N, 4) xyxy pixels -> (N,) float64 square pixels, never negative."""
    sides = np.clip(np.asarray(xyxy, np.float64)[:, 2:] - xyxy[:, :2], 0, None)
    return np.asarray(sides[:, 0] * sides[:, 1])


def boxes_of(frame: pl.DataFrame) -> FloatArray:
    """The x1, y1, x2, y2 columns as (N, 4) float32."""
    return frame.select(pl.col("x1", "y1", "x2", "y2").cast(pl.Float32)).to_numpy()
