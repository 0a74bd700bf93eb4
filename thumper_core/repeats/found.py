"""Which detections of which run are fixtures: the finding of every camera, and what people said of it.

A pure function of what was seen and what was said; nothing of it is stored but the patches it rests
on, so that it is read anew as photos come and as people speak.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import polars as pl

from thumper_core.boxes.iou import boxes_of, iou_matrix
from thumper_core.boxes.overlap import SAME_BOX_IOU
from thumper_core.decisions.kinds import STANDING, Fixture, RestingPlace
from thumper_core.repeats.places import Place, Seen, find_places, unit_patches
from thumper_core.repeats.rule import BY_PIXELS, BY_PLACE

SCHEMA: Final = pl.Schema(
    {
        "run_id": pl.String(),
        "detection_id": pl.String(),
        "place_id": pl.String(),
        "camera": pl.String(),
        "is_infrared": pl.Boolean(),
        "place_x1": pl.Float32(),
        "place_y1": pl.Float32(),
        "place_x2": pl.Float32(),
        "place_y2": pl.Float32(),
        "n_photos": pl.Int32(),
        "n_events": pl.Int32(),
        "n_days": pl.Int32(),
        "share": pl.Float64(),
        "first_at": pl.Datetime("us"),
        "last_at": pl.Datetime("us"),
        "said": pl.String(),
        "is_picture": pl.Boolean(),
    }
)
"""One row per detection at a place. place_id: its earliest detection; n_photos, n_events, n_days,
share: as `rule.Evidence`; said: `fixture`, `resting_place` or null; is_picture: the one to show."""
_SEEN: Final = ("run_id", "camera", "is_infrared")


def repeats(
    detections: pl.DataFrame, photos: pl.DataFrame, decisions: pl.DataFrame
) -> pl.DataFrame:
    """The places of every run, camera and light, a row for each of their detections: SCHEMA.

    detections: `run_id, detection_id, photo_id, camera, is_infrared, event_id, taken_at` (null where
    the time is no evidence), `x1, y1, x2, y2, patch` (null: no pixels); photos: `run_id, camera,
    is_infrared, taken_at` of every photo that a run has looked at; decisions: `decisions_frame` with
    the `camera` of its photo. Where a person said that an animal rests at a place, the rows are there
    all the same: they are no fixtures.
    """
    ordered = detections.sort("taken_at", "detection_id", nulls_last=True)
    times = photos.filter(pl.col("taken_at").is_not_null()).sort("taken_at")
    by_light = times.partition_by(*_SEEN, as_dict=True)
    said = _said(decisions)
    tables = [pl.DataFrame(schema=SCHEMA)]
    parts = ordered.with_columns(pl.col("patch").is_null().alias("blind"))
    for key, frame in parts.partition_by(*_SEEN, "blind", as_dict=True).items():
        every = by_light.get(key[:3], times.clear())
        spoken = said.filter(pl.col("camera") == key[1])
        tables += _of_light(frame, every, spoken)
    return pl.concat(tables).sort("run_id", "place_id", "detection_id")


def _of_light(
    frame: pl.DataFrame, photos: pl.DataFrame, said: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """A table for each place of one run, camera and light."""
    boxes = boxes_of(frame)
    blind = bool(frame["blind"][0])
    seen = Seen(
        boxes,
        None if blind else unit_patches(frame["patch"].to_list()),
        frame["photo_id"].rank("dense").to_numpy(),
        frame["event_id"].rank("dense").to_numpy(),
        _hours(frame["taken_at"]),
        _hours(photos["taken_at"]),
    )
    found = find_places(seen, BY_PLACE if blind else BY_PIXELS, _pointed_at(frame, said))
    for place in found:
        yield _table(frame, seen, place, _verdict(place, said))


def _hours(times: pl.Series) -> np.ndarray:
    """Hours, NaN where null."""
    hours = times.cast(pl.Datetime("us")).dt.timestamp("us").cast(pl.Float64) / 3.6e9
    return hours.fill_null(float("nan")).to_numpy()


def _said(decisions: pl.DataFrame) -> pl.DataFrame:
    """The standing decisions on what stands at a place, oldest first, with their boxes."""
    rows = decisions.filter(pl.col("kind").is_in(STANDING) & ~pl.col("undone")).sort("decision_id")
    boxes = [json.loads(payload) for payload in rows["payload"]]
    return rows.select("kind", "camera").with_columns(
        pl.Series("photo_id", [b["photo_id"] for b in boxes], pl.String),
        *(
            pl.Series(name, [b["box"][i] for b in boxes], pl.Float32)
            for i, name in enumerate(("x1", "y1", "x2", "y2"))
        ),
    )


def _pointed_at(frame: pl.DataFrame, said: pl.DataFrame) -> list[int]:
    """Rows of boxes that a person called a fixture, in the order in which they were."""
    rows = []
    for word in said.filter(pl.col("kind") == Fixture.kind).iter_rows(named=True):
        at = np.flatnonzero((frame["photo_id"] == word["photo_id"]).to_numpy())
        overlap = iou_matrix([_box(word)], boxes_of(frame)[at])[0]
        if len(at) and overlap.max() >= SAME_BOX_IOU:
            rows.append(int(at[overlap.argmax()]))
    return rows


def _verdict(place: Place, said: pl.DataFrame) -> str | None:
    """What was said last of where the place is. One that is there because of a word has that."""
    over = iou_matrix([place.box], boxes_of(said))[0] >= SAME_BOX_IOU
    words = said["kind"].filter(pl.Series(over, dtype=pl.Boolean))
    if len(words) and words[-1] == RestingPlace.kind:
        return RestingPlace.kind
    return Fixture.kind if len(words) or place.pointed_at is not None else None


def _box(row: dict[str, Any]) -> list[float]:
    return [row[name] for name in ("x1", "y1", "x2", "y2")]


def _table(frame: pl.DataFrame, seen: Seen, place: Place, said: str | None) -> pl.DataFrame:
    rows: pl.DataFrame = frame[place.members.tolist()]
    found = seen.evidence(place.members)
    values = {
        "place_id": rows["detection_id"][0],
        **dict(zip(("place_x1", "place_y1", "place_x2", "place_y2"), place.box, strict=True)),
        "n_photos": found.n_photos,
        "n_events": found.n_events,
        "n_days": found.n_days,
        "share": found.share,
        "first_at": rows["taken_at"].min(),
        "last_at": rows["taken_at"].max(),
        "said": said,
    }
    return rows.select(
        "run_id",
        "detection_id",
        "camera",
        "is_infrared",
        *(pl.lit(value, SCHEMA[name]).alias(name) for name, value in values.items()),
        (pl.col("detection_id") == frame["detection_id"][place.picture]).alias("is_picture"),
    ).select(SCHEMA.names())
