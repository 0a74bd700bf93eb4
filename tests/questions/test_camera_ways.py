"""The ways in which folders name cameras: each once, with counts, a picture and what EXIF knows."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.questions.cards import make
from thumper_core.contracts import UsageError
from thumper_core.questions import camera_ways


def test_each_way_is_shown_once_the_likely_one_first(tmp_path: Path) -> None:
    root = make(
        tmp_path / "cards",
        "2025/Creek/DCIM/1.jpg",
        "2025/Creek/DCIM/2.jpg",
        "2025/Oak/3.jpg",
        "North/4.jpg",
    )
    found = camera_ways.ways(root)
    assert [way.is_likely for way in found] == [True, *[False] * (len(found) - 1)]
    assert dict(found[0].seen.cameras) == {"Creek": 2, "Oak": 1, "North": 1}
    assert found[0].title == "3 cameras: Creek (2), Oak (1), North (1)"
    assert {"cards": 4} in [dict(way.seen.cameras) for way in found]
    cameras = [tuple(way.seen.cameras.items()) for way in found]
    assert len(set(cameras)) == len(cameras)
    assert found[0].files["Creek"] == (
        root / "2025/Creek/DCIM/1.jpg",
        root / "2025/Creek/DCIM/2.jpg",
    )


def test_of_many_files_a_few_are_spread(tmp_path: Path) -> None:
    root = make(tmp_path / "cards", *(f"Creek/{n:02}.jpg" for n in range(11)))
    names = [path.name for path in camera_ways.ways(root)[0].files["Creek"]]
    assert names == ["00.jpg", "05.jpg", "10.jpg"]


def test_without_photos_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no photo"):
        camera_ways.ways(tmp_path)


def test_a_picture_is_the_first_that_can_be_read(tmp_path: Path) -> None:
    broken, whole = tmp_path / "1.jpg", tmp_path / "2.jpg"
    broken.write_bytes(b"no picture")
    Image.new("RGB", (400, 200)).save(whole)
    jpeg = camera_ways.picture([tmp_path / "gone.jpg", broken, whole], 100)
    assert jpeg is not None
    assert Image.open(io.BytesIO(jpeg)).size == (100, 50)
    assert camera_ways.picture([broken], 100) is None


def test_positions_come_from_exif(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (30.0, 6.0, 0.0), 3: "W", 4: (98.0, 24.0, 0.0)}
    Image.new("RGB", (40, 30)).save(tmp_path / "1.jpg", exif=exif)
    Image.new("RGB", (40, 30)).save(tmp_path / "2.jpg")
    files = {"Creek": [tmp_path / "1.jpg", tmp_path / "gone.jpg"], "Oak": [tmp_path / "2.jpg"]}
    assert camera_ways.positions(files) == {"Creek": pytest.approx((30.1, -98.4))}
