"""Which models print a strip: learned once, from photos of that model alone, and kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.stamp.test_read import BAND, HEIGHT, printed
from thumper_core.ingest.add import add_paths
from thumper_core.stamp import models
from thumper_core.stamp.models import learn_strips, prints_strips, strips_on
from thumper_core.store.strips import strip_rows
from thumper_core.workspace import Workspace

MAKE, MODEL = 271, 272


def shoot(
    folder: Path, n: int, *, model: str | None = None, strip: bool = True, first: int = 0
) -> None:
    """Photos of one camera, in a folder of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if model:
        exif[MAKE], exif[MODEL] = "MAKER", model
    for k in range(first, first + n):
        picture = printed(f"9/{k % 28 + 1}/2018  {folder.name} {k}", k, strip=strip)
        picture.save(folder / f"{k:03}.jpg", quality=92, exif=exif)


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ranch")


def add(workspace: Workspace, folder: Path) -> None:
    add_paths(workspace, [folder])
    learn_strips(workspace)


def test_each_model_by_its_own_photos(ranch: Workspace, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    shoot(photos / "a", 6, model="X")
    shoot(photos / "b", 6, model="X", first=20)
    shoot(photos / "c", 9, model="Y", strip=False, first=40)
    shoot(photos / "d", 9, first=60)  # these cameras say no model: each is one of its own
    shoot(photos / "e", 9, strip=False, first=80)
    shoot(photos / "f", 3, model="Z", first=100)
    assert not prints_strips(ranch)
    add(ranch, photos)
    rows = {(row.model, row.camera): row for row in strip_rows(ranch.ledger)}
    assert {key: len(row.places) for key, row in rows.items()} == {
        ("X", ""): 1, ("Y", ""): 0, ("", "d"): 1, ("", "e"): 0,
    }  # fmt: skip
    [(top, bottom, ground)] = rows["X", ""].places
    assert abs(top - (HEIGHT - BAND)) <= 1
    assert (bottom, ground) == (HEIGHT, 0)
    assert prints_strips(ranch)
    known = dict(ranch.sql("select photo_id, camera from photos").iter_rows())
    found = strips_on(ranch, known)
    assert {known[photo_id] for photo_id in found} == {"a", "b", "d"}
    assert set(found.values()) == {((top, bottom, ground),), tuple(rows["", "d"].places)}
    assert strips_on(ranch, []) == {}


def test_a_strip_stays_and_none_is_looked_at_again_when_there_are_more(
    ranch: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr(
        models, "grey_photo", lambda row, most, real=models.grey_photo: read.append(1) or real(row, most)
    )  # fmt: skip
    photos = tmp_path / "photos"
    shoot(photos / "off", 8, model="X", strip=False)
    shoot(photos / "on", 8, model="Y", first=20)
    add(ranch, photos)
    before = strip_rows(ranch.ledger)
    assert len(read) == 16
    learn_strips(ranch)
    assert len(read) == 16, "nothing new, nothing read"
    shoot(photos / "on", 20, model="Y", first=40, strip=False)
    for photo in (photos / "off").iterdir():
        photo.unlink()
    shoot(photos / "off", 20, model="X", first=100)
    add(ranch, photos)
    after = strip_rows(ranch.ledger)
    assert after[1] == before[1], "what results rest on does not change"
    assert before[0].places == ()
    assert len(after[0].places) == 1


def test_photos_that_cannot_be_read_teach_nothing_yet(ranch: Workspace, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    shoot(photos / "a", 9, model="X")
    add_paths(ranch, [photos])
    photos.rename(tmp_path / "away")
    learn_strips(ranch)
    assert strip_rows(ranch.ledger) == []
    (tmp_path / "away").rename(photos)
    learn_strips(ranch)
    assert [len(row.places) for row in strip_rows(ranch.ledger)] == [1]
