"""A camera keeps its name when photos are copied, and has one name however it is written."""

from __future__ import annotations

import io
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from thumper_core import cli
from thumper_core.cameras.naming import camera_conflicts, rename_camera, undo_rename, use_folder
from thumper_core.cameras.table import camera_table
from thumper_core.contracts import UsageError
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.pending import Selection, pending_tasks
from thumper_core.questions.scope import Scope, scoped
from thumper_core.store.cameras.names import camera_key, shown_names
from thumper_core.store.cameras.read import read_cameras
from thumper_core.store.ledger import mark_files_changed
from thumper_core.workspace import Workspace

SUED = "Wildwechsel S\u00fcd"


def photo(path: Path, seed: int) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).resize((64, 48)).save(out, "JPEG")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out.getvalue())
    return path


@pytest.fixture
def ranch(tmp_path: Path) -> tuple[Workspace, Path]:
    """Three photos each of North and South, known."""
    photos = tmp_path / "photos"
    for at, camera in enumerate(("North", "South")):
        for number in range(3):
            photo(photos / camera / "DCIM" / "100RECNX" / f"IMG_{number}.JPG", 10 * at + number)
    workspace = Workspace.create(tmp_path / "workspace")
    add_paths(workspace, [photos])
    return workspace, photos


def cameras(workspace: Workspace) -> dict[str, int]:
    rows = workspace.sql("select camera, count(*) from photos group by camera order by camera")
    return dict(rows.iter_rows())


def backup_inside(photos: Path) -> Path:
    for camera in ("North", "South"):
        shutil.copytree(photos / camera, photos / "a_backup" / camera)
    return photos


def backup_on_another_disk(photos: Path) -> Path:
    target = photos.parent / "a_disk"
    shutil.copytree(photos, target / "2024 all")
    return target


def snapshot(photos: Path) -> Path:
    for day in ("daily-1", "daily-2"):
        shutil.copytree(photos / "North", photos / "#snapshots" / day / "North")
    return photos


def favourites(photos: Path) -> Path:
    for camera in ("North", "South"):
        shutil.copytree(photos / camera, photos / "Favourites" / camera, dirs_exist_ok=True)
    return photos


def renamed_copies(photos: Path) -> Path:
    (photos / "Best").mkdir()
    for at, path in enumerate(sorted(photos.rglob("*.JPG"))):
        shutil.copy(path, photos / "Best" / f"A {at}.jpg")
    return photos


def archived(photos: Path) -> Path:
    """A copy, and the original thrown away."""
    (photos / "archive").mkdir()
    shutil.move(photos / "North", photos / "archive" / "n")
    return photos


@pytest.mark.parametrize(
    "copy",
    [backup_inside, backup_on_another_disk, snapshot, favourites, renamed_copies, archived],
)
def test_a_copy_changes_no_camera(
    ranch: tuple[Workspace, Path], copy: Callable[[Path], Path]
) -> None:
    workspace, photos = ranch
    add_paths(workspace, [copy(photos)])
    assert cameras(workspace) == {"North": 3, "South": 3}
    add_paths(workspace, [photos])
    assert cameras(workspace) == {"North": 3, "South": 3}
    assert sum(conflict.n_photos for conflict in camera_conflicts(workspace)) in (3, 6)


def test_paths_that_were_known_first_are_shown_and_read_first(
    ranch: tuple[Workspace, Path],
) -> None:
    workspace, photos = ranch
    before = workspace.sql("select photo_id, path from photos order by 1")
    add_paths(workspace, [backup_inside(photos)])
    assert workspace.sql("select photo_id, path from photos order by 1").equals(before)


def test_copies_that_are_there_from_the_start(tmp_path: Path) -> None:
    """A folder that mixes several cameras' photos is not the camera."""
    photos = tmp_path / "photos"
    for at, camera in enumerate(("North", "South")):
        for number in range(3):
            photo(photos / camera / f"IMG_{number}.JPG", 10 * at + number)
    backup_inside(photos)
    workspace = Workspace.create(tmp_path / "workspace")
    add_paths(workspace, [photos])
    assert cameras(workspace) == {"North": 3, "South": 3}


def test_the_next_card_in_the_camera_s_folder_is_its_own(ranch: tuple[Workspace, Path]) -> None:
    workspace, photos = ranch
    add_paths(workspace, [backup_inside(photos)])
    photo(photos / "North" / "week2" / "IMG_9.JPG", 99)
    add_paths(workspace, [photos])
    assert cameras(workspace) == {"North": 4, "South": 3}


def test_another_level_still_renames_the_camera(ranch: tuple[Workspace, Path]) -> None:
    workspace, photos = ranch
    add_paths(workspace, [photos], camera_level=0)
    assert cameras(workspace) == {"photos": 6}


def test_a_workspace_of_before(ranch: tuple[Workspace, Path], tmp_path: Path) -> None:
    """Nothing says which path was first: the root that was added first, then no backup."""
    workspace, photos = ranch
    add_paths(workspace, [backup_inside(photos)])
    disk = tmp_path / "0_disk"
    shutil.copytree(photos / "North", disk / "A camera")
    add_paths(workspace, [disk])
    with workspace.ledger.transaction() as connection:  # as its schema's step leaves it
        connection.execute("update files set known = 0")
        mark_files_changed(connection)
    opened = Workspace.open(workspace.root)
    assert cameras(opened) == {"North": 3, "South": 3}
    photo(photos / "a_backup" / "IMG_9.JPG", 99)
    add_paths(opened, [photos])
    assert cameras(opened) == {"North": 3, "South": 3, "a_backup": 1}


