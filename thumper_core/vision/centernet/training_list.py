r"""Training lists: which photos a detector learns from or is measured on, and what is in them.

A TOML file. What it says of a photo is in a YOLO text file beside the photo, or in the list itself;
boxes are x1, y1, x2, y2 as shares of the photo's width and height:

    class = "deer"                               # what is learned
    corrections = "labels.csv"                   # beside the list: labels that were found wrong
    [[photos]]
    folder = "deer"                              # and all below it
    classes = ["deer", "deer", "deer", "turkey"] # what the numbers of the text files stand for
    camera = '(camera-\d+)'                      # of the path; photos of one are near copies
    [[photos]]
    folder = "elsewhere"                         # no `classes`: other places and other animals
    [photos.boxes]
    "IMAG0107.JPG" = { deer = [[0.01, 0.66, 0.41, 0.99]] }

Corrections are rows `photo, action, label, x1, y1, x2, y2, reason`; action `add` puts a box there,
`remove` takes away the one that overlaps it by half, `doubt` says that nobody can tell.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from thumper_core.boxes.iou import iou_matrix
from thumper_core.contracts import PICTURE_SUFFIXES, FloatArray, UsageError

DOUBT: Final = "?"
"""The label of a box of which nobody can tell what it shows."""
KEYS: Final = {"folder", "classes", "camera", "boxes", "leave"}


@dataclass(frozen=True)
class ListedPhoto:
    """One photo of a list.

    name: its path below the folder of the photos; camera: photos of one are never on both sides of a
    split; boxes: (N, 4) float32 xyxy, shares of the sides; labels: N; apart: of other places.
    """

    name: str
    path: Path
    camera: str
    boxes: FloatArray
    labels: tuple[str, ...]
    apart: bool


@dataclass(frozen=True)
class TrainingList:
    """What is learned, and the photos, by their names."""

    learned: str
    photos: Sequence[ListedPhoto]


def read_list(listed: Path, root: Path | None = None, *, as_labelled: bool = False) -> TrainingList:
    """Read a training list; root: where its folders are, None: beside it.

    as_labelled: without the list's corrections, to see what they change.
    Raises UsageError for a list that says what it should not, a folder that is not there, a text
    file that is not YOLO's, and corrections of what is not there.
    """
    try:
        told = tomllib.loads(listed.read_text("utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{listed} cannot be read as a training list: {error}") from None
    learned, parts = told.get("class"), told.get("photos")
    if not isinstance(learned, str) or not isinstance(parts, list) or not parts:
        raise UsageError(f'{listed} needs `class = "..."` and at least one [[photos]].')
    root = root or listed.parent
    photos = [photo for part in parts for photo in _of_folder(part, root, listed)]
    if "corrections" in told and not as_labelled:
        photos = corrected(photos, listed.parent / str(told["corrections"]))
    return TrainingList(learned, photos)


def _of_folder(part: dict[str, Any], root: Path, listed: Path) -> list[ListedPhoto]:
    unknown = set(part) - KEYS
    if unknown or not isinstance(part.get("folder"), str):
        raise UsageError(f"{listed}: [[photos]] with {sorted(unknown) or 'no folder'}.")
    folder = root / part["folder"]
    if not folder.is_dir():
        raise UsageError(f"{listed} names {part['folder']}, and {folder} is no folder.")
    names, drawn, leave = part.get("classes"), part.get("boxes", {}), part.get("leave", ())
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES):
        if path.name in leave:
            continue
        name = path.relative_to(root).as_posix()
        rows = (
            [(label, box) for label, boxes in drawn.get(path.name, {}).items() for box in boxes]
            if names is None
            else list(yolo_boxes(path.with_suffix(".txt"), names))
        )
        camera = re.search(part.get("camera", "^(.*)/"), name)
        boxes = np.array([box for _, box in rows], np.float32).reshape(-1, 4).clip(0, 1)
        labels = tuple(label for label, _ in rows)
        where = camera.group(1) if camera else name
        found.append(ListedPhoto(name, path, where, boxes, labels, names is None))
    return found


def yolo_boxes(file: Path, names: Sequence[str]) -> Iterable[tuple[str, list[float]]]:
    """Labels and boxes (x1, y1, x2, y2, shares of the sides) of a YOLO text file.

    names: of its class numbers. None where there is no file. Raises UsageError where it is not YOLO's.
    """
    for line in file.read_text("utf-8").splitlines() if file.is_file() else []:
        if not line.strip():
            continue
        try:
            number, *sides = line.split()
            x, y, w, h = (float(side) for side in sides)
            yield names[int(number)], [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
        except (ValueError, IndexError):
            raise UsageError(f"{file} is not a YOLO text file: {line!r}") from None


def corrected(photos: Sequence[ListedPhoto], file: Path) -> list[ListedPhoto]:
    """The photos with what people found wrong in their labels put right."""
    changed = {photo.name: photo for photo in photos}
    try:
        rows = list(csv.DictReader(file.read_text("utf-8").splitlines()))
        for number, row in enumerate(rows, 2):
            photo = changed.get(row["photo"])
            if photo is None:
                continue  # photos that were left out have corrections too
            box = np.array([[float(row[side]) for side in ("x1", "y1", "x2", "y2")]], np.float32)
            changed[row["photo"]] = _put_right(photo, row["action"], row["label"], box, number)
    except (OSError, UnicodeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as corrections: {error}") from None
    return list(changed.values())


def _put_right(
    photo: ListedPhoto, action: str, label: str, box: FloatArray, number: int
) -> ListedPhoto:
    boxes, labels = photo.boxes, photo.labels
    if action == "remove":
        overlap = iou_matrix(boxes, box)[:, 0]
        if not len(overlap) or overlap.max() < 0.5:
            raise ValueError(f"line {number}: {photo.name} has no such box")
        place = int(overlap.argmax())
        kept = np.arange(len(boxes)) != place
        labels = tuple(name for name, stays in zip(labels, kept, strict=True) if stays)
        return replace(photo, boxes=boxes[kept], labels=labels)
    if action not in ("add", "doubt"):
        raise ValueError(f"line {number}: {action!r} is not add, remove or doubt")
    named = DOUBT if action == "doubt" else label
    return replace(photo, boxes=np.concatenate([boxes, box]), labels=(*labels, named))
