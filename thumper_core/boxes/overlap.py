"""Whether two boxes of one photo, or of one moment of a clip, show one thing, over joined rows."""

from __future__ import annotations

from typing import Final

import polars as pl

SAME_BOX_IOU: Final = 0.5
"""Two boxes of one photo that overlap at least this much are held to show one thing."""
NESTED: Final = 0.9
"""A box that lies in another at least this much may be the same animal, boxed twice."""
MINGLED: Final = 0.5
"""Where boxes share this much of the smaller one, the picture of either shows a good part of the other's
animal: how alike the two pictures are says little about how alike two animals are."""
BOX: Final = ("x1", "y1", "x2", "y2")
SAME_FRAME_MS: Final = 500
"""Boxes of a clip whose frames lie less apart may be one box: half of the usual step between frames that
are looked at (`clips.step_s`), and no more than lies between the nearest of them (`clips.motion_gap_s`).
"""


def iou_with(form: str) -> pl.Expr:
    """Intersection over union, in [0, 1], of the box `x1, y1, x2, y2` and another in the same row.

    form: how the other box's columns are called, such as `said_{}`. 0 where neither has an area.
    """
    own, its, shared = _areas(form)
    union = own + its - shared
    return pl.when(union > 0).then(shared / union).otherwise(0.0)


def share_inside(form: str) -> pl.Expr:
    """Share of the smaller box's area that lies in the larger, in [0, 1]; otherwise as `iou_with`."""
    own, its, shared = _areas(form)
    smaller = pl.min_horizontal(own, its)
    return pl.when(smaller > 0).then(shared / smaller).otherwise(0.0)


def _areas(form: str) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Of the box, of the other, and of what they share."""

    def other(side: str) -> pl.Expr:
        return pl.col(form.format(side))

    def length(low: pl.Expr, high: pl.Expr) -> pl.Expr:
        return (high - low).clip(0)

    def common(axis: str) -> pl.Expr:
        low, high = f"{axis}1", f"{axis}2"
        return length(
            pl.max_horizontal(pl.col(low), other(low)), pl.min_horizontal(pl.col(high), other(high))
        )

    own = length(pl.col("x1"), pl.col("x2")) * length(pl.col("y1"), pl.col("y2"))
    its = length(other("x1"), other("x2")) * length(other("y1"), other("y2"))
    return own, its, common("x") * common("y")


def is_same_frame(one: str, other: str) -> pl.Expr:
    """Whether two columns of frames' times, milliseconds, may mean one; nulls may mean any."""
    return ((pl.col(one) - pl.col(other)).abs() < SAME_FRAME_MS).fill_null(value=True)


def best_overlaps(detections: pl.DataFrame, boxes: pl.DataFrame, key: str) -> pl.DataFrame:
    """The detection that overlaps each box most, at least by `SAME_BOX_IOU`, in each run.

    detections: `run_id, detection_id, photo_id, confidence, frame_ms, x1, y1, x2, y2`, a row for each box
    by which a detection may be found; boxes: `key`, `photo_id`, `said_frame_ms` (null: a photo, or any
    frame of a clip), `said_x1` to `said_y2`. In a clip it is the detection of the nearest frame, within
    `SAME_FRAME_MS`. Returns `key, run_id, detection_id, iou`; boxes that find nothing are absent. Equal
    overlaps: the more confident.
    """
    near_ms = (pl.col("frame_ms") - pl.col("said_frame_ms")).abs().fill_null(0)
    # Most photos have no decision: the semi join leaves a few rows before any overlap is computed.
    near = detections.join(boxes, on="photo_id", how="semi").select(
        "run_id", "detection_id", "photo_id", "confidence", "frame_ms", *BOX
    )
    said = boxes.select(key, "photo_id", "said_frame_ms", *(f"said_{c}" for c in BOX))
    return (
        near.join(said, on="photo_id")
        .with_columns(iou_with("said_{}").alias("iou"), near_ms.alias("near_ms"))
        .filter(pl.col("iou") >= SAME_BOX_IOU, is_same_frame("frame_ms", "said_frame_ms"))
        .sort("near_ms", "iou", "confidence", descending=[False, True, True], maintain_order=True)
        .unique([key, "run_id"], keep="first", maintain_order=True)
        .select(key, "run_id", "detection_id", "iou")
        .sort(key, "run_id", "detection_id")
    )
