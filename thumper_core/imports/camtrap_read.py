"""Camtrap DP packages, 1.0 and those before it, as other programs and Thumper write them.

Source: Bubnicki et al. 2023, Camtrap DP: an open standard for the FAIR exchange and archiving of camera
trap data (https://camtrap-dp.tdwg.org).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from thumper_core.contracts import AgeClass, Sex, UsageError
from thumper_core.imports.packages import (
    Deployment,
    Medium,
    NamedAnimal,
    Observation,
    Package,
    Row,
    Tables,
    moment_of,
    number_of,
)
from thumper_core.questions.source import SCIENTIFIC

DESCRIPTOR: Final = "datapackage.json"
_LIFE_STAGES: Final = {
    "adult": AgeClass.ADULT, "subadult": AgeClass.UNKNOWN, "juvenile": AgeClass.FAWN,
}  # fmt: skip
_OF_NAME: Final = {scientific.lower(): word for word, scientific in reversed(SCIENTIFIC.items())}
_CLASS: Final = "class:"


def read_camtrap(tables: Tables) -> Package:
    """A package from its tables. Raises UsageError, naming the file and the row, where one is wrong."""
    try:
        descriptor = json.loads(tables.text(DESCRIPTOR))
        resources = {r["name"]: r["path"] for r in descriptor["resources"]}
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{DESCRIPTOR} of {tables.path} is no Camtrap DP descriptor: {error}."
        ) from error
    files = {name: _path(tables, name, path) for name, path in resources.items()}
    for needed in ("deployments", "media", "observations"):
        if needed not in files:
            raise UsageError(f"{DESCRIPTOR} of {tables.path} names no {needed}.")
    deployments = {
        row["deploymentID"]: _deployment(row, files["deployments"])
        for row in tables.rows(files["deployments"], ("deploymentID",))
    }
    media = {
        row["mediaID"]: Medium(
            row.get("filePath") or row.get("fileName", ""),
            row.get("deploymentID", ""),
            moment_of(row.get("timestamp", ""), f"{files['media']}, {row['mediaID']}"),
            row.get("mediaComments", "") or row.get("comments", ""),
            row.get("fileName", ""),
        )
        for row in tables.rows(files["media"], ("mediaID",))
    }
    rows = tables.rows(files["observations"], ("observationID", "observationType"))
    of_event = _media_of_events(rows)
    common = _vernacular(descriptor)
    said = tuple(_observation(row, of_event, common, files["observations"]) for row in rows)
    named = tables.rows(files["individuals"], ("individualID",)) if "individuals" in files else []
    individuals = {
        row["individualID"]: NamedAnimal(
            row.get("individualName", ""),
            row.get("status", ""),
            row.get("comments", ""),
            is_listed=True,
        )
        for row in named
    }
    title = str(descriptor.get("title") or descriptor.get("name") or "Camtrap DP")
    return Package(title, deployments, media, said, individuals)


def _path(tables: Tables, name: str, path: Any) -> str:
    if not isinstance(path, str) or "://" in path or "/" in path or not path.endswith(".csv"):
        raise UsageError(
            f"{DESCRIPTOR} of {tables.path} says that {name} is {path!r}: only a CSV file beside it can be "
            "read. Download or unpack the package first."
        )
    return path


def _deployment(row: Row, file: str) -> Deployment:
    who = f"{file}, {row['deploymentID']}"
    return Deployment(
        row.get("cameraID") or row.get("locationName") or row["deploymentID"],
        number_of(row.get("latitude", ""), who),
        number_of(row.get("longitude", ""), who),
        moment_of(row.get("deploymentStart") or row.get("start", ""), who),
        moment_of(row.get("deploymentEnd") or row.get("end", ""), who),
    )


def _media_of_events(rows: Sequence[Row]) -> Mapping[str, tuple[str, ...]]:
    """Event -> its media, by the rows that name both."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        event = row.get("eventID") or row.get("sequenceID", "")
        if event and row.get("mediaID"):
            found.setdefault(event, {})[row["mediaID"]] = None
    return {event: tuple(media) for event, media in found.items()}


def _vernacular(descriptor: Mapping[str, Any]) -> dict[str, str]:
    """Scientific name in small letters -> English name, as the package itself says it."""
    found = {}
    taxa = descriptor.get("taxonomic")
    for taxon in taxa if isinstance(taxa, list) else []:
        if not isinstance(taxon, dict):
            continue
        names = taxon.get("vernacularNames") or {}
        english = names.get("eng") or names.get("en") if isinstance(names, dict) else None
        if english:
            found[str(taxon.get("scientificName", "")).lower()] = str(english).lower()
    return found


def _observation(
    row: Row, of_event: Mapping[str, tuple[str, ...]], common: Mapping[str, str], file: str
) -> Observation:
    where = f"{file}, {row['observationID']}"
    kind = row["observationType"]
    medium = row.get("mediaID", "")
    event = row.get("eventID") or row.get("sequenceID", "")
    is_human = row.get("classificationMethod") == "human"
    tags = (row.get("observationTags") or "").split("|")
    label = next((t.strip()[len(_CLASS) :] for t in tags if t.strip().startswith(_CLASS)), "")
    return Observation(
        media=(medium,) if medium else of_event.get(event, ()),
        kind=kind,
        species=_species(row, kind, common),
        sex=Sex(row["sex"]) if row.get("sex") in ("female", "male") else Sex.UNKNOWN,
        age_class=_LIFE_STAGES.get(row.get("lifeStage", ""), AgeClass.UNKNOWN),
        label=label,
        individual=row.get("individualID", ""),
        box_xywh=_box(row, where),
        confidence=_share(
            row.get("classificationProbability") or row.get("classificationConfidence", ""), where
        ),
        is_human=is_human,
        by=row.get("classifiedBy", "") if is_human else "",
        at=_utc(row.get("classificationTimestamp", ""), where) if is_human else None,
    )


def _species(row: Row, kind: str, common: Mapping[str, str]) -> str:
    if kind in ("human", "vehicle"):
        return kind
    scientific = row.get("scientificName", "").lower()
    if not scientific:
        return row.get("observationComments", "").lower() or "animal"
    return _OF_NAME.get(scientific) or common.get(scientific) or scientific


def _box(row: Row, where: str) -> tuple[float, float, float, float] | None:
    values = [
        number_of(row.get(f"bbox{side}", ""), where) for side in ("X", "Y", "Width", "Height")
    ]
    x, y, w, h = values
    if x is None or y is None or w is None or h is None:
        return None
    if not (0 <= x <= 1 and 0 <= y <= 1 and 0 < w <= 1 and 0 < h <= 1):
        raise UsageError(f"{where}: the box {x:g}, {y:g}, {w:g}, {h:g} is no part of a photo.")
    return x, y, w, h


def _share(text: str, where: str) -> float | None:
    value = number_of(text, where)
    if value is not None and not 0 <= value <= 1:
        raise UsageError(f"{where}: classification probability {value:g} is not between 0 and 1.")
    return value


def _utc(text: str, where: str) -> datetime | None:
    """A time with its zone, as it stands."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{where}: {text!r} is no time.") from error
    return at if at.tzinfo else None
