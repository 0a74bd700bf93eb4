"""Advice follows from a few facts; each rule alone and in a real workspace."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.herds import deer_workspace, make_deer_photos, models
from tests.learning.reviewed import move_all, ranch_of
from thumper_core.flows.reprocess import reprocess
from thumper_core.ingest.add import add_paths
from thumper_core.learning.cards import keep_card
from thumper_core.settings import OpsSettings
from thumper_core.store.herd_summary import CalibrationFigures, HerdSummary
from thumper_core.store.records import DecisionRow, RunRow
from thumper_core.upkeep.advise import Facts, _to_follow, advise, facts_of, weigh
from thumper_core.workspace import Workspace

RUN = RunRow("r1", "f", "complete", "demo", "e", {}, datetime(2025, 9, 1, tzinfo=UTC), None)
CALM = Facts(
    RUN, (), (), 60_000, 0, 0, 0, True, None, 0.7, (0.7, 0.7), (0.10, 0.11), 20.0
)  # fmt: skip
OPS = OpsSettings()


def decide(facts: Facts, ops: OpsSettings = OPS) -> list[tuple[str, str, str]]:
    advice = weigh(
        facts,
        incremental_max=ops.incremental_max,
        reprocess_min=ops.reprocess_min,
        threshold_shift_max=ops.threshold_shift_max,
        calibration_shift_max=ops.calibration_shift_max,
    )
    return [(one.action, one.key, one.command) for one in advice]


NONE, ALL = "thumper reprocess --clear-mode none", "thumper reprocess --clear-mode all"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [("nothing", "up_to_date", "")]),
        ({"settings_differ": ("detector",)}, [("reprocess", "model", ALL)]),
        (
            {"settings_differ": ("embedder",)},
            [("reprocess", "model", "thumper reprocess --clear-mode embeddings")],
        ),
        ({"settings_differ": ("detector", "embedder")}, [("reprocess", "model", ALL)]),
        ({"remapped": ("doe",)}, [("reprocess", "class_map", NONE)]),
        ({"n_new": 10_001}, [("reprocess", "many_photos", NONE)]),
        ({"n_new": 10_000}, [("identify", "new_photos", "thumper identify")]),
        ({"n_new": 1000}, [("identify", "new_photos", "thumper identify")]),
        ({"n_new": 999, "n_pending": 999}, [("process", "pending", "thumper run")]),
        ({"wanted_threshold": 0.76}, [("reprocess", "threshold", NONE)]),
        ({"wanted_threshold": 0.64}, [("reprocess", "threshold", NONE)]),
        ({"wanted_threshold": 0.74}, [("nothing", "up_to_date", "")]),
        ({"recommended": (0.7, 0.8)}, [("reprocess", "threshold", NONE)]),
        ({"eers": (0.05, 0.2)}, [("reprocess", "calibration", ALL)]),
        ({"eers": (0.2,)}, [("nothing", "up_to_date", "")]),
        ({"n_decisions": 2}, [("identify", "decisions", "thumper identify")]),
        ({"has_herd": False}, [("identify", "no_herd", "thumper identify")]),
        ({"learnable": ("Detector: so many.",)}, [("learn", "corrections", "thumper learn")]),
        (
            {"learnable": ("Detector: so many.",), "n_pending": 2, "n_new": 2},
            [("process", "pending", "thumper run"), ("learn", "corrections", "thumper learn")],
        ),
        (
            {"n_pending": 5, "n_new": 5, "eers": (0.05, 0.2), "n_decisions": 1},
            [
                ("reprocess", "calibration", ALL),
                ("identify", "decisions", "thumper identify"),
                ("process", "pending", "thumper run"),
            ],
        ),
        (
            {"shown": None, "has_herd": False, "n_pending": 50, "n_new": 50},
            [("process", "pending", "thumper run")],
        ),
    ],
)
def test_rules(changes: dict[str, object], expected: list[tuple[str, str, str]]) -> None:
    assert decide(replace(CALM, **changes)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "setting", "keys"),
    [
        ({"n_new": 500}, {"incremental_max": 400}, ["new_photos"]),
        ({"n_new": 500}, {"incremental_max": 501}, ["up_to_date"]),
        ({"n_new": 500}, {"reprocess_min": 499}, ["many_photos"]),
        ({"wanted_threshold": 0.74}, {"threshold_shift_max": 0.03}, ["threshold"]),
        ({"wanted_threshold": 0.80}, {"threshold_shift_max": 0.2}, ["up_to_date"]),
        ({"eers": (0.10, 0.12)}, {"calibration_shift_max": 0.01}, ["calibration"]),
        ({"eers": (0.05, 0.2)}, {"calibration_shift_max": 0.2}, ["up_to_date"]),
    ],
)
def test_every_threshold_is_a_setting(
    changes: dict[str, object], setting: dict[str, float], keys: list[str]
) -> None:
    ops = OPS.model_copy(update=setting)
    assert [key for _, key, _ in decide(replace(CALM, **changes), ops)] == keys  # type: ignore[arg-type]


def test_the_workspace_is_weighed_with_its_own_settings(
    three_deer: Workspace, tmp_path: Path
) -> None:
    workspace = three_deer
    workspace.settings = workspace.settings.replace("detect", detector="grey")
    make_deer_photos(tmp_path / "photos", n_deer=3, n_events=1, start=datetime(2025, 9, 20))
    add_paths(workspace, [tmp_path / "photos"])

    def keys() -> list[str]:
        return [one.key for one in advise(workspace) if one.key != "model"]

    assert keys() == ["pending"]
    workspace.settings = workspace.settings.replace("ops", incremental_max=5)
    assert keys() == ["new_photos", "pending"]
    workspace.settings = workspace.settings.replace("ops", reprocess_min=5)
    assert keys() == ["many_photos", "pending"]


def test_the_estimate_follows_the_rate() -> None:
    options = {"incremental_max": 1, "reprocess_min": 2, "threshold_shift_max": 1.0}
    facts = replace(CALM, n_pending=400, n_new=400)
    for rate, seconds in ((20.0, 20.0), (4.0, 100.0)):
        found = weigh(replace(facts, photos_per_s=rate), calibration_shift_max=1.0, **options)  # type: ignore[arg-type]
        assert next(a.seconds for a in found if a.key == "pending") == seconds


def test_a_workspace_before_and_after_its_first_herd(three_deer: Workspace, tmp_path: Path) -> None:
    before = deer_workspace(tmp_path / "before", n_deer=1, n_events=1)
    assert [a.key for a in advise(before)] == ["pending"]
    workspace = three_deer
    facts = facts_of(workspace)
    assert (facts.n_pending, facts.n_new, facts.n_photos, facts.has_herd) == (0, 0, 18, True)
    # The settings name a shipped embedder, the run was made with fakes; the detector stays.
    assert facts.settings_differ == ("embedder",)
    assert advise(workspace)[0].command == "thumper reprocess --clear-mode embeddings"
    workspace.settings = workspace.settings.replace("detect", detector="demo")
    assert facts_of(workspace).settings_differ == ("detector", "embedder")
    assert advise(workspace)[0].command == "thumper reprocess --clear-mode all"


def test_a_herd_of_other_deer_than_the_settings_are_about_is_identified_again(
    three_deer: Workspace,
) -> None:
    workspace = three_deer
    assert "species" not in [one.key for one in advise(workspace)]
    workspace.settings = workspace.settings.about("elk", ["Gate"])
    (told,) = (one for one in advise(workspace) if one.key == "species")
    assert told.command == "thumper identify"
    assert "elk and every animal at Gate" in told.reason


def test_another_model_has_another_error_rate_and_that_is_no_drift(tmp_path: Path) -> None:
    workspace = deer_workspace(tmp_path, n_deer=2, n_events=2)
    run_ids = [reprocess(workspace, models(name=name), force=True).run_id for name in ("a", "b")]
    for run_id, rate in ((run_ids[0], 0.3), (run_ids[1], 0.1), (run_ids[1], 0.12)):
        summary = HerdSummary(calibration=CalibrationFigures(equal_error_rate=rate))
        herd_id = workspace.ledger.reserve_herd_id()
        workspace.ledger.add_herd(herd_id, run_id, "average", 0.5, summary, [], promote=False)
    assert facts_of(workspace).eers[-2:] == (0.1, 0.12)
    assert 0.3 not in facts_of(workspace).eers


def test_a_changed_meaning_and_other_weights_are_seen(tmp_path: Path) -> None:
    workspace = deer_workspace(tmp_path, n_deer=2, n_events=2)
    reprocess(workspace, models(name="mine"), force=True)
    workspace.settings = workspace.settings.replace("detect", detector="mine")
    registry = workspace.root / "registry.toml"
    entry = '[[model]]\nname = "mine"\nkind = "detector"\nloader = "ultralytics"\n'
    registry.write_text(entry)
    assert facts_of(workspace).remapped == ()
    assert facts_of(workspace).settings_differ == ("embedder",)
    settings = workspace.settings
    workspace.settings = settings.replace("detect", precision="bf16")
    assert facts_of(workspace).settings_differ == ("detector", "embedder")
    workspace.settings = workspace.settings.replace("engine", device="torch")
    assert facts_of(workspace).settings_differ == ("embedder",)  # there it changes nothing
    workspace.settings = settings
    registry.write_text(entry + '[model.class_map]\ndoe = "mule deer"\n')
    assert facts_of(workspace).remapped == ("doe",)


@pytest.mark.parametrize(
    ("kinds", "n"),
    [
        ([], 0),
        (["name", "note", "status", "best_photo"], 0),
        (["unknowable", "undo 1"], 0),
        (["same", "class", "box", "name"], 3),
        (["name", "undo 1", "undo 2"], 0),
        (["same", "undo 1"], 2),
    ],
)
def test_only_decisions_that_an_identification_follows_call_for_one(
    kinds: list[str], n: int
) -> None:
    made = datetime(2026, 1, 2, tzinfo=UTC)
    rows = []
    for number, text in enumerate(kinds, 1):
        kind, _, of = text.partition(" ")
        payload = {"decision_id": int(of)} if of else {}
        rows.append(DecisionRow(number, kind, "", payload, "kim", made))
    assert _to_follow(rows, made - timedelta(days=1)) == n
    assert _to_follow(rows, made) == 0
    assert _to_follow(rows, None) == 0


def test_what_there_is_enough_to_learn_from_is_said_once(tmp_path: Path) -> None:
    ranch = ranch_of(tmp_path)
    assert "learn" not in [one.action for one in advise(ranch)]
    n = move_all(ranch)
    (told,) = (one for one in advise(ranch) if one.action == "learn")
    assert told.reason == f"Detector: {n} corrections: enough to learn from."
    keep_card(ranch.root, "detector", {"last_correction": n})
    assert "learn" not in [one.action for one in advise(ranch)]
