from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cellular import LARGE, SMALL
from tests.fakes import make_photos
from tests.ingest.test_versions import LARGES, THUMBS, shown
from tests.ledgers import add_decision
from tests.made_clips import HEIGHT, WIDTH, write_clip
from tests.workspaces import Deer
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Different, Name, Note, Reclass, Same, Status, Undo
from thumper_core.decisions.record import record
from thumper_core.files import content_hash_of
from thumper_core.herd.build import build_herd, unchanged_herd
from thumper_core.imports.bundle import unpack_photos, write_bundle
from thumper_core.imports.merge import Merged, merge_workspace, sentences
from thumper_core.imports.other import open_other
from thumper_core.imports.undo import undo_import
from thumper_core.ingest.add import add_paths
from thumper_core.questions.scope import Scope, scoped
from thumper_core.store.came_in import imports
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace

Season = Callable[..., Workspace]


def two_people(season: Season, tmp_path: Path) -> tuple[Workspace, Workspace]:
    """Ann has cards with twelve photos; Bob has the same and six more."""
    ann = season("ann", "ann-photos", 12)
    shutil.copytree(tmp_path / "ann-photos", tmp_path / "bob-photos")
    bob = season("bob", "bob-photos")
    return ann, bob


def merge(workspace: Workspace, other: Path, author: str = "Ann") -> Merged:
    with open_other(other) as theirs:
        return merge_workspace(workspace, theirs, author=author)


def herd(workspace: Workspace) -> list[tuple[str, str | None, int]]:
    return workspace.sql(
        "select individual_id, name, n_detections from individuals where n_detections > 0 order by all"
    ).rows()


def boxes(workspace: Workspace) -> list[BoxKey]:
    rows = workspace.sql("select photo_id, x1, y1, x2, y2 from detections order by detection_id")
    return [BoxKey(photo_id, tuple(box)) for photo_id, *box in rows.iter_rows()]


def test_photos_decisions_and_individuals_come_and_nobody_twice(
    season: Season, tmp_path: Path
) -> None:
    ann, bob = two_people(season, tmp_path)
    who = [row[0] for row in herd(ann)]
    record(ann.ledger, Name(who[0], "Old Crooked"), "Ann")
    record(bob.ledger, Name(who[0], "Big Boy"), "Bob")
    record(bob.ledger, Name(who[1], "Clover"), "Bob")
    record(bob.ledger, Note(who[1], "limps"), "Bob")
    number = record(bob.ledger, Status(who[1], "gone"), "Bob")
    record(bob.ledger, Undo(number), "Bob")
    there = bob.ledger.decisions()
    before = ann.ledger.decisions()
    shown = ann.ledger.promoted("herd")
    files = len(ann.ledger.files_there())

    made = merge(ann, bob.root)
    assert made.taken.n_shared == len(made.taken.photos) == 12
    assert made.shared == {one: one for one in who}
    assert made.new == {}
    assert [one for one in made.conflicts if "Big Boy" in one] == list(made.conflicts)
    here = {(d.kind, d.author, d.made_at) for d in ann.ledger.decisions()}
    assert {(d.kind, d.author, d.made_at) for d in there} <= here  # all, with who and when
    assert herd(ann) == [
        (row[0], {who[0]: "Old Crooked", who[1]: "Clover"}.get(row[0]), row[2]) for row in herd(ann)
    ]
    individuals = len(ann.ledger.individual_ids())
    build_herd(ann)
    assert len(ann.ledger.individual_ids()) == individuals
    assert [row[0] for row in herd(ann)] == who

    again = merge(ann, bob.root)
    assert (again.n_decisions, again.conflicts) == (0, ())
    undone = undo_import(ann, made.import_id, "Ann")
    assert undone.n_files == 12
    assert len(ann.ledger.files_there()) == files
    assert ann.ledger.promoted("herd") == shown
    assert ann.sql("select name from individuals where name is not null order by 1").rows() == [
        ("Old Crooked",)
    ]
    assert ann.ledger.decisions()[: len(before)] == before
    assert verify(ann).is_sound
    assert merge(ann, bob.root).n_decisions > 0  # and in again


def test_where_nobody_decided_anything_no_decision_is_told(
    build: Callable[..., Workspace], tmp_path: Path
) -> None:
    theirs = build([Deer("buck", 2), Deer("doe", 2)], drawn=False)
    assert theirs.ledger.decisions() == []
    new = Workspace.create(tmp_path / "new")
    made = merge(new, theirs.root)
    assert (made.n_decisions, made.n_noted) == (0, len(made.new)) == (0, 2)
    said = " ".join(sentences(made, "theirs"))
    assert "0 decisions recorded" in said and "by which pictures 2 individuals are known" in said
    again = merge(new, theirs.root)
    assert again.n_noted == 0 and "Noted" not in " ".join(sentences(again, "theirs"))


