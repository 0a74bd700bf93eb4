"""A folder is looked at before anything is added: how much it holds, and which cameras that makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from thumper_core.contracts import UsageError
from thumper_core.ingest.look import likely_level, look


@pytest.mark.parametrize(
    ("folders", "level"),
    [
        ({}, 1),
        ({"": 9}, 1),
        ({"Creek": 3}, 1),
        ({"Creek": 3, "Oak": 2}, 1),
        ({"Creek/DCIM/100RECNX": 3, "Creek/DCIM/101RECNX": 2}, 1),
        ({"season/Creek": 3, "season/Oak": 2}, 2),
        ({"2025/Creek/DCIM": 3, "2025/Oak/DCIM": 2}, 1),  # a date is no name: the next stands in
        ({"Creek/first pull": 3, "Creek/second pull": 2, "Oak/first pull": 1}, 1),
        ({"North/Cam 1": 3, "South/Cam 2": 2}, 1),
        ({"a/b/c/Creek": 1, "a/b/c/Oak": 1}, 4),
        ({"a/b/c/d/Creek": 1, "a/b/c/d/Oak": 1}, 1),
    ],
)
def test_the_first_level_with_several_names_names_the_cameras(
    folders: dict[str, int], level: int
) -> None:
    assert likely_level("/data/photos", folders) == level


def make(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 1024)
    return folder


def test_what_is_there_is_said_in_two_sentences(tmp_path: Path) -> None:
    folder = make(tmp_path / "cards", "Creek/1.jpg", "Creek/2.JPG", "Oak/3.mp4", "Oak/notes.txt")
    seen = look(folder)
    assert (seen.n_files, seen.bytes, seen.level) == (3, 3 * 1024, 1)
    assert seen.sentences == (
        f"3 files of photos and videos in {folder} (3 KiB).",
        "2 cameras by the folders at level 1: Creek (2), Oak (1).",
    )
    assert dict(look(folder, 0).cameras) == {"cards": 3}
    assert [file.name for file in sorted(folder.rglob("*.txt"))] == ["notes.txt"]


def test_of_many_cameras_the_first_are_named(tmp_path: Path) -> None:
    folder = make(tmp_path / "cards", *(f"Stand {n}/{n}.jpg" for n in range(11)))
    assert "11 cameras" in look(folder).sentences[1]
    assert look(folder).sentences[1].endswith(" and 3 more.")
    one = make(tmp_path / "one", "a.jpg")
    assert look(one).sentences[1] == "1 camera by the folders at level 1: one (1)."


@pytest.mark.parametrize(("name", "says"), [("nowhere", "no folder"), ("empty", "no photo")])
def test_without_photos_the_folder_is_named(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=rf"{says}.*{name}|{name}.*{says}"):
        look(tmp_path / name)
