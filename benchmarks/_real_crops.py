"""Labelled crops of real photos as vectors of an embedder: what `real_sex.py` judges and fits on.

Deer: every labelled box of a folder of cameras (YOLO text beside each photo; 0 deer, 1 buck, 2 doe,
3 turkey), as the corrections of a training list leave them. Not deer: turkeys, raccoons, pieces of the same
photos that no box touches, and what a detector marks in photos of other animals, people and empty burrows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

from thumper_core import open_detector, open_embedder
from thumper_core.boxes.iou import iou_matrix
from thumper_core.vision.centernet.training_list import (
    DOUBT,
    ListedPhoto,
    read_list,
    yolo_boxes,
)
from thumper_core.vision.decode import DecodeError, decode_photo
from thumper_core.vision.images import boxes_to_image, boxes_to_photo, embedder_crop, letterbox

MARGIN = 0.05  # as `settings.embed` has it
CONF_MIN = 0.15
BACKGROUND_EVERY = 3  # photos
DEER_WORD = "deer"
KINDS = ("deer", "buck", "doe", "turkey")
COPIES = ("_bw", "_cmyk", "_truncated", "_with_exif")
"""One picture saved in several ways counts once."""


@dataclass(frozen=True)
class Crops:
    """kind: 0 deer, 1 buck, 2 doe, -1 no deer; place: camera, or folder of photos; xyxy in pixels."""

    vectors: np.ndarray
    kind: np.ndarray
    place: np.ndarray
    photo: np.ndarray
    taken_at: np.ndarray
    xyxy: np.ndarray
    is_infrared: np.ndarray


def crops_of(deer: Path, others: Path, detector: str, embedder: str, listed: Path) -> Crops:
    """Every crop with its vector; what cannot be read is left out.

    listed: the training list, with its corrections.
    """
    network = open_embedder(embedder)
    rows: list[tuple] = []
    pictures: list[np.ndarray] = []
    vectors: list[np.ndarray] = []

    def take(image: np.ndarray, box: np.ndarray, row: tuple) -> None:
        rows.append((*row, box, is_gray(image)))
        pictures.append(embedder_crop(image, box, network.size, MARGIN, gray=True))
        if len(pictures) == 16:
            flush()

    def flush() -> None:
        if pictures:
            vectors.extend(network.embed(np.stack(pictures)))
            pictures.clear()
            print(f"\r{len(vectors)} crops", end="", flush=True)

    seen: Counter[str] = Counter()
    for told in read_list(listed, deer.parent).photos:
        if deer.name not in Path(told.name).parts[:1]:
            continue
        image, taken = np.asarray(Image.open(told.path).convert("RGB")), taken_at(told.path)
        height, width = image.shape[:2]
        boxes = told.boxes * np.array([width, height] * 2, np.float32)
        for kind, box in zip(kinds_of(told), boxes, strict=True):
            if kind is not None:
                take(image, box, (kind, told.camera, told.path.name, taken))
        if seen[told.camera] % BACKGROUND_EVERY == 0:
            box = empty_place(boxes, width, height, seen[told.camera])
            if box is not None:
                take(image, box, (-1, told.camera, told.path.name, taken))
        seen[told.camera] += 1
    found = open_detector(detector, conf_min=CONF_MIN)
    for photo in sorted(path for path in others.rglob("*") if path.is_file()):
        if DEER_WORD in photo.name.lower() or any(word in photo.name for word in COPIES):
            continue
        try:
            decoded = decode_photo(photo.read_bytes(), min_width=1024, max_pixels=10**9)
        except DecodeError:
            continue
        height, width = decoded.image.shape[:2]
        canvas, ratio, pad = letterbox(decoded.image, found.input_size(width, height))
        xyxy = boxes_to_photo(found.detect(canvas[None])[0].xyxy, ratio, pad, decoded)
        for box in boxes_to_image(xyxy, decoded):
            take(decoded.image, box, (-1, photo.parent.name, photo.name, datetime(2000, 1, 1)))
    flush()
    print()
    columns = list(zip(*rows, strict=True))
    kind, place, name, taken, box, gray = columns
    return Crops(
        np.stack(vectors), np.array(kind), np.array(place), np.array(name),
        np.array(taken, "datetime64[us]"), np.array(box), np.array(gray),
    )  # fmt: skip


def is_gray(image: np.ndarray) -> bool:
    """Whether a photo is without colour: the channels differ by less than two levels on average."""
    wide = image[::8, ::8].astype(np.int16)
    return bool(np.abs(wide - wide.mean(axis=2, keepdims=True)).mean() < 2)


def taken_at(photo: Path) -> datetime:
    text = Image.open(photo).getexif().get_ifd(0x8769)[36867]
    return datetime.strptime(text, "%Y:%m:%d %H:%M:%S")


def kinds_of(told: ListedPhoto) -> list[int | None]:
    """What each box shows, as `Crops.kind` has it; None: nobody can tell."""
    labelled = list(yolo_boxes(told.path.with_suffix(".txt"), KINDS))
    drawn = np.array([box for _, box in labelled], np.float32).reshape(-1, 4).clip(0, 1)
    overlap = iou_matrix(told.boxes, drawn) if len(drawn) else np.zeros((len(told.boxes), 0))
    found: list[int | None] = []
    for label, row in zip(told.labels, overlap, strict=True):
        if label != "deer":
            found.append(None if label == DOUBT else -1)
        elif row.size and row.max() > 0.99:
            found.append(KINDS.index(labelled[int(row.argmax())][0]))
        else:  # drawn by who corrected
            found.append(0)
    return found


def empty_place(boxes: np.ndarray, width: int, height: int, seed: int) -> np.ndarray | None:
    """A piece of the photo, of a deer's size, that touches no labelled box; None where none is found."""
    rng = np.random.default_rng(seed)
    for _ in range(30):
        side = rng.uniform(60, 180, 2)
        corner = rng.uniform((0, 0), (width - side[0], height - 30 - side[1]))
        box = np.concatenate([corner, corner + side]).astype(np.float32)
        if not len(boxes) or iou_matrix(box[None], boxes).max() == 0:
            return box
    return None
