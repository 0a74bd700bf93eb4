"""What `verify` names in the ledger is mended: lost rows come back from backups, the rest stays.

The ledger is copied beside first (`replaced-<time>/`), so that nothing which is taken out is gone.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.store import chain
from thumper_core.store.adopt import kinds, reconcile
from thumper_core.store.chain_check import Flaw
from thumper_core.store.ledger_file import LedgerFile
from thumper_core.store.records import now_text
from thumper_core.store.safekeeping import LEDGER, automatic_backups
from thumper_core.upkeep.archive import open_archive
from thumper_core.upkeep.kept_rows import KeptRows
from thumper_core.upkeep.ledger_rows import KEYS, Row, RowFlaw, least_counts, read_tables
from thumper_core.upkeep.restore import require_idle
from thumper_core.upkeep.salvage import build_anew
from thumper_core.upkeep.strays import strays
from thumper_core.upkeep.verify_ledger import RECOMPUTED, look, look_at, missing_rows
from thumper_core.workspace import Workspace

_ROUNDS_MAX: Final = 20
_UNKNOWN: Final = {"sex": "unknown", "age_class": "unknown", "status": "alive"}


@dataclass
class Mended:
    """What was done, by table and row (`decisions 7`).

    back: came from a backup; again: sound, and written or sealed again; out: taken out, and only in
    the ledger's copy in `aside`; left: as it was, for no backup holds it and the user did not accept its
    loss. aside: the ledger as it was, None where nothing was changed; as_of: where the file was built
    anew, when the backup was made that filled it (ISO, UTC): what was decided later and could not
    be read is gone.
    """

    back: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    aside: Path | None = None
    as_of: str | None = None


def mend(root: Path, file: Path | None = None, *, accept_loss: bool = False) -> Mended:
    """Mend what is damaged in the ledger of workspace folder `root`.

    file: a backup to take rows from, before the automatic ones; accept_loss: what no backup holds
    is taken out, where it would else be left as it is. Raises UsageError where there is no
    workspace or no such backup, ThumperError where a job works there, or where only an accepted
    loss would help.
    """
    root = root.resolve()  # the ledger is opened by its address, which no relative path has
    path = root / LEDGER
    if not path.exists() and not (root / "lake").is_dir():
        raise UsageError(f"There is no workspace in {root}.")
    if file is not None and not file.is_file():
        raise UsageError(f"There is no file {file}.")
    kept = KeptRows([*([file] if file else []), *automatic_backups(root)])
    looked = look(path)
    if looked.is_sound:
        with LedgerFile(path).reading() as connection:
            if not missing_rows(connection, kept):
                return Mended()
    require_idle(root)
    mended = Mended(aside=_copy_aside(root))
    if looked.file is not None:
        if kept.newest() is None and not accept_loss:
            raise ThumperError(
                "There is no automatic backup. Name one of yours, or add --accept-loss to go on "
                "with what can still be read."
            )
        newest = kept.newest()
        mended.as_of = open_archive(newest.file).made_at if newest else None
        mended.back += build_anew(path, kept)
    with LedgerFile(path).transaction() as connection:
        if looked.is_index and looked.file is None:
            connection.execute("reindex")
            mended.again.append("indexes")
        _Mending(connection, kept, mended, accept_loss).run()
    if looked.file is not None:
        mended.out += _settle_lake(Workspace(root))
    elif mended.aside and not (mended.back or mended.again or mended.out):
        shutil.rmtree(mended.aside)
        mended.aside = None
    return mended


def _settle_lake(workspace: Workspace) -> list[str]:
    """Enter shards that were made after what could be read; what is of no run or herd goes aside."""
    lake = workspace.lake
    reconcile(lake)
    with workspace.ledger.reading() as c:
        known = set(kinds(c, with_discarded=True))
    places = [lake.set_aside(folder, is_shard=False) for folder in strays(lake, known).copies]
    return [str(place) for place in places if place is not None]


class _Mending:
    """One transaction in which a ledger is mended."""

    def __init__(
        self, connection: sqlite3.Connection, kept: KeptRows, mended: Mended, accept_loss: bool
    ) -> None:
        self.connection, self.kept, self.mended = connection, kept, mended
        self.accept_loss = accept_loss
        self.left: set[tuple[str, Any]] = set()
        self.tried: set[tuple[str, Any]] = set()

    def run(self) -> None:
        """Mend until nothing is left that can be; what is mended may show what rested on it."""
        for _ in range(_ROUNDS_MAX):
            for table, lost in missing_rows(self.connection, self.kept):
                self._put(table, lost)
            looked = look_at(self.connection)
            if looked.file is not None:
                raise ThumperError(f"The ledger is damaged beyond its rows: {looked.file}.")
            flaws = [flaw for flaw in looked.flaws if ("decisions", flaw.decision_id) not in
                     self.left]  # fmt: skip
            rows = [row for row in looked.rows if (row.table, row.key) not in self.left]
            if not (flaws or rows or looked.said):
                break
            for row in rows:
                self._row(row)
            for flaw in flaws:
                self._decision(flaw)
            if flaws or any(row.table == "decisions" for row in rows):
                # At the end of a round: before, it would seal what is still damaged.
                numbers = {n for table, n in self.left if table == "decisions"}
                chain.seal_all(self.connection, {n for n in numbers if isinstance(n, int)})
            for row, values in looked.said:
                self._fold(row, values)
        self.connection.execute(
            "insert or replace into counters values ('files', abs(random()) >> 1)"
        )

    def _row(self, flaw: RowFlaw) -> None:
        name, token = _name(flaw.table, flaw.shown), (flaw.table, flaw.key)
        found = None if token in self.tried else self.kept.find(flaw.table, flaw.key)
        self.tried.add(token)
        if flaw.table == "counters" and flaw.key[0] in ("run", "herd"):
            least = least_counts(read_tables(self.connection))[flaw.key[0]]
            self._put("counters", {"name": flaw.key[0], "value": least}, self.mended.again)
        elif found is not None:
            self._take_out(flaw)
            self._put(flaw.table, found[0])
        elif not (self.accept_loss or flaw.table in RECOMPUTED):
            self.left.add(token)
            self.mended.left.append(name)
        else:
            self._go_on_without(flaw)
            self.mended.out.append(name)

    def _go_on_without(self, flaw: RowFlaw) -> None:
        if flaw.table == "decisions":
            self._lose(flaw.key[0])
            return
        row = self._row_of(flaw)
        self._take_out(flaw)
        who = flaw.key[0]
        if flaw.table == "individuals" and isinstance(who, str) and chain.is_text(who):
            texts = {
                name: value if isinstance(value, str) and chain.is_text(value) else
                _UNKNOWN.get(name) for name, value in row.items()
            }  # fmt: skip
            self._put("individuals", texts | {"created_at": now_text()}, [])

    def _decision(self, flaw: Flaw) -> None:
        number, name = flaw.decision_id, _name("decisions", flaw.decision_id)
        found = self.kept.find("decisions", (number,), flaw.digest)
        if flaw.kind in ("seal", "head"):
            _say(self.mended.again, f"the seal of {name}" if number else "the last seal")
        elif found is not None:
            self._put("decisions", found[0])
        elif flaw.kind == "added":
            self.connection.execute("delete from decisions where decision_id = ?", (number,))
            self.mended.out.append(name)
        elif self.accept_loss:
            self._lose(number)
            self.mended.out.append(name)
        else:
            self.left.add(("decisions", number))
            self.mended.left.append(name)

    def _lose(self, number: int) -> None:
        """Let a decision go, and remember that it is gone and what was left of it."""
        with chain.as_stored(self.connection) as c:
            query = f"select {chain.COLUMNS} from decisions where decision_id = ?"
            row = c.execute(query, (number,)).fetchone()
        text = json.dumps(None if row is None else [ascii(value) for value in row])
        self.connection.execute("delete from decisions where decision_id = ?", (number,))
        query = "update decision_seals set lost = ? where decision_id = ?"
        if not self.connection.execute(query, (text, number)).rowcount:
            query = "insert into decision_seals values (?, '', '', ?)"
            self.connection.execute(query, (number, text))

    def _fold(self, flaw: RowFlaw, values: Any) -> None:
        columns = ", ".join(f"{name} = :{name}" for name in values)
        query = f"update individuals set {columns} where individual_id = :individual_id"
        self.connection.execute(query, {**values, "individual_id": flaw.key[0]})
        _say(self.mended.again, _name("individuals", flaw.shown))

    def _put(self, table: str, row: Row, said: list[str] | None = None) -> None:
        there = self.connection.execute(f'pragma table_info("{table}")').fetchall()
        names = [column[1] for column in there if column[1] in row]
        columns, marks = ", ".join(f'"{n}"' for n in names), ", ".join("?" * len(names))
        query = f'insert or replace into "{table}" ({columns}) values ({marks})'
        self.connection.execute(query, [row[name] for name in names])
        key = row[KEYS[table][-1]]
        _say(self.mended.back if said is None else said, _name(table, key))

    def _take_out(self, flaw: RowFlaw) -> None:
        where, values = _where(flaw)
        self.connection.execute(f'delete from "{flaw.table}" where {where}', values)

    def _row_of(self, flaw: RowFlaw) -> Row:
        rows = read_tables(self.connection, (flaw.table,))[flaw.table]
        keys = KEYS[flaw.table]
        return next(row for row in rows if tuple(row[name] for name in keys) == flaw.key)


def _say(said: list[str], name: str) -> None:
    if name not in said:
        said.append(name)


def _copy_aside(root: Path) -> Path | None:
    """Copy the ledger as it is into a folder of its own; None where there is none."""
    files = [root / f"{LEDGER}{suffix}" for suffix in ("", "-wal", "-shm")]
    aside = root / f"replaced-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    for path in files:
        if path.exists():
            aside.mkdir(exist_ok=True)
            shutil.copy2(path, aside / path.name)
    return aside if aside.exists() else None


def _where(flaw: RowFlaw) -> tuple[str, list[Any]]:
    """A condition that finds a row by its key, whatever bytes that holds."""
    parts, values = [], []
    for name, value in zip(KEYS[flaw.table], flaw.key, strict=True):
        if isinstance(value, str):
            parts.append(f'cast("{name}" as blob) = ?')
            values.append(value.encode("utf-8", "surrogateescape"))
        else:
            parts.append(f'"{name}" is ?')
            values.append(value)
    return " and ".join(parts), values


def _name(table: str, key: Any) -> str:
    return f"{table} {key if isinstance(key, int) else ascii(key)}"