def test_a_thumbnail_here_and_its_picture_there_become_one(tmp_path: Path) -> None:
    both = []
    for name, data in (("ann", THUMBS[0]), ("bob", LARGES[0])):
        file = tmp_path / f"{name}-photos" / "Creek" / "1.jpg"
        file.parent.mkdir(parents=True)
        file.write_bytes(data)
        both.append(Workspace.create(tmp_path / name))
        add_paths(both[-1], [tmp_path / f"{name}-photos"], sent=name == "ann")
    ann, bob = both
    made = merge(ann, bob.root)
    assert (made.n_versions, len(shown(ann))) == (1, 1)
    assert any("1 photo found to be another version" in said for said in sentences(made, "bob"))
    assert ann.sql("select width from photos").item() == LARGE[0]
    undo_import(ann, made.import_id, "Ann")
    assert ann.sql("select width from photos").item() == SMALL[0]


@pytest.mark.slow
def test_what_only_they_have_comes_with_its_results(season: Season, tmp_path: Path) -> None:
    ann = season("ann", "ann-photos", 4)
    shutil.copytree(tmp_path / "ann-photos", tmp_path / "bob-photos")
    for number, path in enumerate(sorted((tmp_path / "ann-photos").rglob("*.jpg"))):
        new = tmp_path / "bob-photos" / "cam7" / f"{number}.jpg"
        new.parent.mkdir(exist_ok=True)
        new.write_bytes(path.read_bytes() + b"\0")
    bob = season("bob", "bob-photos")
    bob.cameras_csv.write_text("name,latitude,longitude\ncam7,30.1,-98.2\n")
    made = merge(ann, bob.root)
    assert (len(made.taken.photos), made.taken.n_shared, made.n_cameras) == (8, 4, 1)
    run_id = ann.ledger.promoted("run")
    assert made.taken.run_id == run_id  # one configuration, one run: nothing is computed again
    left = ann.sql("select photo_id from photos anti join outcomes using (photo_id)")
    assert left.is_empty()
    assert set(ann.sql("select camera from photos")["camera"]) == {"cam0", "cam1", "cam7"}
    build_herd(ann)
    n = ann.sql("select count(*) from assignments").item()
    assert n == bob.sql("select count(*) from assignments").item()
    undo_import(ann, made.import_id, "Ann")
    assert ann.sql("select count(*) from photos").item() == 4
    assert ann.sql("from cameras").is_empty()
    assert verify(ann).is_sound


@pytest.mark.slow
def test_two_who_say_otherwise_are_listed(season: Season, tmp_path: Path) -> None:
    ann, bob = two_people(season, tmp_path)
    a, b, c = boxes(ann)[:3]
    record(ann.ledger, Same(a, b), "Ann")
    record(bob.ledger, Different(a, b), "Bob")
    record(ann.ledger, Reclass(c, "elk"), "Ann")
    record(bob.ledger, Reclass(c, "moose"), "Bob")
    made = merge(ann, bob.root)
    assert len(made.conflicts) == 2
    assert ann.sql("select count(*) from detections where species = 'elk'").item() == 1
    assert "'different' holds" in " ".join(made.conflicts)
    assert any("ours stays" in line for line in sentences(made, "bob"))


@pytest.mark.slow
@pytest.mark.parametrize("later", [None, "Rob"])
def test_a_name_that_another_deer_here_has_or_had_gets_a_tail(
    season: Season, tmp_path: Path, later: str | None
) -> None:
    ann, bob = two_people(season, tmp_path)
    first, second, *_ = (row[0] for row in herd(ann))
    record(ann.ledger, Name(first, "Bob"), "Ann")
    if later is not None:
        record(ann.ledger, Name(first, later), "Ann")
    record(bob.ledger, Name(second, "Bob"), "Bob")
    made = merge(ann, bob.root)
    assert dict(row[:2] for row in herd(ann))[second] == "Bob (bob)"
    assert len(made.conflicts) == 1


