from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.workspaces import Deer
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import MissedAnimal
from thumper_core.decisions.record import record
from thumper_core.questions import tables
from thumper_core.questions.scope import Scope, scoped
from thumper_core.report.pictures import crops
from thumper_core.report.pictures.crops import Crop, crop_jpeg, crop_window, placeholder
from thumper_core.workspace import Workspace


def opened(jpeg: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(jpeg))
    assert picture.format == "JPEG"
    picture.load()
    return picture


edges = st.floats(-500, 2500) | st.sampled_from([float("nan"), float("inf"), -float("inf")])


@given(st.tuples(edges, edges, edges, edges), st.integers(1, 2000), st.integers(1, 2000))
def test_window_lies_in_the_photo_and_holds_the_box(
    box: tuple[float, float, float, float], width: int, height: int
) -> None:
    left, top, right, bottom = crop_window(box, width, height)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    if np.isfinite(box).all():
        xs = np.clip(sorted((box[0], box[2])), 0, width)
        ys = np.clip(sorted((box[1], box[3])), 0, height)
        assert left <= xs[0] and xs[1] <= right and top <= ys[0] and ys[1] <= bottom


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((400, 300, 600, 450), (368, 276, 632, 474)),  # 24 more on each side, then 4:3
        ((0, 0, 200, 150), (0, 0, 264, 198)),  # moved in from the corner
        ((0, 0, 1000, 1000), (0, 0, 1000, 1000)),  # the whole photo, not 4:3
        ((500, 500, 500, 500), (492, 494, 508, 506)),  # no area: a little round the point
    ],
)
def test_window_worked_out_by_hand(box: tuple[int, ...], expected: tuple[int, ...]) -> None:
    found = crop_window(box, 1000, 1000)
    assert np.abs(np.subtract(found, expected)).max() <= 1


def photo_with_red_box(path: Path, size: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    picture = Image.new("RGB", size, (20, 120, 20))
    picture.paste((220, 20, 20), box)
    picture.save(path, quality=95)


@pytest.mark.parametrize("width_known", [True, False])
def test_crop_shows_the_box_of_a_large_photo(tmp_path: Path, width_known: bool) -> None:
    path, box = tmp_path / "a.jpg", (2000, 1500, 2800, 2100)
    photo_with_red_box(path, (4000, 3000), box)
    jpeg = crop_jpeg(path, box, 220, photo_width=4000 if width_known else None)
    pixels = np.asarray(opened(jpeg)).astype(int)
    assert pixels.shape == (165, 220, 3)
    assert (pixels[70:95, 60:160, 0] > 180).all()  # the box is in the middle
    assert (pixels[:8, :, 1] > 80).all()  # and some of what is round it


def test_crop_is_never_enlarged(tmp_path: Path) -> None:
    photo_with_red_box(tmp_path / "a.jpg", (300, 200), (100, 50, 140, 80))
    assert opened(crop_jpeg(tmp_path / "a.jpg", (100, 50, 140, 80), 220)).width < 60


@pytest.mark.parametrize("content", [None, b"", b"no picture", b"\xff\xd8\xff\xe0 cut"])
def test_unreadable_photo_gives_a_placeholder(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.jpg"
    if content is not None:
        path.write_bytes(content)
    assert crop_jpeg(path, (0, 0, 10, 10), 220) == placeholder(220)
    assert opened(placeholder(220)).size == (220, 165)


@pytest.mark.parametrize("path", [b"a\0b.jpg", b"folder/../a.jpg", b""])
def test_paths_that_no_scan_writes_give_a_placeholder(tmp_path: Path, path: bytes) -> None:
    photo_with_red_box(tmp_path / "a.jpg", (300, 200), (0, 0, 9, 9))
    (tmp_path / "folder").mkdir()
    row = {"root": str(tmp_path), "path_bytes": path, "detection_id": "d", "width": 300}
    crop = Crop.from_row({**row, "x1": 0.0, "y1": 0.0, "x2": 9.0, "y2": 9.0})
    assert crop_jpeg(crop.photo, crop.box_xyxy, 64) == placeholder(64)


def test_name_that_is_not_utf8(tmp_path: Path) -> None:
    photo_with_red_box(tmp_path / "a.jpg", (300, 200), (100, 50, 200, 120))
    path = bytes(tmp_path) + b"/\xff\n'.jpg"
    shutil.copy(bytes(tmp_path / "a.jpg"), path)
    assert crop_jpeg(path, (100, 50, 200, 120), 64) != placeholder(64)


def crops_of(workspace: Workspace) -> list[Crop]:
    return [Crop.from_row(row) for row in tables.best_detections(workspace, 4).to_dicts()]


def test_cache_keeps_crops_but_no_placeholder(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("buck", 2)])
    first, second = crops_of(workspace)
    Path(second.photo.decode()).unlink()
    made = list(crops.crops(workspace, [(first, 160), (second, 160)]))
    assert made[1] == placeholder(160) != made[0]
    Path(first.photo.decode()).unlink()
    assert crops.cached_crop(workspace, first, 160) == made[0]  # from the cache
    assert crops.cached_crop(workspace, first, 100) == placeholder(100)  # another size is not
    assert len(list(workspace.cache_dir.rglob("*.jpg"))) == 1


def test_cache_tells_runs_apart(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("doe", 1)])
    (crop,) = crops_of(workspace)
    other = Crop(crop.detection_id, crop.photo, (0.0, 0.0, 60.0, 40.0), crop.photo_width)
    assert crops.cached_crop(workspace, crop, 160) != crops.cached_crop(workspace, other, 160)


def test_cache_that_cannot_be_written_is_no_error(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("doe", 1)])
    (crop,) = crops_of(workspace)
    shutil.rmtree(workspace.cache_dir)
    workspace.cache_dir.write_text("a file where the folder should be")
    assert crops.cached_crop(workspace, crop, 160) != placeholder(160)


def test_blurred_pictures_are_others_than_those_in_the_cache(
    build: Callable[..., Workspace],
) -> None:
    ranch = build([Deer("buck", 1)])
    crop = Crop.from_row(tables.best_detections(ranch, 1).row(0, named=True))
    x1, y1, _, y2 = crop.box_xyxy
    plain = crops.cached_crop(ranch, crop, 200)
    narrowed = scoped(ranch, Scope(blur_people=True))
    assert crops.cached_crop(narrowed, crop, 200) == plain, "nobody is in it"
    photo_id = ranch.sql("select photo_id from detections")["photo_id"].item()
    body = BoxKey(photo_id, (x1 + 30, y1 + 60, x1 + 120, y2 - 10))
    record(ranch.ledger, MissedAnimal(body, "person"), "Kim")
    narrowed = scoped(ranch, Scope(blur_people=True))
    [hidden] = crops.crops(narrowed, [(crop, 200)])
    assert hidden != plain
    assert crops.cached_crop(narrowed, crop, 200) == hidden
    assert crops.cached_crop(ranch, crop, 200) == plain
    elsewhere = replace(crop, photo=crop.photo + b"x")
    assert crops.cached_crop(narrowed, elsewhere, 200) == placeholder(200), "nobody looked there"
