"""Names that were given: none is given to a second deer, and their theme carries over the years."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from thumper_core.contracts import ThumperError
from thumper_core.decisions.kinds import Name, Undo
from thumper_core.decisions.names import name_key
from thumper_core.decisions.table import undone_ids
from thumper_core.store import chain
from thumper_core.store.ledger import Ledger


class Given(NamedTuple):
    """A name that a deer has or had. decision_id: what gave it; None: an earlier version, without one."""

    decision_id: int | None
    individual_id: str
    name: str
    theme: str | None


def taken_names(ledger: Ledger) -> set[str]:
    """Every name that is or was a deer's: of those that are gone too, and of those that were renamed since.

    A name whose giving was taken back was never given.
    """
    with ledger.reading() as connection:
        return {one.name for one in names_given(connection)}


def holders(connection: sqlite3.Connection) -> dict[str, str]:
    """Name key -> the individual that is called so, else the one that was."""
    given = {name_key(one.name): one.individual_id for one in names_given(connection)}
    query = "select name, individual_id from individuals where name is not null"
    return given | {name_key(name): who for name, who in connection.execute(query)}


def last_theme(ledger: Ledger) -> str | None:
    """The theme that a name was last taken from, so that the next year's names come from it too: a key, or
    the path of a user's own. None: no name was taken from any.
    """
    with ledger.reading() as connection:
        themes = [one.theme for one in names_given(connection) if one.theme]
    return themes[-1] if themes else None


def names_given(connection: sqlite3.Connection) -> list[Given]:
    """Every name that is or was a deer's, in the order in which they were given.

    A deer stands here for each naming of it that stands, whatever it is called now, and whether it lives.
    """
    where = "where kind = ? or kind = ?"
    rows = chain.sound_rows(connection, where, Undo.kind, Name.kind)
    undone = undone_ids(rows)
    said = [
        Given(row.decision_id, row.subject, str(row.payload["name"]), row.payload.get("theme"))
        for row in rows
        if row.kind == Name.kind and row.decision_id not in undone and row.payload["name"]
    ]
    known = {(one.individual_id, one.name) for one in said}
    query = "select individual_id, name from individuals where name is not null"
    kept = [row for row in connection.execute(query).fetchall() if row not in known]
    return [Given(None, who, name, None) for who, name in kept] + said


def require_once(connection: sqlite3.Connection, before: Sequence[Given]) -> None:
    """What was given since `before` was nobody else's at any time, and is no deer's ID. Raises ThumperError.

    So a name never means two deer, in no year's report. What two had already (versions before this allowed
    a former name to be typed for another deer) stays: only what comes anew is looked at.
    """
    had = {(one.individual_id, name_key(one.name)) for one in before}
    now = names_given(connection)
    new = [one for one in now if (one.individual_id, name_key(one.name)) not in had]
    if not new:
        return
    ids = {name_key(row[0]) for row in connection.execute("select individual_id from individuals")}
    for one in new:
        if name_key(one.name) in ids:
            raise ThumperError(f"{one.name!r} is the ID of a deer. Choose another name.")
        others = [
            other
            for other in [*before, *now]
            if other.individual_id != one.individual_id
            and name_key(other.name) == name_key(one.name)
        ]
        if others:
            raise ThumperError(_whose(connection, others[0], now))


def _whose(connection: sqlite3.Connection, holder: Given, now: Sequence[Given]) -> str:
    """A sentence that says whose a name is or was, and what to do."""
    who, key = holder.individual_id, name_key(holder.name)
    row = connection.execute(
        "select name, status from individuals where individual_id = ?", (who,)
    ).fetchone()
    called, status = row or (None, "gone")
    if called is not None and name_key(called) == key:
        kept = "" if status == "alive" else f", which is {status} and keeps its name"
        return f"{called!r} is the name of {who}{kept}. Choose another name."
    is_now = f"is called {called!r} now" if called else "has no name now"
    gave = ", ".join(
        str(one.decision_id)
        for one in now
        if one.individual_id == who and name_key(one.name) == key and one.decision_id is not None
    )
    return (
        f"{holder.name!r} was the name of {who}, which {is_now}, and a name is never given twice. "
        f"Choose another name, or take back what gave it (decision {gave}) if that was a mistake."
    )
