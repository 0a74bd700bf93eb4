"""The one thing to start: each advice becomes the launch that does it, and what stands in its way is said."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.generated import Size, build
from thumper_core.pipeline.pause import pause
from thumper_core.upkeep.advise import Advice, advise
from thumper_core.work import sensible
from thumper_core.workspace import Workspace


def advice(action: str, command: str, seconds: float = 60.0) -> Advice:
    return Advice(action, "why", "There is a reason.", command, seconds)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    size = Size(photos=30, animals=3, cameras=2, failures=0)
    return build(tmp_path_factory.mktemp("herd"), size)


@pytest.mark.parametrize(
    ("given", "kind", "arguments", "label"),
    [
        (advice("identify", "thumper identify"), "identify", {}, "Tell the deer apart again"),
        (advice("learn", "thumper learn"), "learn", {}, "Learn from corrections"),
        (advice("process", "thumper run"), "command", {"line": ["run"]}, "Process the photos"),
        (
            advice("reprocess", "thumper reprocess --clear-mode embeddings"),
            "process",
            {"clear_mode": "embeddings"},
            "Process again",
        ),
    ],
)
def test_the_button_does_what_is_advised(
    herd: Workspace, given: Advice, kind: str, arguments: dict[str, Any], label: str
) -> None:
    now = sensible.sensible(herd, [given, advice("learn", "thumper learn")])
    assert (now.kind, now.arguments, now.label, now.seconds) == (kind, arguments, label, 60.0)
    assert now.sentence.endswith("processed. There is a reason.")


def test_where_nothing_is_to_be_done_it_looks_for_new_photos(herd: Workspace) -> None:
    now = sensible.sensible(herd, [advice("nothing", "", 0.0)])
    assert now.sentence.endswith("Nothing has to be done.")
    assert (now.kind, now.arguments) == ("add", {"paths": herd.ledger.roots()})


def test_the_first_start_goes_all_the_way_to_a_herd(tmp_path: Path) -> None:
    empty = Workspace.create(tmp_path / "empty")
    assert sensible.sensible(empty, advise(empty)).kind == ""
    ranch = build(tmp_path, Size(photos=12, animals=2, cameras=1, failures=0), identify=False)
    now = sensible.sensible(ranch, [advice("process", "thumper run")])
    assert (now.kind, now.arguments) == ("process", {"clear_mode": "none"})


def test_what_stands_in_the_way_is_said_with_what_to_do(tmp_path: Path) -> None:
    ranch = build(tmp_path, Size(photos=12, animals=2, cameras=1, failures=0))
    now = sensible.Now("", "", "process", {}, 1.0, 5)
    assert sensible.in_the_way(ranch, now) == []
    ranch.settings = ranch.settings.replace("detect", detector="megadetector-v6-yolov10-c")
    pause(ranch.root)
    shutil.move(tmp_path / "photos", tmp_path / "elsewhere")
    folder, rests, weights = sensible.in_the_way(ranch, now)
    assert "plug its disk in" in folder
    assert "`thumper go-on`" in rests
    assert "megadetector-v6-yolov10-c are not on this machine: `thumper models pull" in weights
    assert len(sensible.in_the_way(ranch, sensible.Now("", "", "learn", {}, 1.0, 0))) == 2
