"""What was decided at once is taken back at once, in any later session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspaces import Deer, build
from thumper_core import decide
from thumper_core.contracts import ThumperError
from thumper_core.decisions.kinds import Name, NotAnimal, Note
from thumper_core.questions.review_queue import verdict_key
from thumper_core.questions.steps import last_step
from thumper_core.workspace import Workspace


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    return build(tmp_path, [Deer("buck", 3), Deer("doe", 2)], drawn=False)


def standing(ranch: Workspace) -> list[int]:
    rows = ranch.sql("select decision_id from decisions where not undone and kind <> 'undo'")
    return sorted(rows["decision_id"])


def test_a_step_is_one_and_single_decisions_are_their_own(ranch: Workspace) -> None:
    assert last_step(ranch, "Kim") is None
    rows = ranch.sql("select * from detections order by detection_id").to_dicts()
    boxes = [NotAnimal(verdict_key(row)) for row in rows]
    decide(ranch, [Note("deer-001", "limps"), Note("deer-002", "shy")], "Kim")
    told: list[int] = []
    numbers = decide(ranch, boxes, "Kim", as_one=True, recorded=told.append).numbers
    assert [*numbers] == told == [3, 4, 5, 6, 7]
    decide(ranch, Note("deer-001", "old"), "Ann")
    step = last_step(ranch, "Kim")
    assert step is not None and (step.numbers, step.kind) == (numbers, "not_animal")
    assert step.told == "not an animal (5)"
    decide(ranch, step.undo, "Kim", as_one=True)
    assert standing(ranch) == [1, 2, 8]
    for left in ([1, 8], [8]):
        step = last_step(ranch, "Kim")
        assert step is not None and len(step.numbers) == 1 and step.told == "note"
        decide(ranch, step.undo, "Kim", as_one=True)
        assert standing(ranch) == left
    assert last_step(ranch, "Kim") is None
    assert last_step(ranch, "Ann") is not None


def test_of_a_step_all_is_recorded_or_nothing(ranch: Workspace) -> None:
    twice = [Name("deer-001", "Bo"), Name("deer-002", "Bo")]
    with pytest.raises(ThumperError, match="Choose another"):
        decide(ranch, twice, "Kim", as_one=True)
    assert standing(ranch) == []
