"""The two pictures that a verdict was about, as it names them: to tell what was decided, and to look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import polars as pl

from thumper_core.decisions.keys import BoxKey
from thumper_core.workspace import Workspace

BOXES: Final = pl.Schema(
    {
        "decision_id": pl.Int64(),
        "detection_id": pl.String(),
        "photo_id": pl.String(),
        "x1": pl.Float64(),
        "y1": pl.Float64(),
        "x2": pl.Float64(),
        "y2": pl.Float64(),
        "frame_ms": pl.Int64(),
    }
)


def compared(workspace: Workspace, decision_ids: Sequence[int]) -> pl.DataFrame:
    """The pictures of those of these decisions that are verdicts on a pair, two a decision, side by side.

    Columns: decision_id, detection_id (a name for the box that is its own), photo_id, x1, y1, x2, y2,
    frame_ms: the box as the verdict has it, whatever was found or moved since; and root, path_bytes, width,
    height, camera, taken_at, taken_at_precision of its photo. A photo that is no longer known has no row.
    """
    said = workspace.sql(
        "select decision_id, payload from decisions where list_contains(?, decision_id) "
        "and payload->>'$.a.photo_id' is not null and payload->>'$.b.photo_id' is not null",
        [list(decision_ids)],
    )
    boxes = []
    for number, payload in said.iter_rows():
        told = json.loads(payload)
        for side in ("a", "b"):
            key = BoxKey.of(told[side])
            boxes.append((number, str(key), key.photo_id, *key.box, key.frame_ms))
    rows = pl.DataFrame(boxes, schema=BOXES, orient="row")
    photos = workspace.sql(
        "select photo_id, root, path_bytes, width, height, camera, taken_at, taken_at_precision "
        "from photos where list_contains(?, photo_id)",
        [rows["photo_id"].unique().to_list()],
    )
    return rows.join(photos, on="photo_id", how="inner", maintain_order="left")
