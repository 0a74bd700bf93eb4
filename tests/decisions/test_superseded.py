"""A later verdict on the same two boxes takes the place of the earlier one, until it is taken back."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from tests.identify.links.frames import decisions, frame
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Different, Same, Unknowable, Verdict
from thumper_core.decisions.resolution import resolve
from thumper_core.decisions.superseded import pair_of, standing_verdicts

BOX = (100, 100, 300, 250)
A, B, C = (BoxKey(f"p{n}", BOX) for n in range(3))
TABLE = frame([{"photo": f"p{n}", "box": BOX} for n in range(3)])


def told(*said: Verdict, undone: tuple[int, ...] = ()) -> pl.DataFrame:
    rows = decisions([(one.kind, one.payload()) for one in said])
    return rows.with_columns(pl.col("decision_id").is_in(list(undone)).alias("undone"))


@pytest.mark.parametrize(
    ("said", "undone", "times", "replaced"),
    [
        ((Same(A, B),), (), {1: 1}, set()),
        ((Same(A, B), Different(B, A)), (), {2: 1}, {1}),
        ((Same(A, B), Different(A, B)), (2,), {1: 1}, set()),
        ((Different(A, B), Different(A, B), Different(A, B)), (), {3: 3}, {1, 2}),
        ((Same(A, B), Different(A, B), Different(A, B)), (), {3: 2}, {1, 2}),
        ((Same(A, B), Unknowable(A, B)), (), {2: 1}, {1}),
        ((Same(A, B), Different(A, C), Same(B, C)), (), {1: 1, 2: 1, 3: 1}, set()),
    ],
    ids=[
        "one",
        "corrected",
        "taken back",
        "repeated",
        "then repeated",
        "cannot tell",
        "other pairs",
    ],
)
def test_the_latest_verdict_on_two_boxes_stands(
    said: tuple[Verdict, ...], undone: tuple[int, ...], times: dict[int, int], replaced: set[int]
) -> None:
    found = standing_verdicts(told(*said, undone=undone))
    assert found.times == times
    assert found.replaced == replaced
    shown = {pair.decision_id for pair in resolve(told(*said, undone=undone), TABLE).pairs}
    assert not shown & replaced


def test_what_was_left_together_outlives_the_verdict_that_it_was_beside() -> None:
    rows = told(Different(A, C, None, ((A, B),)), Same(A, C))
    assert [(p.decision_id, p.same, p.a, p.b) for p in resolve(rows, TABLE).pairs] == [
        (1, True, 0, 1), (2, True, 0, 2)
    ]  # fmt: skip


def test_what_another_person_said_is_no_correction() -> None:
    rows = told(Same(A, B), Different(A, B)).with_columns(pl.Series("author", ["ann", "bob"]))
    found = standing_verdicts(rows)
    assert found.replaced == frozenset()
    assert [p.same for p in resolve(rows, TABLE).pairs] == [True, False]


def test_a_pair_left_together_in_passing_yields_to_a_later_look_at_it() -> None:
    first, later = Different(A, C, None, ((A, B),)), Different(A, B)
    pairs = {(p.a, p.b): p.same for p in resolve(told(first), TABLE).pairs}
    assert pairs[0, 1]
    pairs = {(p.a, p.b): p.same for p in resolve(told(first, later), TABLE).pairs}
    assert pairs == {(0, 2): False, (0, 1): False}
    pairs = {(p.a, p.b): p.same for p in resolve(told(later, first), TABLE).pairs}
    assert pairs[0, 1], "what was looked at later holds"


@pytest.mark.parametrize(
    "payload", [None, {}, {"a": 1, "b": 2}, {"a": A.payload(), "b": {"photo_id": "p", "box": [1]}}]
)
def test_what_names_no_two_boxes_is_passed_over(payload: Any) -> None:
    assert pair_of(payload) is None
    assert standing_verdicts(decisions([("same", payload), ("same", "no JSON")])).latest == {}
