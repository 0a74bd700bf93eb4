"""Names that were given: none is suggested a second time, and their theme carries over the years."""

from __future__ import annotations

import sqlite3

from thumper_core.decisions.kinds import Name, Undo
from thumper_core.decisions.table import undone_ids
from thumper_core.store import chain
from thumper_core.store.ledger import Ledger


def taken_names(ledger: Ledger) -> set[str]:
    """Every name that is or was a deer's: of those that are gone too, and of those that were renamed since.

    A name whose giving was taken back was never given.
    """
    with ledger.reading() as connection:
        rows = connection.execute("select name from individuals where name is not null")
        return {row[0] for row in rows} | {str(name) for name, _ in _names_given(connection)}


def last_theme(ledger: Ledger) -> str | None:
    """The theme that a name was last taken from, so that the next year's names come from it too: a key, or
    the path of a user's own. None: no name was taken from any.
    """
    with ledger.reading() as connection:
        themes = [theme for _, theme in _names_given(connection) if theme]
    return str(themes[-1]) if themes else None


def _names_given(connection: sqlite3.Connection) -> list[tuple[str, str | None]]:
    """Name and theme of every naming that stands, in order."""
    where = "where kind = ? or kind = ?"
    rows = chain.sound_rows(connection, where, Undo.kind, Name.kind)
    undone = undone_ids(rows)
    return [
        (row.payload["name"], row.payload.get("theme"))
        for row in rows
        if row.kind == Name.kind and row.decision_id not in undone and row.payload["name"]
    ]
