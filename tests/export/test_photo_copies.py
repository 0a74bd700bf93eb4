"""Copies of photos: their own bytes, their own pixels, or nobody to be recognised in them."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.export.test_cleaned import SECRET, exif
from tests.workspaces import Deer
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.export.cleaned import exif_of
from thumper_core.export.photo_copies import photo_copies
from thumper_core.ingest.exif import read_exif
from thumper_core.questions.scope import Scope, scoped
from thumper_core.vision.blur import AROUND
from thumper_core.workspace import Workspace

PERSON = (10, 20, 90, 300)
AROUND_PX = round(280 * AROUND)


def shot(path: Path, seed: int, form: str = "JPEG", **options: int) -> None:
    """A photo full of detail, with where it was taken."""
    pixels = np.random.default_rng(seed).integers(0, 256, (360, 640, 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, form, exif=exif(), **options)


@pytest.fixture
def ranch(build: Callable[..., Workspace]) -> Workspace:
    """Two photos of a deer, one of a person, a PNG without anybody, one that cannot be read."""
    failures = [("Creek/zero.jpg", "error", "empty_file"), ("Creek/a.png", "ok", "")]
    workspace = build(
        [Deer("buck", 2)], people=1, n_blank=0, failures=failures, drawn=False, identified=False
    )
    rows = workspace.sql("select root, path from photos").rows()
    for seed, (root, path) in enumerate(rows):
        if "zero" not in path:
            form = "PNG" if path.endswith(".png") else "JPEG"
            shot(Path(root) / path, seed, form, **({"quality": 90} if form == "JPEG" else {}))
    return workspace


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert all(entry.external_attr >> 16 == 0o644 for entry in archive.infolist())
        return {name: archive.read(name) for name in archive.namelist()}


def originals(workspace: Workspace) -> dict[str, bytes]:
    rows = workspace.sql("select root, path from photos").rows()
    files = {path: Path(root) / path for root, path in rows}
    return {path: file.read_bytes() for path, file in files.items() if file.exists()}


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def person_in(workspace: Workspace) -> str:
    return str(
        workspace.sql("select path from photos join detections using (photo_id) where species = 'person'")
        .item()
    )  # fmt: skip


def test_unchanged_they_are_the_photos_themselves(ranch: Workspace, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    made = photo_copies(ranch, tmp_path / "all.zip", on_progress=lambda *at: told.append(at))
    assert members(made.file) == originals(ranch)
    assert (made.n_photos, made.n_blurred, made.n_left) == (4, 0, 1)
    assert told[-1] == (5, 5)


def test_without_places_the_pixels_stay(ranch: Workspace, tmp_path: Path) -> None:
    made = photo_copies(ranch, tmp_path / "all.zip", no_gps=True)
    copies, files = members(made.file), originals(ranch)
    assert made.n_photos == 4
    assert set(copies) == {f"{p}.jpg" if p.endswith(".png") else p for p in files}
    for path, data in files.items():
        copy = copies.get(path) or copies[f"{path}.jpg"]
        assert SECRET in data or path.endswith(".png")
        assert SECRET not in copy
        assert read_exif(exif_of(copy)).latitude is None
        if not path.endswith(".png"):
            np.testing.assert_array_equal(pixels(copy), pixels(data))
            assert read_exif(exif_of(copy)).taken_at == read_exif(exif_of(data)).taken_at


@pytest.mark.parametrize("no_gps", [False, True])
def test_a_person_is_gone_from_the_pixels(ranch: Workspace, tmp_path: Path, no_gps: bool) -> None:
    narrowed = scoped(ranch, Scope(blur_people=True))
    made = photo_copies(narrowed, tmp_path / "all.zip", no_gps=no_gps)
    assert (made.n_photos, made.n_blurred) == (4, 1)
    assert (made.n_left, made.n_unlooked) == (1, 0), "the run tried, and could not read it"
    copies, files, path = members(made.file), originals(ranch), person_in(ranch)
    before, after = pixels(files[path]), pixels(copies[path])
    left, top, right, bottom = PERSON
    inside = after[top:bottom, left:right]
    assert np.abs(np.diff(inside, axis=1)).mean() < 3 < np.abs(np.diff(before, axis=1)).mean()
    assert np.corrcoef(inside.ravel(), before[top:bottom, left:right].ravel())[0, 1] < 0.15
    rest = after[:, right + AROUND_PX + 16 :], before[:, right + AROUND_PX + 16 :]
    assert np.corrcoef(rest[0].ravel(), rest[1].ravel())[0, 1] > 0.9, "the rest is as it was"
    assert SECRET not in copies[path], "what a blurred photo said of itself is not in it either"
    assert read_exif(exif_of(copies[path])).taken_at is not None
    others = [name for name in files if name != path and name in copies]
    assert all((copies[name] == files[name]) != no_gps for name in others if ".png" not in name)


def test_what_cannot_be_written_is_said(ranch: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"does not end in \.zip"):
        photo_copies(ranch, tmp_path / "all")
    with pytest.raises(ThumperError, match="no photos"):
        photo_copies(Workspace.create(tmp_path / "none"), tmp_path / "all.zip")
    with ranch.ledger.transaction() as c:
        c.execute("delete from class_meanings where species = 'person'")
    with pytest.raises(ThumperError, match="does not look for people"):
        photo_copies(scoped(ranch, Scope(blur_people=True)), tmp_path / "all.zip")
    assert os.listdir(tmp_path.joinpath("photos").parent) and not (tmp_path / "all.zip").exists()
