"""The record of decisions in the ledger: one is appended, nothing is ever changed or deleted.

This layer knows no herd: what a decision does to it is `herd.recut`, and `herd.decide` is the one
way in for pages and commands.

What an individual is called, its status and its notes are the last decisions about it that were
not undone. They are kept in the ledger's `individuals` table too, folded in the transaction that
appends the decision, so that the table never says anything the decisions do not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import EllipsisType
from typing import Any, Final

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.decisions import kinds
from thumper_core.decisions.names import clean_name
from thumper_core.decisions.names_given import names_given, require_once
from thumper_core.decisions.table import undone_ids
from thumper_core.store import chain
from thumper_core.store.ledger import DecisionRow, Ledger
from thumper_core.store.records import now_text
from thumper_core.store.safekeeping import keep_if_due

AUTHOR_CHARS_MAX = 80
_FOLDED: Final = {
    name: kind.columns
    for name, kind in kinds.KINDS.items()
    if issubclass(kind, kinds.OfIndividual) and kind.columns
}


class Conflict(ThumperError):
    """Another person changed the same thing meanwhile; nothing was written."""


def record(ledger: Ledger, decision: kinds.Decision, author: str) -> int:
    """Append a decision of any kind, an undo as well, and return its number.

    Raises UsageError where the author is blank or there is nothing that the undo could take back;
    ThumperError where an individual that the decision speaks of does not exist, or a name that it
    gives or brings back is or was another animal's (`names_given.require_once`); Conflict where the
    individual is not called what a `Name` expects, or its notes are not what a `Note` expects.
    """
    return record_step(ledger, [decision], author)[0]


@dataclass(frozen=True)
class Said:
    """A decision as the ledger holds it.

    made_at: where it was made before, as `now_text` writes it; undoes: of an undo, the place of what it
    takes back in the list that it is in, None where its payload says the number.
    """

    kind: str
    subject: str
    payload: dict[str, Any]
    author: str
    made_at: str | None = None
    undoes: int | None = None

    @classmethod
    def of(cls, decision: kinds.Decision, author: str) -> Said:
        """A decision that is made now."""
        return cls(decision.kind, decision.subject, decision.payload(), author)


def record_all(ledger: Ledger, said: Sequence[Said]) -> list[int]:
    """Append decisions that belong together, all of them or none, and return their numbers.

    What they say of individuals is taken as it is: the caller gave these their IDs. Raises
    UsageError where an author is blank, ThumperError where a name is or was another animal's.
    """
    with _deciding(ledger) as connection:
        return _append_all(connection, said)


def record_step(ledger: Ledger, decisions: Sequence[kinds.Decision], author: str) -> list[int]:
    """Append decisions that a person makes at once, all of them or none, and return their numbers.

    They have one moment, by which they are one step, also for whoever takes it back in another session.
    Raises as `record` of each.
    """
    undone = [one.decision_id for one in decisions if isinstance(one, kinds.Undo)]
    with _deciding(ledger) as connection:
        at = now_text()
        if undone:
            _require_standing(chain.sound_rows(connection), undone)
        for one in decisions:
            _require_as_seen(connection, one)
        said = [replace(Said.of(one, author), made_at=at) for one in decisions]
        return _append_all(connection, said)


def undo_all(ledger: Ledger, numbers: Sequence[int], author: str) -> list[int]:
    """Take back those of these decisions that stand, all of them or none; the numbers of the undos.

    An undo of one of them stays: what it took back is not to stand again. Raises ThumperError where a name
    that comes back so is or was another animal's.
    """
    with _deciding(ledger) as connection:
        given = names_given(connection)
        rows = chain.sound_rows(connection)
        by_id = {row.decision_id: row for row in rows}
        undone = undone_ids(rows)
        made = []
        touched: dict[tuple[str, str], None] = {}
        among = {*numbers}
        inner = {
            row.decision_id
            for row in rows
            if row.kind == kinds.Undo.kind and row.payload["decision_id"] in among
        }
        for number in sorted(among & by_id.keys() - undone - inner, reverse=True):
            made.append(_append(connection, kinds.Undo(number), author))
            root = _root(rows, by_id[number])
            if root.kind in _FOLDED:
                touched[root.subject, root.kind] = None
        for individual_id, kind in touched:
            _fold(connection, individual_id, kind)
        require_once(connection, given)
    return made


@contextmanager
def _deciding(ledger: Ledger) -> Iterator[sqlite3.Connection]:
    """One transaction, and afterwards an automatic backup where one is due."""
    with ledger.transaction() as connection:
        yield connection
    keep_if_due(ledger.path.parent)


# --- inside one transaction --------------------------------------------------------------------


def _append(connection: sqlite3.Connection, decision: kinds.Decision, author: str) -> int:
    author = _checked(author)
    number = chain.append(connection, decision.kind, decision.subject, decision.payload(), author)
    if decision.kind in _FOLDED:
        _fold(connection, decision.subject, decision.kind)
    return number


def _append_all(connection: sqlite3.Connection, said: Sequence[Said]) -> list[int]:
    numbers: list[int] = []
    touched: dict[tuple[str, str], None] = {}
    may_name = any(one.kind in (kinds.Name.kind, kinds.Undo.kind) for one in said)
    given = names_given(connection) if may_name else []
    for one in said:
        author, subject, payload = _checked(one.author), one.subject, one.payload
        if one.undoes is not None:
            payload = {"decision_id": numbers[one.undoes]}
            subject = str(numbers[one.undoes])
        numbers.append(chain.append(connection, one.kind, subject, payload, author, one.made_at))
        if one.kind in _FOLDED:
            touched[one.subject, one.kind] = None
    if any(one.kind == kinds.Undo.kind for one in said):  # of decisions that were here, too
        rows = chain.sound_rows(connection)
        by_id = {row.decision_id: row for row in rows}
        for number in numbers:
            root = _root(rows, by_id[number])
            if root.kind in _FOLDED:
                touched[root.subject, root.kind] = None
    for individual_id, kind in touched:
        _fold(connection, individual_id, kind)
    if may_name:
        require_once(connection, given)
    return numbers


def _checked(author: str) -> str:
    author = author.strip()
    if not author or len(author) > AUTHOR_CHARS_MAX:
        raise UsageError(f"A decision needs its author, in at most {AUTHOR_CHARS_MAX} characters.")
    return author


def folded(rows: Sequence[DecisionRow]) -> dict[str, dict[str, str | None]]:
    """`{individual_id: {column: value}}` of `individuals`, as far as decisions that stand say it."""
    undone = undone_ids(rows)
    said: dict[str, dict[str, str | None]] = {}
    for row in rows:
        if row.kind in _FOLDED and row.decision_id not in undone:
            values = said.setdefault(row.subject, {})
            for column, (field, default) in _FOLDED[row.kind].items():
                values[column] = row.payload.get(field, default)
    return said


def _fold(connection: sqlite3.Connection, individual_id: str, kind: str) -> None:
    """Write what the standing decisions of one kind say of an individual into its row."""
    where = "where kind = ? or (kind = ? and subject = ?)"
    rows = chain.sound_rows(connection, where, kinds.Undo.kind, kind, individual_id)
    nothing = {column: default for column, (_, default) in _FOLDED[kind].items()}
    values = nothing | folded(rows).get(individual_id, {})
    columns = ", ".join(f"{column} = :{column}" for column in values)
    connection.execute(
        f"update individuals set {columns} where individual_id = :individual_id",
        {**values, "individual_id": individual_id},
    )


def _root(rows: list[DecisionRow], target: DecisionRow) -> DecisionRow:
    """What an undo is about in the end, through any chain of undos."""
    by_id = {row.decision_id: row for row in rows}
    while target.kind == kinds.Undo.kind:
        number = int(target.payload["decision_id"])
        if number not in by_id:
            raise UsageError(f"Decision {number}, which this is about, is lost.")
        target = by_id[number]
    return target


def _name_of(connection: sqlite3.Connection, individual_id: str) -> str | None:
    row = connection.execute(
        "select name from individuals where individual_id = ?", (individual_id,)
    ).fetchone()
    return row[0] if row else None


def _require_standing(rows: Sequence[DecisionRow], numbers: Iterable[int]) -> None:
    known, undone = {row.decision_id for row in rows}, undone_ids(rows)
    for number in numbers:
        if number not in known:
            raise UsageError(f"There is no decision {number}.")
        if number in undone:
            raise UsageError(f"Decision {number} is undone already.")


def _require_as_seen(connection: sqlite3.Connection, decision: kinds.Decision) -> None:
    for individual_id in decision.individuals():
        row = connection.execute(
            "select 1 from individuals where individual_id = ?", (individual_id,)
        ).fetchone()
        if row is None:
            raise ThumperError(
                f"There is no individual {individual_id!r}: it may have been merged away, or the "
                "page is older than the herd. Reload and look again."
            )
    if isinstance(decision, kinds.Name):
        _require_expected(connection, decision)
    elif isinstance(decision, kinds.Note):
        _require_expected_note(connection, decision)


def _require_expected(connection: sqlite3.Connection, decision: kinds.Name) -> None:
    expected = decision.expected
    if isinstance(expected, EllipsisType):
        return
    current = _name_of(connection, decision.individual_id)
    if current != (None if expected is None else clean_name(expected)):
        now = f"is called {current!r} now" if current else "has no name now"
        before = f"{expected!r}" if expected else "no name"
        raise Conflict(
            f"Somebody else changed this deer's name meanwhile: it {now}, where you saw "
            f"{before}. Look at it again, then rename it if you still want to."
        )


def _require_expected_note(connection: sqlite3.Connection, decision: kinds.Note) -> None:
    if isinstance(decision.expected, EllipsisType):
        return
    row = connection.execute(
        "select notes from individuals where individual_id = ?", (decision.individual_id,)
    ).fetchone()
    current = row[0] if row else None
    if (current or "") != (decision.expected or ""):
        now = f"they are {current!r} now" if current else "there are none now"
        raise Conflict(
            f"Somebody else changed this deer's notes meanwhile: {now}. Yours are not saved yet; save again "
            "to write them over those."
        )