@pytest.mark.slow
def test_into_an_empty_workspace_and_by_a_bundle(season: Season, tmp_path: Path) -> None:
    ann = season("ann", "ann-photos", 8)
    ann.cameras_csv.write_text("name,latitude,longitude\ncam0,30.1,-98.2\n")
    who = herd(ann)[0][0]
    record(ann.ledger, Name(who, "Old Crooked"), "Ann")
    whole = write_bundle(ann, tmp_path / "whole.zip", photos=True)
    assert (whole.n_photos, whole.n_files, whole.n_left) == (8, 8, 0)
    part = write_bundle(scoped(ann, Scope(cameras=("cam0",))), tmp_path / "part.zip", whole=ann)
    assert part.n_photos == 4
    with pytest.raises(UsageError, match="never overwrites"):
        write_bundle(ann, tmp_path / "part.zip")
    assert str(tmp_path).encode() not in (tmp_path / "part.zip").read_bytes()

    new = Workspace.create(tmp_path / "new")
    new.settings = ann.settings
    with open_other(tmp_path / "whole.zip") as theirs:
        roots = unpack_photos(theirs, tmp_path / "unpacked")
        made = merge_workspace(new, theirs, author="Zoe", roots=roots)
    assert made.new.keys() == {row[0] for row in herd(ann)}
    assert new.ledger.promoted("run") == made.taken.run_id
    build_herd(new)
    assert herd(new) == herd(ann)
    paths = [Path(root) / path for root, path, _ in new.ledger.files_there()]
    assert len(paths) == 8
    assert all(path.is_file() for path in paths)
    assert new.sql("select name, latitude from cameras").rows() == [("cam0", 30.1)]

    back = merge(ann, tmp_path / "whole.zip")  # home again: nothing is there twice
    assert (back.n_decisions, back.new, back.conflicts) == (0, {}, ())
    assert len(ann.ledger.files_there()) == 8
    assert verify(new).is_sound


SIGHTINGS = (
    "select individual_id, camera, started_at, ended_at, n_detections from sightings order by all"
)
BOXES = "select photo_id, ordinal, frame_ms, track, x1, y1, x2, y2, confidence from detections order by all"
PROFILES = (
    "select individual_id, sex, age_class, n_detections, n_events, first_seen, last_seen, "
    "best_detection_id from profiles order by all"
)


def with_clip(folder: Path, n: int) -> None:
    """Photos of two cameras, and a clip."""
    make_photos(folder, n, broken=False)
    lighter = [np.full((HEIGHT, WIDTH, 3), 60 + i, np.uint8) for i in range(12)]
    write_clip(folder / "cam1" / "walk.mp4", lighter)


@pytest.mark.slow
def test_a_bundle_carries_clips_and_the_herd_to_an_empty_workspace(
    season: Season, tmp_path: Path
) -> None:
    with_clip(tmp_path / "ann-photos", 6)
    ann = season("ann", "ann-photos")
    who = herd(ann)[0][0]
    record(ann.ledger, Name(who, "Old Crooked"), "Ann")
    assert ann.sql("select count(*) from detections where frame_ms is not null").item() > 0
    made = write_bundle(ann, tmp_path / "whole.zip", photos=True)
    assert (made.n_photos, made.n_files) == (7, 7)

    new = Workspace.create(tmp_path / "new")
    with open_other(tmp_path / "whole.zip") as theirs:
        roots = unpack_photos(theirs, tmp_path / "unpacked")
        merged = merge_workspace(new, theirs, author="Zoe", roots=roots)
    assert merged.herd.herd_id == new.ledger.promoted("herd") is not None
    assert (tmp_path / "unpacked" / "ann-photos" / "cam1" / "walk.mp4").is_file()
    for asked in (SIGHTINGS, BOXES, PROFILES):
        assert new.sql(asked).rows() == ann.sql(asked).rows()
    assert herd(new) == herd(ann)
    there, here = ann.ledger.promoted_herd(), new.ledger.promoted_herd()
    assert there is not None and here is not None
    assert (here.summary.counts, here.threshold) == (there.summary.counts, there.threshold)
    assert any("Its herd is shown" in line for line in sentences(merged, "whole"))
    assert unchanged_herd(new) is None  # nothing claims that it was made here

    again = merge(new, tmp_path / "whole.zip")
    assert again.herd == (None, "")
    new.settings = ann.settings
    build_herd(new)
    assert herd(new) == herd(ann)
    assert verify(new).is_sound
    undo_import(new, merged.import_id, "Zoe")
    assert (new.ledger.promoted("herd"), new.ledger.promoted("run")) == (None, None)
    assert merge(new, tmp_path / "whole.zip").herd.herd_id is not None  # and in again
    assert verify(new).is_sound


