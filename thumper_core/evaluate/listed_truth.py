"""A training list as a truth: what a detector was not tuned on, it can be measured on."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.evaluate.ground_truth import PHOTOS, GroundTruth, boxes_table
from thumper_core.vision.centernet.training_list import DOUBT, read_list


def read_listed(file: Path, photos: Path | None, only: str) -> GroundTruth:
    """The photos of a list whose path `only` finds, with the boxes of what the list teaches.

    Boxes of other things are no truth of them: nobody drew all of those. Raises UsageError where
    no photo is left.
    """
    told = read_list(file, photos)
    try:
        chosen = [photo for photo in told.photos if re.search(only, photo.name)]
    except re.error as error:
        raise UsageError(f"{only!r} is no regular expression: {error}") from None
    if not chosen:
        raise UsageError(f"No photo of {file} has a path in which {only!r} is found.")
    rows = [
        (photo.name, *(float(side) for side in box), told.learned, label == DOUBT)
        for photo in chosen
        for label, box in zip(photo.labels, photo.boxes, strict=True)
        if label in (told.learned, DOUBT)
    ]
    listed = {
        "photo": [photo.name for photo in chosen],
        "path": [str(photo.path) for photo in chosen],
        "unit": [photo.name for photo in chosen],
        "names": [[photo.name] for photo in chosen],
    }
    table = pl.DataFrame(listed, schema=PHOTOS)
    return GroundTruth(file, table, boxes_table(rows), True, {}, whole=False)
