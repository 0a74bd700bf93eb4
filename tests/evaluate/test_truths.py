"""True boxes from YOLO, COCO and the demo; broken files say where they are broken."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import polars as pl
import pytest

from thumper_core.contracts import Boxes, ClassMeaning, ImageArray, Sex, ThumperError, UsageError
from thumper_core.evaluate.detector import comparable, evaluate_detector
from thumper_core.evaluate.truths import read_truth
from thumper_core.vision.meanings import class_meanings
from thumper_core.vision.registry import load_registry

WIDTH, HEIGHT = 320, 240


@pytest.fixture
def yolo(tmp_path: Path) -> Path:
    """Two pictures with a bright box each, the second also with a polygon; one blank."""
    for split in ("train", "val"):
        (tmp_path / "images" / split).mkdir(parents=True)
        (tmp_path / "labels" / split).mkdir(parents=True)
    for name in ("a", "b", "blank"):
        image = np.full((HEIGHT, WIDTH, 3), (90, 40, 20), np.uint8)
        if name != "blank":
            image[60:180, 80:240] = (255, 255, 255)
        image[::7] += 20
        cv2.imwrite(str(tmp_path / "images" / "val" / f"{name}.png"), image)
    (tmp_path / "labels" / "val" / "a.txt").write_text("0 0.5 0.5 0.5 0.5\n\n")
    (tmp_path / "labels" / "val" / "b.txt").write_text(
        "1 0.5 0.5 0.5 0.5\n0 0.1 0.1 0.2 0.1 0.2 0.3 0.1 0.3\n"
    )
    (tmp_path / "data.yaml").write_text(
        "path: .\ntrain: images/train\nval: images/val\nnames: [doe, buck]\n"
    )
    return tmp_path


def coco(folder: Path, **changes: object) -> Path:
    document = {
        "images": [{"id": 1, "file_name": "images/val/a.png"}, {"id": 2, "file_name": "val/b.png"}],
        "categories": [{"id": 7, "name": "doe"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 7, "bbox": [80, 60, 160, 120]},
            {"id": 2, "image_id": 2, "category_id": 7, "bbox": [0, 0, 9, 9], "iscrowd": 1},
        ],
    }  # fmt: skip
    path = folder / "truth.json"
    path.write_text(json.dumps({**document, **changes}))
    return path


def test_yolo(yolo: Path) -> None:
    truth = read_truth(yolo)
    assert truth.relative
    assert truth.source == yolo / "data.yaml"
    names = {key: Path(path).stem for key, path in truth.photos.select("photo", "path").rows()}
    assert sorted(names.values()) == ["a", "b", "blank"]
    boxes = sorted((names[r[0]], *r[1:]) for r in truth.boxes.rows())
    assert [(b[0], b[5], b[6]) for b in boxes] == [
        ("a", "doe", False), ("b", "doe", False), ("b", "buck", False),
    ]  # fmt: skip
    assert boxes[0][1:5] == pytest.approx((0.25, 0.25, 0.75, 0.75))
    assert boxes[1][1:5] == pytest.approx((0.1, 0.1, 0.2, 0.3))
    with pytest.raises(UsageError, match="holds no pictures"):
        read_truth(yolo / "data.yaml", split="train")
    with pytest.raises(UsageError, match="no split test"):
        read_truth(yolo, split="test")


def test_pictures_of_every_kind_count(yolo: Path) -> None:
    place = yolo / "images" / "val"
    for name in ("phone.HEIC", "old.jpe", "notes.txt"):
        (place / name).touch()
    found = {Path(path).name for path in read_truth(yolo).photos["path"]}
    assert found == {"a.png", "b.png", "blank.png", "phone.HEIC", "old.jpe"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 0.5 0.5 0.5", "5 numbers"),
        ("0 0.5 0.5 0.5 deer", "could not convert"),
        ("9 0.5 0.5 0.5 0.5", "class 9 has no name"),
        ("0 320 240 100 90", "from 0 to 1"),
        ("0 0.5 0.5 nan 0.5", "from 0 to 1"),
        ("inf 0.5 0.5 0.5 0.5", "line 1"),
    ],
)
def test_a_broken_label_is_named_by_its_line(yolo: Path, line: str, words: str) -> None:
    (yolo / "labels" / "val" / "a.txt").write_text(line)
    with pytest.raises(UsageError, match=words) as error:
        read_truth(yolo)
    assert "a.txt, line 1" in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("names: [doe\n", "not valid YAML"),
        ("val: images/val\n", "names no classes"),
        ("names: [doe]\nval: nowhere\n", "neither a folder"),
        ("names: {doe: 1}\nval: images/val\n", "number the classes"),
        ("- 1\n", "names no classes"),
        ("names: [doe]\n", "no split"),
    ],
)
def test_a_broken_yaml(yolo: Path, text: str, words: str) -> None:
    (yolo / "data.yaml").write_text(text)
    with pytest.raises(UsageError, match=words):
        read_truth(yolo)


def test_coco(yolo: Path) -> None:
    (yolo / "data.yaml").unlink()
    truth = read_truth(coco(yolo).parent)
    assert not truth.relative
    assert [Path(p).name for p in truth.photos["path"]] == ["a.png", "b.png"]
    assert all(Path(p).is_file() for p in truth.photos["path"])
    assert truth.boxes.select("x1", "y1", "x2", "y2").rows()[0] == (80, 60, 240, 180)
    assert truth.boxes["ignored"].to_list() == [False, True]
    with pytest.raises(UsageError, match="--split"):
        read_truth(yolo / "truth.json", split="val")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"images": None}, "no COCO data set"),
        ({"images": []}, "KeyError"),
        ({"images": [], "annotations": []}, "lists no pictures"),
        ({"images": [{"id": 1, "file_name": "../../etc/passwd"}]}, "outside"),
        ({"annotations": [{"image_id": 1, "category_id": 7, "bbox": [1, 2, 3]}]}, "ValueError"),
        ({"annotations": [{"image_id": 1, "category_id": 7, "bbox": [1, 2, -3, 4]}]}, "no box"),
        ({"annotations": [{"image_id": 1, "category_id": 8, "bbox": [1, 2, 3, 4]}]}, "KeyError"),
    ],
)
def test_a_broken_coco(yolo: Path, changes: dict, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_truth(coco(yolo, **changes))


def test_no_truth(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UsageError, match=r"data\.yaml"):
            read_truth(path)
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(UsageError, match="no truth that can be read"):
        read_truth(tmp_path / "notes.txt")
    (tmp_path / "truth.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match=r"truth_photos\.parquet"):
        read_truth(tmp_path)
    (tmp_path / "truth_photos.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match="not the truth of a demo"):
        read_truth(tmp_path)


class White:
    """Finds what is white, exactly, and calls it what it is told to."""

    name = "white"
    class_names = ("doe", "buck")
    stride = 32

    def __init__(self) -> None:
        self.batches: list[int] = []

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        return 240, 320

    def detect(self, batch: ImageArray) -> list[Boxes]:
        self.batches.append(len(batch))
        return [self._one(image) for image in batch]

    def _one(self, image: ImageArray) -> Boxes:
        ys, xs = np.nonzero((image > 240).all(axis=2))
        if not len(xs):
            return Boxes.empty()
        box = np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]], np.float32)
        return Boxes(box, np.array([0.9], np.float32), np.array([0]))


def test_a_detector_over_photos(yolo: Path) -> None:
    (yolo / "images" / "val" / "broken.png").write_bytes(b"no picture")
    detector = White()
    found = evaluate_detector(read_truth(yolo), detector, conf_min=0.5)
    result = found.flat()
    assert (result["n_photos"], result["n_boxes"], result["n_unreadable"]) == (3, 3, 1)
    assert sum(detector.batches) == 3
    assert result["classes_compared_by"] == "names"
    assert result["detection_precision"]["value"] == 1
    assert result["detection_recall"]["value"] == pytest.approx(2 / 3)
    assert result["class_accuracy"]["value"] == pytest.approx(1 / 2)
    assert {"true": "buck", "found": "doe", "n": 1} in result["confusion"]
    json.dumps(result)
    for path in (yolo / "images" / "val").iterdir():
        path.write_bytes(b"")
    with pytest.raises(ThumperError, match="None of the 4 photos"):
        evaluate_detector(read_truth(yolo), White(), conf_min=0.5)


def meant(*names: str) -> dict[str, ClassMeaning]:
    return class_meanings("", names, load_registry(None))


@pytest.mark.parametrize(
    ("detector", "asked", "way", "labels"),
    [
        (("doe", "buck", "cow"), ("Doe", "buck"), "names", {"doe", "buck"}),
        (("young", "mature", "doe"), ("male", "female"), "meanings", None),
        (("doe", "buck"), ("deer",), "species", {"deer"}),
        (("animal", "person"), ("doe", "human"), "kinds", {"animal", "human"}),
    ],
)
def test_classes_are_compared_as_finely_as_both_can_say(
    detector: tuple, asked: tuple, way: str, labels: set | None
) -> None:
    said, wanted, chosen = comparable(meant(*detector), meant(*asked))
    assert chosen == way
    assert set(wanted.values()) <= set(said.values())
    assert labels is None or set(wanted.values()) == labels


def test_the_demos_truth(tmp_path: Path) -> None:
    truth = pl.DataFrame(
        {
            "path": ["A/1.jpg", "A/1.jpg"], "photo_sha256": ["x", "x"],
            "species": ["white-tailed deer"] * 2, "sex": ["male", "male"],
            "age_class": ["adult", "fawn"], "class": ["buck", "fawn"],
            "x1": [0.0, 9.0], "y1": [0.0, 9.0], "x2": [5.0, 20.0], "y2": [5.0, 20.0],
            "visible_fraction": [0.1, 0.9],
        }
    )  # fmt: skip
    photos = pl.DataFrame(
        {
            "path": ["A/1.jpg", "A/copy.jpg", "A/2.jpg", "A/cut.jpg"],
            "photo_sha256": ["x", "x", "y", "z"], "fault": [None, "duplicate", None, "truncated"],
            "event": [1, None, 2, 3],
        }
    )  # fmt: skip
    truth.write_parquet(tmp_path / "truth.parquet")
    photos.write_parquet(tmp_path / "truth_photos.parquet")
    read = read_truth(tmp_path)
    assert read.photos["photo"].to_list() == ["x", "y"]
    assert read.photos["unit"].to_list() == ["event 1", "event 2"]
    assert sorted(read.photos["names"][0]) == ["A/1.jpg", "A/copy.jpg"]
    assert read.boxes["ignored"].to_list() == [True, False]
    assert read.meanings["buck"].sex is Sex.MALE
    assert read.meanings["fawn"].sex is Sex.UNKNOWN  # no class tells a fawn's sex
