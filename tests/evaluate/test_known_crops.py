"""Crops of known animals: from a herd's photos as a run cuts them, and dealt by whole animals."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.identify.space.visits import known_visits
from tests.workspaces import Deer
from thumper_core.contracts import ErrorCode
from thumper_core.evaluate import known_crops
from thumper_core.evaluate.known_crops import Cutting, KnownCrops, herd_crops
from thumper_core.pipeline.records import PhotoTask
from thumper_core.vision.decode import DecodeError
from thumper_core.workspace import Workspace

CUTTING = Cutting.of(32, {"margin": 0.05, "gray": True}, 1_000_000)


def test_animals_are_dealt_whole() -> None:
    animal = np.repeat(np.arange(12), 3)
    known = KnownCrops(np.zeros((36, 2, 2, 3), np.uint8), animal, np.arange(36))
    parts = known.dealt(0)
    assert [len(np.unique(part.animal)) for part in parts] == [6, 3, 3]
    assert sorted(v for part in parts for v in part.visit.tolist()) == list(range(36))
    assert not set(parts[0].animal) & set(parts[1].animal) | set(parts[1].animal) & set(
        parts[2].animal
    )
    other = known.dealt(1)
    assert set(parts[0].animal) != set(other[0].animal)


def test_a_crop_finds_its_animal_on_other_visits() -> None:
    known = KnownCrops(np.zeros((5, 2, 2, 3), np.uint8), np.array([0, 0, 1, 1, 2]), np.arange(5))
    clear = np.eye(3, dtype=np.float32)[known.animal]
    assert known.found(clear).tolist() == [1, 1, 1, 1]
    assert known.asks.tolist() == [0, 1, 2, 3]


def test_the_crops_of_a_herd_are_cut_from_its_photos(
    build: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    ranch = build([Deer("buck", 3), Deer("doe", 3)])
    lost: list[str] = []

    def read(task: PhotoTask) -> bytes:  # the photos' IDs are made up, and no content has them
        if task.photo_id in lost:
            raise DecodeError(ErrorCode.VANISHED, "It is gone.")
        return Path(os.fsdecode(task.paths[0])).read_bytes()

    monkeypatch.setattr(known_crops, "read_photo", read)
    frame = ranch.sql(
        "select detection_id, photo_id, x1, y1, x2, y2 from detections order by detection_id"
    )
    known = replace(
        known_visits(animals=2, visits=3),
        index=np.arange(6, dtype=np.int32),
        who=np.array([0, 0, 0, 1, 1, 2], np.int32),
        event=np.arange(6, dtype=np.int32),
    )
    said: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        said.append((done, total))

    made = herd_crops(ranch, frame, known, CUTTING, 0, tell)
    assert made.crops.shape == (5, 32, 32, 3) and made.animal.tolist() == [0, 0, 0, 1, 1]
    assert (made.crops[..., 0] == made.crops[..., 1]).all() and made.crops.std() > 5
    assert said[-1] == (5, 5)
    lost.append(frame["photo_id"][1])
    fewer = herd_crops(ranch, frame, known, CUTTING, 0, tell)
    assert fewer.animal.tolist() == [0, 0, 1, 1] and fewer.visit.tolist() == [0, 2, 3, 4]
    lost += frame["photo_id"].to_list()
    assert herd_crops(ranch, frame, known, CUTTING, 0, tell).crops.shape == (0, 32, 32, 3)
