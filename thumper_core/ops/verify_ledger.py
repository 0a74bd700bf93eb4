"""Every row of the ledger, compared with what a row of its table must say."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from thumper_core.contracts import ThumperError
from thumper_core.store.decisions import UNDO
from thumper_core.store.lake import Lake
from thumper_core.store.ledger import Ledger

_TABLES: Final = (
    "roots", "files", "runs", "jobs", "decisions", "individuals", "herds", "pointers",
    "class_meanings",
)  # fmt: skip
_RUN_STATES: Final = ("building", "complete", "rejected", "imported", "discarded")
_PHOTO_ID: Final = re.compile(r"[0-9a-f]{32}|x[0-9a-f]{30}")
_RESTORE: Final = "`thumper restore FILE --replace` brings back the last backup."
Row = dict[str, Any]


@dataclass(frozen=True)
class Damage:
    """One thing that is not as it was written.

    what: a shard's folder, or a table and row; place: where a damaged shard was moved to.
    """

    what: str
    detail: str
    next_step: str
    place: Path | None = None


def ledger_damage(ledger: Ledger, lake: Lake) -> tuple[int, list[Damage]]:
    """(rows looked at, what is damaged)."""
    try:
        with ledger.reading() as c:
            c.row_factory = sqlite3.Row
            broken = [row[0] for row in c.execute("pragma integrity_check") if row[0] != "ok"]
            if broken:
                return 0, [Damage("ledger.sqlite", "; ".join(broken[:3]), _RESTORE)]
            tables = {
                name: [dict(row) for row in c.execute(f"select * from {name}")] for name in _TABLES
            }
    except ThumperError as error:
        return 0, [Damage("ledger.sqlite", str(error), _RESTORE)]
    return sum(map(len, tables.values())), list(_damages(tables, lake))


def _damages(tables: dict[str, list[Row]], lake: Lake) -> Iterator[Damage]:
    for table, key, check in _CHECKS:
        for row in tables[table]:
            problem = check(row, tables)
            if problem:
                yield Damage(f"ledger, {table} {row[key]!a}", problem, _RESTORE)
    for herd in tables["herds"]:
        if not lake.shards(f"herds/{herd['herd_id']}"):
            yield Damage(
                f"ledger, herds {herd['herd_id']!a}", "its tables are not in the lake",
                "`thumper identify` makes a new herd.",
            )  # fmt: skip


def _file(row: Row, tables: dict[str, list[Row]]) -> str | None:
    if not _PHOTO_ID.fullmatch(row["photo_id"]):
        return f"photo_id {row['photo_id']!a} is none"
    if row["size"] < 0:
        return "its size is negative"
    return _time(row["name_taken_at"]) if row["name_taken_at"] else None


def _run(row: Row, tables: dict[str, list[Row]]) -> str | None:
    if row["state"] not in _RUN_STATES:
        return f"state {row['state']!a} is none"
    return _json(row["config"]) or _time(row["started_at"])


def _job(row: Row, tables: dict[str, list[Row]]) -> str | None:
    return _json(row["progress"]) or _time(row["heartbeat_at"])


def _decision(row: Row, tables: dict[str, list[Row]]) -> str | None:
    problem = _json(row["payload"]) or _time(row["made_at"])
    if problem or row["kind"] != UNDO:
        return problem
    undone = json.loads(row["payload"]).get("decision_id")
    known = {decision["decision_id"] for decision in tables["decisions"]}
    return None if undone in known else f"it undoes decision {undone}, which is not there"


def _herd(row: Row, tables: dict[str, list[Row]]) -> str | None:
    problem = _json(row["summary"]) or _time(row["created_at"])
    runs = {run["run_id"] for run in tables["runs"]}
    return problem or (None if row["run_id"] in runs else f"its run {row['run_id']} is not there")


def _pointer(row: Row, tables: dict[str, list[Row]]) -> str | None:
    known = {r[f"{row['kind']}_id"] for r in tables.get(f"{row['kind']}s", [])}
    return None if row["target"] in known else f"{row['kind']} {row['target']} is not there"


def _individual(row: Row, tables: dict[str, list[Row]]) -> str | None:
    return _time(row["created_at"])


def _json(text: str) -> str | None:
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return "its JSON cannot be read"
    return None if isinstance(value, dict) else "its JSON is not an object"


def _time(text: str) -> str | None:
    try:
        datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return f"{text!a} is not a time"
    return None


_CHECKS: Final[tuple[tuple[str, str, Callable[[Row, dict[str, list[Row]]], str | None]], ...]] = (
    ("files", "path", _file),
    ("runs", "run_id", _run),
    ("jobs", "job_id", _job),
    ("decisions", "decision_id", _decision),
    ("herds", "herd_id", _herd),
    ("pointers", "change_id", _pointer),
    ("individuals", "individual_id", _individual),
)
