"""Which flank people said that a box shows: the youngest word on each detection wins."""

from __future__ import annotations

import json
from typing import Final

import polars as pl

from thumper_core.boxes.overlap import BOX, best_overlaps
from thumper_core.decisions.box_places import moved_boxes
from thumper_core.decisions.kinds import ShowsFlank

SAID: Final = pl.Schema({"run_id": pl.String(), "detection_id": pl.String(), "flank": pl.String()})
_OPENED: Final = pl.Schema(
    {
        "decision_id": pl.Int64(),
        "photo_id": pl.String(),
        "said_frame_ms": pl.Int32(),
        **{f"said_{c}": pl.Float32() for c in BOX},
        "flank": pl.String(),
    }
)


def flanks_said(detections: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """`SAID`, one row for each detection that a standing decision speaks of.

    detections: `run_id, detection_id, photo_id, confidence, frame_ms, x1..y2`, drawn ones too; those of
    photos without a decision may be left out.
    """
    rows = decisions.filter((pl.col("kind") == ShowsFlank.kind) & ~pl.col("undone"))
    opened = []
    for number, text in rows.select("decision_id", "payload").iter_rows():
        values = json.loads(text)
        where = (values["photo_id"], values.get("frame_ms"), *values["box"])
        opened.append((number, *where, values["flank"]))
    if not opened:
        return pl.DataFrame(schema=SAID)
    said = pl.DataFrame(opened, schema=_OPENED, orient="row")
    own = detections.select("run_id", "detection_id", "photo_id", "confidence", "frame_ms", *BOX)
    known = pl.concat([own, moved_boxes(own, decisions).places])
    return (
        best_overlaps(known, said, "decision_id")
        .sort("decision_id")
        .group_by("run_id", "detection_id", maintain_order=True)
        .last()
        .join(said.select("decision_id", "flank"), on="decision_id", how="inner")
        .select(*SAID)
        .sort("run_id", "detection_id")
    )
