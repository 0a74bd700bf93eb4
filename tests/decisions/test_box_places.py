"""Where a box is after a person moved it, and what it is known by."""

from __future__ import annotations

import polars as pl
import pytest

from tests.decisions.in_views import (
    BOX,
    DEER,
    FAR,
    NEAR,
    NEW,
    ONE,
    detections,
    effective,
    in_clip,
    said,
    words,
)
from thumper_core.contracts import UsageError
from thumper_core.decisions import kinds
from thumper_core.decisions.box_contents import corrections, drawn_animals, match_decisions
from thumper_core.decisions.box_places import move_box, moved_boxes
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.record import record
from thumper_core.decisions.table import decisions_frame
from thumper_core.store.ledger import Ledger

AWAY = (300.0, 10.0, 400.0, 110.0)  # overlaps none of the above
FURTHER = (300.0, 200.0, 400.0, 300.0)
MOVES = [
    ("moved", [("box", BOX, AWAY)], AWAY),
    ("named by a box that overlaps", [("box", NEAR, AWAY)], AWAY),
    ("too far to be meant", [("box", FAR, AWAY)], BOX),
    ("moved twice: the youngest wins", [("box", BOX, FURTHER), ("box", BOX, AWAY)], AWAY),
    ("moved on from where it was moved to", [("box", BOX, AWAY), ("box", AWAY, FURTHER)], FURTHER),
    ("this run drew it where it belongs", [("box", AWAY, NEAR)], NEAR),
]


def moves(*rows: tuple) -> pl.DataFrame:
    """(kind, box, to or words) about photo p1, as a decisions frame."""
    return said(*(("box", "p1", b, {"to": list(t)}, False) for _, b, t in rows))


@pytest.mark.parametrize(("why", "rows", "expected"), MOVES, ids=[m[0] for m in MOVES])
def test_a_box_goes_where_a_person_put_it(why: str, rows: list, expected: tuple) -> None:
    result = effective(ONE, moves(*rows))
    assert result.select("x1", "y1", "x2", "y2").rows() == [expected]
    # The place says nothing of what it holds: that is still the model's word.
    assert result.select(NEW).rows() == [(DEER, "female", "adult", "model")]
    rest = [name for name in ONE.columns if name not in ("x1", "y1", "x2", "y2")]
    assert result.select(rest).equals(ONE.select(rest))
    again = moved_boxes(result, moves(*rows)).boxes
    assert again.select("x1", "y1", "x2", "y2").rows() == [expected] * again.height


def test_in_a_clip_only_the_box_of_the_frame_goes() -> None:
    frame = in_clip(("r1", 0, 0, BOX), ("r1", 1, 2000, BOX))
    first = BoxKey("p1", BOX, 2000)
    rows = said(("box", "p1", BOX, {"to": list(AWAY), "frame_ms": 2000}, False))
    moved = moved_boxes(frame, rows)
    assert moved.boxes.select("detection_id", "x1").rows() == [("p1-1", AWAY[0])]
    assert set(moved.places["frame_ms"]) == {2000}
    on = move_box(rows, BoxKey("p1", AWAY, 2000), FURTHER)
    assert (on.where, on.where.frame_ms, on.to) == (first, 2000, FURTHER)
    other = move_box(rows, BoxKey("p1", AWAY, 0), FURTHER)
    assert other.where.box == AWAY, "a box of another frame was never moved"


@pytest.mark.parametrize("named", [BOX, AWAY])
def test_a_moved_box_answers_to_both_its_places(named: tuple) -> None:
    rows = said(
        ("box", "p1", BOX, {"to": list(AWAY)}, False), ("class", "p1", named, words(), False)
    )
    assert effective(ONE, rows).select("sex", "source").rows() == [("male", "human")]
    assert corrections(ONE, rows)["sex"].to_list() == ["male"]
    assert match_decisions(ONE, rows).lost.is_empty()


def test_a_move_that_is_undone_or_of_another_photo_moves_nothing() -> None:
    rows = said(
        ("box", "p1", BOX, {"to": list(AWAY)}, True), ("box", "p2", BOX, {"to": list(AWAY)}, False)
    )
    moved = moved_boxes(ONE, rows)
    assert moved.boxes.is_empty() and moved.places.is_empty() and moved.found.is_empty()
    assert effective(ONE, rows).select(ONE.columns).equals(ONE)


def test_of_two_boxes_the_one_that_was_named_moves() -> None:
    two = detections(("r1", "p1", 0, BOX, "doe"), ("r1", "p1", 1, AWAY, "doe"))
    # The first is put where the second is, a little beside it; both runs' frames say the same.
    beside = (302.0, 10.0, 402.0, 110.0)
    rows = moves(("box", BOX, beside))
    assert effective(two, rows)["x1"].to_list() == [beside[0], AWAY[0]]


def test_a_drawn_animal_can_be_moved() -> None:
    rows = said(
        ("missed_animal", "p2", BOX, words(), False), ("box", "p2", BOX, {"to": list(AWAY)}, False)
    )
    assert drawn_animals(ONE, rows).select("detection_id", "x1").rows() == [("p2-h1", AWAY[0])]


def test_a_box_that_is_moved_again_is_named_by_its_first_place(ledger: Ledger) -> None:
    first, second, third = (0.0, 0.0, 10.0, 20.0), (50.0, 0.0, 60.0, 20.0), (90.0, 0.0, 99.0, 20.0)
    where = BoxKey("p", first)
    said = move_box(decisions_frame(ledger), where, second)
    assert said == kinds.MoveBox(where, second)
    number = record(ledger, said, "kim")
    again = move_box(decisions_frame(ledger), BoxKey("p", second), third)
    assert again == kinds.MoveBox(where, third)
    other = move_box(decisions_frame(ledger), BoxKey("q", second), third)
    assert other.where.photo_id == "q"
    with pytest.raises(UsageError, match="where it was"):
        move_box(decisions_frame(ledger), BoxKey("p", second), first)
    record(ledger, kinds.Undo(number), "kim")
    assert move_box(decisions_frame(ledger), BoxKey("p", second), first).to == first
