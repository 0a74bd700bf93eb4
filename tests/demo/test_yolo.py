"""Rendered herds as a YOLO data set, and the arguments that training refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from thumper_core.vision.train import train_detector
from thumper_core.vision.ultralytics_guard import alone
from thumper_demo.training import train_on_herds
from thumper_demo.truth import CLASSES
from thumper_demo.yolo import PICTURE_SIZE, render_dataset


def test_rendered_dataset_has_the_layout_that_yolo_reads(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    path = render_dataset(tmp_path, [1, 2], 6, 1, 1, lambda *state: told.append(state))
    text = path.read_text(encoding="utf-8")
    assert [f"  {i}: {name}" in text for i, name in enumerate(CLASSES)] == [True] * 9
    assert told == [("render", 1, 2), ("render", 2, 2)]
    boxes = 0
    for split in ("train", "val"):
        pictures = sorted((tmp_path / "images" / split).glob("*.jpg"))
        labels = sorted((tmp_path / "labels" / split).glob("*.txt"))
        assert [p.stem for p in pictures] == [p.stem for p in labels]
        assert len(pictures) == 6
        for picture in pictures:
            with Image.open(picture) as image:
                assert image.size == PICTURE_SIZE
        for label in labels:
            for line in label.read_text(encoding="utf-8").splitlines():
                index, x, y, w, h = line.split()
                assert int(index) in range(len(CLASSES))
                for middle, size in ((float(x), float(w)), (float(y), float(h))):
                    assert size > 0
                    assert middle - size / 2 >= -1e-5
                    assert middle + size / 2 <= 1 + 1e-5
                boxes += 1
    assert boxes > 3
    assert not list(tmp_path.glob("raw-*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"small_epochs": -1}, "small_epochs must not be negative"),
        ({"photos_per_seed": 0}, "photos_per_seed must be at least 1"),
        ({"imgsz": 100}, "multiple of 32"),
        ({"seeds": [1, 1, 2]}, "at least 3 different seeds"),
    ],
)
def test_unusable_arguments_are_refused(
    tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        train_on_herds(tmp_path / "x.pt", **arguments)


def test_weights_need_a_name_that_ultralytics_reads(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.pt"):
        train_on_herds(tmp_path / "x.onnx")


def test_a_missing_dataset_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.yaml"):
        train_detector(tmp_path / "x.pt", tmp_path / "nowhere.yaml")


@pytest.mark.slow
def test_training_writes_small_stripped_weights(tmp_path: Path) -> None:
    with alone():
        from ultralytics import YOLO

    stages: list[str] = []
    result = train_on_herds(
        tmp_path / "x.pt",
        seeds=[1, 2],
        photos_per_seed=12,
        val_seeds=1,
        epochs=1,
        small_epochs=1,
        imgsz=128,
        on_progress=lambda stage, done, total: stages.append(f"{stage} {done}/{total}"),
    )
    assert stages == ["render 1/2", "render 2/2", "epoch 1/2", "epoch 2/2"]
    assert result.n_bytes == (tmp_path / "x.pt").stat().st_size < 8_000_000
    assert (result.n_train, result.n_val) == (12, 12)
    model = YOLO(str(tmp_path / "x.pt"))
    assert list(model.names.values()) == list(CLASSES)
    assert str(tmp_path) not in str(model.ckpt["train_args"])
