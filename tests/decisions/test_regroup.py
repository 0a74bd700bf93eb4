"""Merge, split and move become pairs of boxes that an identification understands."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from thumper_core.contracts import UsageError
from thumper_core.decisions import kinds, regroup
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.record import record
from thumper_core.decisions.resolution import resolve
from thumper_core.decisions.table import decisions_frame
from thumper_core.store.herd_summary import HerdSummary
from thumper_core.store.ledger import Ledger

ROWS = [  # detection, tracklet, individual, confidence
    ("d0", "t1", "i1", 0.5),
    ("d1", "t1", "i1", 0.9),
    ("d2", "t2", "i1", 0.6),
    ("d3", "t3", "i2", 0.7),
    ("d4", "t3", "i2", 0.8),
    ("d5", "t4", "i2", 0.4),
    ("d6", "t5", "i3", 0.9),
    ("d7", "t6", None, 0.9),
]
MEMBERS = pl.DataFrame(
    [(d, t, i, c, f"p{d}", 0.0, 0.0, 10.0, 20.0) for d, t, i, c in ROWS],
    schema=[
        *("detection_id", "tracklet_id", "individual_id", "confidence", "photo_id"),
        *("x1", "y1", "x2", "y2"),
    ],
    orient="row",
)


def photos(pairs: tuple) -> list[tuple[str, str]]:
    return [(a.photo_id, b.photo_id) for a, b in pairs]


def test_merge_compares_the_best_boxes_and_keeps_each_of_them_together() -> None:
    said = regroup.merge(MEMBERS, "i1", ("i2", "i3"))
    assert photos(said.must) == [("pd1", "pd4"), ("pd1", "pd6")]
    assert photos(said.kept) == [("pd1", "pd2"), ("pd4", "pd5")]
    assert said.individuals() == ("i1", "i2", "i3")
    pair = json.loads(json.dumps(said.payload()))["must"][0]
    assert BoxKey.of(pair["a"]) == BoxKey("pd1", (0, 0, 10, 20))


def test_split_keeps_the_leaving_together_and_apart_from_every_tracklet_that_stays() -> None:
    said = regroup.split(MEMBERS, "i1", ("d0", "d2"))
    assert [box.photo_id for box in said.boxes] == ["pd2", "pd0"]
    assert photos(said.kept) == [("pd2", "pd0")]
    assert photos(said.cannot) == [("pd2", "pd1")]
    other = regroup.split(MEMBERS, "i2", ("d5",))
    assert (photos(other.kept), photos(other.cannot)) == ([], [("pd5", "pd4")])


def test_move_ties_to_the_new_and_parts_from_the_old() -> None:
    said = regroup.move(MEMBERS, "d3", "i1")
    assert photos(said.must) == [("pd3", "pd1")]
    assert photos(said.kept) == [("pd1", "pd2"), ("pd5", "pd4")]
    assert photos(said.cannot) == [("pd3", "pd4")]
    away = regroup.move(MEMBERS, "d3", None)
    assert (away.to, away.must, len(away.cannot)) == (None, (), 1)
    found = regroup.move(MEMBERS, "d7", "i3")
    assert (photos(found.must), found.cannot) == ([("pd7", "pd6")], ())


def test_many_that_move_are_not_kept_apart_from_each_other() -> None:
    said = regroup.move_all(MEMBERS, ("d3", "d4", "d7"), "i1")
    assert [one.where.photo_id for one in said] == ["pd4", "pd3", "pd7"]
    assert {one.to for one in said} == {"i1"}
    assert [photos(one.must) for one in said] == [[(w, "pd1")] for w in ("pd4", "pd3", "pd7")]
    assert [photos(one.cannot) for one in said] == [[("pd4", "pd5")], [("pd3", "pd5")], []]
    assert [photos(one.kept) for one in said] == [[("pd1", "pd2")], [], []]  # once is enough
    left = regroup.move_all(MEMBERS, ("d0", "d3"), None)
    assert [photos(one.cannot) for one in left] == [[("pd0", "pd1")], [("pd3", "pd4")]]
    assert [photos(one.kept) for one in left] == [[("pd2", "pd1")], [("pd5", "pd4")]]


@pytest.mark.parametrize(
    ("say", "why"),
    [
        (lambda: regroup.merge(MEMBERS, "i9", ("i1",)), "no detection"),
        (lambda: regroup.merge(MEMBERS, "i1", ("i9",)), "no detection"),
        (lambda: regroup.merge(MEMBERS, "i1", ()), "others"),
        (lambda: regroup.split(MEMBERS, "i1", ("d3",)), "not none"),
        (lambda: regroup.split(MEMBERS, "i1", ("d0", "d1", "d2")), "not all"),
        (lambda: regroup.split(MEMBERS.clear(), "i1", ("d0",)), "no detection"),
        (lambda: regroup.move(MEMBERS, "d9", "i1"), "not in this herd"),
        (lambda: regroup.move(MEMBERS, "d0", "i1"), "already"),
        (lambda: regroup.move(MEMBERS, "d7", None), "already"),
        (lambda: regroup.move_all(MEMBERS, ("d3", "d0"), "i1"), "already"),
        (lambda: regroup.move(MEMBERS, "d0", "i9"), "no detection"),
    ],
)
def test_regroupings_that_make_no_sense(say, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        say()


def test_an_identification_reads_what_was_recorded(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.create()
    animals = [{"individual_id": i, "sex": "male", "age_class": "adult"} for i in ("i1", "i2")]
    ledger.add_herd("h0001", "r0001", "average", 0.6, HerdSummary(), animals, promote=True)
    d0, d1, d3 = (
        BoxKey(f"pd{n}", (1, 1, 11, 21)) for n in (0, 1, 3)
    )  # as another run may see them
    record(ledger, regroup.merge(MEMBERS, "i1", ("i2",)), "Kim")
    record(ledger, regroup.split(MEMBERS, "i1", ("d0", "d2")), "Kim")
    record(ledger, regroup.move(MEMBERS, "d3", "i1"), "Kim")
    record(ledger, kinds.Same(d0, d3), "Kim")
    record(ledger, kinds.Different(d1, d3), "Kim")
    record(ledger, kinds.Unknowable(d0, d1), "Kim")
    said = resolve(decisions_frame(ledger), MEMBERS)
    assert said.warnings == []
    got = {
        (p.decision_id, p.same, *sorted((p.a, p.b)))
        for p in said.pairs
        if p.is_compared or p.decision_id != 1
    }
    assert got == {
        (1, True, 1, 4),
        *((2, True, 0, 2), (2, False, 1, 2), (2, False, 0, 1)),
        *((3, True, 1, 3), (3, True, 2, 3), (3, True, 4, 5)),
        *((3, False, *sorted((a, b))) for a in (1, 2, 3) for b in (4, 5)),
        (4, True, 0, 3),
        (5, False, 1, 3),
    }
    assert {p.decision_id for p in said.pairs if not p.same and p.is_compared} == {2, 3, 5}
