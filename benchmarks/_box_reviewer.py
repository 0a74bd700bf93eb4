"""A simulated person at the boxes of photos: draws, deletes, moves and names from the truth.

A photo that is taken up is gone through: nothing in it is left wrong but sexes that were not asked for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from thumper_core.boxes.iou import boxes_of, iou_matrix
from thumper_core.boxes.overlap import BOX, SAME_BOX_IOU
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Decision, MissedAnimal, MoveBox, NotAnimal, Reclass
from thumper_core.decisions.record import record
from thumper_core.evaluate.boxmatch import VISIBLE_MIN
from thumper_core.vision.centernet.training_list import yolo_boxes
from thumper_core.workspace import Workspace

NEAR_IOU = 0.2
KINDS = ("drawn", "deleted", "moved", "male", "female", "another animal")
YOLO_CLASSES = ("deer", "buck", "doe", "turkey")
_BOXES = """
select d.photo_id, d.detection_id, d.x1, d.y1, d.x2, d.y2, d.species, d.is_deer, d.sex, d.confidence
from detections d where d.repeated is null
"""


def truth_of(workspace: Workspace, file: Path) -> pl.DataFrame:
    """True boxes of the photos: photo_id, camera, x1..y2 pixels, species, sex, age_class, is_deer.

    file: a demo's truth.parquet; where it is missing, YOLO text files beside the photos.
    """
    photos = workspace.sql(
        "select photo_id, camera, root, path, width, height from photos join outcomes using (photo_id)"
    )
    if file.is_file():
        told = pl.read_parquet(file).filter(pl.col("visible_fraction") >= VISIBLE_MIN)
        rows = told.drop("camera").join(photos.select("photo_id", "camera", "path"), on="path")
        sex = pl.when(pl.col("age_class") == "fawn").then(pl.lit("unknown")).otherwise("sex")
        return rows.select(
            "photo_id", "camera", *BOX, "species", sex.alias("sex"), "age_class",
            (pl.col("species") == workspace.settings.species).alias("is_deer"),
        )  # fmt: skip
    found = []
    for photo_id, camera, root, path, width, height in photos.rows():
        for name, box in yolo_boxes(Path(root, path).with_suffix(".txt"), YOLO_CLASSES):
            sides = np.clip(box, 0, 1) * [width, height, width, height]
            is_deer = name != "turkey"
            species = workspace.settings.species if is_deer else name
            sex = {"buck": "male", "doe": "female"}.get(name, "unknown")
            found.append((photo_id, camera, *sides, species, sex, "unknown", is_deer))
    names = ("photo_id", "camera", *BOX, "species", "sex", "age_class", "is_deer")
    return pl.DataFrame(found, schema=list(names), orient="row")


def shuffled(truth: pl.DataFrame, cameras: list[str], seed: int) -> pl.DataFrame:
    """The truth with the boxes of some cameras in each other's photos: a person who says nonsense."""
    wrong = truth.filter(pl.col("camera").is_in(cameras))
    ids = wrong["photo_id"].unique().sort()
    other = dict(zip(ids, ids.shuffle(seed), strict=True))
    moved = wrong.with_columns(pl.col("photo_id").replace_strict(other))
    names = wrong.select("species", "sex", "age_class", "is_deer").sample(
        fraction=1, shuffle=True, seed=seed
    )
    moved = moved.with_columns(names[name] for name in names.columns)
    return pl.concat([truth.filter(~pl.col("camera").is_in(cameras)), moved])


@dataclass
class BoxReviewer:
    """each: how many corrections of each kind are wanted; said: how many there were."""

    workspace: Workspace
    truth: pl.DataFrame
    each: int
    said: Counter[str] = field(default_factory=Counter)

    def review(self, cameras: list[str], seed: int = 0) -> None:
        """Go through photos of these cameras, in any order, while they ask for what is still wanted."""
        boxes = self.workspace.sql(_BOXES)
        photos = self.workspace.sql(
            "select photo_id from photos join outcomes o using (photo_id) "
            "where o.status <> 'error' and list_contains(?::varchar[], camera) order by photo_id",
            [cameras],
        )["photo_id"]
        for photo_id in photos.sample(fraction=1, shuffle=True, seed=seed):
            here = pl.col("photo_id") == photo_id
            wanted = self._corrections(photo_id, boxes.filter(here), self.truth.filter(here))
            if any(self.said[kind] < self.each for kind, _ in wanted):
                for kind, decision in wanted:
                    if kind in ("male", "female") and self.said[kind] >= self.each:
                        continue
                    record(self.workspace.ledger, decision, "the reviewer")
                    self.said[kind] += 1

    def _corrections(
        self, photo_id: str, seen: pl.DataFrame, true: pl.DataFrame
    ) -> list[tuple[str, Decision]]:
        found: list[tuple[str, Decision]] = []
        overlap = iou_matrix(boxes_of(seen), boxes_of(true))
        free = set(range(true.height))
        order = np.argsort(-seen["confidence"].to_numpy()) if seen.height else []
        for row in order:
            box = seen.row(int(row), named=True)
            where = BoxKey(photo_id, tuple(box[side] for side in BOX))
            best = max(free, key=lambda place: overlap[row, place], default=None)
            if best is None or overlap[row, best] < NEAR_IOU:
                found.append(("deleted", NotAnimal(where)))
                continue
            free.remove(best)
            animal = true.row(best, named=True)
            if overlap[row, best] < SAME_BOX_IOU:
                where = BoxKey(photo_id, tuple(animal[side] for side in BOX))
                found.append(
                    ("moved", MoveBox(BoxKey(photo_id, tuple(box[s] for s in BOX)), where.box))
                )
            said = animal["species"], animal["sex"], animal["age_class"]
            if animal["is_deer"] != box["is_deer"] or not animal["is_deer"]:
                kind = animal["sex"] if animal["is_deer"] else "another animal"
                found.append((kind, Reclass(where, *said)))
            elif animal["sex"] in ("male", "female") and box["sex"] != animal["sex"]:
                found.append((animal["sex"], Reclass(where, *said)))
        for place in sorted(free):
            animal = true.row(place, named=True)
            where = BoxKey(photo_id, tuple(animal[side] for side in BOX))
            drawn = MissedAnimal(where, animal["species"], animal["sex"], animal["age_class"])
            found.append(("drawn", drawn))
        return found
