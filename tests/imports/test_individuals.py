from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.workspaces import SETTINGS
from thumper_core.contracts import UsageError
from thumper_core.decisions.kinds import Name
from thumper_core.decisions.record import record
from thumper_core.herd.build import build_herd
from thumper_core.imports.individuals import import_individuals, told
from thumper_core.imports.undo import undo_import
from thumper_core.ingest.add import add_paths
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace

Season = Callable[..., Workspace]


def cut_outs(folder: Path, animals: dict[str, int], seed: int = 0) -> Path:
    """A folder for each animal, with so many pictures of noise."""
    rng = np.random.default_rng(seed)
    for name, n in animals.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(n):
            pixels = rng.integers(0, 256, (40, 50, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.jpg")
    return folder


def named(workspace: Workspace) -> dict[str, int]:
    rows = workspace.sql("select coalesce(name, individual_id), n_detections from individuals")
    return {name: n for name, n in rows.iter_rows() if n}


def fresh(folder: Path) -> Workspace:
    workspace = Workspace.create(folder)
    workspace.settings = SETTINGS
    return workspace


def test_a_folder_for_each_becomes_those_animals_and_no_other(
    tmp_path: Path, run_it: Callable[..., object]
) -> None:
    animals = {"Old Crooked": 4, "17": 2, "Clover": 1, "empty": 0}
    folder = cut_outs(tmp_path / "known", animals)
    (folder / "notes.txt").write_text("left alone")
    workspace = fresh(tmp_path / "ranch")
    found = import_individuals(workspace, folder, run_it(workspace), author="Ann", cropped=True)
    assert (sorted(found.new), found.n_photos) == (["17", "Clover", "Old Crooked"], 7)
    assert (found.left, found.absent) == (("notes.txt",), ("empty",))
    build_herd(workspace)
    assert named(workspace) == {"Old Crooked": 4, "17": 2, "Clover": 1}
    notes = workspace.sql("select notes from individuals where name = '17'").item()
    assert notes == f"Known from folder 17 of {folder} (2 photos, brought by Ann)."
    assert set(workspace.sql("select camera from photos")["camera"]) == {"known"}

    again = import_individuals(workspace, folder, run_it(workspace), author="Ann", cropped=True)
    assert (again.new, again.n_photos) == ((), 7)
    n = len(workspace.ledger.decisions())
    cut_outs(folder, {"Clover": 3, "Late": 2}, seed=5)
    more = import_individuals(workspace, folder, run_it(workspace), author="Ann", cropped=True)
    assert (more.new, more.import_id) == (("Late",), found.import_id)
    assert len(workspace.ledger.decisions()) > n
    build_herd(workspace)
    assert named(workspace)["Clover"] == 3  # one was replaced, two are new
    assert verify(workspace).is_sound


def test_a_picture_of_two_animals_is_named_with_both_and_who_is_left_without_too(
    tmp_path: Path, run_it: Callable[..., object]
) -> None:
    folder = cut_outs(tmp_path / "known", {"Al": 1, "Bob": 2, "Clover": 1, "empty": 0})
    shutil.copy(folder / "Al" / "0.jpg", folder / "Bob" / "same.jpg")
    workspace = fresh(tmp_path / "ranch")
    found = import_individuals(workspace, folder, run_it(workspace), author="Ann", cropped=True)
    assert found.twice == ("Al/0.jpg and Bob/same.jpg",)
    assert ((*found.new,), found.absent) == (("Bob", "Clover"), ("Al", "empty"))
    said = told(found)
    assert "in the folders of several animals: 1 (Al/0.jpg and Bob/same.jpg)" in " ".join(said)
    assert "No individual was made of 2 folders" in said[-1] and "Al, empty. Put one" in said[-1]


@pytest.mark.slow
def test_copies_from_the_cards_name_the_seasons_animals(
    season: Season, tmp_path: Path, run_it: Callable[..., object]
) -> None:
    workspace = season("ann")
    one_box = workspace.sql(
        "select p.path, p.camera, a.individual_id from photos p join detections d using (photo_id) "
        "join assignments a using (detection_id) qualify count(*) over (partition by photo_id) = 1 "
        "order by p.path"
    )
    path, camera, was = one_box.row(0)
    (tmp_path / "known" / "Bob").mkdir(parents=True)
    shutil.copy(tmp_path / "photos" / path, tmp_path / "known" / "Bob" / "best.jpg")
    found = import_individuals(workspace, tmp_path / "known", run_it(workspace), author="Ann")
    assert (found.new, found.several, found.none) == (("Bob",), (), ())
    build_herd(workspace)
    who = workspace.sql(
        "select i.name, p.camera from assignments a join detections d using (detection_id) "
        "join photos p using (photo_id) join individuals i using (individual_id) where p.path = ?",
        [path],
    )
    assert who.rows() == [("Bob", camera)]  # the card still names the camera
    assert was not in named(workspace)

    undone = undo_import(workspace, found.import_id, "Ann")
    assert (undone.n_files, undone.n_decisions) == (1, 3)
    assert "Herd h0001 is shown again" in undone.sentence
    build_herd(workspace)
    assert "Bob" not in named(workspace)
    assert verify(workspace).is_sound


@pytest.mark.slow
def test_what_is_not_clear_is_left_out_and_said(
    season: Season, tmp_path: Path, run_it: Callable[..., object]
) -> None:
    workspace = season("ann")
    counts = workspace.sql(
        "select p.path, count(d.detection_id) as n from photos p left join detections d using (photo_id) "
        "group by p.path order by n, p.path"
    )
    paths = dict(counts.iter_rows())
    none = next(p for p, n in paths.items() if n == 0)
    several = next(p for p, n in paths.items() if n > 1)
    one = next(p for p, n in paths.items() if n == 1)
    known = tmp_path / "known"
    for name, chosen in {"Bob": [none, several, one], "Al": [one]}.items():
        (known / name).mkdir(parents=True)
        for path in chosen:
            shutil.copy(tmp_path / "photos" / path, known / name / Path(path).name)
    found = import_individuals(workspace, known, run_it(workspace), author="Ann")
    assert len(found.none) == len(found.several) == len(found.twice) == 1
    assert found.new == ()
    assert found.twice == (f"Al/{Path(one).name} and Bob/{Path(one).name}",)
    assert found.absent == ("Al", "Bob")
    assert len(told(found)) == 5


@pytest.mark.slow
def test_a_name_that_is_here_already_is_that_animal(
    tmp_path: Path, run_it: Callable[..., object]
) -> None:
    workspace = fresh(tmp_path / "ranch")
    first = cut_outs(tmp_path / "2024", {"Bob": 2})
    import_individuals(workspace, first, run_it(workspace), author="Ann", cropped=True)
    inside = cut_outs(tmp_path / "2024" / "more", {"bob": 2}, seed=3)
    found = import_individuals(workspace, inside, run_it(workspace), author="Ann", cropped=True)
    assert (found.new, found.known) == ((), ("bob",))
    build_herd(workspace)
    assert named(workspace) == {"Bob": 4}


@pytest.mark.slow
def test_a_name_that_a_deer_here_had_before_is_not_given_again(
    tmp_path: Path, run_it: Callable[..., object]
) -> None:
    workspace = fresh(tmp_path / "ranch")
    first = cut_outs(tmp_path / "2024", {"Bob": 2})
    import_individuals(workspace, first, run_it(workspace), author="Ann", cropped=True)
    record(workspace.ledger, Name("i0001", "Rob"), "Ann")
    other = cut_outs(tmp_path / "2025", {"bob": 2}, seed=3)
    found = import_individuals(workspace, other, run_it(workspace), author="Ann", cropped=True)
    assert (found.new, found.known) == (("bob",), ())
    build_herd(workspace)
    assert named(workspace) == {"Rob": 2, "bob (i0002)": 2}


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        ([], "There are no folders"),
        (["..."], "A folder's name is its animal's name"),
        (["Bob", "BOB "], "the same name for a reader"),
        (["Bob"], "There are no photos in the folders"),
    ],
)
def test_folders_that_will_not_do(
    tmp_path: Path, run_it: Callable[..., object], folders: list[str], message: str
) -> None:
    workspace = fresh(tmp_path / "ranch")
    known = tmp_path / "known"
    known.mkdir()
    for name in folders:
        (known / ("x..." if name == "..." else name)).mkdir()
    if folders == ["..."]:
        (known / "x...").rename(known / "__")
    with pytest.raises(UsageError, match=message):
        import_individuals(workspace, known, run_it(workspace), author="Ann", cropped=True)


def test_cut_outs_do_not_come_to_other_photos(
    season: Season, tmp_path: Path, run_it: Callable[..., object]
) -> None:
    workspace = season("ann")
    known = cut_outs(tmp_path / "known", {"Bob": 1})
    with pytest.raises(UsageError, match="a workspace of their own"):
        import_individuals(workspace, known, run_it(workspace), author="Ann", cropped=True)
    with pytest.raises(UsageError, match="is no folder"):
        import_individuals(workspace, known / "x", run_it(workspace), author="Ann")


def test_a_root_keeps_its_own_camera_level(tmp_path: Path, run_it: Callable[..., object]) -> None:
    workspace = fresh(tmp_path / "ranch")
    folder = cut_outs(tmp_path / "known", {"Bob": 1, "Al": 1})
    import_individuals(workspace, folder, run_it(workspace), author="Ann", cropped=True)
    add_paths(workspace, [folder])  # as "look for new photos" does
    assert set(workspace.sql("select camera from photos")["camera"]) == {"known"}
