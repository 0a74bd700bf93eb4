"""The photos that people corrected, as a detector learns from them.

Somebody who moved, drew or deleted a box, or said that one is a fixture, had the whole photo before the
eyes: what was left there stands, where it is sure enough to count as a deer; a weaker box that nobody
touched is held neither for a deer nor for nothing. Who only said what a box holds may have seen no more
than its crop: of the other boxes of that photo nobody can tell, and they are neither learned nor counted. A
photo of which every box was deleted is one with nothing to find: the hardest of its kind, for the detector
was fooled.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from thumper_core.boxes.overlap import BOX
from thumper_core.contracts import ANIMAL, DEER, FIXTURE
from thumper_core.decisions.kinds import CORRECTIONS, STANDING, Reclass
from thumper_core.vision.centernet.training_list import DOUBT, ListedPhoto
from thumper_core.workspace import Workspace

OF_BOXES: Final = (*CORRECTIONS, *STANDING)
"""Kinds of decision that a detector learns from."""
_SAID: Final = """
select decision_id, kind, json_extract_string(payload, '$.photo_id') as photo_id
from decisions where not undone and list_contains(?::varchar[], kind)
"""
_PHOTOS: Final = """
select p.photo_id, p.root, p.path_bytes, p.camera, p.event_id, p.width, p.height,
    coalesce(strftime(e.started_at, '%Y-%m-%d'), p.event_id) as day
from photos p join outcomes o using (photo_id) left join events e using (event_id)
where list_contains(?::varchar[], p.photo_id) and o.status <> 'error' and p.width > 0 and p.height > 0
    and p.duration_s is null  -- a clip's boxes lie in frames
order by p.photo_id
"""
_BOXES: Final = """
select photo_id, x1, y1, x2, y2, species, is_deer, source, confidence from detections
where list_contains(?::varchar[], photo_id) and species <> ? order by photo_id, ordinal
"""


@dataclass(frozen=True)
class Corrected:
    """Photos with a standing correction that the shown run looked at.

    photos: `photo_id, path` (absolute), `camera, event_id, day, width, height`; boxes: `photo_id, x1..y2`
    (pixels), `label`: `deer`, another species, or DOUBT; kinds: number of corrections of each kind, in
    those photos or not; last: the youngest of them, 0 where there is none.
    """

    photos: pl.DataFrame
    boxes: pl.DataFrame
    kinds: Mapping[str, int]
    last: int

    @property
    def n_corrections(self) -> int:
        """How many corrections stand."""
        return sum(self.kinds.values())

    def listed(self) -> list[ListedPhoto]:
        """The same as a training takes it, in the order of the photos; names are photo IDs."""
        of = {key: rows for (key,), rows in self.boxes.group_by("photo_id", maintain_order=True)}
        found = []
        for row in self.photos.iter_rows(named=True):
            boxes = of.get(row["photo_id"], self.boxes.clear())
            shares = boxes.select(
                (pl.col(side) / row["width" if side.startswith("x") else "height"]).clip(0, 1)
                for side in BOX
            )
            found.append(
                ListedPhoto(
                    row["photo_id"],
                    Path(row["path"]),
                    row["camera"] or "",
                    shares.cast(pl.Float32).to_numpy().reshape(-1, 4),
                    tuple(boxes["label"].to_list()),
                    apart=False,
                )
            )
        return found


def corrected_photos(workspace: Workspace) -> Corrected:
    """What people corrected in the shown run of a workspace."""
    said = workspace.sql(_SAID, [list(OF_BOXES)])
    of_photo = said.group_by("photo_id").agg((pl.col("kind") != Reclass.kind).any().alias("whole"))
    ids = of_photo["photo_id"].to_list()
    photos = workspace.sql(_PHOTOS, [ids])
    paths = [
        str(Path(root) / os.fsdecode(path))
        for root, path in photos.select("root", "path_bytes").rows()
    ]
    boxes = workspace.sql(_BOXES, [ids, FIXTURE])
    return Corrected(
        photos.with_columns(pl.Series("path", paths, pl.String)).drop("root", "path_bytes"),
        labelled(boxes, of_photo, workspace.settings.identify.class_conf_min),
        Counter(said["kind"].to_list()),
        int(said["decision_id"].max() or 0),  # type: ignore[arg-type]
    )


def labelled(boxes: pl.DataFrame, said: pl.DataFrame, conf_min: float) -> pl.DataFrame:
    """Boxes as they stand, each with the `label` it is learned by.

    boxes: `photo_id, x1..y2, species, is_deer, source, confidence`; said: `photo_id, whole`, whether
    somebody looked the whole photo through; conf_min: confidence from which a detection counts.
    """
    known = boxes.join(said, on="photo_id", how="left", maintain_order="left")
    stands = (pl.col("source") == "human") | (pl.col("whole") & (pl.col("confidence") >= conf_min))
    label = (
        pl.when(stands & pl.col("is_deer"))
        .then(pl.lit(DEER))
        .when(stands & (pl.col("species") != ANIMAL))
        .then("species")
        .otherwise(pl.lit(DOUBT))
    )
    return known.select("photo_id", *BOX, label.alias("label"))