def test_a_conflict_is_said_and_a_person_can_decide(
    ranch: tuple[Workspace, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, photos = ranch
    assert camera_conflicts(workspace) == []
    shutil.copytree(photos / "North", photos / "Pond")
    run = CliRunner()
    root = ["--workspace", str(workspace.root)]
    added = run.invoke(cli.app, [*root, "add", str(photos)])
    assert "3 photos are also under" in added.output and "They stay" in added.output
    command = f'thumper cameras use "{photos / "Pond"}"'
    assert command in added.output
    done = run.invoke(cli.app, [*root, "cameras", "use", str(photos / "Pond")])
    assert done.output == "3 photos of North are Pond's now.\n"
    assert cameras(workspace) == {"Pond": 3, "South": 3}
    add_paths(workspace, [photos])
    assert cameras(workspace) == {"Pond": 3, "South": 3}
    assert use_folder(workspace, photos / "North") == ["3 photos of Pond are North's now."]
    assert cameras(workspace) == {"North": 3, "South": 3}
    with pytest.raises(UsageError, match="thumper add"):
        use_folder(workspace, photos / "nowhere")


def test_a_camera_is_renamed_for_good(ranch: tuple[Workspace, Path]) -> None:
    workspace, photos = ranch
    workspace.cameras_csv.write_text("name,latitude,longitude\nNORTH,30,-97\n")
    said = rename_camera(workspace, "north", " Pond ")
    assert said[0].startswith("3 photos of North are Pond's now")
    assert cameras(workspace) == {"Pond": 3, "South": 3}
    photo(photos / "North" / "IMG_9.JPG", 99)
    add_paths(workspace, [photos])
    assert cameras(workspace) == {"Pond": 4, "South": 3}
    places = workspace.sql("select distinct camera, latitude from photos order by 1")
    assert places.rows() == [("Pond", 30.0), ("South", None)]
    assert "both are one camera" in rename_camera(workspace, "Pond", "south")[1]
    assert cameras(workspace) == {"south": 7}
    undo_rename(workspace, "SOUTH")
    assert cameras(workspace) == {"North": 4, "South": 3}
    with pytest.raises(UsageError, match="Cameras: North, South"):
        rename_camera(workspace, "Barn", "Pond")
    with pytest.raises(UsageError, match="empty"):
        rename_camera(workspace, "North", "  ")
    with pytest.raises(UsageError, match="No camera was renamed"):
        undo_rename(workspace, "North")


def test_photos_without_a_camera_are_said(tmp_path: Path) -> None:
    photo(tmp_path / "photos" / "unknown" / "IMG_1.JPG", 1)
    Workspace.create(tmp_path / "workspace")
    root = ["--workspace", str(tmp_path / "workspace")]
    added = CliRunner().invoke(cli.app, [*root, "add", str(tmp_path / "photos")])
    assert 'thumper cameras rename unknown "NAME"' in added.output


@pytest.fixture
def written_in_four_ways(tmp_path: Path) -> Workspace:
    names = [unicodedata.normalize("NFD", SUED), SUED, SUED.upper(), SUED + " "]
    for at, name in enumerate(names):
        for number in range(2):
            photo(tmp_path / "photos" / f"card{at + 1}" / name / f"{number}.JPG", 10 * at + number)
    workspace = Workspace.create(tmp_path / "workspace")
    add_paths(workspace, [tmp_path / "photos"])
    return workspace


def test_one_camera_in_four_spellings(written_in_four_ways: Workspace) -> None:
    assert cameras(written_in_four_ways) == {SUED: 8}


@pytest.mark.parametrize(
    "typed", [SUED, unicodedata.normalize("NFD", SUED), SUED.lower(), f" {SUED}  "]
)
def test_every_form_is_found(written_in_four_ways: Workspace, typed: str) -> None:
    workspace = written_in_four_ways
    run = workspace.ledger.create_run("f", "demo", "e", {})
    assert len(pending_tasks(workspace, run.run_id, Selection(camera=typed))) == 8
    part = scoped(workspace, Scope(cameras=(typed,)))
    assert part.sql("select count(*) from photos").item() == 8
    workspace.cameras_csv.write_text(f"name,latitude,longitude\n{typed},47.8,11.3\n", "utf-8")
    assert workspace.sql("select distinct latitude from photos").item() == 47.8
    assert camera_table(workspace)["name"].to_list() == [SUED]
    assert part.sql("select name from cameras").item() == SUED


def test_two_rows_of_one_camera_at_the_same_time_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "cameras.csv"
    path.write_text(f"name\n{SUED}\n{unicodedata.normalize('NFD', SUED).upper()}\n", "utf-8")
    with pytest.raises(UsageError, match="line 3"):
        read_cameras(path)


@pytest.mark.parametrize(
    ("counts", "renames", "expected"),
    [
        ({}, {}, {}),
        ({"North": 3}, {}, {"North": "North"}),
        ({"north": 3, "North": 4}, {}, {"north": "North", "North": "North"}),
        ({"north": 4, "North": 4}, {}, {"north": "North", "North": "North"}),
        ({"North  2": 1, "North 2": 1}, {}, {"North  2": "North 2", "North 2": "North 2"}),
        ({"North": 3, "Pond": 9}, {"north": "POND"}, {"North": "POND", "Pond": "POND"}),
        ({"North": 3}, {"pond": "North"}, {"North": "North"}),
        ({"Stra\u00dfe": 1, "STRASSE": 2}, {}, {"Stra\u00dfe": "STRASSE", "STRASSE": "STRASSE"}),
    ],
)
def test_shown_names(
    counts: dict[str, int], renames: dict[str, str], expected: dict[str, str]
) -> None:
    assert shown_names(counts, renames) == expected


def test_other_names_stay_apart() -> None:
    names = ["North", "North-2", "North 2", "Nord", "\u00dcber", "Uber", "7", "07"]
    assert len({camera_key(name) for name in names}) == len(names)
