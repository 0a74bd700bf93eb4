"""Models that cost nothing, count their calls, and give the same answer to the same pixels."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from thumper_core.contracts import Boxes, FloatArray, ImageArray
from thumper_core.workspace import Workspace


class FakeDetector:
    """Finds as many animals as the mean brightness says, 0 to 3."""

    name = "fake-detector"
    weights_sha256 = "0" * 64
    class_names = ("doe", "buck")
    stride = 32

    def __init__(self, delay_s: float = 0.0, fails_on: int | None = None) -> None:
        self.delay_s = delay_s
        self.fails_on = fails_on
        self.batches: list[int] = []

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        return (96, 160) if width >= height else (160, 96)

    def detect(self, batch: ImageArray) -> list[Boxes]:
        time.sleep(self.delay_s)
        self.batches.append(len(batch))
        return [self._one(picture) for picture in batch]

    def _one(self, picture: ImageArray) -> Boxes:
        level = int(picture.mean())
        if level == self.fails_on:
            raise RuntimeError("the fake model chokes on this one")
        n = level % 4 if picture.any() else 0
        left = np.arange(n, dtype=np.float32) * 40
        xyxy = np.stack([left + 5, np.full(n, 30), left + 35, np.full(n, 60)], axis=1)
        confidence = 0.9 - 0.1 * np.arange(n)
        return Boxes(
            xyxy.astype(np.float32), confidence.astype(np.float32), np.arange(n, dtype=np.int64) % 2
        )

    def fingerprint_fields(self) -> dict[str, Any]:
        return {"name": self.name}


class FakeEmbedder:
    """The mean colour and a constant, normalised."""

    name = "fake-embedder"
    size = 32
    dim = 4

    def __init__(self) -> None:
        self.batches: list[int] = []

    def embed(self, crops: ImageArray) -> FloatArray:
        self.batches.append(len(crops))
        means = crops.reshape(len(crops), -1, 3).mean(axis=1)
        raw = np.concatenate([means, np.ones((len(crops), 1))], axis=1)
        return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)

    def fingerprint_fields(self) -> dict[str, Any]:
        return {"name": self.name, "size": self.size}


def make_photos(folder: Path, n: int, *, broken: bool = True) -> None:
    """`n` small distinct JPEGs below two cameras; some are upright, some broken."""
    rng = np.random.default_rng(7)
    for i in range(n):
        path = folder / f"cam{i % 2}" / f"IMG_{i:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (60, 100, 3) if i % 5 else (100, 60, 3)
        pixels = rng.integers(0, 60, shape) + 40 + (i * 3) % 140
        Image.fromarray(pixels.astype(np.uint8)).save(path, quality=80)
        if broken and i % 11 == 3:
            path.write_bytes(b"" if i % 2 else b"plain text, not a photo")


def tables_of(workspace: Workspace, run_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """The run's three tables as sorted rows, without the time they were processed at."""
    columns = {
        "all_outcomes": "photo_id, status, error_code, error_message, n_detections",
        "all_detections": "detection_id, photo_id, ordinal, x1, y1, x2, y2, confidence, "
        '"class", sharpness',
        "all_embeddings": "detection_id, embedder, vector",
    }
    return {
        view: workspace.sql(
            f"select {names} from {view} where run_id = ? order by all", [run_id]
        ).rows()
        for view, names in columns.items()
    }
