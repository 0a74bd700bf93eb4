"""Detections against true boxes: which found which."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.boxes.iou import boxes_of, iou_matrix
from thumper_core.boxes.overlap import SAME_BOX_IOU

VISIBLE_MIN: Final = 0.25
"""An animal of which less is visible is neither asked for nor a false alarm when found."""


def match_boxes(
    detections: pl.DataFrame, truth: pl.DataFrame, iou_min: float = SAME_BOX_IOU
) -> npt.NDArray[np.int64]:
    """The true box that each detection found, photo by photo.

    detections: `photo, x1..y2, confidence`; truth: `photo, x1..y2`. Detections choose in order of
    falling confidence, each the free true box that it overlaps most, at least `iou_min` (the
    PASCAL VOC rule, Everingham et al. 2010, sec. 4.4). Returns (N,) int64, row of truth or -1.
    """
    found = np.full(detections.height, -1, np.int64)
    boxes, true_boxes = boxes_of(detections), boxes_of(truth)
    rows_of = _rows_by_photo(truth)
    confidence = detections["confidence"].cast(pl.Float64).fill_null(0).to_numpy()
    for photo, rows in _rows_by_photo(detections).items():
        true_rows = rows_of.get(photo)
        if true_rows is None:
            continue
        overlap = iou_matrix(boxes[rows], true_boxes[true_rows])
        for k in np.argsort(-confidence[rows], kind="stable"):
            best = int(overlap[k].argmax())
            if overlap[k, best] >= iou_min:
                found[rows[k]] = true_rows[best]
                overlap[:, best] = -1
    return found


def by_photo(detections: pl.DataFrame, truth: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both tables with a `photo` column that means the same in both, each true box once.

    By `photo_sha256` where the detections have it, else by `path`; a photo that lies under several
    paths is one photo, known by its hash in the truth.
    """
    unique = truth.unique(
        ["photo_sha256", "x1", "y1", "x2", "y2"], keep="first", maintain_order=True
    )
    keyed = unique.with_columns(pl.col("photo_sha256").alias("photo"))
    if "photo_sha256" in detections.columns:
        return detections.with_columns(pl.col("photo_sha256").alias("photo")), keyed
    hashes = truth.select("path", pl.col("photo_sha256").alias("photo")).unique("path")
    named = detections.join(hashes, on="path", how="left", maintain_order="left")
    return named.with_columns(pl.col("photo").fill_null(pl.col("path"))), keyed


def _rows_by_photo(table: pl.DataFrame) -> dict[Any, npt.NDArray[np.int64]]:
    rows = table.select("photo").with_row_index("row").group_by("photo", maintain_order=True)
    return {photo: part["row"].to_numpy().astype(np.int64) for (photo,), part in rows}
