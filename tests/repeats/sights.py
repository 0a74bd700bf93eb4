"""What cameras saw, made up: things that stand there, deer that come and go, and when."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from thumper_core.decisions.kinds.base import OfBox
from thumper_core.decisions.table import FRAME_SCHEMA

START = datetime(2025, 11, 3, 18)
HERE = (100.0, 200.0, 160.0, 280.0)
DETECTIONS = {
    "run_id": pl.String, "detection_id": pl.String, "photo_id": pl.String, "camera": pl.String,
    "is_infrared": pl.Boolean, "event_id": pl.String, "taken_at": pl.Datetime("us"),
    "x1": pl.Float32, "y1": pl.Float32, "x2": pl.Float32, "y2": pl.Float32, "patch": pl.Binary,
}  # fmt: skip
PHOTOS = ("run_id", "camera", "is_infrared", "taken_at")


def look(seed: int) -> np.ndarray:
    """What a thing looks like: (256,) grey levels; another seed is another thing."""
    return np.random.default_rng(seed).uniform(40, 200, 256)


def pixels(thing: np.ndarray, noise: int, strength: float = 10.0) -> bytes:
    """It in one photo."""
    seen = thing + np.random.default_rng(noise).normal(0, strength, 256)
    return np.clip(seen, 0, 255).astype(np.uint8).tobytes()


def visits(nights: int, per_night: int = 3, photos: int = 2) -> list[tuple[str, datetime]]:
    """(event, time) of photos: visits of a few minutes, two hours apart, night after night."""
    return [
        (f"n{night}v{visit}", START + timedelta(days=night, hours=2 * visit, minutes=shot))
        for night in range(nights)
        for visit in range(per_night)
        for shot in range(photos)
    ]


def sights(
    when: Iterable[tuple[str, datetime | None]],
    thing: int | None,
    box: tuple[float, ...] = HERE,
    *,
    jitter: float = 2.0,
    name: str = "t",
    **facts: Any,
) -> pl.DataFrame:
    """A box in each photo. thing: what it shows; None: something else each time (deer); jitter: how
    far the detector's box strays, pixels; name: of these detections; facts: other columns.
    """
    rows = []
    for number, (event, at) in enumerate(when):
        stray = np.random.default_rng(number).uniform(-jitter, jitter, 4)
        shown = look(thing if thing is not None else 10_000 + number)
        rows.append(
            {
                "run_id": "r1",
                "detection_id": f"{name}{number:04d}",
                "photo_id": f"{event}@{at}",
                "camera": "north",
                "is_infrared": True,
                "event_id": event,
                "taken_at": at,
                **dict(zip(("x1", "y1", "x2", "y2"), np.add(box, stray), strict=True)),
                "patch": pixels(shown, number),
                **facts,
            }
        )
    return pl.DataFrame(rows, schema=DETECTIONS, orient="row")


def photos_of(detections: pl.DataFrame) -> pl.DataFrame:
    """The photos of detections, as `repeats` takes them."""
    return detections.unique("photo_id", maintain_order=True).select(PHOTOS)


def said(*words: OfBox, undone: tuple[int, ...] = (), camera: str = "north") -> pl.DataFrame:
    """Decisions, numbered from 1, with the camera of their photo."""
    rows = [
        (n, one.kind, one.subject, json.dumps(one.payload()), "kim", None, n in undone)
        for n, one in enumerate(words, 1)
    ]
    frame = pl.DataFrame(rows, schema=FRAME_SCHEMA, orient="row")
    return frame.with_columns(pl.lit(camera).alias("camera"))
