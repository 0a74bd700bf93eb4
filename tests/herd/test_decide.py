"""One way in for what is decided: it is recorded, and takes effect when it should."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.herd.test_build import add_events, add_run, individual_of
from thumper_core.contracts import ThumperError
from thumper_core.decisions import kinds, regroup
from thumper_core.decisions.record import Conflict
from thumper_core.herd import recut
from thumper_core.herd.build import build_herd
from thumper_core.herd.decide import Effect, decide
from thumper_core.herd.following import following
from thumper_core.questions.named import assigned
from thumper_core.workspace import Workspace

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A herd of six deer, one individual each."""
    made = Workspace.create(tmp_path)
    boxes = add_events(made, 0, 8)
    add_run(made, boxes, seed=1)
    build_herd(made)
    of = individual_of(made, boxes)
    decide(made, [kinds.Name(of[0], "Bambi"), kinds.Note(of[4], "limps")], "Kim")
    return made


def two_does(workspace: Workspace) -> tuple[str, str]:
    """Two that are in no photo together."""
    kept = workspace.sql("select individual_id from individuals where name = 'Bambi'").item()
    other = workspace.sql("select individual_id from individuals where notes = 'limps'").item()
    return kept, other


def shown(workspace: Workspace) -> set[str]:
    return set(workspace.sql("select individual_id from profiles")["individual_id"])


@pytest.mark.parametrize("effect", Effect)
def test_a_merge_takes_effect_when_it_should(workspace: Workspace, effect: Effect) -> None:
    kept, other = two_does(workspace)
    said = regroup.merge(assigned(workspace), kept, (other,))
    safe: list[int] = []
    decided = decide(workspace, said, "Kim", effect=effect, recorded=safe.append)
    assert decided.numbers == (3,) == tuple(safe)
    assert (decided.applied is not None) == (effect is Effect.WHOLE)
    behind = following(workspace)
    assert behind.wait(60)
    applied = decided.applied or behind.state().applied
    assert (other in shown(workspace)) == (effect is Effect.LATER)
    if effect is Effect.LATER:
        assert applied is None
    else:
        assert applied is not None
        assert set(applied.before) == {kept, other}
        assert applied.after == (kept,)


def test_several_decisions_take_effect_together_and_so_do_their_undos(
    workspace: Workspace,
) -> None:
    kept, other = two_does(workspace)
    merge = regroup.merge(assigned(workspace), kept, (other,))
    decided = decide(workspace, [merge, kinds.Note(kept, "big")], "Kim", effect=Effect.WHOLE)
    assert decided.numbers == (3, 4)
    back = decide(workspace, [kinds.Undo(n) for n in decided.numbers], "Kim", effect=Effect.WHOLE)
    assert back.numbers == (5, 6)
    assert {kept, other} <= shown(workspace)
    assert len(workspace.ledger.herds()) == 3


def test_what_cannot_be_done_in_part_waits_and_whole_does(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recut, "load_known", lambda *_: None)  # the herd's space is not kept
    kept, other = two_does(workspace)
    said = regroup.merge(assigned(workspace), kept, (other,))
    decided = decide(workspace, said, "Kim", effect=Effect.BEHIND)
    assert (decided.numbers, decided.applied) == ((3,), None)
    assert following(workspace).wait(60)
    assert following(workspace).state().waits
    assert other in shown(workspace)
    whole = decide(workspace, kinds.Note(kept, "x"), "Kim", effect=Effect.WHOLE).applied
    assert whole is not None
    assert whole.is_whole
    assert other not in shown(workspace)


def test_what_is_recorded_stays_where_the_herd_cannot_follow(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ThumperError("the lake is away")

    monkeypatch.setattr(recut, "recut_in_part", broken)
    kept, other = two_does(workspace)
    safe: list[int] = []
    said = regroup.merge(assigned(workspace), kept, (other,))
    with pytest.raises(ThumperError, match="lake is away"):
        decide(workspace, said, "Kim", effect=Effect.WHOLE, recorded=safe.append)
    assert safe == [3]
    decide(workspace, said, "Kim", effect=Effect.BEHIND)
    assert following(workspace).wait(60)
    assert following(workspace).state().trouble == "the lake is away"
    assert [row.kind for row in workspace.ledger.decisions()][:3] == ["name", "note", "merge"]


def test_of_several_those_before_one_that_is_refused_stay(workspace: Workspace) -> None:
    kept, _ = two_does(workspace)
    late = kinds.Name(kept, "Copper", expected=None)  # it is called Bambi
    with pytest.raises(Conflict):
        decide(workspace, [kinds.Note(kept, "big"), late, kinds.Note(kept, "small")], "Kim")
    assert [row.payload.get("note") for row in workspace.ledger.decisions()] == [
        None, "limps", "big",
    ]  # fmt: skip
    assert decide(workspace, [], "Kim").numbers == ()


BELOW = {
    "thumper_core.decisions.record": {"record"},
    "thumper_core.herd.recut": {"recut_in_part"},
}


@pytest.mark.parametrize("folder", ["app", "thumper_core/commands", "docs"])
def test_pages_and_commands_have_one_way_in(folder: str) -> None:
    around = [
        f"{path.name}: {name.name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name in BELOW.get(node.module or "", ()) or f"{node.module}.{name.name}" in BELOW
    ]
    assert around == []
