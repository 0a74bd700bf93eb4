"""Camtrap DP's deployments, media and individuals."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

import polars as pl

from thumper_core.contracts import kind_of
from thumper_core.export.camtrap_columns import (
    DEPLOYMENTS,
    INDIVIDUALS,
    LIFE_STAGE,
    MEDIA,
    frame_of,
    sex_word,
)
from thumper_core.zones import stamped

_MEDIATYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "TIFF": "image/tiff"}
_CLIPS: Final = {
    **dict.fromkeys(("mp4", "m4v"), "video/mp4"),
    "mov": "video/quicktime",
    "avi": "video/x-msvideo",
    **dict.fromkeys(("mts", "m2ts"), "video/mp2t"),
    **dict.fromkeys(("mpg", "mpeg"), "video/mpeg"),
    "wmv": "video/x-ms-wmv",
    "mkv": "video/x-matroska",
    "webm": "video/webm",
    "3gp": "video/3gpp",
    "flv": "video/x-flv",
}


def deployments(stays: pl.DataFrame, zone: tzinfo | None, coarse_m: int | None) -> pl.DataFrame:
    """One row per stay of a camera. stays: `source.deployments`; coarse_m: how far coordinates may
    be off, metres, where they were made coarse.
    """
    rows = [
        {
            "deploymentID": row["deployment"],
            "locationID": row["deployment"],
            "locationName": row["camera"],
            "latitude": row["latitude"],
            "longitude": row["longitude"],
            "coordinateUncertainty": coarse_m,
            "deploymentStart": stamped(row["begins"], zone),
            "deploymentEnd": stamped(row["ends"], zone),
            "cameraID": row["camera"],
            "cameraModel": "-".join(filter(None, (row["make"], row["model"]))) or None,
            "timestampIssues": row["has_untimed"],
        }
        for row in stays.iter_rows(named=True)
    ]
    return frame_of(rows, DEPLOYMENTS)


def media(photos: pl.DataFrame, animals: pl.DataFrame, zone: tzinfo | None) -> pl.DataFrame:
    """One row per photo. photos: `source.media`; animals: `source.animals`."""
    kinds = animals.select("photo_id", "species").unique()
    private = {i for i, s in kinds.iter_rows() if kind_of(s) != "animal"}
    rows = []
    for row in photos.iter_rows(named=True):
        path = file_path(row["file"])
        rows.append(
            {
                "mediaID": row["photo_id"],
                "deploymentID": row["deployment"],
                "captureMethod": "activityDetection",
                "timestamp": stamped(row["taken_at"], zone),
                "filePath": path,
                "filePublic": row["photo_id"] not in private,
                "fileName": path.rsplit("/", 1)[-1],
                "fileMediatype": mediatype(row["format"], path),
                "mediaComments": row["error_message"],
            }
        )
    return frame_of(rows, MEDIA)


def individuals(herd: pl.DataFrame, zone: tzinfo | None, scientific: str) -> pl.DataFrame:
    """One row per individual, photo or no photo.

    herd: `source.individuals`; scientific: the name of their species.
    """
    rows = [
        {
            "individualID": row["individual_id"],
            "individualName": row["name"],
            "scientificName": scientific,
            "sex": sex_word(row["sex"]),
            "lifeStage": LIFE_STAGE.get(row["age_class"]),
            "status": row["status"],
            "firstSeen": stamped(row["first_seen"], zone) if row["first_seen"] else None,
            "lastSeen": stamped(row["last_seen"], zone) if row["last_seen"] else None,
            "events": row["n_events"],
            "comments": row["notes"],
        }
        for row in herd.iter_rows(named=True)
    ]
    return frame_of(rows, tuple(INDIVIDUALS))


def file_path(path: str) -> str:
    """A relative path as the schema allows it: no `..` in it, no `.`, `~` or `/` at its start."""
    inside = path.replace("..", "%2E%2E").lstrip("/")
    first = inside[:1]
    return f"%{ord(first):02X}{inside[1:]}" if first in (".", "~") else inside or "_"


def mediatype(image_format: str | None, path: str) -> str:
    """`image/jpeg`, `video/mp4` and the like: a clip's by its name, a photo's by its header first."""
    ending = path.rsplit(".", 1)[-1].lower()
    if ending in _CLIPS:
        return _CLIPS[ending]
    if image_format:
        return _MEDIATYPES.get(image_format.upper(), f"image/{image_format.lower()}")
    return "image/png" if ending == "png" else "image/jpeg"
