"""From what a person pointed at to the detections of this run."""

from __future__ import annotations

import polars as pl
import pytest

from tests.identify.links.frames import decisions, frame, subject
from thumper_core.decisions import kinds
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.record import record
from thumper_core.decisions.resolution import SubjectFinder, resolve
from thumper_core.decisions.table import decisions_frame
from thumper_core.store.ledger import Ledger

BOX = (100, 100, 300, 250)


def singles(n: int) -> pl.DataFrame:
    """`n` deer alone in their photos."""
    return frame([{"photo": f"p{k}", "box": BOX} for k in range(n)])


def pair(table: pl.DataFrame, a: int, b: int) -> dict:
    return {"a": subject(table, a), "b": subject(table, b)}


def test_resolve_keeps_the_order_in_which_things_were_said() -> None:
    table = singles(3)
    said = decisions([("same", pair(table, 0, 1)), ("different", pair(table, 1, 2))])
    found = resolve(said.reverse(), table)
    assert [p.decision_id for p in found.pairs] == [1, 2]
    assert resolve(None, table).pairs == []
    assert SubjectFinder(table).find({"photo_id": "p1", "box": list(BOX)}) == 1


@pytest.mark.parametrize(
    ("ms", "row"), [(0, 0), (2000, 1), (1600, 1), (1000, None), (None, 0), ("soon", None)]
)
def test_in_a_clip_a_box_is_found_in_its_frame(ms: object, row: int | None) -> None:
    table = frame([{"photo": "p0", "box": BOX}, {"photo": "p0", "box": BOX}]).with_columns(
        pl.Series("frame_ms", [0, 2000], pl.Int32)
    )
    said = {"photo_id": "p0", "box": list(BOX), "frame_ms": ms}
    assert SubjectFinder(table).find(said) == row


def test_a_verdict_finds_a_box_that_was_moved_since(ledger: Ledger) -> None:
    table = singles(2)
    a, b = (BoxKey(f"p{n}", BOX) for n in (0, 1))
    record(ledger, kinds.Same(a, b), "kim")
    away = (500.0, 500.0, 600.0, 700.0)
    record(ledger, kinds.MoveBox(a, away), "kim")
    moved = table.with_columns(
        pl.when(photo_id="p0").then(pl.lit(value)).otherwise(column).alias(column)
        for column, value in zip(("x1", "y1", "x2", "y2"), away, strict=True)
    )
    for rows in (table, moved):
        found = resolve(decisions_frame(ledger), rows)
        assert [(p.a, p.b) for p in found.pairs] == [(0, 1)]
        assert found.warnings == []


LOST = {
    "photo gone": ({"photo_id": "gone", "box": [1, 2, 3, 4]}, "photo gone"),
    "box elsewhere": ({"photo_id": "p1", "box": [700, 700, 710, 710]}, "photo p1"),
    "box malformed": ({"photo_id": "p1", "box": [1, 2]}, "photo p1"),
    "no subject": (None, "photo ?"),
}


@pytest.mark.parametrize("name", LOST)
@pytest.mark.parametrize("kind", kinds.COMPARED)
def test_a_verdict_that_finds_nothing_is_a_warning(kind: str, name: str) -> None:
    lost, words = LOST[name]
    table = singles(2)
    found = resolve(decisions([(kind, {"a": subject(table, 0), "b": lost})]), table)
    assert found.pairs == []
    assert len(found.warnings) == 1
    assert words in found.warnings[0]


@pytest.mark.parametrize("kind", [name for name in kinds.KINDS if name != kinds.Known.kind])
def test_only_kinds_that_pair_boxes_pair_any(kind: str) -> None:
    table = singles(2)
    said = {**pair(table, 0, 1), **subject(table, 0), "to": [500, 500, 600, 700]}
    found = resolve(decisions([(kind, said)]), table)
    assert [p.same for p in found.pairs] == (
        [kinds.KINDS[kind].says_same] if kind in kinds.PAIRED else []
    )
