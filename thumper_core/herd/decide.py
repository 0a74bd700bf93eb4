"""The one way in for what a person says: it is recorded, and then it takes effect.

Every page and every command comes through `decide`. Below it lie two layers that do not know of each
other: `decisions.record` appends to the ledger, and `herd.recut` makes the herd follow all that is
recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from thumper_core.decisions.kinds import IDENTIFIED_WITH, Decision, Undo
from thumper_core.decisions.record import record, record_step
from thumper_core.herd.following import following
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.herd.recut import Applied


class Effect(Enum):
    """When a decision takes effect on who is who."""

    LATER = "with the next identification"
    BEHIND = (
        "within seconds, behind the caller, where it is enough to compute the individuals again that "
        "it concerns, else later"
    )
    WHOLE = "at once, by identifying the whole herd where that is what it takes"


@dataclass(frozen=True)
class Decided:
    """What became of decisions.

    numbers: theirs in the record; applied: what they did to the herd, None where it waits or comes
    behind (`following` tells).
    """

    numbers: tuple[int, ...]
    applied: Applied | None


def decide(
    workspace: Workspace,
    decisions: Decision | Sequence[Decision],
    author: str,
    *,
    effect: Effect = Effect.LATER,
    recorded: Callable[[int], object] | None = None,
    as_one: bool = False,
) -> Decided:
    """Record what a person said, one decision or several, and let it take effect.

    effect: applies to all of them together, once, after the last is recorded; recorded: told the
    number of each as soon as it is safe; as_one: all of them or none are recorded, as one step
    (`questions.steps`). Raises like `record`, where those before stay unless they are one step, and like
    `apply_decisions`, where all of them stay and only the herd does not follow yet.

    >>> from thumper_core import Workspace, decide
    >>> from thumper_core.decisions.kinds import Note
    >>> ranch = Workspace.open("ranch")
    >>> who = ranch.ledger.individual_ids()[0]
    >>> len(decide(ranch, Note(who, "limps"), "ann").numbers)
    1
    """
    numbers: list[int] = []
    made = [decisions] if isinstance(decisions, Decision) else decisions
    try:
        for decision in () if as_one else made:
            numbers.append(record(workspace.ledger, decision, author))
            if recorded is not None:
                recorded(numbers[-1])
        for number in record_step(workspace.ledger, made, author) if as_one else ():
            numbers.append(number)
            if recorded is not None:
                recorded(number)
    finally:
        if effect is Effect.BEHIND and any(map(_moves_deer, made[: len(numbers)])):
            following(workspace).follow()
    return Decided(tuple(numbers), _apply(workspace) if effect is Effect.WHOLE else None)


def _moves_deer(decision: Decision) -> bool:
    """Whether it can change who is who."""
    return isinstance(decision, Undo) or decision.kind in IDENTIFIED_WITH


def _apply(workspace: Workspace) -> Applied:
    # What computes a herd takes a second to import: a name or a note does without.
    from thumper_core.herd.recut import apply_decisions

    return apply_decisions(workspace)
