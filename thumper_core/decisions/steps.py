"""Many decisions that a person made at once: recorded together, and taken back together.

The decisions of one step have one moment and one author: two that are recorded one by one never share a
microsecond. So a step needs no column of its own, and is known in any later session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from thumper_core.decisions.kinds import Decision, Undo
from thumper_core.decisions.record import Said, record_all
from thumper_core.decisions.table import undone_ids
from thumper_core.store.ledger import Ledger
from thumper_core.store.records import now_text


@dataclass(frozen=True)
class Step:
    """What one person decided at one moment. numbers: of the decisions that stand; kind: of the first."""

    numbers: tuple[int, ...]
    kind: str

    @property
    def undo(self) -> list[Undo]:
        """The decisions that take it back, the last first."""
        return [Undo(number) for number in reversed(self.numbers)]


def record_step(ledger: Ledger, decisions: Sequence[Decision], author: str) -> list[int]:
    """Append decisions at one moment, all of them or none, and return their numbers.

    Raises as `record_all`: individuals that they speak of are the caller's to know.
    """
    at = now_text()
    return record_all(ledger, [replace(Said.of(one, author), made_at=at) for one in decisions])


def last_step(ledger: Ledger, author: str) -> Step | None:
    """What this person decided last and that stands; None: nothing does."""
    rows = ledger.decisions()
    undone = undone_ids(rows)
    mine = [
        row
        for row in rows
        if row.author == author and row.kind != Undo.kind and row.decision_id not in undone
    ]
    if not mine:
        return None
    step = [row for row in mine if row.made_at == mine[-1].made_at]
    return Step(tuple(row.decision_id for row in step), step[0].kind)
