"""A new run beside the old one; promoted whole when it is complete and makes sense."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.herds import SETTINGS, GreyDetector, PatternEmbedder, deer_workspace, models
from tests.workspaces import copied
from thumper_core.contracts import Sex, ThumperError
from thumper_core.decisions.kinds import Name, Note
from thumper_core.decisions.record import record
from thumper_core.flows.reprocess import ClearMode, reprocess, require_promoted
from thumper_core.herd.roll_back import roll_back
from thumper_core.pipeline.launch import Models
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.workspace import Workspace


def shown(workspace: Workspace) -> tuple[str | None, str | None]:
    return workspace.ledger.promoted("run"), workspace.ledger.promoted("herd")


def individuals(workspace: Workspace) -> set[str]:
    return set(workspace.sql("select distinct individual_id from profiles")["individual_id"])


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = deer_workspace(tmp_path_factory.mktemp("first"), n_events=4)
    result = reprocess(made, models())
    assert result.is_promoted and result.anomalies == ()
    assert made.sql("select count(*) from profiles").item() >= 4
    return made


@pytest.fixture
def workspace(first: Workspace, tmp_path: Path) -> Workspace:
    return copied(first, tmp_path)


@pytest.mark.parametrize(
    ("mode", "is_new_run", "looks_again", "same_animals"),
    [
        ("none", False, False, True),
        ("identities", False, False, False),
        ("embeddings", True, False, True),
        ("all", True, True, True),
    ],
)
def test_each_clear_mode(
    workspace: Workspace,
    mode: ClearMode,
    is_new_run: bool,
    looks_again: bool,
    same_animals: bool,
) -> None:
    run_before, herd_before = shown(workspace)
    animals = individuals(workspace)
    detector = GreyDetector()
    chosen = Models(detector, PatternEmbedder(), models().meanings)
    result = reprocess(workspace, chosen, clear_mode=mode)
    assert result.is_promoted
    run_after, herd_after = shown(workspace)
    assert herd_after != herd_before
    assert (run_after != run_before) == is_new_run
    assert (detector.n_pictures > 0) == looks_again
    assert (individuals(workspace) == animals) == same_animals
    if not same_animals:
        assert individuals(workspace).isdisjoint(animals)
        assert animals <= set(workspace.ledger.individual_ids())
    assert roll_back(workspace)[0] == herd_before
    assert shown(workspace) == (run_before, herd_before)
    assert individuals(workspace) == animals


def test_names_and_decisions_outlive_every_mode(workspace: Workspace) -> None:
    someone = sorted(individuals(workspace))[0]
    record(workspace.ledger, Name(someone, "Juniper"), "test")
    record(workspace.ledger, Note(someone, "limps"), "test")
    before = workspace.ledger.decisions()
    for mode in ("none", "embeddings", "all", "identities"):
        reprocess(workspace, models(), clear_mode=mode)  # type: ignore[arg-type]
        names = workspace.sql("select individual_id from individuals where name = 'Juniper'")
        assert names["individual_id"].to_list() == [someone]
    assert workspace.ledger.decisions() == before


def test_a_bad_model_is_not_promoted_and_nothing_takes_its_run(workspace: Workspace) -> None:
    before = shown(workspace)
    animals = workspace.ledger.individual_ids()
    bad = models(name="worse", bad=True)
    result = reprocess(workspace, bad, clear_mode="all")
    assert not result.is_promoted
    assert {anomaly.key for anomaly in result.anomalies} >= {"profiles", "assignment_rate"}
    assert shown(workspace) == before
    assert workspace.ledger.individual_ids() == animals
    assert workspace.ledger.run(result.run_id).state == "rejected"
    assert newest_complete_run(workspace).run_id == before[0]
    with pytest.raises(ThumperError, match=r"still shown.*--force"):
        require_promoted(result)
    forced = reprocess(workspace, bad, clear_mode="all", force=True)
    assert forced.is_promoted and forced.run_id == result.run_id
    assert workspace.ledger.run(result.run_id).state == "complete"
    assert roll_back(workspace)[1] == before[0]


def test_stopped_it_shows_the_old_herd_and_goes_on_in_the_same_run(workspace: Workspace) -> None:
    before = shown(workspace)
    stop = threading.Event()
    slow = GreyDetector()

    def detect_then_stop(batch):  # type: ignore[no-untyped-def]
        stop.set()
        return GreyDetector.detect(slow, batch)

    slow.detect = detect_then_stop  # type: ignore[method-assign]
    part = reprocess(
        workspace, Models(slow, PatternEmbedder(), models().meanings), clear_mode="all", stop=stop
    )
    assert part.is_stopped and not part.is_promoted
    require_promoted(part)
    assert shown(workspace) == before
    rest = reprocess(workspace, models(), clear_mode="all")
    assert rest.is_promoted and rest.run_id == part.run_id != before[0]


def test_a_complete_run_that_was_never_shown_is_not_made_twice(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import thumper_core.flows.reprocess as module

    build = module.build_herd
    monkeypatch.setattr(module, "build_herd", lambda *a, **k: (_ for _ in ()).throw(OSError()))
    with pytest.raises(OSError):
        reprocess(workspace, models(), clear_mode="all")
    monkeypatch.setattr(module, "build_herd", build)
    n_runs = len(workspace.ledger.runs())
    detector = GreyDetector()
    again = reprocess(
        workspace, Models(detector, PatternEmbedder(), models().meanings), clear_mode="all"
    )
    assert again.is_promoted and detector.n_pictures == 0
    assert len(workspace.ledger.runs()) == n_runs


def test_identities_needs_no_models_but_a_run(tmp_path: Path) -> None:
    empty = deer_workspace(tmp_path, n_deer=1, n_events=1)
    with pytest.raises(ThumperError, match="thumper run"):
        reprocess(empty, None, clear_mode="identities")
    with pytest.raises(ValueError, match="needs models"):
        reprocess(empty, None, clear_mode="all")
    assert empty.settings == SETTINGS


def test_a_mended_meaning_is_applied_without_looking_at_a_photo(workspace: Workspace) -> None:
    detector = GreyDetector()
    meanings = {name: replace(m, sex=Sex.MALE) for name, m in models().meanings.items()}
    reprocess(workspace, Models(detector, PatternEmbedder(), meanings), force=True)
    assert detector.n_pictures == 0
    assert workspace.sql("select distinct sex from detections")["sex"].to_list() == ["male"]
