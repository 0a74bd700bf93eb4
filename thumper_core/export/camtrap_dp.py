"""Camtrap DP 1.0: the exchange format for camera-trap data of the TDWG (Bubnicki et al. 2023,
Camtrap DP: an open standard for the FAIR exchange and archiving of camera trap data, Remote Sensing
in Ecology and Conservation 10: 283-295; https://camtrap-dp.tdwg.org).

Observations are given at both levels: one for each box of each photo, and one for each animal of
each event. `individualID` is filled at both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

import thumper_core
from thumper_core.contracts import ThumperError
from thumper_core.export import camtrap_tables
from thumper_core.export.camtrap_columns import INDIVIDUALS_SCHEMA
from thumper_core.export.camtrap_observations import observations
from thumper_core.export.files import csv_text, write_folder
from thumper_core.questions import source
from thumper_core.questions.scope import with_coordinates

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

VERSION: Final = "1.0.1"
_SCHEMAS: Final = f"https://raw.githubusercontent.com/tdwg/camtrap-dp/{VERSION}"
_RANK: Final = {"Cervidae": "family", "Leporidae": "family", "Sciuridae": "family", "Aves": "class"}
COARSE_DEGREES: Final = 0.1
COARSE_M: Final = 7900
"""Half the diagonal of a square of COARSE_DEGREES at the equator, metres: the most one is off."""


@dataclass(frozen=True)
class Project:
    """What a package says of itself beyond its tables."""

    title: str
    contact: str = "Unnamed"
    created: datetime | None = None
    timezone: tzinfo | None = None  # of the cameras' clocks; None: this computer's


def camtrap_dp(workspace: Workspace, out: Path, project: Project) -> Path:
    """Write the workspace (or its scope) as a Camtrap DP folder and return where it is.

    The format demands coordinates. Where the scope hides them, they are rounded to 0.1 degree and
    say so. Raises ThumperError where a camera has none, or where there is no photo.
    """
    return write_folder(out, package(workspace, project), "camtrap-dp")


def package(workspace: Workspace, project: Project) -> dict[str, str]:
    """The files of the package by name: three tables, the individuals and `datapackage.json`."""
    scope = source.scope_of(workspace)
    workspace = with_coordinates(workspace)  # to make them coarse
    photos = source.media(workspace)
    if photos.is_empty():
        raise ThumperError("There is no photo to export. Add some with `thumper add`.")
    stays = source.deployments(photos, scope)
    bare = stays.filter(pl.col("latitude").is_null() | pl.col("longitude").is_null())
    if not bare.is_empty():
        names = ", ".join(bare["camera"].unique().sort())
        raise ThumperError(
            f"Camtrap DP demands coordinates, and there are none for {names}. Put them into "
            f"{workspace.cameras_csv} (columns name, latitude, longitude)."
        )
    if scope.hide_coordinates:
        stays = stays.with_columns(
            (pl.col(name) / COARSE_DEGREES).round() * COARSE_DEGREES
            for name in ("latitude", "longitude")
        ).with_columns(pl.col("latitude", "longitude").round(1))
    animals = source.without_fixtures(source.animals(workspace)).join(
        source.verdicts(workspace), on="detection_id", how="left", maintain_order="left"
    )
    individuals = source.individuals(workspace)
    makers = Makers.of(workspace)
    coarse_m = COARSE_M if scope.hide_coordinates else None
    zone = project.timezone
    tables = {
        "deployments": camtrap_tables.deployments(stays, zone, coarse_m),
        "media": camtrap_tables.media(photos, animals, zone),
        "observations": observations(
            photos, animals, zone, detector=makers.detector, identifier=makers.identifier
        ),
        "individuals": camtrap_tables.individuals(
            individuals, zone, source.SCIENTIFIC.get(workspace.settings.species, "Cervidae")
        ),
    }
    files = {f"{name}.csv": csv_text(frame) for name, frame in tables.items()}
    descriptor = describe(tables, stays, project, hidden=scope.hide_coordinates, animals=animals)
    files["datapackage.json"] = json.dumps(descriptor, indent=2, ensure_ascii=False)
    return files


@dataclass(frozen=True)
class Makers:
    """Who found and who recognised: as `classifiedBy` names them."""

    detector: str
    identifier: str

    @classmethod
    def of(cls, workspace: Workspace) -> Makers:
        """The shown run's detector and the shown herd's method."""
        run_id = workspace.ledger.promoted("run")
        detector = workspace.ledger.run(run_id).detector if run_id else "detector"
        herd_id = workspace.ledger.promoted("herd")
        herd = workspace.ledger.herd(herd_id) if herd_id else None
        version = f"Thumper {thumper_core.__version__}"
        who = f"{version}, herd {herd_id}, {herd.method}" if herd else version
        return cls(detector, who)


def describe(
    tables: Mapping[str, pl.DataFrame],
    stays: pl.DataFrame,
    project: Project,
    *,
    hidden: bool,
    animals: pl.DataFrame,
) -> dict[str, Any]:
    """The package's descriptor (`datapackage.json`); hidden: coordinates were made coarse."""
    created = (project.created or datetime.now(UTC)).astimezone(UTC)
    resources: list[dict[str, Any]] = [
        {
            "name": name,
            "path": f"{name}.csv",
            "profile": "tabular-data-resource",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "schema": f"{_SCHEMAS}/{name}-table-schema.json",
        }
        for name in ("deployments", "media", "observations")
    ]
    resources.append(
        {
            "name": "individuals",
            "path": "individuals.csv",
            "profile": "tabular-data-resource",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "description": "The recognised animals that observations.individualID names.",
            "schema": INDIVIDUALS_SCHEMA,
        }
    )
    descriptor: dict[str, Any] = {
        "resources": resources,
        "profile": f"{_SCHEMAS}/camtrap-dp-profile.json",
        "name": _slug(project.title),
        "created": created.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "title": project.title,
        "contributors": [{"title": project.contact, "role": "contact"}],
        "version": "1.0",
        "sources": [{"title": "Thumper", "version": thumper_core.__version__}],
        "project": {
            "title": project.title,
            "samplingDesign": "opportunistic",
            "captureMethod": ["activityDetection"],
            "individualAnimals": True,
            "observationLevel": ["media", "event"],
        },
        "spatial": _box(stays),
        "temporal": {
            "start": stays["begins"].min().date().isoformat(),  # type: ignore[union-attr]
            "end": stays["ends"].max().date().isoformat(),  # type: ignore[union-attr]
        },
        "taxonomic": _taxa(animals),
        "relatedIdentifiers": [],
        "references": [],
    }
    if hidden:
        descriptor["coordinatePrecision"] = COARSE_DEGREES
    return descriptor


def _taxa(animals: pl.DataFrame) -> list[dict[str, Any]]:
    taxa: dict[str, dict[str, Any]] = {}
    for species in animals["species"].unique().sort():
        name = source.SCIENTIFIC.get(species)
        if name and name not in taxa:
            taxa[name] = {
                "scientificName": name,
                "taxonRank": _RANK.get(name, "species"),
                "vernacularNames": {"eng": species},
            }
    return list(taxa.values())


def _box(stays: pl.DataFrame) -> dict[str, Any]:
    """GeoJSON of the rectangle round all cameras."""
    west, east = stays["longitude"].min(), stays["longitude"].max()
    south, north = stays["latitude"].min(), stays["latitude"].max()
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "bbox": [west, south, east, north], "coordinates": [ring]}


def _slug(title: str) -> str:
    """A name as Data Package wants it: lower case, digits, `-`."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in title.lower())
    return "-".join(part for part in kept.split("-") if part) or "herd"
