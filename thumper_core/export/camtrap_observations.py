"""Camtrap DP's observations: what each box shows, and who was there in each event."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import polars as pl

from thumper_core.contracts import kind_of
from thumper_core.export.camtrap_columns import LIFE_STAGE, OBSERVATIONS, frame_of, sex_word
from thumper_core.questions.source import SCIENTIFIC, one_a_track
from thumper_core.zones import stamped

_SMALLEST: Final = 1e-6  # a box without width would break the schema's minimum


def observations(
    photos: pl.DataFrame,
    animals: pl.DataFrame,
    zone: tzinfo | None,
    *,
    detector: str,
    identifier: str,
) -> pl.DataFrame:
    """One row per box (level `media`), then one per animal and event (level `event`).

    animals: `source.animals` with `source.verdicts`. A photo without a box is `blank` where it was
    looked at, `unclassified` where it could not be. Animals without an individual are counted as
    the most that one photo of the event, or one frame of a clip, shows. Of a clip each animal has one
    row, with its box in the frame that shows it best.
    """
    spans = {
        row["event_id"]: (stamped(row["first"], zone), stamped(row["last"], zone))
        for row in photos.group_by("event_id")
        .agg(pl.col("taken_at").min().alias("first"), pl.col("taken_at").max().alias("last"))
        .iter_rows(named=True)
    }
    each = one_a_track(animals)
    found = photos.join(each, on="photo_id", how="left", maintain_order="left_right")
    rows = [_of_box(row, spans, detector) for row in found.iter_rows(named=True)]
    seen = photos.join(animals, on="photo_id")
    rows += [_of_event(row, spans, identifier) for row in events(seen).iter_rows(named=True)]
    return frame_of(rows, OBSERVATIONS)


def events(seen: pl.DataFrame) -> pl.DataFrame:
    """Who was there: one row per individual and event, and per kind of unrecognised animal.

    seen: photos joined with their animals. Columns: event_id, deployment, species, sex, age_class,
    individual_id (null: not recognised), count, confidence (the best box's), p_same, human (people
    said so of every box), said_by, said_at (the last of them).
    """
    common = (
        pl.col("deployment").first(),
        pl.col("confidence").max(),
        pl.col("p_same").mean(),
        (pl.col("source") == "human").all().alias("human"),
        pl.col("said_by").sort_by("said_at", nulls_last=False).last(),
        pl.col("said_at").max(),
    )
    known = (
        seen.filter(pl.col("individual_id").is_not_null())
        .group_by("event_id", "individual_id")
        .agg(
            *common,
            *(pl.col(c).mode().sort().first() for c in ("species", "sex", "age_class")),
            pl.lit(1, pl.UInt32).alias("count"),
        )
    )
    kind = ("event_id", "species", "sex", "age_class")
    unknown = seen.filter(pl.col("individual_id").is_null())
    most = (
        unknown.group_by(*kind, "picture_id")
        .len()
        .group_by(*kind)
        .agg(pl.col("len").max().alias("count"))
    )
    rest = unknown.group_by(*kind).agg(*common).join(most, on=kind)
    return pl.concat([known, rest], how="diagonal_relaxed").sort(
        "event_id", "individual_id", "species", "sex", "age_class", nulls_last=True
    )


def _of_box(row: dict[str, Any], spans: dict[str, Any], detector: str) -> dict[str, Any]:
    start, end = spans[row["event_id"]]
    looked = row["status"] in ("ok", "partial")
    made: dict[str, Any] = {
        "observationID": row["detection_id"] or f"{row['photo_id']}-none",
        "deploymentID": row["deployment"],
        "mediaID": row["photo_id"],
        "eventID": row["event_id"],
        "eventStart": start,
        "eventEnd": end,
        "observationLevel": "media",
        "observationType": "blank" if looked else "unclassified",
        "classificationTimestamp": _utc(row["processed_at"]),
    }
    if looked:
        made |= {"classificationMethod": "machine", "classifiedBy": detector}
    if row["detection_id"] is None:
        return made
    human = row["source"] == "human"
    return made | _what(row) | {
        "individualID": row["individual_id"],
        "count": 1,
        **_box(row),
        "classificationMethod": "human" if human else "machine",
        "classifiedBy": row["said_by"] if human else detector,
        "classificationTimestamp": _utc(row["said_at"] if human else row["processed_at"]),
        "classificationProbability": None if human else _share(row["confidence"]),
        "observationTags": f"class:{row['class']}" if row["class"] else None,
    }  # fmt: skip


def _of_event(row: dict[str, Any], spans: dict[str, Any], identifier: str) -> dict[str, Any]:
    start, end = spans[row["event_id"]]
    who = row["individual_id"] or "-".join((row["species"], row["sex"], row["age_class"]))
    # Who an animal is, the herd says; what an unrecognised one is, people may have said.
    human = row["individual_id"] is None and row["human"]
    return _what(row) | {
        "observationID": f"{row['event_id']}-{who}",
        "deploymentID": row["deployment"],
        "eventID": row["event_id"],
        "eventStart": start,
        "eventEnd": end,
        "observationLevel": "event",
        "count": row["count"],
        "individualID": row["individual_id"],
        "classificationMethod": "human" if human else "machine",
        "classifiedBy": row["said_by"] if human else identifier,
        "classificationTimestamp": _utc(row["said_at"]) if human else None,
        "classificationProbability": None
        if human
        else _share(
            row["p_same"]
            if row["individual_id"] and row["p_same"] is not None
            else row["confidence"]
        ),
    }


def _what(row: dict[str, Any]) -> dict[str, Any]:
    """Species, sex and life stage of an animal; a person or vehicle has none of these."""
    kind = kind_of(row["species"])
    scientific = SCIENTIFIC.get(row["species"])
    return {
        "observationType": kind,
        "scientificName": None if kind == "vehicle" else scientific,
        "lifeStage": LIFE_STAGE.get(row["age_class"]) if kind == "animal" else None,
        "sex": sex_word(row["sex"]) if kind == "animal" else None,
        "observationComments": row["species"] if kind == "animal" and scientific is None else None,
    }


def _box(row: dict[str, Any]) -> dict[str, float]:
    """The box as shares of the photo, inside it; nothing where its size is not known."""
    width, height = row["width"], row["height"]
    if not width or not height:
        return {}
    x1, x2 = (min(max(row[k] / width, 0.0), 1.0) for k in ("x1", "x2"))
    y1, y2 = (min(max(row[k] / height, 0.0), 1.0) for k in ("y1", "y2"))
    x1, y1 = min(x1, 1.0 - _SMALLEST), min(y1, 1.0 - _SMALLEST)
    return {
        "bboxX": round(x1, 6),
        "bboxY": round(y1, 6),
        "bboxWidth": round(max(x2 - x1, _SMALLEST), 6),
        "bboxHeight": round(max(y2 - y1, _SMALLEST), 6),
    }


def _share(value: float | None) -> float | None:
    return None if value is None else round(min(max(value, 0.0), 1.0), 4)


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else None
