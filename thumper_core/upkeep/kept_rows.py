"""Rows of the ledger as backups hold them: what was lost is looked up here, newest backup first."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from thumper_core.contracts import ThumperError
from thumper_core.store import chain
from thumper_core.store.chain_check import flaws
from thumper_core.store.ledger_file import LedgerFile
from thumper_core.store.safekeeping import LEDGER
from thumper_core.upkeep.archive import open_archive
from thumper_core.upkeep.ledger_rows import KEYS, Columns, Row, columns_of, read_tables, row_flaws


class Backup(NamedTuple):
    """One backup's sound rows: table -> key -> row, and the digests of its decisions."""

    file: Path
    rows: Mapping[str, Mapping[tuple[Any, ...], Row]]
    digests: Mapping[int, str]


class KeptRows:
    """The sound rows of backups, newest first; a backup is read when it is first needed."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = list(files)
        self._read: list[Backup] = []

    def find(
        self, table: str, key: tuple[Any, ...], digest: str | None = None
    ) -> tuple[Row, Path] | None:
        """(row, backup) of the newest backup that has it; of a decision, with this digest."""
        for backup in self.backups():
            row = backup.rows.get(table, {}).get(key)
            is_it = digest is None or backup.digests.get(key[0]) == digest
            if row is not None and is_it:
                return row, backup.file
        return None

    def newest(self) -> Backup | None:
        """The newest backup that can be read."""
        return next(self.backups(), None)

    def backups(self) -> Iterator[Backup]:
        """Every backup that can be read, newest first."""
        yield from self._read
        while self._files:
            backup = _read(self._files.pop(0))
            if backup is not None:
                self._read.append(backup)
                yield backup


def _read(file: Path) -> Backup | None:
    try:
        with tempfile.TemporaryDirectory(prefix="thumper-") as scratch:
            path = Path(scratch) / LEDGER
            open_archive(file).extract(LEDGER, path)
            LedgerFile(path).check()
            with closing(sqlite3.connect(path)) as connection:
                tables = read_tables(connection)
                columns = columns_of(connection)
                links = chain.read(connection)
    except (OSError, ThumperError, sqlite3.Error):
        return None
    return Backup(file, _sound(tables, columns, links), {
        number: chain.digest_of(row) for number, row in links.rows.items()
    })  # fmt: skip


def _sound(
    tables: dict[str, list[Row]], columns: dict[str, Columns], links: chain.Chain
) -> dict[str, dict[tuple[Any, ...], Row]]:
    damaged = {(flaw.table, flaw.key) for flaw in row_flaws(tables, columns)}
    damaged |= {("decisions", (flaw.decision_id,)) for flaw in flaws(links)
                if flaw.kind in ("changed", "added")}  # fmt: skip
    found: dict[str, dict[tuple[Any, ...], Row]] = {}
    for table, rows in tables.items():
        keyed = ((tuple(row[name] for name in KEYS[table]), row) for row in rows)
        found[table] = {key: row for key, row in keyed if (table, key) not in damaged}
    return found
