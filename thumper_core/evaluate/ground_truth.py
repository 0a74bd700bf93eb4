"""What every truth is read into: photos, and the boxes that are in them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from thumper_core.contracts import ClassMeaning

PHOTOS: Final[dict[str, Any]] = {
    "photo": pl.String, "path": pl.String, "unit": pl.String, "names": pl.List(pl.String)
}  # fmt: skip
BOXES: Final[dict[str, Any]] = {
    "photo": pl.String, "x1": pl.Float64, "y1": pl.Float64, "x2": pl.Float64, "y2": pl.Float64,
    "label": pl.String, "ignored": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True)
class GroundTruth:
    """Photos and the boxes that are in them.

    source: the file that says so; photos: `photo` (key), `path` (absolute), `unit` (what is
    resampled), `names` (every path below the folder of the photos that it lies at); boxes: `photo,
    x1..y2` (see `relative`), `label, ignored`; relative: boxes are shares of the photo's width and
    height, else pixels; meanings: what labels stand for, where the truth says it; whole: everything
    that can be seen has a box, else only what `boxes` has labels of.
    """

    source: Path
    photos: pl.DataFrame
    boxes: pl.DataFrame
    relative: bool
    meanings: Mapping[str, ClassMeaning]
    whole: bool = True


def boxes_table(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """The table of boxes; one that is listed twice is one."""
    return pl.DataFrame(rows, schema=BOXES, orient="row").unique(maintain_order=True)


def photo_columns(keys: list[str], paths: list[Path]) -> dict[str, list[Any]]:
    """The table of photos where each is its own unit."""
    names = [[path.name] for path in paths]
    return {"photo": keys, "path": [str(path) for path in paths], "unit": keys, "names": names}


def keys_of(paths: list[Path]) -> list[str]:
    """A short name for each photo that no other has."""
    return [hashlib.blake2b(str(path).encode(), digest_size=12).hexdigest() for path in paths]
