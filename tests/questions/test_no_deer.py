"""Why there are no deer, and that the command it names goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.fakes import make_photos
from tests.workspaces import DETECTOR, Deer, build
from thumper_core.contracts import DEER, ClassMeaning
from thumper_core.export.md_run import import_md_json
from thumper_core.ingest.add import add_paths
from thumper_core.questions.no_deer import deer_left_out, why_no_deer
from thumper_core.questions.reasons import Why
from thumper_core.questions.status import workspace_status
from thumper_core.store.meanings import set_meanings
from thumper_core.workspace import Workspace

ANIMAL = ClassMeaning("animal")
NAMES_NONE = {"animal": ANIMAL, "person": ClassMeaning("human")}
NAMES_DEER = {"deer": ClassMeaning(DEER), "elk": ClassMeaning("elk"), **NAMES_NONE}


def found(
    folder: Path,
    classes: list[str],
    meanings: Mapping[str, ClassMeaning] = NAMES_DEER,
    confidence: float = 0.9,
) -> Workspace:
    """A complete run of a detector with these meanings, and a detection for each class name."""
    animals = [Deer(cls, 1, confidence=confidence) for cls in classes]
    workspace = build(folder, animals, n_blank=2, identified=False, drawn=False)
    with workspace.ledger.transaction() as c:
        c.execute("delete from class_meanings where detector = ?", (DETECTOR,))
    set_meanings(workspace.ledger, DETECTOR, meanings)
    return workspace


def empty(folder: Path) -> Workspace:
    return Workspace.create(folder / "ranch")


def added(folder: Path) -> Workspace:
    make_photos(folder / "photos", 3, broken=False)
    workspace = empty(folder)
    add_paths(workspace, [folder / "photos"])
    return workspace


def imported(folder: Path) -> Workspace:
    workspace = added(folder)
    (first, *_) = workspace.sql("select path from photos order by path")["path"]
    box = {"category": "1", "conf": 0.9, "bbox": [0.1, 0.1, 0.5, 0.5]}
    document = {
        "info": {"format_version": "1.3", "detector": "MDv6"},
        "detection_categories": {"1": "deer"},
        "images": [{"file": first, "detections": [box]}],
    }
    (folder / "md.json").write_text(json.dumps(document))
    import_md_json(workspace, folder / "md.json")
    return workspace


def weak(folder: Path) -> Workspace:
    workspace = found(folder, ["deer", "deer", "person"])
    workspace.settings = workspace.settings.replace("identify", class_conf_min=0.95)
    return workspace


def kept_from(workspace: Workspace, conf_min: float) -> Workspace:
    """The run as if it had been told to keep only what it is surer of than that."""
    with workspace.ledger.transaction() as c:
        c.execute("update runs set config = ?", (json.dumps({"detect": {"conf_min": conf_min}}),))
    return workspace


def rendered_eye(folder: Path) -> Workspace:
    """A run of the detector that knows rendered scenes, on photos that are none."""
    workspace = found(folder, [])
    with workspace.ledger.transaction() as c:
        c.execute("update runs set detector = 'demo'")
    return workspace


CASES: dict[str, tuple[Callable[[Path], Workspace], Why, str, str]] = {
    "no photos": (empty, Why.NO_PHOTOS, "no photos", "add PATH-TO-PHOTOS"),
    "no run": (added, Why.NO_RUN, "3 of 3 photos wait", "run"),
    "an import": (imported, Why.NO_VECTORS, "MDv6", "run --detector whitetail"),
    "nothing found": (lambda f: found(f, []), Why.BLANK, "2 photos seem to show no animal", "app"),
    "a rendered eye": (rendered_eye, Why.NOTHING, "demo found nothing", "run --detector whitetail"),
    "animals": (
        lambda f: found(f, ["animal", "animal", "person"], NAMES_NONE),
        Why.NOT_NAMED, 'The 2 detections of fake-detector say only "animal"',
        "identify --species 'white-tailed deer'",
    ),
    "too weak": (weak, Why.TOO_WEAK, "below the confidence of 0.95", "identify --conf 0.89"),
    "another deer": (
        lambda f: found(f, ["person", "elk", "elk"]),
        Why.OTHERS, "is white-tailed deer: elk (2), human (1).", "identify --species elk",
    ),
    "others": (
        lambda f: found(f, ["coyote", "coyote", "animal"]),
        Why.OTHERS, "coyote (2), animal (1)", "app",
    ),
    "traces of others": (
        lambda f: found(f, ["person", "animal"], confidence=0.3),
        Why.OTHERS, "perhaps no animal, which is no fault: of what fake-detector found it is nowhere "
        "surer than 0.30: human (1), animal (1).", "app",
    ),
    "others by an option": (
        lambda f: kept_from(found(f, ["person"]), 0.9),
        Why.OTHERS, "found from a confidence of 0.9 on (without `--conf` it is 0.25) is white", "run",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_reason_is_said_with_what_goes_on(case: str, tmp_path: Path) -> None:
    make, reason, says, command = CASES[case]
    workspace = make(tmp_path)
    why = why_no_deer(workspace)
    assert why is not None
    assert (why.reason, why.command) == (reason, command)
    assert says in why.sentence
    assert why.sentence.endswith(".")
    assert why.sentence.count(". ") == 0  # one sentence
    assert workspace_status(workspace)["no_deer"] == {
        "reason": reason.value, "why": why.sentence, "next": command,
    }  # fmt: skip


def test_counts_are_given(tmp_path: Path) -> None:
    why = why_no_deer(weak(tmp_path / "weak"))
    assert why is not None
    assert (why.n_detections, why.n_deer, why.n_animals) == (3, 2, 0)
    assert why.highest == pytest.approx(0.9)
    why = why_no_deer(found(tmp_path / "animals", ["animal", "person"], NAMES_NONE))
    assert why is not None
    assert (why.n_detections, why.n_deer, why.n_animals, why.highest) == (2, 0, 1, None)


def test_an_imported_run_has_deer_that_nothing_tells_apart(tmp_path: Path) -> None:
    workspace = imported(tmp_path)
    (run,) = workspace.ledger.runs()
    why = why_no_deer(workspace, run_id=run.run_id)
    assert why is not None
    assert (why.reason, why.n_deer) == (Why.NO_VECTORS, 1)


def test_where_there_are_deer_there_is_no_reason(tmp_path: Path) -> None:
    workspace = found(tmp_path, ["deer", "animal"])
    assert why_no_deer(workspace) is None
    assert why_no_deer(workspace, conf_min=0.9) is not None  # stored as a little less
    assert workspace_status(workspace)["no_deer"] is None


def test_what_was_left_out_is_said(tmp_path: Path) -> None:
    workspace = found(tmp_path, ["deer", "deer", "animal"])
    (run,) = workspace.ledger.runs()
    assert deer_left_out(workspace, run.run_id, 0.4) == ""
    assert deer_left_out(workspace, run.run_id, 0.95).startswith(
        "Left out of 2 detections of white-tailed deer: 2 below a confidence of 0.95"
    )
