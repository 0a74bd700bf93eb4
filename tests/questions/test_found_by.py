"""Which detector found the deer is said, and how its animals became deer."""

from __future__ import annotations

from pathlib import Path

from tests.questions.test_no_deer import NAMES_DEER, NAMES_NONE, found
from tests.workspaces import DETECTOR
from thumper_core.decisions import kinds
from thumper_core.decisions.record import record
from thumper_core.herd.build import build_herd
from thumper_core.questions.found_by import found_by
from thumper_core.questions.review_queue import verdict_key
from thumper_core.questions.status import workspace_status
from thumper_core.workspace import Workspace


def test_without_a_run_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert found_by(Workspace.create(tmp_path)) is None


def test_before_a_herd_the_detector_alone_is_said(tmp_path: Path) -> None:
    assert found_by(found(tmp_path, ["deer"])) == f"Detector: {DETECTOR}."


def test_a_detector_that_names_deer(tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    ranch = found(tmp_path, ["deer", "deer", "person"], NAMES_DEER)
    herd = build_herd(ranch)
    said = (
        f"Detector: {DETECTOR}, which names deer itself; 2 detections count as white-tailed deer."
    )
    assert found_by(ranch) == found_by(ranch, herd=(herd.herd_id, herd.run_id)) == said
    assert workspace_status(ranch)["found_by"] == said
    assert said in call("-w", ranch.root, "status")[1]
    assert said in call("-w", ranch.root, "identify")[1]


def test_animals_that_a_setting_or_a_person_makes_deer(tmp_path: Path) -> None:
    ranch = found(tmp_path, ["animal"] * 3, NAMES_NONE)
    ranch.settings = ranch.settings.about(animals_are_deer=True)
    ranch.settings.save(ranch.settings_file)
    build_herd(ranch)
    assert found_by(ranch) == (
        f'Detector: {DETECTOR}. 3 detections count as white-tailed deer: all because every "animal" '
        "counts as one (the setting `animals_are_deer`)."
    )
    row = ranch.sql("select * from detections where is_deer order by detection_id limit 1").row(
        0, named=True
    )
    key = verdict_key(row)
    record(ranch.ledger, kinds.Reclass(key, "white-tailed deer"), "test")
    said = found_by(Workspace.open(ranch.root)) or ""
    assert "2 because every" in said and said.endswith("and 1 by people.")
