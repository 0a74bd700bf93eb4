"""Made-up detections for the tests of this folder."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

START = datetime(2026, 11, 1, 6, 0)
SCHEMA = {
    "detection_id": pl.String, "photo_id": pl.String, "burst_id": pl.String,
    "event_id": pl.String, "camera": pl.String, "taken_at": pl.Datetime("us"),
    "x1": pl.Float32, "y1": pl.Float32, "x2": pl.Float32, "y2": pl.Float32,
    "width": pl.Int32, "height": pl.Int32, "confidence": pl.Float32, "class": pl.String,
    "species": pl.String, "sex": pl.String, "age_class": pl.String, "source": pl.String,
    "sharpness": pl.Float32,
}  # fmt: skip


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Detections: each row needs `photo` and `box` (x1, y1, x2, y2); the rest has defaults."""
    made = []
    for number, row in enumerate(rows):
        photo = row["photo"]
        made.append(
            {
                "detection_id": row.get("id", f"{photo}-{number}"),
                "photo_id": photo,
                "burst_id": row.get("burst", "b1"),
                "event_id": row.get("event", row.get("burst", "b1").replace("b", "e")),
                "camera": row.get("camera", "north"),
                "taken_at": START + timedelta(seconds=row.get("s", 0.0)),
                **dict(zip(("x1", "y1", "x2", "y2"), map(float, row["box"]), strict=True)),
                "width": 1000,
                "height": 800,
                "confidence": row.get("confidence", 0.9),
                "class": row.get("class", "doe"),
                "species": row.get("species", "white-tailed deer"),
                "sex": row.get("sex", "unknown"),
                "age_class": row.get("age", "adult"),
                "source": row.get("source", "model"),
                "sharpness": row.get("sharpness", 100.0),
            }
        )
    return pl.DataFrame(made, schema=SCHEMA)


def unit(vectors: Any) -> np.ndarray:
    """Rows of length 1, float32."""
    array = np.asarray(vectors, np.float64)
    return (array / np.linalg.norm(array, axis=1, keepdims=True)).astype(np.float32)


def subject(table: pl.DataFrame, row: int, shift: float = 0.0) -> dict[str, Any]:
    """How a decision points at a row."""
    r = table.row(row, named=True)
    return {"photo_id": r["photo_id"], "box": [r["x1"] + shift, r["y1"], r["x2"] + shift, r["y2"]]}


def decisions(said: list[tuple[str, Any]]) -> pl.DataFrame:
    """Decisions, an hour apart, from (kind, payload); a payload that is text is taken as it is."""
    return pl.DataFrame(
        [
            {
                "decision_id": number,
                "kind": kind,
                "subject": "",
                "payload": payload if isinstance(payload, str) else json.dumps(payload),
                "author": "me",
                "made_at": START + timedelta(hours=number),
                "undone": False,
            }
            for number, (kind, payload) in enumerate(said, 1)
        ]
    )
