"""What every row of the ledger must say, as pure checks that no value can make fail."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from thumper_core.store import chain
from thumper_core.store.herd_rows import NOTHING

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "roots": ("root",),
    "files": ("root", "path_bytes"),
    "runs": ("run_id",),
    "jobs": ("job_id",),
    "decisions": ("decision_id",),
    "individuals": ("individual_id",),
    "herds": ("herd_id",),
    "pointers": ("change_id",),
    "counters": ("name",),
    "class_meanings": ("detector", "class"),
    "run_conf_min": ("run_id",),
    "camera_renames": ("camera_key",),
    "shards": ("kind", "name"),
    "lost_herds": ("herd_id",),
    "imports": ("import_id",),
    "import_parts": ("import_id", "what", "origin"),
    "strips": ("make", "model", "camera", "is_clip", "width", "height"),
    "photo_versions": ("photo_id",),
    "mail_read": ("mailbox", "folder"),
    "mail_parts": ("mailbox", "folder", "uidvalidity", "uid", "part"),
    "experiments": ("experiment_id",),
}
"""The tables that are looked at, and what makes a row of each the one that it is."""
_SHOWN: Final = {"files": "path", "class_meanings": "class"}
_RUN_STATES: Final = ("building", "complete", "rejected", "imported", "discarded")
_PHOTO_ID: Final = re.compile(r"[0-9a-f]{32}|x[0-9a-f]{30}")
_NUMBER: Final = re.compile(r"[rh](\d{1,9})(?!\d)")
PLAIN_ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")
"""What an ID is made of that names a folder of the lake."""
_TYPES: Final = {"text": (str,), "integer": (int,), "real": (int, float), "blob": (bytes,)}


class RowFlaw(NamedTuple):
    """A row that is not what a row of its table must be. key: its values of KEYS."""

    table: str
    key: tuple[Any, ...]
    shown: Any
    detail: str


class Columns(NamedTuple):
    """A table's columns: name -> (type in lower case, may be null)."""

    types: Mapping[str, tuple[str, bool]]


def read_tables(
    connection: sqlite3.Connection, names: tuple[str, ...] = tuple(KEYS)
) -> dict[str, list[Row]]:
    """Every row of the named tables, undecodable text too. Raises sqlite3.DatabaseError."""
    with chain.as_stored(connection) as c:
        return {name: read_table(c, name) for name in names}


def read_table(connection: sqlite3.Connection, name: str) -> list[Row]:
    """The rows of one table by the names of its columns."""
    cursor = connection.execute(f'select * from "{name}"')
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor]


def columns_of(connection: sqlite3.Connection) -> dict[str, Columns]:
    """What type each column of each table has."""
    found = {}
    for name in KEYS:
        rows = connection.execute(f'pragma table_info("{name}")').fetchall()
        # A key may be null by SQLite's rules, and never is by Thumper's.
        found[name] = Columns({r[1]: (str(r[2]).lower(), not r[3] and not r[5]) for r in rows})
    return found


def row_flaws(tables: Tables, columns: Mapping[str, Columns]) -> Iterator[RowFlaw]:
    """Every row that is not what it must be; decisions are the chain's to judge."""
    for table, rows in tables.items():
        for row in rows:
            problem = row_problem(table, row, tables, columns[table])
            if problem:
                key = tuple(row.get(name) for name in KEYS[table])
                yield RowFlaw(table, key, row.get(_SHOWN.get(table, KEYS[table][0])), problem)
    for name, least in least_counts(tables).items():
        values = [row["value"] for row in tables["counters"] if row["name"] == name]
        if not all(isinstance(value, int) for value in values) or sum(values) < least:
            yield RowFlaw("counters", (name,), name, "it would give an ID a second time")


def least_counts(tables: Tables) -> dict[str, int]:
    """What the counters of runs and herds have counted at least, by the IDs that were given."""
    found = {}
    for name, table in (("run", "runs"), ("herd", "herds")):
        ids = (_NUMBER.match(str(row[f"{name}_id"])) for row in tables[table])
        found[name] = max((int(match[1]) for match in ids if match), default=0)
    return found


def row_problem(table: str, row: Row, tables: Tables, columns: Columns) -> str | None:
    """What is wrong with a row; None: nothing."""
    problem = _type_problem(row, columns)
    check = _CHECKS.get(table)
    return problem or (check(row, tables) if check else None)


def _type_problem(row: Row, columns: Columns) -> str | None:
    for name, (kind, nullable) in columns.types.items():
        value = row.get(name)
        if value is None:
            if not nullable:
                return f"its {name} is missing"
        elif not isinstance(value, _TYPES.get(kind, (object,))):
            return f"its {name} is no {kind}"
        elif isinstance(value, str) and not chain.is_text(value):
            return f"its {name} is no text"
    return None


def _file(row: Row, tables: Tables) -> str | None:
    if not _PHOTO_ID.fullmatch(row["photo_id"]):
        return f"photo_id {row['photo_id']!a} is none"
    if row["size"] < 0:
        return "its size is negative"
    return _time(row["name_taken_at"]) if row["name_taken_at"] else None


def _run(row: Row, tables: Tables) -> str | None:
    if not PLAIN_ID.fullmatch(row["run_id"]):
        return "its ID is none"
    _, _, start = row["run_id"].partition("-")
    if start and row["fingerprint"][:6] != start:
        return f"its fingerprint {row['fingerprint']!a} is another run's"
    if row["state"] not in _RUN_STATES:
        return f"state {row['state']!a} is none"
    finished = row["finished_at"]
    return (
        _json(row["config"]) or _time(row["started_at"]) or (_time(finished) if finished else None)
    )


def _job(row: Row, tables: Tables) -> str | None:
    times = (row["started_at"], row["heartbeat_at"], row["finished_at"])
    return _json(row["progress"]) or next(
        (problem for text in times if text is not None and (problem := _time(text))), None
    )


def _decision(row: Row, tables: Tables) -> str | None:
    return chain.row_problem(tuple(row[name] for name in chain.COLUMNS.split(", ")))


def _herd(row: Row, tables: Tables) -> str | None:
    if not PLAIN_ID.fullmatch(row["herd_id"]):
        return "its ID is none"
    runs = {run["run_id"] for run in tables["runs"]}
    missing = None if row["run_id"] in runs else f"its run {row['run_id']!a} is not there"
    return _json(row["summary"]) or _time(row["created_at"]) or missing


def _pointer(row: Row, tables: Tables) -> str | None:
    if row["kind"] not in ("run", "herd"):
        return f"{row['kind']!a} is no kind"
    known = {r[f"{row['kind']}_id"] for r in tables[f"{row['kind']}s"]}
    if row["target"] not in {*known, NOTHING}:
        return f"{row['kind']} {row['target']!a} is not there"
    return _time(row["set_at"])


def _individual(row: Row, tables: Tables) -> str | None:
    return _time(row["created_at"])


def _root(row: Row, tables: Tables) -> str | None:
    return _time(row["added_at"])


def _json(text: str) -> str | None:
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return "its JSON cannot be read"
    return None if isinstance(value, dict) else "its JSON is not an object"


def _time(text: str) -> str | None:
    try:
        datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return f"{text!a} is not a time"
    return None


_CHECKS: Final[Mapping[str, Callable[[Row, Tables], str | None]]] = {
    "roots": _root,
    "files": _file,
    "runs": _run,
    "jobs": _job,
    "decisions": _decision,
    "herds": _herd,
    "pointers": _pointer,
    "individuals": _individual,
}
