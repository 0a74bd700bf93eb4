"""Which run is meant where nobody names one: a rule by what was done last, and one for empty runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.workspaces import Deer
from thumper_core.contracts import ThumperError
from thumper_core.pipeline.newest import by_last_act, newest_complete_run
from thumper_core.store.jobs import finish_job, start_job
from thumper_core.store.records import RunRow
from thumper_core.workspace import Workspace


def run_of(run_id: str) -> RunRow:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return RunRow(run_id, run_id, "complete", "d", "e", {}, now, now)


@pytest.mark.parametrize(
    ("acts", "order"),
    [
        ({}, []),
        ({"r1": "2026-01-01"}, ["r1"]),
        ({"r1": "2026-01-01", "r2": "2026-01-02"}, ["r2", "r1"]),
        ({"r1": "2026-01-03", "r2": "2026-01-02"}, ["r1", "r2"]),
        ({"r1": "2026-01-01", "r2": "2026-01-01"}, ["r2", "r1"]),
    ],
)
def test_the_last_act_decides(acts: dict[str, str], order: list[str]) -> None:
    assert [run.run_id for run in by_last_act([run_of(run_id) for run_id in acts], acts)] == order


def works_on(workspace: Workspace, run_id: str) -> None:
    """What `thumper run` notes where nothing of its run is pending."""
    finish_job(workspace.ledger, start_job(workspace.ledger, run_id, "run"), "done")


def another(workspace: Workspace, state: str = "complete") -> str:
    run = workspace.ledger.create_run("f" * 16, "other", "e", {})
    workspace.ledger.set_run_state(run.run_id, state)
    return run.run_id


def say_found(workspace: Workspace, run_id: str) -> None:
    """Let a run have found what the shown one did."""
    shown = workspace.ledger.promoted("run")
    tables = {
        name: workspace.lake.read(f"runs/{shown}", name)
        for name in ("outcomes", "detections", "embeddings")
    }
    for name, table in tables.items():
        at = table.column_names.index("run_id")
        ids = table.column(at).combine_chunks().dictionary_encode().indices  # as many rows
        tables[name] = table.set_column(at, "run_id", [[run_id] * len(ids)])
    workspace.lake.write_shard(f"runs/{run_id}", "000000", tables)


@pytest.fixture
def ranch(build: Callable[..., Workspace]) -> Workspace:
    return build([Deer("doe", 2)], drawn=False)


def test_it_is_the_run_that_was_worked_on_or_shown_last(ranch: Workspace) -> None:
    first = ranch.ledger.promoted("run")
    assert first is not None
    assert newest_complete_run(ranch).run_id == first
    second = another(ranch)
    say_found(ranch, second)
    assert newest_complete_run(ranch).run_id == second  # begun last
    works_on(ranch, first)
    assert newest_complete_run(ranch).run_id == first  # where a plain `run` ended
    works_on(ranch, second)
    assert newest_complete_run(ranch).run_id == second
    ranch.ledger.promote({"run": first}, "rolled back")
    assert newest_complete_run(ranch).run_id == first


def test_an_empty_run_hides_no_run_that_has_animals(ranch: Workspace) -> None:
    first = ranch.ledger.promoted("run")
    empty = another(ranch)
    works_on(ranch, empty)
    assert newest_complete_run(ranch).run_id == first
    with ranch.ledger.transaction() as c:
        c.execute("update class_meanings set species = 'human'")
    assert newest_complete_run(ranch).run_id == empty  # neither has an animal


@pytest.mark.parametrize("state", ["building", "rejected", "discarded"])
def test_only_complete_runs_are_meant(ranch: Workspace, state: str) -> None:
    first = ranch.ledger.promoted("run")
    other = another(ranch, state)
    say_found(ranch, other)
    works_on(ranch, other)
    assert newest_complete_run(ranch).run_id == first


def test_without_a_complete_run_the_command_is_named(build: Callable[..., Workspace]) -> None:
    workspace = build([Deer("doe", 1)], identified=False, drawn=False)
    with workspace.ledger.transaction() as c:
        c.execute("update runs set state = 'building'")
    with pytest.raises(ThumperError, match="`thumper run` processes"):
        newest_complete_run(workspace)
