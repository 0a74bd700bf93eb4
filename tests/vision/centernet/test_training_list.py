"""Training lists: what they say of photos, what is put right, and what they must not say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from thumper_core.contracts import UsageError
from thumper_core.evaluate.truths import read_truth
from thumper_core.vision.centernet.examples import load
from thumper_core.vision.centernet.training_list import DOUBT, read_list

LIST = """
class = "deer"
corrections = "labels.csv"
[[photos]]
folder = "feeders"
classes = ["deer", "turkey"]
camera = '(camera-\\d+)'
[[photos]]
folder = "elsewhere"
leave = ["b.jpg"]
[photos.boxes]
"a.jpg" = { dog = [[0.1, 0.1, 0.5, 0.5]], deer = [[0.6, 0.6, 0.9, 0.9]] }
"""
HEAD = "photo,action,label,x1,y1,x2,y2,reason\n"


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    for name in (
        "feeders/camera-1/x.jpg",
        "feeders/camera-2/y.JPG",
        "elsewhere/a.jpg",
        "elsewhere/b.jpg",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (200, 100)).save(tmp_path / name)
    (tmp_path / "feeders/camera-1/x.txt").write_text("0 0.5 0.5 0.2 0.4\n\n1 0.1 0.1 0.1 0.1\n")
    (tmp_path / "labels.csv").write_text(HEAD)
    (tmp_path / "list.toml").write_text(LIST)
    return tmp_path / "list.toml"


def test_photos_with_their_boxes_cameras_and_kinds(listed: Path) -> None:
    told = read_list(listed)
    assert told.learned == "deer"
    x, y, a = told.photos
    assert (x.name, x.camera, x.labels, x.apart) == (
        "feeders/camera-1/x.jpg", "camera-1", ("deer", "turkey"), False
    )  # fmt: skip
    assert x.boxes[0] == pytest.approx([0.4, 0.3, 0.6, 0.7])
    assert (y.camera, y.labels) == ("camera-2", ())
    assert (a.labels, a.apart) == (("dog", "deer"), True)


def test_the_photos_may_lie_elsewhere(listed: Path, tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    for name in ("list.toml", "labels.csv"):
        (tmp_path / name).rename(tmp_path / "lists" / name)
    assert len(read_list(tmp_path / "lists/list.toml", tmp_path).photos) == 3


def test_examples_are_in_pixels_and_broken_pictures_are_left_out(listed: Path) -> None:
    (listed.parent / "feeders/camera-2/y.JPG").write_bytes(b"broken")
    told = read_list(listed)
    x, a = load(told.photos, told.learned)
    assert x.image.shape == (100, 200, 3)
    assert x.boxes[0] == pytest.approx([80, 30, 120, 70])
    assert x.wanted.tolist() == [True, False]
    assert a.wanted.tolist() == [False, True]


def test_labels_are_put_right(listed: Path) -> None:
    (listed.parent / "labels.csv").write_text(
        HEAD + "feeders/camera-1/x.jpg,remove,deer,0.41,0.3,0.6,0.7,a stump\n"
        "feeders/camera-1/x.jpg,add,deer,0.0,0.0,0.2,0.2,none was drawn\n"
        "feeders/camera-2/y.JPG,doubt,,0.5,0.5,0.7,0.7,eyes\n"
        "feeders/camera-9/z.JPG,add,deer,0.5,0.5,0.7,0.7,of a photo that is not here\n"
    )
    x, y, _ = (told := read_list(listed)).photos
    assert x.labels == ("turkey", "deer")
    assert y.labels == (DOUBT,)
    x, y, _ = read_list(listed, as_labelled=True).photos
    assert (set(x.labels), DOUBT in y.labels) == ({"turkey", "deer"}, False) and len(x.labels) == 2
    _, example, _ = load(told.photos, "deer")
    assert (example.wanted.tolist(), example.doubtful.tolist()) == ([False], [True])


def test_a_list_is_a_truth_of_what_it_teaches_alone(listed: Path) -> None:
    (listed.parent / "labels.csv").write_text(
        HEAD + "feeders/camera-2/y.JPG,doubt,,0.5,0.5,0.7,0.7,eyes\n"
    )
    truth = read_truth(listed, only="camera|elsewhere")
    assert truth.photos.height == 3
    assert truth.boxes.select("photo", "label", "ignored").rows() == [
        ("feeders/camera-1/x.jpg", "deer", False),
        ("feeders/camera-2/y.JPG", "deer", True),
        ("elsewhere/a.jpg", "deer", False),
    ]
    assert not truth.whole
    assert read_truth(listed, only="camera-2").photos["photo"].to_list() == [
        "feeders/camera-2/y.JPG"
    ]
    with pytest.raises(UsageError, match="No photo"):
        read_truth(listed, only="camera-7")
    with pytest.raises(UsageError, match="no regular expression"):
        read_truth(listed, only="(")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("class = 1", "needs `class"),
        ('class = "deer"', "needs `class"),
        ('class = "deer"\n[[photos]]\nfolders = "x"', r"\['folders'\]"),
        ('class = "deer"\n[[photos]]\nfolder = "x"', "is no folder"),
        ("class =", "cannot be read as a training list"),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused(listed: Path, written: str, says: str) -> None:
    listed.write_text(written)
    with pytest.raises(UsageError, match=says):
        read_list(listed)


@pytest.mark.parametrize("line", ["0 0.5 0.5", "7 0.5 0.5 0.1 0.1", "deer 0.5 0.5 0.1 0.1"])
def test_a_text_file_that_is_not_yolos_is_named(listed: Path, line: str) -> None:
    (listed.parent / "feeders/camera-2/y.txt").write_text(line)
    with pytest.raises(UsageError, match=r"y\.txt is not a YOLO text file"):
        read_list(listed)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("feeders/camera-1/x.jpg,remove,deer,0,0,0.1,0.1,no", "line 2.*no such box"),
        ("feeders/camera-2/y.JPG,remove,deer,0,0,0.1,0.1,no", "line 2.*no such box"),
        ("feeders/camera-1/x.jpg,move,deer,0,0,0.1,0.1,no", "not add, remove or doubt"),
        ("feeders/camera-1/x.jpg,add,deer,left,0,0.1,0.1,no", "could not convert"),
    ],
)
def test_corrections_of_what_is_not_there_are_refused(listed: Path, row: str, says: str) -> None:
    (listed.parent / "labels.csv").write_text(HEAD + row + "\n")
    with pytest.raises(UsageError, match=says):
        read_list(listed)


def test_boxes_never_leave_the_photo(listed: Path) -> None:
    (listed.parent / "feeders/camera-2/y.txt").write_text("0 0.0 0.5 0.4 2.0\n")
    boxes = read_list(listed).photos[1].boxes
    assert np.array_equal(boxes, np.array([[0, 0, 0.2, 1]], np.float32))
