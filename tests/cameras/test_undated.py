"""What is said of photos without a time, and of rows of `cameras.csv` that find no camera."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from thumper_core.cameras.undated import unmatched_notes, untimed_notes
from thumper_core.ingest.add import add_paths
from thumper_core.workspace import Workspace


def added(folder: Path, names: list[str]) -> Workspace:
    for number, name in enumerate(names):
        path = folder / "photos" / "Feeder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 24), (number * 60, 0, 0)).save(path)
    workspace = Workspace.create(folder / "w")
    add_paths(workspace, [folder / "photos"])
    return workspace


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], []),
        (["2025-03-01 06-41-10.jpg"], []),
        (["a.jpg"], ["1 photo of Feeder has no readable time", "--trust-file-dates"]),
        (["a.jpg", "b.jpg", "2025-03-01 06-41-10.jpg"], ["2 photos of Feeder"]),
        (["IMG-20250301-WA0001.jpg"], ["1 photo of Feeder"]),
    ],
)
def test_photos_without_a_time_are_said(tmp_path: Path, names: list[str], said: list[str]) -> None:
    (tmp_path / "photos").mkdir()
    notes = untimed_notes(added(tmp_path, names))
    assert len(notes) == bool(said)
    assert all(words in notes[0] for words in said)
    if names == ["IMG-20250301-WA0001.jpg"]:
        assert "--trust-file-dates" not in notes[0]  # its name is better than its file's date


def test_adding_says_it_once_and_again_when_photos_come(
    tmp_path: Path, call: Callable[..., tuple[int, str]]
) -> None:
    workspace = added(tmp_path, ["a.jpg"])
    words = ("-w", workspace.root, "add", tmp_path / "photos")
    assert "no readable time" not in " ".join(call(*words)[1].split())
    Image.new("RGB", (32, 24), (0, 99, 0)).save(tmp_path / "photos" / "Feeder" / "b.jpg")
    assert "2 photos of Feeder have no readable time" in " ".join(call(*words)[1].split())
    assert "2 photos of Feeder have no readable time" in " ".join(
        call(*words, "--reread")[1].split()
    )


@pytest.mark.parametrize(("row", "said"), [("feeder ,1,2", []), ("007,1,2", ["007", "Feeder"])])
def test_a_row_that_finds_no_camera_is_said(tmp_path: Path, row: str, said: list[str]) -> None:
    workspace = added(tmp_path, ["a.jpg"])
    workspace.cameras_csv.write_text(f"name,latitude,longitude\n{row}\n")
    notes = unmatched_notes(workspace)
    assert len(notes) == bool(said)
    assert all(words in notes[0] for words in said)
