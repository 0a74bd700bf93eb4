"""Decisions in the ledger: append, undo, read. Nothing is ever changed or deleted.

What an individual is called, its status and its notes are the last decisions about it that were
not undone. They are kept in the ledger's `individuals` table too, folded in the transaction that
appends the decision, so that the table never says anything the decisions do not.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.herd import kinds
from thumper_core.herd.naming import clean_name, name_key
from thumper_core.store.decisions import undone_ids
from thumper_core.store.ledger import DecisionRow, Ledger
from thumper_core.store.records import now_text

AUTHOR_CHARS_MAX = 80
# Columns of `individuals` that a kind of decision sets, the payload's field for each, and what
# the column says where no such decision stands.
_FOLDED: dict[str, dict[str, tuple[str, str | None]]] = {
    "name": {"name": ("name", None), "theme": ("theme", None)},
    "note": {"notes": ("note", None)},
    "status": {"status": ("status", "alive")},
}


class Conflict(ThumperError):
    """Somebody else changed the same thing meanwhile; nothing was written."""


def record(ledger: Ledger, decision: kinds.Decision, author: str) -> int:
    """Append a decision and return its number.

    Raises UsageError where the author is blank, and ThumperError where an individual that the
    decision speaks of does not exist or the name is another animal's.
    """
    if isinstance(decision, kinds.Undo):
        return undo(ledger, decision.decision_id, author)
    with ledger.transaction() as connection:
        _require(connection, decision.individuals())
        if isinstance(decision, kinds.Name) and decision.name is not None:
            _require_free(connection, decision.name, decision.individual_id)
        return _append(connection, decision, author)


def undo(ledger: Ledger, decision_id: int, author: str) -> int:
    """Take a decision back by appending another; return the new one's number.

    Undoing an undo restores what it took back. Raises UsageError where there is no such decision
    or it is undone already, and ThumperError where the name that would come back is another
    animal's by now.
    """
    with ledger.transaction() as connection:
        rows = _rows(connection)
        target = next((row for row in rows if row.decision_id == decision_id), None)
        if target is None:
            raise UsageError(f"There is no decision {decision_id}.")
        if decision_id in undone_ids(rows):
            raise UsageError(f"Decision {decision_id} is undone already.")
        number = _append(connection, kinds.Undo(decision_id), author)
        root = _root(rows, target)
        if root.kind in _FOLDED:
            _fold(connection, root.subject, root.kind)
        if root.kind == kinds.Name.kind:
            name = _name_of(connection, root.subject)
            if name is not None:
                _require_free(connection, name, root.subject)
        return number


def rename(
    ledger: Ledger,
    individual_id: str,
    name: str | None,
    author: str,
    *,
    expected: str | None,
    theme: str | None = None,
) -> int:
    """Name an individual, if it is still called `expected` (None: nameless); None takes it away.

    Raises Conflict where another person changed the name meanwhile, ThumperError where the name is
    another animal's (one that is gone keeps its name), UsageError where it is no name.
    """
    decision = kinds.Name(individual_id, name, theme)
    with ledger.transaction() as connection:
        _require(connection, (individual_id,))
        current = _name_of(connection, individual_id)
        if current != (None if expected is None else clean_name(expected)):
            now = f"is called {current!r} now" if current else "has no name now"
            before = f"{expected!r}" if expected else "no name"
            raise Conflict(
                f"Somebody else changed this deer's name meanwhile: it {now}, where you saw "
                f"{before}. Look at it again, then rename it if you still want to."
            )
        if decision.name is not None:
            _require_free(connection, decision.name, individual_id)
        return _append(connection, decision, author)


def taken_names(ledger: Ledger) -> set[str]:
    """Every name that an individual has, those of animals that are gone too."""
    with ledger.reading() as connection:
        rows = connection.execute("select name from individuals where name is not null")
        return {row[0] for row in rows}


# --- inside one transaction --------------------------------------------------------------------


def _append(connection: sqlite3.Connection, decision: kinds.Decision, author: str) -> int:
    author = author.strip()
    if not author or len(author) > AUTHOR_CHARS_MAX:
        raise UsageError(f"A decision needs its author, in at most {AUTHOR_CHARS_MAX} characters.")
    cursor = connection.execute(
        "insert into decisions (kind, subject, payload, author, made_at) values (?,?,?,?,?)",
        (
            decision.kind,
            decision.subject,
            json.dumps(decision.payload()),
            author,
            now_text(),
        ),
    )
    if decision.kind in _FOLDED:
        _fold(connection, decision.subject, decision.kind)
    return int(cursor.lastrowid or 0)


def _fold(connection: sqlite3.Connection, individual_id: str, kind: str) -> None:
    """Write what the standing decisions of one kind say of an individual into its row."""
    where = "where kind = 'undo' or (kind = ? and subject = ?)"
    rows = _rows(connection, where, kind, individual_id)
    undone = undone_ids(rows)
    standing = [r for r in rows if r.kind == kind and r.decision_id not in undone]
    values = {
        column: standing[-1].payload[field] if standing else default
        for column, (field, default) in _FOLDED[kind].items()
    }
    columns = ", ".join(f"{column} = :{column}" for column in values)
    connection.execute(
        f"update individuals set {columns} where individual_id = :individual_id",
        {**values, "individual_id": individual_id},
    )


def _root(rows: list[DecisionRow], target: DecisionRow) -> DecisionRow:
    """What an undo is about in the end, through any chain of undos."""
    by_id = {row.decision_id: row for row in rows}
    while target.kind == kinds.Undo.kind:
        target = by_id[int(target.payload["decision_id"])]
    return target


def _name_of(connection: sqlite3.Connection, individual_id: str) -> str | None:
    row = connection.execute(
        "select name from individuals where individual_id = ?", (individual_id,)
    ).fetchone()
    return row[0] if row else None


def _require(connection: sqlite3.Connection, individual_ids: Iterable[str]) -> None:
    for individual_id in individual_ids:
        row = connection.execute(
            "select 1 from individuals where individual_id = ?", (individual_id,)
        ).fetchone()
        if row is None:
            raise ThumperError(
                f"There is no individual {individual_id!r}: it may have been merged away, or the "
                "page is older than the herd. Reload and look again."
            )


def _require_free(connection: sqlite3.Connection, name: str, individual_id: str) -> None:
    rows = connection.execute(
        "select individual_id, name, status from individuals "
        "where name is not null and individual_id <> ?",
        (individual_id,),
    )
    for other, other_name, status in rows:
        if name_key(other_name) == name_key(name):
            retired = "" if status == "alive" else f", which is {status} and keeps its name"
            raise ThumperError(
                f"{other_name!r} is the name of {other}{retired}. Choose another name."
            )


def _rows(connection: sqlite3.Connection, where: str = "", *values: str) -> list[DecisionRow]:
    rows = connection.execute(
        "select decision_id, kind, subject, payload, author, made_at from decisions "
        f"{where} order by decision_id",
        values,
    )
    return [
        DecisionRow(r[0], r[1], r[2], json.loads(r[3]), r[4], datetime.fromisoformat(r[5]))
        for r in rows
    ]
