"""Rendered herds as a YOLO data set: pictures, label files and a yaml."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import pyarrow.parquet as pq

from .plan import DemoPlan
from .render import render_demo
from .truth import CLASSES

# One shape for all training pictures, so that ultralytics can shuffle rectangular batches.
PICTURE_SIZE = (640, 360)


def render_dataset(
    root: Path,
    seeds: Sequence[int],
    photos_per_seed: int,
    val_seeds: int,
    workers: int | None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Path:
    """Render one herd per seed into YOLO layout under ``root``; returns the dataset yaml.

    Difficulty runs from 0 to 1 over the seeds, so that the detector learns plain deer as well as
    marked ones. Pictures are kept at 640 x 360: all of one shape, and no larger than training
    needs. 4:3 photos are cut to 16:9.
    """
    counts = {"train": 0, "val": 0}
    for split in counts:
        (root / "images" / split).mkdir(parents=True, exist_ok=True)
        (root / "labels" / split).mkdir(parents=True, exist_ok=True)
    for k, seed in enumerate(seeds):
        split = "val" if k >= len(seeds) - val_seeds else "train"
        # A stride through the difficulties, so that neighbouring seeds and the validation seeds
        # cover the range.
        difficulty = ((k * 7) % 11) / 10 if split == "train" else 0.3
        plan = DemoPlan(
            seed, 24, 6, photos_per_seed, difficulty, other_share=0.36, blank_share=0.07, frames=1
        )
        raw = root / f"raw-{seed}"
        render_demo(plan, raw, workers=workers, faulty=False)
        counts[split] += _to_yolo(raw, root, split, seed)
        shutil.rmtree(raw)
        if on_progress is not None:
            on_progress("render", k + 1, len(seeds))
    names = "\n".join(f"  {i}: {name}" for i, name in enumerate(CLASSES))
    path = root / "herds.yaml"
    path.write_text(
        f"path: {root}\ntrain: images/train\nval: images/val\nnames:\n{names}\n", encoding="utf-8"
    )
    return path


def _to_yolo(raw: Path, root: Path, split: str, seed: int) -> int:
    """Reduce one herd's photos and write their labels: class, then centre and size as shares of the
    picture.
    """
    boxes: dict[str, list[dict[str, Any]]] = {}
    for row in pq.read_table(raw / "truth.parquet").to_pylist():
        boxes.setdefault(row["path"], []).append(row)
    photos = pq.read_table(
        raw / "truth_photos.parquet", columns=["path", "width", "height"]
    ).to_pylist()
    shuffle = random.Random(seed)
    for i, photo in enumerate(photos):
        image = cv2.imread(str(raw / "photos" / photo["path"]))
        if image is None:
            raise RuntimeError(f"a rendered photo cannot be read: {photo['path']}")
        width, height = photo["width"], photo["height"]
        window = round(width * PICTURE_SIZE[1] / PICTURE_SIZE[0])
        top = (
            shuffle.randint(round((height - window) * 0.5), height - window)
            if window < height
            else 0
        )
        lines = []
        for row in boxes.get(photo["path"], []):
            y1, y2 = max(row["y1"] - top, 0.0), min(row["y2"] - top, float(window))
            if y2 - y1 < 0.5 * (row["y2"] - row["y1"]):
                continue
            x, y = (row["x1"] + row["x2"]) / 2 / width, (y1 + y2) / 2 / window
            w, h = (row["x2"] - row["x1"]) / width, (y2 - y1) / window
            lines.append(f"{CLASSES.index(row['class'])} {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n")
        small = cv2.resize(image[top : top + window], PICTURE_SIZE, interpolation=cv2.INTER_AREA)
        cv2.imwrite(
            str(root / "images" / split / f"{seed}-{i:05d}.jpg"),
            small,
            [cv2.IMWRITE_JPEG_QUALITY, 93],
        )
        (root / "labels" / split / f"{seed}-{i:05d}.txt").write_text(
            "".join(lines), encoding="utf-8"
        )
    return len(photos)
