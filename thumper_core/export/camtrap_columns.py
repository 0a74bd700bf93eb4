"""The columns and words of a Camtrap DP package's tables, in the order of its 1.0 schemas."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

DEPLOYMENTS: Final = (
    "deploymentID", "locationID", "locationName", "latitude", "longitude", "coordinateUncertainty",
    "deploymentStart", "deploymentEnd", "setupBy", "cameraID", "cameraModel", "cameraDelay",
    "cameraHeight", "cameraDepth", "cameraTilt", "cameraHeading", "detectionDistance",
    "timestampIssues", "baitUse", "featureType", "habitat", "deploymentGroups", "deploymentTags",
    "deploymentComments",
)  # fmt: skip
MEDIA: Final = (
    "mediaID", "deploymentID", "captureMethod", "timestamp", "filePath", "filePublic", "fileName",
    "fileMediatype", "exifData", "favorite", "mediaComments",
)  # fmt: skip
OBSERVATIONS: Final = (
    "observationID", "deploymentID", "mediaID", "eventID", "eventStart", "eventEnd",
    "observationLevel", "observationType", "cameraSetupType", "scientificName", "count",
    "lifeStage", "sex", "behavior", "individualID", "individualPositionRadius",
    "individualPositionAngle", "individualSpeed", "bboxX", "bboxY", "bboxWidth", "bboxHeight",
    "classificationMethod", "classifiedBy", "classificationTimestamp",
    "classificationProbability", "observationTags", "observationComments",
)  # fmt: skip
INDIVIDUALS: Final = {
    "individualID": ("string", {"required": True, "unique": True}),
    "individualName": ("string", {}),
    "scientificName": ("string", {"required": True}),
    "sex": ("string", {"enum": ["female", "male"]}),
    "lifeStage": ("string", {"enum": ["adult", "subadult", "juvenile"]}),
    "status": ("string", {}),
    "firstSeen": ("datetime", {}),
    "lastSeen": ("datetime", {}),
    "events": ("integer", {"minimum": 0}),
    "comments": ("string", {}),
}
INDIVIDUALS_SCHEMA: Final = {
    "fields": [
        {"name": name, "type": kind, "constraints": constraints}
        | ({"format": "%Y-%m-%dT%H:%M:%S%z"} if kind == "datetime" else {})
        for name, (kind, constraints) in INDIVIDUALS.items()
    ],
    "missingValues": [""],
    "primaryKey": "individualID",
}
LIFE_STAGE: Final = {"adult": "adult", "fawn": "juvenile"}
_SEXES: Final = ("female", "male")


def sex_word(sex: str | None) -> str | None:
    """`female` or `male`; None where it is not known."""
    return sex if sex in _SEXES else None


def frame_of(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pl.DataFrame:
    """Rows as a frame with every column of the schema, in its order."""
    values = {name: [row.get(name) for row in rows] for name in columns}
    return pl.DataFrame(
        {
            name: pl.Series(name, column, strict=False)
            if any(v is not None for v in column)
            else pl.Series(name, column, pl.String)
            for name, column in values.items()
        }
    )
