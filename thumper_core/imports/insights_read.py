"""Wildlife Insights packages: `deployments.csv` and `images.csv` of a project's download or batch upload.

Format: https://www.wildlifeinsights.org/get-started/download/public (projects, cameras, deployments, images).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from thumper_core.contracts import ANIMAL, AgeClass, Sex
from thumper_core.counting import counted
from thumper_core.export.md_labels import meaning_of
from thumper_core.imports.insights_boxes import MachineBox, boxes_of
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

DEPLOYMENTS: Final = "deployments.csv"
_AGES: Final = {"adult": AgeClass.ADULT, "juvenile": AgeClass.FAWN, "young": AgeClass.FAWN}
_SEXES: Final = {"male": Sex.MALE, "female": Sex.FEMALE}
_TRUE: Final = ("1", "yes", "true", "y")
_MACHINE: Final = ("computer vision", "cv", "machine", "")


def images_in(names: list[str]) -> list[str]:
    """The tables of images among a package's files: one, or several of a large project."""
    return [n for n in names if n.startswith("images") and n.endswith(".csv")]


def read_insights(tables: Tables) -> Package:
    """A package from its tables. Raises UsageError, naming the file and the row, where one is wrong."""
    deployments = {
        row["deployment_id"]: _deployment(row)
        for row in tables.rows(DEPLOYMENTS, ("deployment_id",))
    }
    media: dict[str, Medium] = {}
    rows: dict[str, list[Row]] = {}
    individuals: dict[str, NamedAnimal] = {}
    project = ""
    for name in images_in(tables.names()):
        for row in tables.rows(name, ("deployment_id", "image_id", "timestamp")):
            where = f"{name}, {row['image_id']}"
            project = project or row.get("project_id", "")
            media[row["image_id"]] = Medium(
                _file(row),
                row["deployment_id"],
                moment_of(row["timestamp"], where),
            )
            rows.setdefault(row["image_id"], []).append(row)
            who = row.get("individual_id", "")
            if who:
                note = row.get("individual_animal_notes", "")
                individuals[who] = NamedAnimal(
                    note=note or individuals.get(who, NamedAnimal()).note
                )
    said = [one for listed in rows.values() for one in _observations(listed)]
    n_unknown = sum(_boxes(listed) is None for listed in rows.values())
    notes: tuple[str, ...] = ()
    if n_unknown:
        notes = (
            f"The bounding_boxes of {counted(n_unknown, 'photo')} are written in a way that is not known "
            "here, and were left out.",
        )
    title = f"Wildlife Insights {project}".strip()
    return Package(title, deployments, media, tuple(said), individuals, notes)


def _boxes(rows: list[Row]) -> list[MachineBox] | None:
    """The boxes of a photo, which every row of it repeats; None where they cannot be understood."""
    found: dict[MachineBox, None] = {}
    for row in rows:
        boxes = boxes_of(row.get("bounding_boxes", ""))
        if boxes is None:
            return None
        found |= dict.fromkeys(boxes)
    return [*found]


def _observations(rows: list[Row]) -> list[Observation]:
    """What the rows of one photo say; a box has a row's words where these can be of no other box."""
    said = [_observation(row) for row in rows]
    boxes = _boxes(rows) or []
    if not boxes:
        return said
    one, count = said[0], number_of(rows[0].get("number_of_objects", ""), rows[0]["image_id"])
    is_clear = len(rows) == 1 and count in (None, 0, len(boxes)) and one.kind != "blank"
    boxed = []
    for box in boxes:
        word = Observation(one.media, "animal", ANIMAL)
        if is_clear and one.species:
            word = one if len(boxes) == 1 else replace(one, individual="")
        label = box.label or ("" if word.species and not word.is_human else ANIMAL)
        boxed.append(replace(word, label=label, box_xywh=box.box_xywh, confidence=box.confidence))
    named = one.individual and not (is_clear and len(boxes) == 1)
    return boxed + (said if named or len(rows) > 1 else [])


def _file(row: Row) -> str:
    """A name that says most: the file's own, else the last part of where it is stored."""
    location = row.get("location", "")
    return row.get("filename") or location.rsplit("/", 1)[-1] or row["image_id"]


def _deployment(row: Row) -> Deployment:
    who = f"{DEPLOYMENTS}, {row['deployment_id']}"
    return Deployment(
        row.get("placename") or row.get("camera_name") or row["deployment_id"],
        number_of(row.get("latitude", ""), who),
        number_of(row.get("longitude", ""), who),
        moment_of(row.get("start_date", ""), who),
        moment_of(row.get("end_date", ""), who),
    )


def _observation(row: Row) -> Observation:
    taxonomy = ";".join(
        row.get(name, "")
        for name in ("class", "order", "family", "genus", "species", "common_name")
    )
    meaning = meaning_of(taxonomy.lower()) if taxonomy.strip(";") else None
    by = row.get("identified_by", "")
    kind = "animal"
    if row.get("is_blank", "").lower() in _TRUE:
        kind = "blank"
    elif meaning is None:
        kind = "unclassified"
    elif meaning.species in ("human", "vehicle"):
        kind = meaning.species
    return Observation(
        media=(row["image_id"],),
        kind=kind,
        species=meaning.species if meaning else "",
        sex=_SEXES.get(row.get("sex", "").lower(), Sex.UNKNOWN),
        age_class=_AGES.get(row.get("age", "").lower(), AgeClass.UNKNOWN),
        individual=row.get("individual_id", ""),
        is_human=by.lower() not in _MACHINE,
        by=by,
    )
