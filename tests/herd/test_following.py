"""The herd follows answers behind whoever gives them: together, in order, back again, beside others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.herd.test_build import add_events, add_run, individual_of
from tests.workspaces import copied
from thumper_core.decisions import kinds, regroup
from thumper_core.decisions.keys import BoxKey
from thumper_core.herd import recut
from thumper_core.herd.build import build_herd, record_herd
from thumper_core.herd.decide import Effect, decide
from thumper_core.herd.following import Following, following
from thumper_core.herd.kept_space import load_known, save_known
from thumper_core.herd.roll_back import roll_back
from thumper_core.questions.changed import change_told
from thumper_core.questions.named import assigned
from thumper_core.workspace import Workspace


@pytest.fixture(scope="module")
def _six(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A herd of six deer, one individual each."""
    made = Workspace.create(tmp_path_factory.mktemp("six") / "ranch")
    boxes = add_events(made, 0, 8)
    add_run(made, boxes, seed=1)
    build_herd(made)
    of = individual_of(made, boxes)
    decide(made, [kinds.Name(of[deer], f"{n}") for n, deer in enumerate((0, 4, 2, 5))], "Kim")
    return made


@pytest.fixture
def workspace(_six: Workspace, tmp_path: Path) -> Workspace:
    """The same, to change."""
    return copied(_six, tmp_path)


def named(workspace: Workspace) -> list[str]:
    """Four deer: the first two are in no photo together, nor are the last two."""
    rows = workspace.sql(
        "select individual_id from individuals where name is not null order by name"
    )
    return list(rows["individual_id"])


def shown(workspace: Workspace) -> set[str]:
    return set(workspace.sql("select individual_id from profiles")["individual_id"])


def say(workspace: Workspace, *decisions: kinds.Decision) -> Following:
    decide(workspace, decisions, "Kim", effect=Effect.BEHIND)
    behind = following(workspace)
    assert behind.wait(60)
    return behind


def merged(workspace: Workspace, into: str, other: str) -> kinds.Decision:
    return regroup.merge(assigned(workspace), into, (other,))


def test_answers_that_come_together_make_one_herd_and_their_undo_brings_all_back(
    workspace: Workspace,
) -> None:
    first, second, third, fourth = named(workspace)
    before = shown(workspace)
    n_herds = len(workspace.ledger.herds())
    one, two = merged(workspace, first, second), merged(workspace, third, fourth)
    decide(workspace, one, "Kim", effect=Effect.BEHIND)
    behind = say(workspace, two)
    assert shown(workspace) == before - {second, fourth}
    assert len(workspace.ledger.herds()) == n_herds + 1
    applied = behind.state().applied
    assert applied is not None
    told = change_told(applied)
    assert told.startswith("4 groups became 2 (")
    assert told.endswith(f"; {len(before) - 2} now.")
    say(workspace, kinds.Undo(5), kinds.Undo(6))
    assert shown(workspace) == before


def test_a_name_moves_nobody(workspace: Workspace) -> None:
    n_steps = following(workspace).state().n_steps
    behind = say(workspace, kinds.Note(named(workspace)[0], "limps"))
    assert behind.state().n_steps == n_steps


def test_what_changes_nothing_is_looked_at_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third, _ = named(workspace)
    best = {
        row["individual_id"]: BoxKey(
            row["photo_id"], tuple(row[c] for c in ("x1", "y1", "x2", "y2"))
        )
        for row in assigned(workspace).iter_rows(named=True)
    }
    herd_id = workspace.ledger.promoted("herd")
    say(workspace, kinds.Different(best[first], best[second]))
    assert workspace.ledger.promoted("herd") == herd_id
    looked = []
    whole = recut.recut_profiles

    def watched(*given: object, **options: object) -> object:
        looked.append(given[4])
        return whole(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(recut, "recut_profiles", watched)
    say(workspace, kinds.Different(best[first], best[third]))
    assert [len(rows) for rows in looked] == [2]  # type: ignore[arg-type]


def test_a_rollback_goes_back_to_before_the_sitting(workspace: Workspace) -> None:
    first, second, third, fourth = named(workspace)
    herd_id, run_id = workspace.ledger.promoted("herd"), workspace.ledger.promoted("run")
    say(workspace, merged(workspace, first, second))
    behind = say(workspace, merged(workspace, third, fourth))
    applied = behind.state().applied
    assert applied is not None
    assert applied.summary.answered_on == herd_id
    assert roll_back(workspace) == (herd_id, run_id)
    assert {second, fourth} <= shown(workspace)
    # What was decided stands: the next answer takes all of it along.
    say(workspace, kinds.Undo(6))
    assert (second in shown(workspace), fourth in shown(workspace)) == (False, True)


def test_a_herd_that_another_process_showed_meanwhile_is_not_hidden(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third, fourth = named(workspace)
    elsewhere = Workspace.open(workspace.root)
    said = merged(workspace, third, fourth)
    calls = []

    def slow(*given: object, **options: object) -> bool:
        calls.append(options["instead_of"])
        if len(calls) == 1:
            decide(elsewhere, said, "Bob", effect=Effect.WHOLE)
        return record_herd(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(recut, "record_herd", slow)
    say(workspace, merged(workspace, first, second))
    assert not {second, fourth} & shown(workspace)
    herds = {herd.herd_id for herd in workspace.ledger.herds()}
    assert {path.name for path in (workspace.lake.root / "herds").glob("h*")} == herds


def test_a_decision_on_a_deer_that_the_herd_does_not_hold_waits_alone(
    workspace: Workspace,
) -> None:
    first, second, third, fourth = named(workspace)
    gone = assigned(workspace).filter(assigned(workspace)["individual_id"] == fourth)
    herd = workspace.ledger.promoted_herd()
    assert herd is not None
    known = load_known(workspace, herd.summary.base)
    assert known is not None
    kept = [
        i for i, name in enumerate(known.detection_ids) if name not in set(gone["detection_id"])
    ]
    fewer = replace(
        known,
        detection_ids=[known.detection_ids[i] for i in kept],
        vectors=known.vectors[kept],
    )
    save_known(workspace, herd.summary.base, fewer)
    waits, holds = merged(workspace, third, fourth), merged(workspace, first, second)
    behind = say(workspace, waits, holds)
    applied = behind.state().applied
    assert applied is not None
    assert second not in shown(workspace)
    assert applied.heard.undone == (5,)
    whole = recut.apply_decisions(workspace)
    assert whole.is_whole
    assert not {second, fourth} & shown(workspace)
