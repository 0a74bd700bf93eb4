"""Crops of animals that are known from several visits, cut out of their photos as a run cuts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.boxes.iou import boxes_of
from thumper_core.contracts import FloatArray, ImageArray
from thumper_core.evaluate.known_visits import KnownVisits
from thumper_core.evaluate.retrieval import rank
from thumper_core.identify.links.columns import picture_column
from thumper_core.pipeline.decode import read_photo
from thumper_core.pipeline.pending import tasks_of
from thumper_core.pipeline.records import PhotoTask
from thumper_core.pipeline.strips import CUT
from thumper_core.stamp.place import scene
from thumper_core.vision.decode import DecodeError, decode_photo
from thumper_core.vision.images import embedder_crop
from thumper_core.workspace import Workspace

CROPS_MAX: Final = 2_000
Labels = npt.NDArray[np.integer]
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Cutting:
    """size: side of the crops, pixels; margin, gray: as in the settings of embedding; max_pixels: a photo
    with more is not read; strips: whether what cameras print is cut away.
    """

    size: int
    margin: float
    gray: bool
    max_pixels: int
    strips: bool = False

    @classmethod
    def of(cls, size: int, embed: Mapping[str, Any], max_pixels: int) -> Cutting:
        """embed: the settings of embedding that a run was made with."""
        strips = embed.get("strip") == CUT
        return cls(size, float(embed["margin"]), bool(embed["gray"]), max_pixels, strips)


@dataclass(frozen=True)
class KnownCrops:
    """crops: (N, S, S, 3) uint8 RGB as a run cuts them; animal, visit: (N,) codes."""

    crops: ImageArray
    animal: Labels
    visit: Labels

    def of(self, animals: Labels) -> KnownCrops:
        """Those of some animals."""
        rows = np.isin(self.animal, animals)
        return KnownCrops(self.crops[rows], self.animal[rows], self.visit[rows])

    def dealt(self, seed: int) -> tuple[KnownCrops, KnownCrops, KnownCrops]:
        """To learn from (half of the animals), to stop by and to be tried on (a quarter each)."""
        animals = np.random.default_rng(seed).permutation(np.unique(self.animal))
        quarter = max(1, len(animals) // 4)
        parts = animals[2 * quarter :], animals[:quarter], animals[quarter : 2 * quarter]
        return self.of(parts[0]), self.of(parts[1]), self.of(parts[2])

    def found(self, vectors: FloatArray) -> npt.NDArray[np.float64]:
        """Average precision of each crop whose animal has another visit: its others among all crops."""
        return rank(vectors, self.animal, self.visit).average_precision

    @property
    def asks(self) -> npt.NDArray[np.int64]:
        """The crops whose animal has another visit, as `found` gives them."""
        return rank(np.zeros((len(self.animal), 1), np.float32), self.animal, self.visit).query


def album_crops(
    paths: tuple[Path, ...], known: KnownVisits, cutting: Cutting, seed: int, tell: Tell
) -> KnownCrops:
    """Whole photos of an album; tell(photos read, photos)."""
    rows = _chosen(known, seed)
    crops = []
    for row in rows.tolist():
        image = decode_photo(
            paths[row].read_bytes(), min_width=cutting.size, max_pixels=cutting.max_pixels
        ).image
        whole = np.array([0, 0, image.shape[1], image.shape[0]], np.float32)
        crops.append(embedder_crop(image, whole, cutting.size, 0.0, gray=cutting.gray))
        tell(len(crops), len(rows))
    return _of_rows(known, rows, crops, cutting.size)


def herd_crops(
    workspace: Workspace,
    frame: pl.DataFrame,
    known: KnownVisits,
    cutting: Cutting,
    seed: int,
    tell: Tell,
) -> KnownCrops:
    """Crops of a herd's detections, a row of the frame each; photos that cannot be read are left out."""
    wanted = frame.with_row_index("row")[_chosen(known, seed).tolist()]
    parts = {str(key[0]): part for key, part in wanted.group_by("photo_id")}
    found: dict[int, ImageArray] = {}
    tasks = tasks_of(workspace, sorted(parts), cut_strips=cutting.strips)
    for done, task in enumerate(tasks, 1):
        try:
            for part in parts[task.photo_id].partition_by(picture_column(wanted)):
                found |= _cut(task, part, cutting)
        except DecodeError:
            continue
        tell(done, len(parts))
    rows = np.array(sorted(found), np.int64)
    return _of_rows(known, rows, [found[row] for row in rows.tolist()], cutting.size)


def _cut(task: PhotoTask, part: pl.DataFrame, cutting: Cutting) -> dict[int, ImageArray]:
    """Crops of one picture, by their `row`. Raises DecodeError."""
    most = cutting.max_pixels
    frame_ms = part["frame_ms"][0] if "frame_ms" in part.columns else None
    photo = decode_photo(read_photo(task), min_width=most, max_pixels=most, frame_ms=frame_ms)
    rest = scene(photo, task.strips)
    boxes = rest.boxes(boxes_of(part))
    return {
        row: embedder_crop(rest.image, box, cutting.size, cutting.margin, gray=cutting.gray)
        for row, box in zip(part["row"].to_list(), boxes, strict=True)
    }


def _chosen(known: KnownVisits, seed: int) -> npt.NDArray[np.int64]:
    """Rows of known animals: all, or CROPS_MAX by lot."""
    rows = np.flatnonzero(known.is_known[known.index])
    if len(rows) > CROPS_MAX:
        rows = np.sort(np.random.default_rng(seed).choice(rows, CROPS_MAX, replace=False))
    return rows


def _of_rows(
    known: KnownVisits, rows: npt.NDArray[np.int64], crops: list[ImageArray], size: int
) -> KnownCrops:
    tracklet = known.index[rows]
    stacked = np.array(crops, np.uint8).reshape(-1, size, size, 3)
    return KnownCrops(stacked, known.who[tracklet], known.event[tracklet])
