"""Camtrap DP 1.0's tables as Table Schema, from its documentation: names, types and constraints."""

from __future__ import annotations

from typing import Any

_AT = {"format": "%Y-%m-%dT%H:%M:%S%z"}
_FEATURES = [
    "roadPaved", "roadDirt", "trailHiking", "trailGame", "roadUnderpass", "roadOverpass",
    "roadBridge", "culvert", "burrow", "nestSite", "carcass", "waterSource", "fruitingTree",
]  # fmt: skip


def _field(name: str, kind: str = "string", **constraints: Any) -> dict[str, Any]:
    extra = _AT if kind == "datetime" else {}
    return {"name": name, "type": kind, "constraints": constraints, **extra}


def _key(resource: str, field: str) -> dict[str, Any]:
    return {"fields": field, "reference": {"resource": resource, "fields": field}}


SCHEMAS: dict[str, dict[str, Any]] = {
    "deployments": {
        "fields": [
            _field("deploymentID", required=True, unique=True),
            _field("locationID"),
            _field("locationName"),
            _field("latitude", "number", required=True, minimum=-90, maximum=90),
            _field("longitude", "number", required=True, minimum=-180, maximum=180),
            _field("coordinateUncertainty", "integer", minimum=1),
            _field("deploymentStart", "datetime", required=True),
            _field("deploymentEnd", "datetime", required=True),
            _field("setupBy"),
            _field("cameraID"),
            _field("cameraModel"),
            _field("cameraDelay", "integer", minimum=0),
            _field("cameraHeight", "number", minimum=0),
            _field("cameraDepth", "number", minimum=0),
            _field("cameraTilt", "integer", minimum=-90, maximum=90),
            _field("cameraHeading", "integer", minimum=0, maximum=360),
            _field("detectionDistance", "number", minimum=0),
            _field("timestampIssues", "boolean"),
            _field("baitUse", "boolean"),
            _field("featureType", enum=_FEATURES),
            _field("habitat"),
            _field("deploymentGroups"),
            _field("deploymentTags"),
            _field("deploymentComments"),
        ],
        "primaryKey": "deploymentID",
    },
    "media": {
        "fields": [
            _field("mediaID", required=True, unique=True),
            _field("deploymentID", required=True),
            _field("captureMethod", enum=["activityDetection", "timeLapse"]),
            _field("timestamp", "datetime", required=True),
            _field("filePath", required=True, pattern=r"^(?=^[^./~])(^((?!\.{2}).)*$).*$"),
            _field("filePublic", "boolean", required=True),
            _field("fileName"),
            _field("fileMediatype", required=True, pattern=r"^(image|video|audio)/.*$"),
            _field("exifData", "object"),
            _field("favorite", "boolean"),
            _field("mediaComments"),
        ],
        "primaryKey": "mediaID",
        "foreignKeys": [_key("deployments", "deploymentID")],
    },
    "observations": {
        "fields": [
            _field("observationID", required=True, unique=True),
            _field("deploymentID", required=True),
            _field("mediaID"),
            _field("eventID"),
            _field("eventStart", "datetime", required=True),
            _field("eventEnd", "datetime", required=True),
            _field("observationLevel", required=True, enum=["media", "event"]),
            _field(
                "observationType", required=True,
                enum=["animal", "human", "vehicle", "blank", "unknown", "unclassified"],
            ),
            _field("cameraSetupType", enum=["setup", "calibration"]),
            _field("scientificName"),
            _field("count", "integer", minimum=1),
            _field("lifeStage", enum=["adult", "subadult", "juvenile"]),
            _field("sex", enum=["female", "male"]),
            _field("behavior"),
            _field("individualID"),
            _field("individualPositionRadius", "number", minimum=0),
            _field("individualPositionAngle", "number", minimum=-90, maximum=90),
            _field("individualSpeed", "number", minimum=0),
            _field("bboxX", "number", minimum=0, maximum=1),
            _field("bboxY", "number", minimum=0, maximum=1),
            _field("bboxWidth", "number", minimum=1e-15, maximum=1),
            _field("bboxHeight", "number", minimum=1e-15, maximum=1),
            _field("classificationMethod", enum=["human", "machine"]),
            _field("classifiedBy"),
            _field("classificationTimestamp", "datetime"),
            _field("classificationProbability", "number", minimum=0, maximum=1),
            _field("observationTags"),
            _field("observationComments"),
        ],
        "primaryKey": "observationID",
        "foreignKeys": [_key("deployments", "deploymentID"), _key("media", "mediaID")],
    },
}  # fmt: skip
