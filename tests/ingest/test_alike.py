"""What parts two versions of one picture from two pictures of one place; measured on real photos, too."""

from __future__ import annotations

import shutil
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cellular import SMALL, frame, jpeg, later
from thumper_core.files import content_hash_of
from thumper_core.ingest.add import add_paths
from thumper_core.ingest.alike import FAR_MAX, far, is_copy, look_at, unlike
from thumper_core.workspace import Workspace

_R = Image.Resampling
KERNELS = (_R.BOX, _R.BILINEAR, _R.LANCZOS, _R.BICUBIC)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """Paths of an exposure, its thumbnails and copies, and the next exposure of the same scene."""
    one = frame("Creek", 1)
    made = {
        "large": jpeg(one, later(0)),
        "small": jpeg(one, later(0), SMALL, quality=40),
        "brighter": jpeg(one.point(lambda v: v * 1.1 + 8), later(0), SMALL),  # type: ignore[operator]
        "moved": jpeg(frame("Creek", 2), later(0), SMALL, quality=40),
        "still": jpeg(frame("Creek", 3, moved=False), later(0)),
        "still again": jpeg(frame("Creek", 4, moved=False), later(0)),
        "cut": jpeg(one, later(0))[:9000],
    }
    found = {}
    for name, data in made.items():
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(data)
        found[name] = str(path).encode()
    copy = tmp_path / "copy.jpg"
    with Image.open(tmp_path / "large.jpg") as picture:
        picture.save(copy, quality=80)
    return found | {"copy": str(copy).encode()}


@pytest.mark.parametrize(
    ("name", "is_near"), [("large", True), ("small", True), ("brighter", True), ("moved", False)]
)
def test_an_animal_that_moved_is_seen(files: dict[str, bytes], name: str, is_near: bool) -> None:
    large, other = look_at(files["large"]), look_at(files[name])
    assert large is not None and other is not None
    assert (far(large, other) <= FAR_MAX) == is_near
    assert [look.shape for look in large] == [(38, 64), (96, 160)]


def test_of_several_the_same_picture_differs_least(files: dict[str, bytes]) -> None:
    large, still, again = (look_at(files[name]) for name in ("large", "still", "still again"))
    small = look_at(files["small"])
    assert large and still and again and small
    assert unlike(small, large) < min(unlike(small, still), unlike(small, again))
    assert unlike(still, still) == 0


def test_a_copy_has_the_same_grain(files: dict[str, bytes], tmp_path: Path) -> None:
    assert is_copy(files["large"], files["copy"])
    for other in ("small", "still", "cut"):
        assert not is_copy(files["large"], files[other])
    assert not is_copy(files["still"], files["still again"])  # nothing moved, and two exposures
    assert look_at(files["cut"]) is None and look_at(str(tmp_path / "none.jpg").encode()) is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["thumbnails", "copies"])
def test_real_photos_are_paired_with_their_own_alone(
    kind: str, shared_dir: Path, tmp_path: Path
) -> None:
    if not (shared_dir / "deer").is_dir():
        pytest.skip(f"no real deer in {shared_dir}")
    chance, kernels = np.random.default_rng(1), cycle(KERNELS)
    original_of: dict[str, str] = {}
    for path in sorted((shared_dir / "deer").glob("*/*.JPG")):
        card, sent = (tmp_path / root / path.parent.name / path.name for root in ("card", "sent"))
        for target in (card, sent):
            target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, card)
        with Image.open(path) as picture:
            made, quality = picture, int(chance.integers(60, 91))
            if kind == "thumbnails":
                size = (320, round(320 * picture.height / picture.width))
                made, quality = picture.resize(size, next(kernels)), int(chance.integers(30, 61))
            made.save(sent, quality=quality, exif=picture.info["exif"])
        original_of[content_hash_of(sent)] = content_hash_of(card)
    workspace = Workspace.create(tmp_path / "work")
    assert add_paths(workspace, [tmp_path / "card"]).n_versions == 0
    add_paths(workspace, [tmp_path / "sent"], sent=True)
    pictures: dict[str, set[str]] = {}
    for version in workspace.ledger.versions():
        own = original_of.get(version.photo_id, version.photo_id)
        pictures.setdefault(version.picture_id, set()).add(own)
    n_originals = len(set(original_of.values()))
    print(f"{kind}: {len(pictures)} of {n_originals} paired")
    assert [own for own in pictures.values() if len(own) > 1] == []  # none with another's
    assert len(pictures) >= 0.99 * n_originals
