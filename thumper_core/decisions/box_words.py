"""One word that people said of a box, such as its flank: the youngest on each detection wins."""

from __future__ import annotations

import json
from typing import Final

import polars as pl

from thumper_core.boxes.overlap import BOX, best_overlaps
from thumper_core.decisions.box_places import moved_boxes
from thumper_core.decisions.kinds.boxes import OneWord

_OPENED: Final = pl.Schema(
    {
        "decision_id": pl.Int64(),
        "photo_id": pl.String(),
        "said_frame_ms": pl.Int32(),
        **{f"said_{c}": pl.Float32() for c in BOX},
        "word": pl.String(),
    }
)


def last_words(
    detections: pl.DataFrame,
    decisions: pl.DataFrame,
    kind: type[OneWord],
) -> pl.DataFrame:
    """`run_id, detection_id` and the kind's field: a row for each detection that a decision stands about.

    detections: `run_id, detection_id, photo_id, confidence, frame_ms, x1..y2`, drawn ones too; those of
    photos without a decision may be left out.
    """
    field = kind.field
    rows = decisions.filter((pl.col("kind") == kind.kind) & ~pl.col("undone"))
    opened = []
    for number, text in rows.select("decision_id", "payload").iter_rows():
        values = json.loads(text)
        where = (values["photo_id"], values.get("frame_ms"), *values["box"])
        opened.append((number, *where, values[field]))
    said = pl.DataFrame(opened, schema=_OPENED, orient="row")
    own = detections.select("run_id", "detection_id", "photo_id", "confidence", "frame_ms", *BOX)
    if said.is_empty():
        return own.select("run_id", "detection_id", pl.lit(None, pl.String).alias(field)).clear()
    known = pl.concat([own, moved_boxes(own, decisions).places])
    return (
        best_overlaps(known, said, "decision_id")
        .sort("decision_id")
        .group_by("run_id", "detection_id", maintain_order=True)
        .last()
        .join(
            said.select("decision_id", pl.col("word").alias(field)), on="decision_id", how="inner"
        )
        .select("run_id", "detection_id", field)
        .sort("run_id", "detection_id")
    )
