"""One SQLite file of a workspace (WAL), safe for several processes and threads."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import resources
from pathlib import Path

from thumper_core.contracts import ThumperError
from thumper_core.disk import refusal
from thumper_core.store.records import LOOK
from thumper_core.store.upgrades import SCHEMA_VERSION, upgrade, version_of

_BUSY_S = 60.0


class LedgerFile:
    """Opens, makes and checks the file. Each call has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one immediate transaction: committed whole, or not at all."""
        try:
            connection = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise self._refused(error, f"Cannot open the ledger {self.path}: {error}.") from error
        try:
            connection.execute("pragma synchronous=full")
            connection.execute("begin immediate")
            yield connection
            connection.execute("commit")
        except sqlite3.OperationalError as error:
            raise self._refused(
                error,
                f"The ledger {self.path} refused: {error}. If another process holds it, let that "
                "one finish and repeat the command.",
            ) from error
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.IntegrityError):  # the caller's, not the file's
                raise
            raise self._unread(error) from error
        finally:
            if connection.in_transaction:
                connection.rollback()
            connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading; it never waits for a writer."""
        try:
            with closing(
                sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)
            ) as connection:
                yield connection
        except sqlite3.DatabaseError as error:
            raise self._unread(error) from error

    def _unread(self, error: sqlite3.DatabaseError) -> ThumperError:
        return self._refused(error, f"Cannot read the ledger {self.path}: {error}. {LOOK}")

    def _refused(self, error: sqlite3.DatabaseError, otherwise: str) -> ThumperError:
        """What an error of SQLite means: the disk, a right that is missing, or `otherwise`."""
        folder = self.path.parent
        if isinstance(error, sqlite3.OperationalError) and self._is_closed_to_me():
            otherwise = (
                f"You may not write in the workspace {folder}, and it cannot be read without: the ledger "
                "keeps its locks there. Copy the whole folder to one of your own and work in the copy, or "
                "let its owner give you the right to write in it. Nothing is damaged."
            )
        return refusal(error, self.path, otherwise)

    def _is_closed_to_me(self) -> bool:
        places = (self.path.parent, self.path)
        return any(place.exists() and not os.access(place, os.W_OK) for place in places)

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Spare the transactions of the block the cost of being the last to close the file.

        SQLite then writes the whole log back and removes it: several syncs for each of them.
        """
        with self.reading() as connection:
            version_of(connection)  # SQLite opens a file at the first question
            yield

    def create(self) -> None:
        """Make the file, or its tables, where they are absent: whole, or not at all.

        Another process that looks meanwhile meets no ledger without tables, or of an older version.
        """
        if self.path.exists():
            self._fill()
            return
        aside = type(self)(self.path.with_name(f".{self.path.name}-{os.getpid()}"))
        try:
            aside._fill()
            try:
                os.link(aside.path, self.path)
            except FileExistsError:  # another process was quicker
                self._fill()
            except OSError:  # a file system without links
                aside.path.rename(self.path)
        finally:
            aside.path.unlink(missing_ok=True)

    def _fill(self) -> None:
        with self.reading() as connection:
            connection.execute("pragma journal_mode=wal")
            is_new = version_of(connection) == 0
        if not is_new:
            self.check()
            return
        with self.transaction() as connection:
            if version_of(connection) == 0:
                for statement in _first_statements():
                    connection.execute(statement)
                connection.execute("pragma user_version=1")
            upgrade(connection)

    def check(self) -> None:
        """Bring a ledger of an older version up to this one.

        Raises ThumperError where the file is not a ledger, or is one of a newer version.
        """
        with self.reading() as connection:
            version = version_of(connection)
        if version < 1 or version > SCHEMA_VERSION:
            raise ThumperError(
                f"{self.path} has schema {version}; this version reads {SCHEMA_VERSION}. "
                "Open it with the Thumper version that wrote it."
            )
        if version < SCHEMA_VERSION:
            with self.transaction() as connection:
                upgrade(connection)


def _first_statements() -> Iterator[str]:
    """Those of schema 1. `executescript` would commit what stands open."""
    script = resources.files("thumper_core.store").joinpath("ledger_schema.sql")
    statement = ""
    for line in script.read_text("utf-8").splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def next_count(connection: sqlite3.Connection, name: str) -> int:
    """The next value of a counter, inside the caller's transaction; values are never reused."""
    connection.execute(
        "insert into counters values (?, 1) on conflict (name) do update set value = value + 1",
        (name,),
    )
    row = connection.execute("select value from counters where name = ?", (name,)).fetchone()
    return int(row[0])
