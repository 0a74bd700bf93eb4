"""Folders for choosing: only folders, only what may be opened, one level at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.questions.cards import make
from thumper_core.contracts import UsageError
from thumper_core.questions import folders


def test_one_level_is_listed_with_its_photos(tmp_path: Path) -> None:
    make(
        tmp_path,
        "oak/1.jpg",
        "Creek/a/2.jpg",
        "3.JPG",
        "4.mp4",
        "notes.txt",
        ".hidden/5.jpg",
        "@eaDir/6.jpg",
    )
    found = folders.below(tmp_path)
    assert (found.folder, found.above) == (tmp_path.resolve(), tmp_path.resolve().parent)
    assert (found.folders, found.n_more, found.n_photos) == (("Creek", "oak"), 0, 2)
    assert folders.below(tmp_path / "oak").folders == ()
    assert folders.below(Path("/")).above is None


def test_a_long_list_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "SHOWN", 2)
    for name in "abc":
        (tmp_path / name).mkdir()
    found = folders.below(tmp_path)
    assert (found.folders, found.n_more) == (("a", "b"), 1)


def test_what_may_not_be_opened_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "theirs").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("theirs"))
    assert folders.below(tmp_path).folders == ("mine",)


@pytest.mark.parametrize("name", ["nowhere", "file.txt"])
def test_what_is_no_folder_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").touch()
    with pytest.raises(UsageError, match=f"{name} is no folder"):
        folders.below(tmp_path / name)


def test_the_home_folder_and_disks_are_where_photos_may_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "home/Pictures/1.jpg", "media/CARD/2.jpg", "media/file", "media/home/DISK/3.jpg")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(folders, "_DISKS", (str(tmp_path / "media"), str(tmp_path / "none")))
    names = [path.name for path in folders.usual_places()]
    assert names == ["home", "Pictures", "CARD", "DISK"]
