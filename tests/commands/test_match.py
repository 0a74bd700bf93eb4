"""`match`: what it says, and that a second call has nothing left to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.herds import deer_workspace, models
from tests.match.networks import Spots
from thumper_core.contracts import ClassMeaning
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import MissedAnimal
from thumper_core.decisions.record import record
from thumper_core.flows.reprocess import reprocess
from thumper_core.herd.build import build_herd
from thumper_core.match import collect as room
from thumper_core.match import marks
from thumper_core.store.meanings import set_meanings


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that needs no weights, and takes crops of any size."""
    monkeypatch.setattr(room, "open_network", Spots)
    monkeypatch.setattr(marks, "COARSEST", 0)


def test_it_counts_what_it_looked_at(call, tmp_path: Path, network: None) -> None:  # type: ignore[no-untyped-def]
    workspace = deer_workspace(tmp_path, n_deer=3, n_events=2)
    reprocess(workspace, models())
    (next((tmp_path / "photos").rglob("*_0.png"))).unlink()
    in_the_way = workspace.cache_dir / "keypoints"
    in_the_way.write_bytes(b"")
    code, printed = call("-w", workspace.root, "match")
    assert code == 3 and "Cannot keep keypoints in" in printed
    in_the_way.unlink()
    code, printed = call("-w", workspace.root, "match", "--json")
    told = json.loads(printed)
    assert told["crops"] == 6 and told["new"] + told["unread"] == 6
    assert code == (1 if told["unread"] else 0)
    assert call("-w", workspace.root, "match", "--run", "nope")[0] == 3
    code, printed = call("-w", workspace.root, "match")
    assert "6 crops, 0 of them looked at now" in printed
    assert code == (1 if told["unread"] else 0)


def test_it_draws_what_matches_in_two_pictures(call, tmp_path: Path, network: None) -> None:  # type: ignore[no-untyped-def]
    workspace = deer_workspace(tmp_path, n_deer=2, n_events=2)
    reprocess(workspace, models())
    build_herd(workspace)
    first = workspace.sql("select detection_id from detections order by 1")["detection_id"][0]
    who = next(w for w in workspace.ledger.individual_ids())
    other = workspace.sql(
        "select best_detection_id as id from individuals where individual_id = ?", [who]
    ).item()
    pictures = (first, who) if first != other else (first, workspace.ledger.individual_ids()[1])
    file = tmp_path / "seen.jpg"
    code, printed = call("-w", workspace.root, "match", "--draw", *pictures, "--out", file)
    assert code == 0 and "seen.jpg" in printed.replace("\n", "") and file.stat().st_size > 1000
    kept = file.read_bytes()
    code, printed = call("-w", workspace.root, "match", "--draw", *pictures, "--out", file)
    assert code == 2 and "is there already" in printed and file.read_bytes() == kept
    for name, kind in (("seen.PNG", "PNG"), ("seen.jpeg", "JPEG")):
        call("-w", workspace.root, "match", "--draw", *pictures, "--out", tmp_path / name)
        with Image.open(tmp_path / name) as picture:
            assert picture.format == kind
    code, printed = call("-w", workspace.root, "match", "--blur-people")
    assert code == 2 and "belongs to --draw" in " ".join(printed.split())
    last = workspace.sql("select max(detection_id) from detections").item()
    hide = ("match", "--blur-people", "--draw", first, last, "--out")
    sharp = tmp_path / "sharp.jpg"
    call("-w", workspace.root, "match", "--draw", first, last, "--out", sharp)
    code, printed = call("-w", workspace.root, *hide, tmp_path / "hidden.jpg")
    assert code == 3 and "does not look for people" in " ".join(printed.split())
    detector = workspace.ledger.runs()[-1].detector
    set_meanings(workspace.ledger, detector, {"person": ClassMeaning("person")})
    for photo_id, x1, y1, x2, y2 in workspace.sql(
        "select photo_id, x1, y1, x2, y2 from detections"
    ).rows():
        beside = BoxKey(photo_id, (x1, y1, x1 + 0.4 * (x2 - x1), y2))
        record(workspace.ledger, MissedAnimal(beside, "person"), "Kim")
    code, printed = call("-w", workspace.root, *hide, tmp_path / "hidden.jpg")
    assert code == 0 and "People are blurred" in printed
    assert (tmp_path / "hidden.jpg").read_bytes() != sharp.read_bytes()
    code, printed = call("-w", workspace.root, "match", "--draw", first, first)
    assert code == 2 and "one picture" in printed
    code, printed = call("-w", workspace.root, "match", "--draw", first, "nobody")
    assert code == 3 and "no individual 'nobody'" in printed
    blind = reprocess(workspace, models(name="blind", bad=True), clear_mode="all")
    workspace.ledger.promote({"run": blind.run_id})
    code, printed = call("-w", workspace.root, "match", "--draw", first, who)
    assert code == 3 and f"no detection {first}; another run has" in " ".join(printed.split())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("photo.jpg", "is there already"),
        ("link.jpg", "is there already"),
        ("folder.jpg", "is a folder"),
        (".", "is a folder"),
        ("away/seen.jpg", "no folder"),
        ("photo.jpg/seen.jpg", "no folder"),
        ("seen.gif", "neither in .jpg nor in .png"),
        ("seen", "neither in .jpg nor in .png"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_any_work(
    call,  # type: ignore[no-untyped-def]
    tmp_path: Path,
    name: str,
    why: str,
) -> None:
    call("init", tmp_path / "ranch")
    (tmp_path / "photo.jpg").write_bytes(b"a photo")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "nothing")
    (tmp_path / "folder.jpg").mkdir()
    code, printed = call(
        "-w", tmp_path / "ranch", "match", "--draw", "a", "b", "--out", tmp_path / name
    )
    assert code == 2 and why in " ".join(printed.split())
    assert (tmp_path / "photo.jpg").read_bytes() == b"a photo"
