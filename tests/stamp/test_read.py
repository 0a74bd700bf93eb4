"""Strips of a whole workspace: found without a letter, read once, kept as facts, and naming cameras."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from thumper_core.contracts import ImageArray
from thumper_core.ingest.add import add_paths
from thumper_core.stamp.read import read_stamps
from thumper_core.stamp.reader import Line
from thumper_core.stamp.strip import find_bands, pieces
from thumper_core.workspace import Workspace

SIZE = WIDTH, HEIGHT = 640, 480
BAND = 24
START = datetime(2018, 9, 3, 6, 41)


def printed(text: str, seed: int, *, mark: bool = True, strip: bool = True) -> Image.Image:
    """A noisy scene with a black strip at its foot, the text in its middle and a maker's mark at its end."""
    rng = np.random.default_rng(seed)
    scene = rng.integers(20, 220, (HEIGHT // 8, WIDTH // 8), np.uint8)
    picture = Image.fromarray(scene).resize(SIZE, Image.Resampling.BICUBIC).convert("RGB")
    if strip:
        pen = ImageDraw.Draw(picture)
        pen.rectangle((0, HEIGHT - BAND, WIDTH, HEIGHT), fill="black")
        font = ImageFont.load_default(size=14)
        pen.text((WIDTH // 2, HEIGHT - BAND / 2), text, "white", font, anchor="mm")
        if mark:
            pen.text((WIDTH - 40, HEIGHT - BAND / 2), "CL", "white", font, anchor="lm")
    return picture


def grey(picture: Image.Image) -> ImageArray:
    return np.asarray(picture.convert("L"), np.uint8)


def test_a_strip_is_the_band_that_has_one_ground_whatever_the_scene_does() -> None:
    photos = [grey(printed(f"9/{n}/2018  OAK {n}", n)) for n in range(1, 9)]
    cameras = ["a", "b"] * 4
    [band] = find_bands(photos, cameras)
    assert abs(band.top - (HEIGHT - BAND)) <= 1
    assert band.bottom == HEIGHT
    assert band.ground == 0
    assert band.marks[WIDTH - 40 : WIDTH - 20].any(), "the mark is the same in all cameras"
    assert not band.marks[: WIDTH - 60].any()
    assert len(list(pieces(photos[0], band))) == 1
    [alone] = find_bands(photos, ["a"] * 8)
    assert not alone.marks.any(), "of one camera alone nobody can say what is its name"
    assert find_bands(photos[:2], cameras[:2]) == []
    assert find_bands([grey(printed("", n, strip=False)) for n in range(6)], ["a"] * 6) == []


class Remembering:
    """Reads what was printed, by how wide it is: a reader that costs nothing."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.n = 0

    def __call__(self, piece: ImageArray) -> Line:
        assert piece.dtype == np.uint8
        assert piece.min() < 100 < piece.max()
        self.n += 1
        return Line(self.texts[self.n - 1], 0.97)


@pytest.fixture
def printed_ranch(tmp_path: Path) -> tuple[Workspace, list[str]]:
    texts = []
    for camera, name in (("c1", "BARN FEED - 002"), ("c2", "PUMP - 003")):
        for n in range(4):
            at = START + timedelta(hours=7 * n)
            texts.append(f"{at.month}/{at.day}/{at.year} {at:%I:%M%p} {name}")
            path = tmp_path / "photos" / "x" / camera / f"{n}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            printed(texts[-1], len(texts)).save(path, quality=95)
    workspace = Workspace.create(tmp_path / "ranch")
    workspace.settings = workspace.settings.replace("ingest", camera_from="stamp")
    add_paths(workspace, [tmp_path / "photos"])
    return workspace, texts


def test_strips_are_read_once_and_name_cameras_and_tell_times(
    printed_ranch: tuple[Workspace, list[str]],
) -> None:
    workspace, texts = printed_ranch
    reader = Remembering(texts)
    found = read_stamps(workspace, reader)
    assert (found.n_photos, found.n_with_strip, found.n_named, found.n_timed) == (8, 8, 8, 8)
    add_paths(workspace, [Path(root) for root in workspace.ledger.roots()])
    rows = workspace.sql(
        "select camera, taken_at, taken_at_source, taken_at_precision, said_number, stamp, "
        "stamp_confidence from photos order by path"
    ).rows()
    assert [row[0] for row in rows] == ["BARN FEED"] * 4 + ["PUMP"] * 4
    assert [row[1] for row in rows] == [START + timedelta(hours=7 * n) for n in range(4)] * 2
    assert {row[2:4] for row in rows} == {("stamp", "minute")}
    assert [row[4] for row in rows] == ["002"] * 4 + ["003"] * 4
    assert [row[5] for row in rows] == texts
    assert {round(row[6], 2) for row in rows} == {0.97}
    assert read_stamps(workspace, reader).n_photos == 0
    assert reader.n == 8


def test_too_few_photos_are_asked_again_and_those_without_a_strip_are_not(tmp_path: Path) -> None:
    photos = tmp_path / "photos" / "c"
    photos.mkdir(parents=True)
    workspace = Workspace.create(tmp_path / "ranch")
    for n in range(2):
        printed("", n, strip=False).save(photos / f"{n}.jpg")
    add_paths(workspace, [photos])
    reader = Remembering([])
    assert read_stamps(workspace, reader).n_photos == 2
    printed("", 2, strip=False).save(photos / "2.jpg")
    add_paths(workspace, [photos])
    told: list[tuple[int, int]] = []
    found = read_stamps(workspace, reader, lambda done, total: told.append((done, total)))
    assert (found.n_photos, found.n_with_strip) == (3, 0)
    assert told[-1] == (3, 3)
    assert read_stamps(workspace, reader).n_photos == 0
    assert read_stamps(Workspace.create(tmp_path / "empty"), reader).n_photos == 0


def test_what_is_stopped_keeps_what_was_read_and_goes_on(
    printed_ranch: tuple[Workspace, list[str]],
) -> None:
    workspace, texts = printed_ranch
    stop, reader = threading.Event(), Remembering(texts)

    def tell(done: int, total: int) -> None:
        if done == 3:
            stop.set()

    first = read_stamps(workspace, reader, tell, stop)
    assert (first.n_photos, first.n_left, first.n_timed) == (3, 5, 3)
    assert read_stamps(workspace, reader, None, stop).n_left == 5, "nothing is begun"
    rest = read_stamps(workspace, reader)
    assert (rest.n_photos, rest.n_left, rest.n_timed) == (5, 0, 5)
    assert reader.n == len(texts)
    read = workspace.sql("select stamp from photos order by path")["stamp"].to_list()
    assert read == texts
