"""A backup taken while others write is one consistent state, and restores whole or not at all."""

from __future__ import annotations

import threading
import zipfile
from pathlib import Path

import pytest

from tests.herds import SETTINGS, models
from tests.ledgers import add_decision
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.decisions.kinds import Name
from thumper_core.decisions.record import record
from thumper_core.pipeline.run import run
from thumper_core.store.chain import append
from thumper_core.store.jobs import start_job
from thumper_core.upkeep.backup import MANIFEST, backup
from thumper_core.upkeep.restore import restore
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace

_SIGHTINGS = "select * from sightings order by all"


@pytest.fixture
def workspace(three_deer: Workspace) -> Workspace:
    made = three_deer
    made.cameras_csv.write_text("name,latitude,longitude\ncam0,30.1,-98.2\n")
    someone = made.sql("select individual_id from individuals order by all").row(0)[0]
    record(made.ledger, Name(someone, "Sage"), "test")
    return made


def test_restored_elsewhere_and_run_again_everything_is_back(
    workspace: Workspace, tmp_path: Path
) -> None:
    summary = backup(workspace, tmp_path / "b.zip")
    before = workspace.sql(_SIGHTINGS).rows()
    restored = restore(tmp_path / "b.zip", tmp_path / "new")
    assert restored.n_files == summary.n_files
    other = Workspace.open(tmp_path / "new")
    assert other.ledger.herds() == workspace.ledger.herds()
    assert other.cameras_csv.read_text() == workspace.cameras_csv.read_text()
    assert not (other.lake.root / "runs").exists()
    run(other, models().detector, models().embedder, settings=SETTINGS)
    assert other.sql(_SIGHTINGS).rows() == before
    assert "Sage" in other.sql("select name from individuals")["name"].to_list()
    assert verify(other).is_sound


def test_what_was_learned_comes_back_and_only_what_runs_nothing(
    workspace: Workspace, tmp_path: Path
) -> None:
    kept = [
        "heads/tiny-sex.head.json",
        "reid/0a1b2c3d.visits.safetensors",
        "learned/reid-0001.json",
    ]
    left = ["heads/notes.txt", "learned/detector-0001.onnx", "learned/draft-1.onnx", "reid/x.pt"]
    for name in (*kept, *left):
        (workspace.root / name).parent.mkdir(exist_ok=True)
        (workspace.root / name).write_text("as it was")
    backup(workspace, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "new")
    there = {name: (tmp_path / "new" / name).exists() for name in (*kept, *left)}
    assert there == {**dict.fromkeys(kept, True), **dict.fromkeys(left, False)}
    for name in kept:
        (workspace.root / name).write_text("newer")
    restore(tmp_path / "b.zip", workspace.root, replace=True)
    (aside,) = workspace.root.glob("replaced-*")
    for name in kept:
        assert (workspace.root / name).read_text() == "as it was"
        assert (aside / name).read_text() == "newer"
    assert (workspace.root / left[1]).exists()  # what a backup does not hold stays where it is


def test_with_runs_nothing_needs_to_be_run_again(workspace: Workspace, tmp_path: Path) -> None:
    backup(workspace, tmp_path / "b.zip", with_runs=True)
    restore(tmp_path / "b.zip", tmp_path / "new")
    other = Workspace.open(tmp_path / "new")
    assert other.sql(_SIGHTINGS).rows() == workspace.sql(_SIGHTINGS).rows()


def test_a_backup_while_others_write_is_consistent(workspace: Workspace, tmp_path: Path) -> None:
    stop = threading.Event()

    def decide() -> None:
        number = 0
        while not stop.is_set():
            with workspace.ledger.transaction() as c:
                for half in range(2):  # always in pairs: an odd count is a torn copy
                    append(c, "note", f"{number}-{half}", {}, "a")
            number += 1

    thread = threading.Thread(target=decide)
    thread.start()
    try:
        for number in range(3):
            backup(workspace, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        thread.join()
    for number in range(3):
        restore(tmp_path / f"{number}.zip", tmp_path / f"new{number}")
        other = Workspace.open(tmp_path / f"new{number}")
        assert len(other.ledger.decisions()) % 2 == 1  # the name, then pairs
        assert verify(other).is_sound


def test_replace_keeps_what_was_there(workspace: Workspace, tmp_path: Path) -> None:
    before = workspace.ledger.decisions()
    backup(workspace, tmp_path / "b.zip")
    add_decision(workspace.ledger, "note", "deer-0001", {"text": "later"}, "a")
    with pytest.raises(UsageError, match="--replace"):
        restore(tmp_path / "b.zip", workspace.root)
    restore(tmp_path / "b.zip", workspace.root, replace=True)
    assert Workspace.open(workspace.root).ledger.decisions() == before
    (aside,) = workspace.root.glob("replaced-*")
    kept = Workspace(aside)
    assert [d.payload for d in kept.ledger.decisions()[len(before) :]] == [{"text": "later"}]
    assert verify(Workspace.open(workspace.root)).is_sound


def test_refusals(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    backup(workspace, file)
    with pytest.raises(UsageError, match="never overwrites"):
        backup(workspace, file)
    with pytest.raises(ThumperError, match="Cannot write"):
        backup(workspace, tmp_path / "nowhere" / "b.zip")
    with pytest.raises(UsageError, match="There is no file"):
        restore(tmp_path / "absent.zip", tmp_path / "new")
    (tmp_path / "text.zip").write_text("no archive")
    with pytest.raises(UsageError, match="not a Thumper backup"):
        restore(tmp_path / "text.zip", tmp_path / "new")
    start_job(workspace.ledger, "r1", "run")
    with pytest.raises(ThumperError, match="Stop it first"):
        restore(file, workspace.root, replace=True)


@pytest.mark.parametrize("name", ["../outside", "/outside", ""])
def test_an_archive_that_names_files_outside_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(MANIFEST, f'{{"format": 1, "made_at": "", "files": {{"{name}": "0"}}}}')
        if name:
            archive.writestr(name, "x")
    with pytest.raises(UsageError, match="not a Thumper backup"):
        restore(tmp_path / "evil.zip", tmp_path / "new")
    assert not (tmp_path / "outside").exists()


def test_a_damaged_archive_changes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    backup(workspace, tmp_path / "b.zip")
    with (
        zipfile.ZipFile(tmp_path / "b.zip") as good,
        zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad,
    ):
        for info in good.infolist():
            data = good.read(info)
            bad.writestr(info.filename, data[:-1] if info.filename == "ledger.sqlite" else data)
    herds = workspace.ledger.herds()
    with pytest.raises(ThumperError, match="nothing was changed"):
        restore(tmp_path / "bad.zip", workspace.root, replace=True)
    assert workspace.ledger.herds() == herds
    assert not list(workspace.root.glob("replaced-*")) + list(workspace.root.glob(".restoring*"))
