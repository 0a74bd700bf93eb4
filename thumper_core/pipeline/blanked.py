"""A run's crops once more, as they are and with every animal in them blanked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray, ImageArray
from thumper_core.pipeline.decode import read_photo
from thumper_core.pipeline.records import PhotoTask
from thumper_core.stamp.place import scene
from thumper_core.vision.images import (
    blank_boxes,
    boxes_in_crop,
    decode_photo,
    embedder_crop,
)


@dataclass(frozen=True)
class CropRule:
    """How crops are cut. size: side, pixels; margin, gray: as in the settings of embedding;
    min_width: as `decode_photo` takes it, None: photos are decoded in full.
    """

    size: int
    margin: float
    gray: bool
    max_pixels: int
    min_width: int | None = None


@dataclass(frozen=True)
class BlankedCrop:
    """A crop twice. whole, blanked: (S, S, 3) uint8; left: share of the photo's part of it that was
    not blanked; marked: share of that which lies in a marked box, NaN where nothing is left.
    """

    whole: ImageArray
    blanked: ImageArray
    left: float
    marked: float


def blanked_crops(
    task: PhotoTask,
    boxes: FloatArray,
    wanted: npt.NDArray[np.integer],
    rule: CropRule,
    *,
    marked: FloatArray | None = None,
) -> list[BlankedCrop]:
    """Read a photo once and cut out some of its animals, in the order of `wanted`.

    boxes: (N, 4) xyxy of every animal in it, pixels of the upright photo, all of which are blanked
    in every crop; wanted: rows of `boxes`; marked: (M, 4) boxes to look for in what is left. Raises
    DecodeError.
    """
    photo = decode_photo(
        read_photo(task),
        min_width=rule.min_width or rule.max_pixels,
        max_pixels=rule.max_pixels,
    )
    rest = scene(photo, task.strips)
    image_size = (rest.image.shape[1], rest.image.shape[0])
    on_image = rest.boxes(boxes)
    looked_for = rest.boxes(np.zeros((0, 4), np.float32) if marked is None else marked)
    crops = []
    for row in wanted:
        box = on_image[row]
        crop = embedder_crop(rest.image, box, rule.size, rule.margin, gray=rule.gray)
        part, places = boxes_in_crop(image_size, box, on_image, rule.size, rule.margin)
        blanked, left = blank_boxes(crop, part, places)
        found = boxes_in_crop(image_size, box, looked_for, rule.size, rule.margin)[1]
        still = left & blank_boxes(crop, part, found)[1]
        shown = (part[2] - part[0]) * (part[3] - part[1])
        n_left = np.count_nonzero(left)
        seen = 1 - np.count_nonzero(still) / n_left if n_left else math.nan
        crops.append(BlankedCrop(crop, blanked, n_left / shown, seen))
    return crops
