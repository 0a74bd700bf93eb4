"""A workspace as an older version left it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib import resources

from thumper_core.workspace import Workspace


def as_schema_1(workspace: Workspace) -> Workspace:
    """Put the ledger's rows into a file of schema 1, and open the workspace anew."""
    path = workspace.ledger.path
    newer = path.with_name("newer.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.rename(newer)
    script = resources.files("thumper_core.store").joinpath("ledger_schema.sql")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("pragma journal_mode=wal")
        connection.executescript(script.read_text("utf-8"))
        connection.execute("attach ? as newer", (str(newer),))
        tables = connection.execute("select name from main.sqlite_schema where type = 'table'")
        for (table,) in tables.fetchall():
            if table != "sqlite_sequence":
                columns = [r[1] for r in connection.execute(f"pragma main.table_info({table})")]
                names = ", ".join(f'"{name}"' for name in columns)
                connection.execute(
                    f"insert into main.{table} ({names}) select {names} from newer.{table}"
                )
        connection.execute("delete from counters where name = 'register of shards'")
        connection.execute("pragma user_version=1")
    newer.unlink()
    return Workspace.open(workspace.root)
