"""Where a run found nothing: what is gone, waits, cannot be read or was hidden is told apart from blanks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from tests.workspaces import DETECTOR, Deer
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import NotAnimal
from thumper_core.decisions.record import record
from thumper_core.questions.no_deer import why_no_deer
from thumper_core.questions.reasons import NoDeer, Why
from thumper_core.questions.unread import NAMED_MAX
from thumper_core.workspace import Workspace

Build = Callable[..., Workspace]


def blank(build: Build, *, config: dict[str, Any] | None = None, **options: Any) -> Workspace:
    """A complete run in which no photo has a detection. config: of the run."""
    workspace = build([], identified=False, drawn=False, **{"n_blank": 8, **options})
    with workspace.ledger.transaction() as c:
        c.execute("update runs set config = ?", (json.dumps(config or {}),))
    return workspace


def why(workspace: Workspace) -> NoDeer:
    found = why_no_deer(workspace)
    assert found is not None
    assert found.sentence.count(". ") == 0 and found.sentence.endswith(".")
    return found


def conf(value: float) -> dict[str, Any]:
    return {"detect": {"conf_min": value}}


@pytest.mark.parametrize(
    ("kept_from", "setting", "reason", "command", "says"),
    [
        (0.25, 0.25, Why.BLANK, "app", "8 photos seem to show no animal, which is no fault"),
        (0.05, 0.25, Why.BLANK, "app", "found nothing in them from a confidence of 0.05 on."),
        (0.05, 0.05, Why.BLANK, "app", "seem to show no animal"),
        (0.9, 0.25, Why.NOTHING, "run", "from a confidence of 0.9 on (without `--conf` it is 0.25)"),
        (0.25, 0.1, Why.NOTHING, "run", "(without `--conf` it is 0.1)"),
        (0.9, 0.9, Why.NOTHING, "run --conf 0.25", "the setting `conf_min` of `detect`"),
    ],
)  # fmt: skip
def test_who_named_a_confidence_is_told_to_leave_it_away_and_who_did_not_that_nothing_is_there(
    build: Build, kept_from: float, setting: float, reason: Why, command: str, says: str
) -> None:
    workspace = blank(build, config=conf(kept_from))
    workspace.settings = workspace.settings.replace("detect", conf_min=setting)
    found = why(workspace)
    assert (found.reason, found.command, found.is_final) == (reason, command, reason is Why.BLANK)
    assert says in found.sentence


def test_a_run_with_another_detector_than_the_usual_names_it(build: Build) -> None:
    workspace = blank(build, config=conf(0.9) | {"detector_file": "/models/my eye.onnx"})
    assert why(workspace).command == "run"  # it is shown, and the next run takes its detector
    workspace.settings = workspace.settings.replace("detect", detector="demo")
    assert why(workspace).command == "run --detector '/models/my eye.onnx'"


@pytest.mark.parametrize(("n_broken", "more"), [(1, "1 more could not be read: Creek/0.jpg."),
                                                (5, "5 more could not be read: ")])  # fmt: skip
def test_photos_that_cannot_be_read_are_not_counted_as_looked_at(
    build: Build, n_broken: int, more: str
) -> None:
    failures = [(f"Creek/{i}.jpg", "error", "empty_file") for i in range(n_broken)]
    found = why(blank(build, failures=failures))
    assert "The 8 photos seem" in found.sentence
    assert more in found.sentence
    assert found.sentence.count(".jpg") == min(n_broken, NAMED_MAX)
    assert found.sentence.endswith(", ....") == (n_broken > NAMED_MAX)


def test_where_no_photo_can_be_read_that_is_the_reason(build: Build) -> None:
    found = why(blank(build, n_blank=0, failures=[("Creek/0.jpg", "error", "empty_file")]))
    assert (found.reason, found.command) == (Why.UNREADABLE, "run --retry-failed")
    assert found.sentence == "Not one photo could be read: Creek/0.jpg."


def test_photos_that_wait_are_not_found_empty(build: Build) -> None:
    workspace = blank(build)
    known = workspace.ledger.files_under(str(workspace.root.parent / "photos"))[0]
    new = known._replace(path="new.jpg", path_bytes=b"new.jpg", photo_id="f" * 32)
    workspace.ledger.upsert_files([new])
    found = why(workspace)
    assert (found.reason, found.command) == (Why.NO_RUN, "run")
    assert found.sentence == (
        f"The detector {DETECTOR} found nothing in 8 photos, and 1 waits to be processed."
    )


@pytest.mark.parametrize("what", ["lake", "shard", "table"])
def test_results_that_are_gone_are_not_taken_for_nothing(build: Build, what: str) -> None:
    workspace = build([Deer("doe", 2)], identified=False, drawn=False)
    assert why_no_deer(workspace) is None
    (shard,) = workspace.lake.shards(f"runs/{workspace.ledger.promoted('run')}")
    if what == "table":
        (shard / "detections.parquet").unlink()
    else:
        shutil.rmtree(workspace.lake.root if what == "lake" else shard)
    found = why(Workspace.open(workspace.root))
    assert (found.reason, found.command) == (Why.LOST, "verify")
    assert str(workspace.lake.root) in found.sentence


def test_what_people_said_is_no_animal_is_the_reason(build: Build) -> None:
    workspace = build([Deer("doe", 1)], identified=False, drawn=False)
    ((photo_id, *box),) = workspace.sql("select photo_id, x1, y1, x2, y2 from detections").rows()
    record(workspace.ledger, NotAnimal(BoxKey(photo_id, tuple(box))), "Kim")
    found = why(workspace)
    assert (found.reason, found.is_final) == (Why.BLANK, True)
    assert "By what people said, nothing that fake-detector found in 4 photos" in found.sentence
