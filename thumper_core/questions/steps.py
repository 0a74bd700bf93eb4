"""What a person decided last, with all that was decided at once with it."""

from __future__ import annotations

from dataclasses import dataclass

from thumper_core.decisions.kinds import Undo, label
from thumper_core.language import figure, say
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Step:
    """What one person decided at one moment. numbers: of the decisions that stand; kind: of the first."""

    numbers: tuple[int, ...]
    kind: str

    @property
    def told(self) -> str:
        """What it was, and of how many where it was several: `class corrected (300)`."""
        n = len(self.numbers)
        said = say(label(self.kind))
        return f"{said} ({figure(n, ',')})" if n > 1 else said

    @property
    def undo(self) -> list[Undo]:
        """The decisions that take it back, the last first."""
        return [Undo(number) for number in reversed(self.numbers)]


def last_step(workspace: Workspace, author: str) -> Step | None:
    """What this person decided last and that stands; None: nothing does.

    The decisions of one step have one moment (`record.record_step`): two that are recorded one by one
    never share a microsecond.
    """
    rows = workspace.sql(
        """
        with mine as (
            select decision_id, kind, made_at from decisions
            where not undone and kind <> ? and author = ?
        )
        select decision_id, kind from mine
        where made_at = (select arg_max(made_at, decision_id) from mine) order by decision_id
        """,
        [Undo.kind, author],
    )
    return Step(tuple(rows["decision_id"]), rows["kind"][0]) if rows.height else None
