"""How a ledger of an older version becomes one of this version: steps, each run once, in order.

`ledger_schema.sql` is schema 1. Every later schema is the one before and one step of `STEPS`; a new
ledger runs them all, so there is one way to every schema.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

Step = Callable[[sqlite3.Connection], None]


def _register_of_shards(connection: sqlite3.Connection) -> None:
    """Which shards exist (`store.register`), and where the process of a job runs."""
    connection.execute(
        "create table shards (kind text not null, name text not null, job_id integer, "
        "tables text not null, registered_at text not null, primary key (kind, name)) without rowid"
    )
    connection.execute("alter table jobs add column home text")


STEPS: Final[tuple[Step, ...]] = (_register_of_shards,)
"""Step `i` makes schema `i + 2`. Never reordered, never changed once released."""
SCHEMA_VERSION: Final = 1 + len(STEPS)


def version_of(connection: sqlite3.Connection) -> int:
    """The schema of an open ledger; 0: a file without tables."""
    return int(connection.execute("pragma user_version").fetchone()[0])


def upgrade(connection: sqlite3.Connection) -> None:
    """Run the steps that a ledger lacks. To be called inside a transaction: all of them, or none.

    A step uses `execute` alone: `executescript` would commit what stands open.
    """
    for number, step in enumerate(STEPS, 2):
        if version_of(connection) < number:
            step(connection)
            connection.execute(f"pragma user_version={number}")
