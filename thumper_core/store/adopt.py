"""Shards that are on disk and not in the register: which of them become shards that count.

There are three ways to such a folder. A workspace from before the register has nothing else. A
writer was killed between its rename and the end of its transaction. And an older ledger came back
from a backup into a lake that had gone on. In all three the shard is whole, by its own list of
checksums. A copy of a shard is none of them, and stays out.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from thumper_core.store import register
from thumper_core.store.claims import require_claim
from thumper_core.store.lake import CHECKSUMS, HIDDEN, Lake, checksums, numbered
from thumper_core.store.register import TableMark

_DONE: Final = "register of shards"  # a counter of the ledger: the first adoption is done


def adopt_once(lake: Lake) -> None:
    """Enter every shard of a workspace from before the register; afterwards, nothing.

    Damaged ones too: the register then knows of them, and `verify` names them.
    """
    with lake.ledger.reading() as c:
        if _is_done(c):
            return
    with lake.ledger.transaction() as c:
        if _is_done(c):
            return
        for kind in kinds(c):
            _adopt(lake, c, kind, is_first=True)
        c.execute("insert into counters values (?, 1)", (_DONE,))


def settle(lake: Lake, kind: str, claim: int) -> None:
    """Clear up after the last writer of a run, for the one who has it now.

    Its temporary folders go, and what it had renamed and not entered is entered. Raises
    LostClaimError where the run was taken over again.
    """
    with lake.ledger.transaction() as c:
        require_claim(c, claim)
        folder = lake.root / kind
        for leftover in folder.glob(f"{HIDDEN}*") if folder.is_dir() else ():
            shutil.rmtree(leftover, ignore_errors=True)
        _adopt(lake, c, kind)


def adopt(lake: Lake) -> None:
    """Enter every whole shard that lies in the lake and is not a copy of an entered one."""
    with lake.ledger.transaction() as c:
        for kind in kinds(c):
            _adopt(lake, c, kind)


def reconcile(lake: Lake) -> None:
    """After a backup came back: enter what the lake has, strike out what it has not."""
    adopt_once(lake)
    with lake.ledger.transaction() as c:
        for entry in register.entries(c):
            if not (lake.root / entry.kind / entry.name).is_dir():
                register.strike(c, entry.kind, entry.name)
        for kind in kinds(c):
            _adopt(lake, c, kind)


def kinds(connection: sqlite3.Connection, *, with_discarded: bool = False) -> list[str]:
    """Every kind that the ledger knows of: a copied folder of a run is none."""
    query = "select run_id from runs where ? or state <> 'discarded' order by run_id"
    runs = connection.execute(query, (with_discarded,))
    herds = connection.execute("select herd_id from herds order by herd_id")
    found = [*(("runs", row[0]) for row in runs), *(("herds", row[0]) for row in herds)]
    # An ID that is no folder's name is damage, which `verify` names with the ledger's rows.
    plain = [(parent, name) for parent, name in found if Path(str(name)).name == name]
    return ["photos", *(f"{parent}/{name}" for parent, name in plain)]


def _is_done(connection: sqlite3.Connection) -> bool:
    row = connection.execute("select 1 from counters where name = ?", (_DONE,)).fetchone()
    return row is not None


def _adopt(
    lake: Lake, connection: sqlite3.Connection, kind: str, *, is_first: bool = False
) -> None:
    """Enter what lies in a kind's folder, oldest first, but for copies of what is entered."""
    known = {entry.name: _sums(entry.tables) for entry in register.entries(connection, kind)}
    for shard in numbered(lake.root / kind):
        if shard.name in known:
            continue
        marks = _marks_of(shard, is_first=is_first)
        if marks and not is_first and not _is_of(kind, shard):
            continue
        if marks and _sums(marks) not in known.values():
            register.enter(connection, kind, shard.name, marks)
            known[shard.name] = _sums(marks)


def _sums(marks: dict[str, TableMark]) -> dict[str, str]:
    return {name: mark.blake2b for name, mark in marks.items()}


def _marks_of(shard: Path, *, is_first: bool) -> dict[str, TableMark] | None:
    """What a shard holds, by its own list; None where it is not whole by it.

    is_first: the list is believed unread, so that opening an old workspace does not read it all; a
    shard from before there were lists is entered as it is.
    """
    try:
        listed: dict[str, str] = dict(json.loads((shard / CHECKSUMS).read_text("utf-8")))
        if not is_first and checksums(shard) != listed:
            return None
    except (OSError, ValueError, TypeError):
        if not is_first:
            return None
        listed = checksums(shard)
    return {
        Path(name).stem: TableMark(blake2b, _n_rows(shard / name))
        for name, blake2b in listed.items()
    }


def _is_of(kind: str, shard: Path) -> bool:
    """Whether a shard's rows say that they are of this run or herd: another's copied here do not."""
    parent, _, owner = kind.partition("/")
    table, column = {
        "photos": ("photos", "photo_id"),
        "runs": ("outcomes", "run_id"),
        "herds": ("assignments", "herd_id"),
    }[parent]
    try:
        values = pq.read_table(shard / f"{table}.parquet", columns=[column], partitioning=None)
    except (OSError, ValueError, pa.ArrowException):
        return False
    return parent == "photos" or set(values[column].unique().to_pylist()) <= {owner}


def _n_rows(path: Path) -> int | None:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, ValueError, pa.ArrowException):
        return None
