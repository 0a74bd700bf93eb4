"""Decisions as a table, and what an undo takes back."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.decisions import kinds
from thumper_core.decisions import table as stored
from thumper_core.decisions.record import record
from thumper_core.store.ledger import DecisionRow, Ledger


def test_the_table_of_no_decisions_and_of_some(ledger: Ledger) -> None:
    empty = stored.decisions_frame(ledger)
    assert (empty.schema, empty.height) == (stored.FRAME_SCHEMA, 0)
    first = record(ledger, kinds.Note("i1", "limps"), "Kim")
    record(ledger, kinds.Undo(first), "Lee")
    frame = stored.decisions_frame(ledger)
    assert frame.schema == stored.FRAME_SCHEMA
    assert frame["undone"].to_list() == [True, False]
    assert frame["author"].to_list() == ["Kim", "Lee"]


@settings(deadline=None)
@given(st.lists(st.integers(min_value=0), max_size=12))
def test_undone_equals_the_plain_definition(targets: list[int]) -> None:
    """Decision 1 is a verdict; each later one undoes some earlier one."""
    rows = [DecisionRow(1, "same", "s", {}, "k", None)]  # type: ignore[arg-type]
    for number, target in enumerate(targets, start=2):
        payload = {"decision_id": target % (number - 1) + 1}
        rows.append(DecisionRow(number, "undo", "", payload, "k", None))  # type: ignore[arg-type]

    def stands(number: int) -> bool:
        undos = [r for r in rows if r.kind == "undo" and r.payload["decision_id"] == number]
        return not any(stands(u.decision_id) for u in undos)

    expected = {r.decision_id for r in rows if not stands(r.decision_id)}
    assert stored.undone_ids(rows) == expected
