"""Boxes that a person moved: where each detection's box is now, and every box it is known by.

The model's box is stored and never changed. A decision of kind `box` names it by the box that the
person saw and says where it belongs. From then on the detection answers to both: decisions made
before the move and after it find it, in every run, whether that run drew the old box or the new.
"""

from __future__ import annotations

import json
from typing import NamedTuple

import polars as pl

from thumper_core.boxes.overlap import BOX, best_overlaps
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Box, MoveBox

_TO = tuple(f"to_{c}" for c in BOX)
_SAID = pl.Schema(
    {
        "decision_id": pl.Int64(),
        "photo_id": pl.String(),
        "said_frame_ms": pl.Int32(),
        **{f"said_{c}": pl.Float32() for c in BOX},
        **dict.fromkeys(_TO, pl.Float32()),
    }
)
_KEYS = ("decision_id", "run_id")


class Moved(NamedTuple):
    """What the standing decisions about boxes did."""

    boxes: pl.DataFrame
    """run_id, detection_id, x1, y1, x2, y2: where the box is now; moved detections only."""
    places: pl.DataFrame
    """run_id, detection_id, photo_id, confidence, frame_ms, x1, y1, x2, y2: further boxes they have."""
    found: pl.DataFrame
    """decision_id, run_id, detection_id: which decision moved which detection."""


def moved_boxes(detections: pl.DataFrame, decisions: pl.DataFrame) -> Moved:
    """Find the detections whose box a person moved.

    detections: `run_id, detection_id, photo_id, confidence, frame_ms, x1, y1, x2, y2`, of one run or
    several, with the model's boxes or with moved ones: the answer is the same; decisions:
    `decisions_frame` of the ledger. The youngest decision about a detection wins.
    """
    said = _said(decisions)
    known = detections.select("run_id", "detection_id", "photo_id", "confidence", "frame_ms", *BOX)
    places = known.clear()
    found = pl.DataFrame(
        schema={
            "decision_id": pl.Int64,
            **{name: known.schema[name] for name in ("run_id", "detection_id")},
        }
    )
    # A run that drew the box where it belongs is found there.
    there = said.drop(f"said_{c}" for c in BOX).rename({f"to_{c}": f"said_{c}" for c in BOX})
    while said.height:
        # A box may have been moved twice: what one round found, the next may build on.
        everything = pl.concat([known, places])
        fresh = (
            pl.concat([best_overlaps(everything, end, "decision_id") for end in (said, there)])
            .sort("iou", descending=True, maintain_order=True)
            .unique(_KEYS, keep="first", maintain_order=True)
            .drop("iou")
            .join(found, on=_KEYS, how="anti", nulls_equal=True)
        )
        if fresh.is_empty():
            break
        found = pl.concat([found, fresh])
        named = fresh.join(said, on="decision_id").join(
            known.select("run_id", "detection_id", "confidence", "frame_ms"),
            on=["run_id", "detection_id"],
            nulls_equal=True,
        )
        both = [
            named.select(
                "run_id",
                "detection_id",
                "photo_id",
                "confidence",
                "frame_ms",
                *(pl.col(f"{end}_{c}").cast(known.schema[c]).alias(c) for c in BOX),
            )
            for end in ("said", "to")
        ]
        places = pl.concat([places, *both])
    now = (
        found.sort("decision_id")
        .group_by("run_id", "detection_id", maintain_order=True)
        .last()
        .join(said, on="decision_id", how="inner")
        .select("run_id", "detection_id", *(pl.col(f"to_{c}").alias(c) for c in BOX))
        .sort("run_id", "detection_id")
    )
    return Moved(now, places, found.sort("decision_id", "run_id"))


def move_box(decisions: pl.DataFrame, where: BoxKey, to: Box) -> MoveBox:
    """The box `where`, as the person sees it, belongs at `to` (x1, y1, x2, y2, pixels).

    decisions: `decisions_frame` of the ledger. A box that was moved before is named by its first
    place, so that each move can be taken back without the others. Raises UsageError where `to` is
    no box, or is that first place: then the move before is what should be undone.
    """
    rows = decisions.filter((pl.col("kind") == MoveBox.kind) & ~pl.col("undone"))
    for text in rows.sort("decision_id", descending=True)["payload"]:
        payload = json.loads(text)
        first = BoxKey.of(payload)
        is_there = first.frame_ms in (None, where.frame_ms)
        if is_there and BoxKey(first.photo_id, tuple(payload["to"])) == where:
            return MoveBox(first, to)
    return MoveBox(where, to)


def with_boxes(rows: pl.DataFrame, boxes: pl.DataFrame) -> pl.DataFrame:
    """The rows with moved boxes in place of their own, in the same order."""
    joined = rows.join(
        boxes.rename({c: f"to_{c}" for c in BOX}),
        on=["run_id", "detection_id"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return joined.with_columns(pl.coalesce(f"to_{c}", c).alias(c) for c in BOX).drop(_TO)


def _said(decisions: pl.DataFrame) -> pl.DataFrame:
    """The standing decisions about boxes, their payloads opened, oldest first."""
    rows = decisions.filter((pl.col("kind") == MoveBox.kind) & ~pl.col("undone")).sort(
        "decision_id"
    )
    opened = []
    for number, text in rows.select("decision_id", "payload").iter_rows():
        values = json.loads(text)
        frame_ms = values.get("frame_ms")
        opened.append((number, values["photo_id"], frame_ms, *values["box"], *values["to"]))
    return pl.DataFrame(opened, schema=_SAID, orient="row")
