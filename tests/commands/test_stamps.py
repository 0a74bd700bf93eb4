"""Photos that are here already have their strips read when that is asked, once, and cameras named by them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stamp.test_read import Remembering, printed
from thumper_core.stamp import reader as room
from thumper_core.workspace import Workspace

TEXTS = [f"9/{k}/2018 6:4{k}AM OAK RIDGE - 004" for k in range(1, 5)]
Call = Callable[..., tuple[int, str]]


@pytest.fixture
def ranch(tmp_path: Path, call: Call) -> Workspace:
    """Photos that were added by their folder."""
    folder = tmp_path / "photos" / "North"
    folder.mkdir(parents=True)
    for k, text in enumerate(TEXTS):
        printed(text, k, mark=False).save(folder / f"{k}.jpg", quality=95)
    workspace = Workspace.create(tmp_path / "ranch")
    assert call("-w", workspace.root, "add", folder.parent)[0] == 0
    return workspace


@pytest.fixture
def remembering(monkeypatch: pytest.MonkeyPatch) -> Remembering:
    reads = Remembering(TEXTS)
    monkeypatch.setattr(room, "LineReader", lambda: reads)
    return reads


def cameras(workspace: Workspace) -> set[str]:
    return set(workspace.sql("select camera from photos")["camera"])


def test_added_again_they_are_read_and_name_their_camera(
    ranch: Workspace, remembering: Remembering, call: Call
) -> None:
    assert cameras(ranch) == {"North"}
    words = ("-w", ranch.root, "add", ranch.ledger.roots()[0], "--camera-from", "stamp")
    _, said = call(*words)
    assert "4 photos of 4 have one; 4 say a camera's name, 4 a time" in " ".join(said.split())
    assert cameras(ranch) == {"OAK RIDGE"}
    call(*words)
    assert remembering.n == len(TEXTS), "none is read twice"


def test_asked_for_by_themselves_they_name_nothing_and_tell_times(
    ranch: Workspace, remembering: Remembering, call: Call
) -> None:
    _, said = call("-w", ranch.root, "stamps", "--json")
    found = json.loads(said[said.index("{") : said.rindex("}") + 1])
    assert (found["n_photos"], found["n_left"], found["n_timed"]) == (4, 0, 4)
    assert cameras(ranch) == {"North"}
    sources = ranch.sql("select taken_at_source as s from photos")["s"]
    assert set(sources) == {"stamp"}
    assert "Every strip was read already." in call("-w", ranch.root, "stamps")[1]
    assert remembering.n == len(TEXTS)
