"""Workspaces with a small herd of fake deer: photos whose pixels say what the fake models find."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from thumper_core.contracts import (
    DEER,
    AgeClass,
    Boxes,
    ClassMeaning,
    FloatArray,
    ImageArray,
    Sex,
)
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.launch import Models
from thumper_core.settings import Settings
from thumper_core.workspace import Workspace

START = datetime(2025, 9, 1, 6, 0, 0)
SETTINGS = Settings().replace("engine", batch_size=4, shard_photos=8, queue_photos=12)
MEANINGS: Mapping[str, ClassMeaning] = {
    "doe": ClassMeaning(DEER, Sex.FEMALE, AgeClass.ADULT),
    "buck": ClassMeaning(DEER, Sex.MALE, AgeClass.ADULT),
}


PLACES = [(left, top) for top in (0, 30, 60) for left in (0, 40, 80, 120)]
"""Upper left corners at which an animal of 40 x 36 pixels may stand in a photo of 160 x 96."""


class GreyDetector:
    """One animal, at the lightest place of every photo that is not black; a light one is a buck.

    bad: finds nothing, or everything is a buck; a model that went wrong.
    """

    class_names = ("doe", "buck")
    weights_sha256 = "0" * 64
    stride = 32

    def __init__(self, name: str = "grey", *, bad: bool = False, fails: int = 0) -> None:
        self.name = name
        self.bad = bad
        self.fails = fails
        self.n_pictures = 0

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        return (96, 160)

    def detect(self, batch: ImageArray) -> list[Boxes]:
        if self.fails:
            self.fails -= 1
            raise RuntimeError("no memory")
        self.n_pictures += len(batch)
        return [self._one(picture) for picture in batch]

    def _one(self, picture: ImageArray) -> Boxes:
        lights = [float(picture[top : top + 36, left : left + 40].mean()) for left, top in PLACES]
        if max(lights) < 20 or self.bad:
            return Boxes.empty()
        buck = 1 if max(lights) > 130 else 0
        left, top = PLACES[int(np.argmax(lights))]
        box = np.array([[left, top, left + 40, top + 36]], np.float32)
        return Boxes(box, np.array([0.9], np.float32), np.array([buck], np.int64))

    def fingerprint_fields(self) -> dict[str, Any]:
        return {"name": self.name}


class PatternEmbedder:
    """The crop's rows at a coarse grid, normalised: the same stripes are the same animal."""

    size = 32
    dim = 16

    def __init__(self, name: str = "pattern") -> None:
        self.name = name

    def embed(self, crops: ImageArray) -> FloatArray:
        grey = crops.reshape(len(crops), 32, 32, 3).mean(axis=3)
        cells = grey.reshape(len(crops), 4, 8, 4, 8).mean(axis=(2, 4)).reshape(len(crops), 16)
        cells = cells - cells.mean(axis=1, keepdims=True)
        cells = cells + 1e-3
        return (cells / np.linalg.norm(cells, axis=1, keepdims=True)).astype(np.float32)

    def fingerprint_fields(self) -> dict[str, Any]:
        return {"name": self.name, "size": self.size}


def models(**options: Any) -> Models:
    """A detector and an embedder that need no weights."""
    return Models(GreyDetector(**options), PatternEmbedder(), MEANINGS)


def make_deer_photos(
    folder: Path, *, n_deer: int = 6, n_events: int = 5, burst: int = 2, start: datetime = START
) -> int:
    """Bursts of `n_deer` striped animals, each seen in `n_events` events at two cameras; how many.

    Half of them are light (bucks). At each event an animal stands at another place. The time stands
    in the file's name.
    """
    n = 0
    for deer in range(n_deer):
        stripes = np.random.default_rng(100 + deer).integers(-60, 60, (4, 4))
        level = 170 if deer % 2 else 90
        for event in range(n_events):
            chance = np.random.default_rng([deer, event, int(start.timestamp())])
            left, top = PLACES[(5 * event + deer + start.day) % len(PLACES)]
            begin = start + timedelta(hours=3 * (event * n_deer + deer))
            for frame in range(burst):
                pixels = np.full((96, 160, 3), 5.0)
                body = np.kron(level + stripes, np.ones((10, 11)))[:36, :40]
                pixels[top : top + 36, left : left + 40] = body[..., None]
                pixels += chance.normal(0, 4, pixels.shape)
                at = begin + timedelta(seconds=2 * frame)
                path = folder / f"cam{(deer + event) % 2}" / f"{at:%Y%m%d_%H%M%S}_{deer}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
                n += 1
    return n


def deer_workspace(tmp_path: Path, **options: Any) -> Workspace:
    """A workspace with added photos of fake deer that were not processed."""
    photos = tmp_path / "photos"
    make_deer_photos(photos, **options)
    workspace = Workspace.create(tmp_path / "work")
    workspace.settings = SETTINGS
    add_paths(workspace, [photos])
    return workspace
