"""What pages keep: answers of one version, and which version while a run adds to what is shown."""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pytest

from tests.generated import Size, build
from tests.ledgers import add_decision
from thumper_core.contracts import OUTCOMES, ThumperError
from thumper_core.store.jobs import beat, finish_job, start_job
from thumper_core.workspace import Workspace

APP = Path(__file__).resolve().parents[2] / "app"


@pytest.fixture
def cached(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.syspath_prepend(str(APP))
    import cached

    return cached


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return build(tmp_path, Size(photos=60, animals=3, cameras=2, days=4), identify=False)


def grow(workspace: Workspace) -> None:
    """A shard of the shown run: one photo, tried again, fails."""
    run_id = workspace.ledger.promoted("run")
    photo_id = workspace.sql("select photo_id from photos order by photo_id limit 1").item()
    row = {"run_id": run_id, "photo_id": photo_id, "status": "error", "error_code": "vanished",
           "n_detections": 0}  # fmt: skip
    kind = f"runs/{run_id}"
    table = pa.Table.from_pylist([row], schema=OUTCOMES)
    workspace.lake.write_shard(kind, workspace.lake.next_shard_name(kind), {"outcomes": table})


def failed(cached: object, workspace: Workspace) -> int:
    return cached.Pages(workspace).ask("totals").n_failed  # type: ignore[attr-defined, no-any-return]


def test_without_a_run_a_shard_is_seen_at_once(cached: object, workspace: Workspace) -> None:
    before = failed(cached, workspace)
    grow(workspace)
    assert failed(cached, workspace) == before + 1


def test_while_a_run_works_shards_wait_and_decisions_do_not(
    cached: object, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached, "RENEW_S", 1e9)
    job = start_job(workspace.ledger, workspace.ledger.promoted("run"), "run")
    pages = cached.Pages  # type: ignore[attr-defined]
    before, held = failed(cached, workspace), pages(workspace).versions
    grow(workspace)
    beat(workspace.ledger, job, {"done": 1})
    assert pages(workspace).versions == held
    assert failed(cached, workspace) == before
    add_decision(workspace.ledger, "note", "deer-001", {"individual_id": "deer-001"}, "me")
    assert pages(workspace).versions.n_decisions == held.n_decisions + 1
    assert failed(cached, workspace) == before + 1
    grow(workspace)
    held = pages(workspace).versions
    finish_job(workspace.ledger, job, "done")
    assert pages(workspace).versions.n_shards == held.n_shards + 1


def test_what_was_asked_is_answered_anew_before_the_shards_of_a_run_count(
    cached: object, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached, "RENEW_S", 0.0)
    start_job(workspace.ledger, workspace.ledger.promoted("run"), "run")
    before = failed(cached, workspace)
    grow(workspace)
    asked: list[str] = []
    totals = cached.QUESTIONS["totals"]

    def slowly(workspace: Workspace) -> object:
        asked.append("totals")
        time.sleep(0.3)
        return totals(workspace)

    monkeypatch.setitem(cached.QUESTIONS, "totals", slowly)
    started = time.monotonic()
    assert failed(cached, workspace) == before
    assert time.monotonic() - started < 0.3
    until = time.monotonic() + 30
    while failed(cached, workspace) == before:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert failed(cached, workspace) == before + 1
    assert asked == ["totals"]


def test_an_error_is_not_kept(
    cached: object, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(workspace: Workspace) -> None:
        raise ThumperError("the disk is away")

    totals = cached.QUESTIONS["totals"]
    monkeypatch.setitem(cached.QUESTIONS, "totals", broken)
    with pytest.raises(ThumperError, match="away"):
        failed(cached, workspace)
    monkeypatch.setitem(cached.QUESTIONS, "totals", totals)
    assert failed(cached, workspace) >= 0


def test_questions_wait_for_the_next_herd_and_tuning_follows_every_decision(
    cached: object, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached.own_process, "compute", lambda *asked: [])  # type: ignore[attr-defined]
    pages = cached.Pages  # type: ignore[attr-defined]
    tuned = pages(workspace).identification()
    assert pages(workspace).identification(as_shown=True) is tuned
    add_decision(workspace.ledger, "note", "deer-001", {"individual_id": "deer-001"}, "me")
    assert pages(workspace).identification(as_shown=True) is tuned
    assert pages(workspace).identification() is not tuned


def test_every_question_has_a_function_in_the_core(cached: object) -> None:
    for question in cached.QUESTIONS.values():  # type: ignore[attr-defined]
        module, name = question.args
        assert callable(getattr(import_module(module), name))
        assert module.split(".")[1] in ("questions", "upkeep", "learning", "cameras")
