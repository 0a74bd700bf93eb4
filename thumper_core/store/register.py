"""The ledger's register of shards: which exist, and what they hold.

A shard counts once it is entered here. Every function takes the caller's connection, so that the
entry and what it depends on are one transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from thumper_core.store.records import now_text


class TableMark(NamedTuple):
    """What one table of a shard must be.

    blake2b: of the file's bytes, 32 hex digits; rows: how many, None where they could not be counted.
    """

    blake2b: str
    rows: int | None


class Entry(NamedTuple):
    """One shard. tables: by the table's name; empty where the entry itself cannot be read."""

    kind: str
    name: str
    tables: dict[str, TableMark]


def enter(
    connection: sqlite3.Connection,
    kind: str,
    name: str,
    tables: Mapping[str, TableMark],
    job_id: int | None = None,
) -> None:
    """Make a shard count. Raises sqlite3.IntegrityError where its name is taken."""
    connection.execute(
        "insert into shards (kind, name, job_id, tables, registered_at) values (?,?,?,?,?)",
        (kind, name, job_id, json.dumps(tables), now_text()),
    )


def strike(connection: sqlite3.Connection, kind: str, name: str | None = None) -> None:
    """Make a shard, or every shard of a kind, no longer count."""
    if name is None:
        connection.execute("delete from shards where kind = ?", (kind,))
    else:
        connection.execute("delete from shards where kind = ? and name = ?", (kind, name))


def names(connection: sqlite3.Connection, kind: str) -> list[str]:
    """The shards of a kind, oldest first."""
    query = "select name from shards where kind = ? order by name"
    return [row[0] for row in connection.execute(query, (kind,))]


def kinds_and_names(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """(kind, name) of every shard, in order."""
    return connection.execute("select kind, name from shards order by kind, name").fetchall()


def entries(connection: sqlite3.Connection, kind: str | None = None) -> list[Entry]:
    """Every shard, or those of a kind, in order."""
    rows = connection.execute(
        "select kind, name, tables from shards where ? is null or kind = ? order by kind, name",
        (kind, kind),
    )
    return [Entry(row[0], row[1], _marks(row[2])) for row in rows]


def _marks(text: str) -> dict[str, TableMark]:
    try:
        return {name: TableMark(*mark) for name, mark in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        return {}
