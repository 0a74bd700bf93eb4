"""A YOLO data set as a truth: a yaml that names splits and classes, labels beside the pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from thumper_core.contracts import PICTURE_SUFFIXES, UsageError
from thumper_core.evaluate.ground_truth import (
    PHOTOS,
    GroundTruth,
    boxes_table,
    keys_of,
    photo_columns,
)

SPLITS: Final = ("test", "val", "train")


def read_yolo(file: Path, split: str | None) -> GroundTruth:
    """A data set yaml: `path`, `train`, `val`, `test`, `names`; labels beside the pictures."""
    import yaml  # type: ignore[import-untyped]

    try:
        document = yaml.safe_load(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{file} is not valid YAML: {error}") from error
    if not isinstance(document, dict) or not document.get("names"):
        raise UsageError(f"{file} names no classes (`names`), so it is no YOLO data set.")
    names = document["names"]
    names = dict(enumerate(names)) if isinstance(names, list) else names
    if not isinstance(names, dict) or not all(isinstance(key, int) for key in names):
        raise UsageError(f"{file}: `names` must be a list, or number the classes from 0.")
    chosen = split or next((s for s in SPLITS if document.get(s)), None)
    if chosen is None or not document.get(chosen):
        raise UsageError(f"{file} has no split {chosen or 'test, val or train'}.")
    base = file.parent / str(document.get("path") or "")
    entries = document[chosen]
    entries = entries if isinstance(entries, list) else [entries]
    pictures = sorted({p for entry in entries for p in _pictures(base / str(entry), file)})
    if not pictures:
        raise UsageError(f"{file}: the split {chosen} holds no pictures.")
    keys = keys_of(pictures)
    rows = [
        (key, *row)
        for key, picture in zip(keys, pictures, strict=True)
        for row in _yolo_boxes(_label_file(picture), names)
    ]
    photos = pl.DataFrame(photo_columns(keys, pictures), schema=PHOTOS)
    return GroundTruth(file, photos, boxes_table(rows), True, {})


def _pictures(place: Path, file: Path) -> list[Path]:
    """Pictures in a folder and below it, or those that a text file lists."""
    if place.is_dir():
        return [p.resolve() for p in place.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES]
    if place.suffix == ".txt" and place.is_file():
        lines = [line.strip() for line in place.read_text("utf-8").splitlines() if line.strip()]
        return [(place.parent / line).resolve() for line in lines]
    raise UsageError(f"{file} names {place}, which is neither a folder nor a list of pictures.")


def _label_file(picture: Path) -> Path:
    """YOLO's rule: the last folder `images` becomes `labels`, the ending `.txt`."""
    parts = list(picture.parts)
    for i in range(len(parts) - 2, -1, -1):
        if parts[i] == "images":
            parts[i] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _yolo_boxes(file: Path, names: Mapping[int, Any]) -> Iterator[tuple[Any, ...]]:
    """x1, y1, x2, y2 as shares of the photo, label, ignored; no file: no animal. Polygons count
    as the box round them.
    """
    if not file.is_file():
        return
    for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            label, values = int(float(words[0])), [float(word) for word in words[1:]]
        except (ValueError, OverflowError) as error:
            raise UsageError(f"{file}, line {number}: {error}") from error
        is_polygon = len(values) >= 6 and len(values) % 2 == 0
        if len(values) != 4 and not is_polygon:
            raise UsageError(
                f"{file}, line {number}: a class and a box (centre x, centre y, width, height) are "
                f"5 numbers, not {len(words)}."
            )
        if not all(math.isfinite(v) and -0.01 <= v <= 1.01 for v in values):
            raise UsageError(
                f"{file}, line {number}: a box is given in shares of the picture, from 0 to 1."
            )
        if label not in names:
            raise UsageError(f"{file}, line {number}: class {label} has no name.")
        if is_polygon:
            xs, ys = values[::2], values[1::2]
            box = (min(xs), min(ys), max(xs), max(ys))
        else:
            x, y, w, h = values
            box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        yield (*box, str(names[label]), False)
