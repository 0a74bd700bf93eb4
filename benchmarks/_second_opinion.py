"""The species head after a detector, as a run has it: fitted without the photos that it is asked about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from _real_crops import MARGIN, Crops

from thumper_core import open_embedder
from thumper_core.heads.fit import Line, calibrated, fit_line, logits_left_out
from thumper_core.vision.centernet.training_list import ListedPhoto
from thumper_core.vision.decode import decode_photo
from thumper_core.vision.images import boxes_to_image, embedder_crop


def head_without(crops: Path, only: str) -> Line:
    """A species head on the crops (`real_sex.py --kept`) of cameras and folders that `only` misses."""
    with np.load(crops, allow_pickle=False) as kept:
        every = Crops(**kept)
    other = np.array([not re.search(only, place) for place in every.place])
    vectors, is_deer, place = every.vectors[other], every.kind[other] >= 0, every.place[other]
    left_out = logits_left_out(vectors, is_deer, place)
    return calibrated(fit_line(vectors, is_deer), left_out, is_deer)[0]


def with_doubt(
    found: pl.DataFrame, photos: Sequence[ListedPhoto], asked: str, head: Line, embedder: str
) -> pl.DataFrame:
    """The detections with `doubt`, the chance that one of the class `asked` is no deer; others: 0.

    Each is asked alone; a run puts the frames of one animal together.
    """
    network = open_embedder(embedder)
    paths = {photo.name: photo.path for photo in photos}
    numbered = found.with_row_index("row").with_columns(doubt=pl.lit(0.0))
    rows, pictures = [], []
    for (name,), part in numbered.filter(pl.col("class") == asked).group_by("photo"):
        photo = decode_photo(paths[str(name)].read_bytes(), min_width=1024, max_pixels=10**9)
        boxes = part.select("x1", "y1", "x2", "y2").to_numpy().astype(np.float32)
        for row, box in zip(part["row"], boxes_to_image(boxes, photo), strict=True):
            rows.append(row)
            pictures.append(embedder_crop(photo.image, box, network.size, MARGIN, gray=True))
    logits = [
        logit
        for at in range(0, len(pictures), 16)
        for logit in head.logits(network.embed(np.stack(pictures[at : at + 16])))
    ]
    doubts = pl.DataFrame(
        {"row": pl.Series(rows, dtype=pl.UInt32), "asked": 1 / (1 + np.exp(np.array(logits)))}
    )
    return (
        numbered.join(doubts, on="row", how="left")
        .with_columns(doubt=pl.coalesce("asked", "doubt"))
        .drop("asked", "row")
    )
