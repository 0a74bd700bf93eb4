"""What a package says of photos, as decisions on the boxes that a run has in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import NamedTuple

import numpy as np

from thumper_core.boxes.iou import iou_matrix
from thumper_core.boxes.overlap import SAME_BOX_IOU
from thumper_core.contracts import NOT_ANIMALS
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Reclass
from thumper_core.decisions.record import AUTHOR_CHARS_MAX, Said
from thumper_core.export.md_read import MdDetection
from thumper_core.export.md_run import to_boxes
from thumper_core.imports.known import KnownAnimal, name_or_none
from thumper_core.imports.packages import NamedAnimal, Observation, Package
from thumper_core.store.herd_rows import is_our_id
from thumper_core.workspace import Workspace


class Shown(NamedTuple):
    """A box of the run, and what the package says that it shows."""

    where: BoxKey
    said: Observation


def where_shown(
    workspace: Workspace, run_id: str, package: Package, photos: Mapping[str, str]
) -> tuple[list[Shown], list[str]]:
    """The box that each observation is about; paths of photos in which that is not clear.

    An observation without a box is about the only animal of its photo, where the run found one and the
    package speaks of one.
    """
    wanted = list(photos.values())
    rows = workspace.sql(
        "select d.photo_id, d.x1, d.y1, d.x2, d.y2, d.frame_ms, d.species, p.width, p.height "
        "from all_detections d join photos p using (photo_id) "
        "where d.run_id = ? and list_contains(?, d.photo_id)",
        [run_id, wanted],
    )
    boxes: dict[str, list[tuple[BoxKey, str]]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for row in rows.to_dicts():
        boxes.setdefault(row["photo_id"], []).append((BoxKey.of_row(row), row["species"]))
        sizes[row["photo_id"]] = (row["width"], row["height"])
    by_medium: dict[str, list[Observation]] = {}
    boxed = {m for one in package.observations if one.box_xywh for m in one.media}
    for one in package.observations:
        for medium in one.media:
            # Of photos with boxes these say it all; rows of the event repeat them.
            if medium in photos and (one.box_xywh is not None or medium not in boxed):
                by_medium.setdefault(medium, []).append(one)
    shown: list[Shown] = []
    unclear = []
    for medium, said in by_medium.items():
        photo_id = photos[medium]
        found = boxes.get(photo_id, [])
        if medium in boxed:
            where = _same_boxes([key for key, _ in found], said, sizes.get(photo_id))
            shown += [Shown(key, one) for key, one in zip(where, said, strict=True) if key]
            continue
        animals = [key for key, species in found if species not in NOT_ANIMALS]
        telling = _telling(said)
        if len(animals) == 1 and len(telling) == 1:
            shown.append(Shown(animals[0], telling[0]))
        elif any(one.individual for one in telling):
            unclear.append(package.media[medium].path)
    return shown, unclear + _unplaced(package, photos)


def _unplaced(package: Package, photos: Mapping[str, str]) -> list[str]:
    """Paths of photos with boxes of which a row of their own names an individual, and no box is it."""
    placed = {
        (m, one.individual) for one in package.observations if one.box_xywh for m in one.media
    }
    boxed = {medium for medium, _ in placed}
    named = {
        (one.media[0], one.individual)
        for one in package.observations
        if one.individual and one.box_xywh is None and len(one.media) == 1
    }
    left = {medium for medium, _ in named - placed if medium in boxed and medium in photos}
    return sorted(package.media[medium].path for medium in left)


def _telling(said: Sequence[Observation]) -> list[Observation]:
    """What is said of a photo's animals: a row that names an individual stands for one that does not."""
    animals = [one for one in said if one.kind == "animal"]
    named = list({one.individual: one for one in animals if one.individual}.values())
    return named or animals


def _same_boxes(
    boxes: Sequence[BoxKey], said: Sequence[Observation], size: tuple[int, int] | None
) -> list[BoxKey | None]:
    """Of each observation with a box the run's box, which lies where it says."""
    if not boxes or size is None:
        return [None] * len(said)
    there = np.array([key.box for key in boxes])
    found: list[BoxKey | None] = []
    for one in said:
        if one.box_xywh is None:
            found.append(None)
            continue
        (place,) = to_boxes([MdDetection(one.box_xywh, 1.0, "")], *size)
        overlap = iou_matrix(np.array([place]), there)[0]
        best = int(overlap.argmax())
        found.append(boxes[best] if overlap[best] >= SAME_BOX_IOU else None)
    return found


def words_of(shown: Sequence[Shown], author: str) -> list[tuple[str, Said]]:
    """What people said of boxes, with who and when, as far as the package tells."""
    said = []
    for where, one in shown:
        if not one.is_human or one.kind not in ("animal", "human", "vehicle"):
            continue
        what = Reclass(where, one.species or one.kind, one.sex, one.age_class)
        who = one.by.strip()[:AUTHOR_CHARS_MAX] or author
        at = one.at.astimezone(UTC).isoformat(" ", "microseconds") if one.at else None
        said.append((f"class {where}", Said(what.kind, what.subject, what.payload(), who, at)))
    return said


def animals_of(package: Package, shown: Sequence[Shown]) -> list[KnownAnimal]:
    """The individuals that the package names, with the boxes that show them."""
    boxes: dict[str, dict[BoxKey, None]] = {}
    for where, one in shown:
        if one.individual:
            boxes.setdefault(one.individual, {})[where] = None
    found = []
    for who in sorted({*boxes, *package.individuals}):
        said = package.individuals.get(who, NamedAnimal())
        name = said.name or ("" if is_our_id(who) else who)
        found.append(
            KnownAnimal(
                who,
                tuple(boxes.get(who, ())),
                f"individual {who} of {package.title}",
                name=name_or_none(name),
                note=said.note or None,
                status=said.status or None,
                individual_id=who if is_our_id(who) else None,
                notes_origin=False,
                is_listed=said.is_listed,
            )
        )
    return found
