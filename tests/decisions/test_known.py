from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Known, Merge
from thumper_core.decisions.known import known_boxes
from thumper_core.decisions.resolution import resolve

BOX = (0.0, 0.0, 10.0, 10.0)
FRAME = pl.DataFrame(
    [(photo, *BOX) for photo in "abcd"],
    schema=["photo_id", "x1", "y1", "x2", "y2"],
    orient="row",
)


def decisions(*said: Known | Merge) -> pl.DataFrame:
    rows: list[dict[str, Any]] = [
        {
            "decision_id": number, "kind": one.kind, "payload": json.dumps(one.payload()),
            "author": "Ann", "made_at": f"2026-01-0{number}", "undone": False,
        }
        for number, one in enumerate(said, 1)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def known(who: str, photos: str, source: str = "s", *, binds: bool = True) -> Known:
    return Known(who, tuple(BoxKey(p, BOX) for p in photos), f"folder {who}", source, binds)


@pytest.mark.parametrize(
    ("said", "same", "apart"),
    [
        ([known("i1", "ab")], {(0, 1)}, set()),
        ([known("i1", "a")], set(), set()),
        ([known("i1", "ab"), known("i2", "cd")], {(0, 1), (2, 3)}, {(0, 2)}),
        ([known("i1", "ab"), known("i2", "cd", "other")], {(0, 1), (2, 3)}, set()),
        ([known("i1", "ab"), known("i2", "c"), Merge("i1", ("i2",))], {(0, 1)}, set()),
        ([known("i1", "a"), known("i1", "b")], set(), set()),  # one animal, twice told of
        ([known("i1", "ab", binds=False), known("i2", "cd", binds=False)], set(), set()),
        ([known("i1", "az")], set(), set()),
    ],
)
def test_boxes_of_one_hold_together_and_two_of_one_source_are_apart(
    said: list[Known | Merge], same: set[tuple[int, int]], apart: set[tuple[int, int]]
) -> None:
    found = resolve(decisions(*said), FRAME).pairs
    assert {(p.a, p.b) for p in found if p.same} == same
    assert {(p.a, p.b) for p in found if not p.same} == apart
    assert not any(p.is_compared for p in found)  # nobody compared just these two


def test_a_box_that_is_gone_is_said() -> None:
    (warning,) = resolve(decisions(known("i1", "az")), FRAME).warnings
    assert "in photo z" in warning


def test_the_boxes_by_which_one_is_known() -> None:
    rows = decisions(known("i1", "ab"), known("i2", "c", binds=False))
    found = known_boxes(rows)
    assert found.select("photo_id", "individual_id").rows() == [
        ("a", "i1"), ("b", "i1"), ("c", "i2"),
    ]  # fmt: skip
    assert known_boxes(rows.with_columns(undone=pl.lit(True))).is_empty()
