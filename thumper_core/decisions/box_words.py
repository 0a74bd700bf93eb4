"""Words that people said of a box, such as its flank: which detection each is about, and the youngest."""

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
    }
)


def words_on(detections: pl.DataFrame, decisions: pl.DataFrame, *kinds: str) -> pl.DataFrame:
    """`run_id, detection_id, decision_id`: a row for each decision of these kinds that stands about a box.

    detections: `run_id, detection_id, photo_id, confidence, frame_ms, x1..y2`, drawn ones too; those of
    photos without a decision may be left out.
    """
    rows = decisions.filter(pl.col("kind").is_in(list(kinds)) & ~pl.col("undone"))
    opened = []
    for number, text in rows.select("decision_id", "payload").iter_rows():
        values = json.loads(text)
        opened.append((number, values["photo_id"], values.get("frame_ms"), *values["box"]))
    said = pl.DataFrame(opened, schema=_OPENED, orient="row")
    own = detections.select("run_id", "detection_id", "photo_id", "confidence", "frame_ms", *BOX)
    if said.is_empty():
        return own.select(
            "run_id", "detection_id", pl.lit(0, pl.Int64).alias("decision_id")
        ).clear()
    known = pl.concat([own, moved_boxes(own, decisions).places])
    return (
        best_overlaps(known, said, "decision_id")
        .select("run_id", "detection_id", "decision_id")
        .sort("decision_id")
    )


def last_words(
    detections: pl.DataFrame,
    decisions: pl.DataFrame,
    kind: type[OneWord],
) -> pl.DataFrame:
    """`run_id, detection_id` and the kind's field: the youngest word on each detection; as `words_on`."""
    field = kind.field
    of_kind = decisions.filter(pl.col("kind") == kind.kind)
    words = [json.loads(text)[field] for text in of_kind["payload"]]
    said = of_kind.select("decision_id", pl.Series(field, words, pl.String))
    return (
        words_on(detections, decisions, kind.kind)
        .group_by("run_id", "detection_id", maintain_order=True)
        .last()
        .join(said, on="decision_id", how="inner")
        .select("run_id", "detection_id", field)
        .sort("run_id", "detection_id")
    )
