"""A ledger whose file is damaged is built anew: what can still be read, then what backups hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from thumper_core.counting import counted
from thumper_core.store import chain
from thumper_core.store.ledger import Ledger
from thumper_core.upkeep.kept_rows import KeptRows
from thumper_core.upkeep.ledger_rows import KEYS, Row

_CHAIN: Final = {"decision_seals": ("decision_id",), "decision_head": ("only_one",),
                 "lost_herds": ("herd_id",)}  # fmt: skip


def build_anew(path: Path, kept: KeptRows) -> list[str]:
    """Put a new ledger in the place of one whose file is damaged; the tables that backups filled.

    The damaged one must have been copied: it is deleted.
    """
    read = {table: list(_readable(path, table)) for table in (*KEYS, *_CHAIN)}
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    ledger = Ledger(path)
    ledger.create()
    newest = kept.newest()
    back = []
    with ledger.transaction() as c:
        c.execute("delete from decision_head")
        for table, rows in read.items():
            for row in rows:
                _put(c, table, row, "insert or replace")
        for table in KEYS if newest else ():
            before = c.total_changes
            for row in newest.rows[table].values():  # type: ignore[union-attr]
                _put(c, table, row, "insert or ignore")
            if c.total_changes > before:
                back.append(f"{counted(c.total_changes - before, 'row')} of {table}")
        if not read["decision_seals"] or not read["decision_head"]:
            chain.seal_all(c)  # nothing is left that could prove them
    return back


def _readable(path: Path, table: str) -> Iterator[Row]:
    """The rows of a table that can be read, from its beginning and from its end."""
    if not path.exists():
        return
    for order in ("", " order by rowid desc"):
        with suppress(sqlite3.Error):
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
                connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
                cursor = connection.execute(f'select * from "{table}" not indexed{order}')
                names = [column[0] for column in cursor.description]
                for row in cursor:
                    yield dict(zip(names, row, strict=True))
            return


def _put(connection: sqlite3.Connection, table: str, row: dict[str, Any], how: str) -> None:
    there = [column[1] for column in connection.execute(f'pragma table_info("{table}")')]
    names = [name for name in there if name in row]
    columns, marks = ", ".join(f'"{n}"' for n in names), ", ".join("?" * len(names))
    with suppress(sqlite3.Error, UnicodeEncodeError):  # a row that is none
        connection.execute(
            f'{how} into "{table}" ({columns}) values ({marks})', [row[name] for name in names]
        )