@pytest.mark.slow
def test_a_part_carries_its_part_of_the_herd(season: Season, tmp_path: Path) -> None:
    with_clip(tmp_path / "ann-photos", 10)
    ann = season("ann", "ann-photos")
    part = scoped(ann, Scope(cameras=("cam1",)))
    write_bundle(part, tmp_path / "part.zip", whole=ann)
    new = Workspace.create(tmp_path / "new")
    merged = merge(new, tmp_path / "part.zip")
    assert merged.herd.herd_id is not None
    for asked in (SIGHTINGS, BOXES):
        assert new.sql(asked).rows() == part.sql(asked).rows()
    shown = new.ledger.promoted_herd()
    assert shown is not None
    assert shown.summary.warnings[0].startswith("This is a part of a larger herd")
    assert shown.summary.trust.estimated_animals is None
    counts = new.sql(
        "select p.n_detections = count(*) and p.n_events = count(distinct event_id) from profiles p "
        "join assignments using (profile_id) join detections using (detection_id) "
        "join photos using (photo_id) group by profile_id, p.n_detections, p.n_events"
    )
    assert set(counts.to_series()) == {True}
    best = new.sql("select best_detection_id from profiles anti join assignments "
                   "on detection_id = best_detection_id")  # fmt: skip
    assert best.is_empty()
    assert verify(new).is_sound


def test_names_that_windows_refuses_have_others_in_a_bundle(season: Season, tmp_path: Path) -> None:
    make_photos(tmp_path / "ann-photos", 4, broken=False)
    old = sorted((tmp_path / "ann-photos").rglob("*.jpg"))
    (tmp_path / "ann-photos" / "cam0:north").mkdir()
    names = ("cam0:north/CON.jpg", "cam1/what?.jpg", "cam1/WHAT_.jpg", "cam1/IMG.jpg")
    for path, name in zip(old, names, strict=True):
        path.rename(tmp_path / "ann-photos" / name)
    ann = season("ann", "ann-photos", identified=False)
    cameras = ann.sql("select photo_id, camera from photos order by 1").rows()
    assert write_bundle(ann, tmp_path / "whole.zip", photos=True).n_files == 4
    new = Workspace.create(tmp_path / "new")
    with open_other(tmp_path / "whole.zip") as theirs:
        roots = unpack_photos(theirs, tmp_path / "unpacked")
        merge_workspace(new, theirs, author="Zoe", roots=roots)
    files = [(Path(root) / path, photo_id) for root, path, photo_id in new.ledger.files_there()]
    assert {path.name for path, _ in files} == {"CON_.jpg", "WHAT_.jpg", "what_-2.jpg", "IMG.jpg"}
    assert all(content_hash_of(path) == photo_id for path, photo_id in files)
    assert new.sql("select photo_id, camera from photos order by 1").rows() == cameras
    assert len(ann.ledger.files_there()) == 4
    back = merge(ann, tmp_path / "whole.zip")
    assert back.taken.n_shared == 4
    assert len(ann.ledger.files_there()) == 4  # home again no second path comes along


def test_where_there_were_photos_before_the_reason_is_said(season: Season, tmp_path: Path) -> None:
    ann = season("ann", "ann-photos", 4)
    write_bundle(ann, tmp_path / "whole.zip")
    make_photos(tmp_path / "own", 2, broken=False)
    for path in sorted((tmp_path / "own").rglob("*.jpg")):
        path.write_bytes(path.read_bytes() + b"0")
    bob = season("bob", "own", identified=False)
    merged = merge(bob, tmp_path / "whole.zip")
    assert merged.herd.herd_id is None
    assert "had photos before" in merged.herd.reason
    assert merged.herd.reason in sentences(merged, "whole")
    assert bob.ledger.promoted("herd") is None


def test_what_is_no_workspace_changes_nothing(season: Season, tmp_path: Path) -> None:
    ann = season("ann", n=4, identified=False)
    Workspace.create(tmp_path / "bare")
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.zip").write_text("no zip")
    for other, error, says in (
        (tmp_path / "absent", UsageError, "There is no"),
        (tmp_path / "folder", UsageError, "is no workspace"),
        (tmp_path / "text.zip", UsageError, "is not a Thumper backup"),
        (tmp_path / "bare", ThumperError, "no photo in it"),
        (ann.root, UsageError, "this workspace itself"),
    ):
        with pytest.raises(error, match=says):
            merge(ann, other)
    assert imports(ann.ledger) == []


def test_damaged_decisions_of_the_other_stop_it_before_anything_is_written(
    season: Season, tmp_path: Path
) -> None:
    ann = season("ann", n=4, identified=False)
    bob = season("bob", n=4, identified=False)
    add_decision(bob.ledger, "note", "deer-001", {"individual_id": "deer-001", "note": "x"}, "Bob")
    with bob.ledger.transaction() as c:
        c.execute("update decisions set author = 'Eve'")
    with pytest.raises(ThumperError, match="not as it was written"):
        merge(ann, bob.root)
    assert imports(ann.ledger) == []
