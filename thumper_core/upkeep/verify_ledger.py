"""The ledger, compared with what was written: its file, every row, and the chain of decisions."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from thumper_core.decisions.kinds import Undo
from thumper_core.decisions.record import folded
from thumper_core.store import chain
from thumper_core.store.chain_check import Flaw, flaws
from thumper_core.store.lake import Lake
from thumper_core.store.ledger import Ledger
from thumper_core.store.records import DecisionRow, now_text
from thumper_core.store.safekeeping import automatic_backups
from thumper_core.store.upgrades import SCHEMA_VERSION, version_of
from thumper_core.upkeep.kept_rows import KeptRows
from thumper_core.upkeep.ledger_rows import (
    KEYS,
    PLAIN_ID,
    Row,
    RowFlaw,
    columns_of,
    read_tables,
    row_flaws,
)

RECOMPUTED: Final = ("files", "jobs", "shards", "lost_herds")
"""Tables whose rows are found again by themselves, or are not missed."""
NEVER_TAKEN: Final = ("runs", "individuals", "herds", "pointers")
"""Tables, beside the decisions, from which no row ever goes."""
MEND: Final = "thumper restore --damaged"
GO_ON: Final = (
    "`thumper rollback` if there was a herd before (IDs and names go on from it), then "
    "`thumper identify`."
)
"""What is done where the tables of a herd are lost: another could not know who had which ID."""
_INDEX: Final = re.compile(r"missing from index|entries in index|non-unique entry in index")
_VALUE: Final = re.compile(r"^(NULL|NUMERIC|TEXT|INTEGER|REAL|BLOB) value in \w+\.\w+$")


@dataclass(frozen=True)
class Damage:
    """One thing that is not as it was written.

    what: a shard's folder, or a table and row; place: where a damaged shard was moved to.
    """

    what: str
    detail: str
    next_step: str
    place: Path | None = None


class Looked(NamedTuple):
    """What a look at the ledger found.

    file: what is wrong with the file itself, None: nothing; is_index: whether only its indexes are
    wrong; rows, flaws: damaged rows, damaged decisions; said: individuals that do not say what
    decisions say of them, with what those say.
    """

    n_rows: int
    file: str | None
    is_index: bool
    rows: tuple[RowFlaw, ...]
    flaws: tuple[Flaw, ...]
    said: tuple[tuple[RowFlaw, Mapping[str, str | None]], ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged."""
        return not (self.file or self.is_index or self.rows or self.flaws or self.said)


def look(path: Path) -> Looked:
    """Look at a ledger's file; it is never written to, and nothing in it makes this fail."""
    if not path.is_file():
        return Looked(0, "it is gone", False, (), (), ())
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return look_at(connection)
    except sqlite3.Error as error:
        return Looked(0, str(error), False, (), (), ())


def look_at(connection: sqlite3.Connection) -> Looked:
    """As `look`, through an open connection. Raises sqlite3.DatabaseError."""
    version = version_of(connection)
    if version != SCHEMA_VERSION:
        detail = f"it says schema {version}, and this Thumper reads {SCHEMA_VERSION}"
        return Looked(0, detail, False, (), (), ())
    said = [row[0] for row in connection.execute("pragma integrity_check(1000)") if row[0] != "ok"]
    in_file = [text for text in said if not _INDEX.search(text) and not _VALUE.match(text)]
    file = "; ".join(" ".join(text.split()) for text in in_file[:3]) or None
    is_index = any(_INDEX.search(text) for text in said)
    try:
        tables = read_tables(connection)
        links = chain.read(connection)
        found = tuple(row_flaws(tables, columns_of(connection)))
    except sqlite3.DatabaseError as error:
        return Looked(0, file or str(error), False, (), (), ())
    damaged = flaws(links)
    known = {flaw.decision_id for flaw in damaged}
    rows = [flaw for flaw in found if flaw.table != "decisions" or flaw.key[0] not in known]
    rows += _undos_of_nothing(links, known | {r.key[0] for r in rows if r.table == "decisions"})
    is_sure = not damaged and not any(flaw.table == "decisions" for flaw in rows)
    names = tuple(_said_otherwise(tables)) if is_sure else ()
    return Looked(
        sum(map(len, tables.values())), file, is_index, tuple(rows), tuple(damaged), names
    )


def ledger_damage(ledger: Ledger, lake: Lake) -> tuple[int, list[Damage]]:
    """(rows looked at, what is damaged, each with the command that mends it)."""
    looked = look(ledger.path)
    kept = KeptRows(automatic_backups(ledger.path.parent))
    damages = list(_damages(looked, kept))
    if looked.file is None:
        damages += _missing_damages(ledger, looked, kept)
        damages += _herd_damages(ledger, lake)
    return looked.n_rows, damages


def note_lost_herds(ledger: Ledger, lake: Lake) -> None:
    """Remember which herds have lost their tables: they are named once, and while they are shown."""
    lost = [herd_id for herd_id, is_noted, _ in _lost_herds(ledger, lake) if not is_noted]
    if lost:
        with ledger.transaction() as c:
            query = "insert or ignore into lost_herds values (?, ?)"
            c.executemany(query, [(herd_id, now_text()) for herd_id in lost])


def _lost_herds(ledger: Ledger, lake: Lake) -> list[tuple[str, bool, bool]]:
    """(herd, whether its loss is noted, whether it is shown) of herds without tables in the lake."""
    shown = "select target from pointers where kind = 'herd' order by change_id desc limit 1"
    with ledger.reading() as c, chain.as_stored(c):
        herds = [row[0] for row in c.execute("select herd_id from herds order by herd_id")]
        noted = {row[0] for row in c.execute("select herd_id from lost_herds")}
        target = c.execute(shown).fetchone()
    named = [h for h in herds if isinstance(h, str) and PLAIN_ID.fullmatch(h)]  # others are damage
    lost = [h for h in named if not lake.shards(f"herds/{h}")]
    return [(h, h in noted, target is not None and h == target[0]) for h in lost]


def missing_rows(connection: sqlite3.Connection, kept: KeptRows) -> list[tuple[str, Row]]:
    """(table, row) of what the newest backup holds and the ledger has lost without a trace.

    Of tables from which nothing is ever taken; of decisions, those after the ledger's last one.
    """
    newest = kept.newest()
    if newest is None:
        return []
    tables = read_tables(connection, NEVER_TAKEN)
    links = chain.read(connection)
    last = max((*links.rows, *links.seals), default=0)
    found = [
        ("decisions", row) for (n,), row in sorted(newest.rows["decisions"].items()) if n > last
    ]
    for table in NEVER_TAKEN:
        (key,) = KEYS[table]
        there = {row[key] for row in tables[table]}
        found += [(table, row) for (k,), row in newest.rows[table].items() if k not in there]
    return found


def _damages(looked: Looked, kept: KeptRows) -> Iterator[Damage]:
    if looked.file is not None:
        yield Damage("ledger.sqlite", f"{looked.file}.", _step_for_file(kept))
    if looked.is_index:
        step = f"`{MEND}` makes its indexes again; nothing in them is lost."
        yield Damage("ledger.sqlite", "its indexes do not fit its rows", step)
    for flaw in looked.flaws:
        what = f"ledger, decisions {flaw.decision_id or 'as a whole'}"
        yield Damage(what, flaw.detail, _step_for_decision(flaw, kept))
    for row in looked.rows:
        yield Damage(f"ledger, {row.table} {row.shown!a}", row.detail, _step_for_row(row, kept))
    for row, _ in looked.said:
        step = f"`{MEND}` writes again what was decided."
        yield Damage(f"ledger, individuals {row.shown!a}", row.detail, step)


def _missing_damages(ledger: Ledger, looked: Looked, kept: KeptRows) -> Iterator[Damage]:
    named = {("decisions", flaw.decision_id) for flaw in looked.flaws}
    with ledger.reading() as connection:
        missing = missing_rows(connection, kept)
    for table, row in missing:
        key = row[KEYS[table][0]]
        if (table, key) not in named:
            detail = "it is gone from the ledger, and an automatic backup holds it"
            yield Damage(f"ledger, {table} {key!a}", detail, f"`{MEND}` brings it back.")


def _herd_damages(ledger: Ledger, lake: Lake) -> Iterator[Damage]:
    for herd_id, is_noted, is_shown in _lost_herds(ledger, lake):
        if is_shown:
            step = GO_ON
        elif is_noted:
            continue
        else:
            step = (
                "No page shows this herd. `thumper verify` notes that it is lost, and names it no "
                "more; `thumper rollback` passes it over."
            )
        yield Damage(f"ledger, herds {herd_id!a}", "its tables are not in the lake", step)


def _step_for_file(kept: KeptRows) -> str:
    newest = kept.newest()
    if newest is not None:
        return (
            f"`{MEND}` builds it anew from what can still be read and from "
            f"{newest.file.parent.name}/{newest.file.name}; then `thumper add` the folders again."
        )
    return (
        "`thumper restore FILE --replace` brings back a backup of yours; there is no automatic "
        f"one. `{MEND} --accept-loss` goes on with what can still be read."
    )


def _step_for_decision(flaw: Flaw, kept: KeptRows) -> str:
    if flaw.kind in ("seal", "head"):
        return f"`{MEND}` seals it again; nothing that was decided is lost."
    if flaw.kind == "added":
        return f"`{MEND}` takes it out, and keeps it beside."
    found = kept.find("decisions", (flaw.decision_id,), flaw.digest)
    return _brings_back(found[1]) if found else _accept()


def _step_for_row(flaw: RowFlaw, kept: KeptRows) -> str:
    found = kept.find(flaw.table, flaw.key)
    if found:
        return _brings_back(found[1])
    if flaw.table in RECOMPUTED:
        again = "; then `thumper add` the folders again" if flaw.table == "files" else ""
        return f"`{MEND}` takes it out{again}."
    return _accept()


def _brings_back(backup: Path) -> str:
    return f"`{MEND}` brings it back from {backup.parent.name}/{backup.name}."


def _accept() -> str:
    return (
        f"No automatic backup holds it. `{MEND} FILE` takes it from a backup of yours; "
        f"`{MEND} --accept-loss` goes on without, and keeps what is left of it beside."
    )


def _undos_of_nothing(links: chain.Chain, damaged: set[Any]) -> Iterator[RowFlaw]:
    for number, raw in sorted(links.rows.items()):
        if raw[1] != Undo.kind or number in damaged:
            continue
        undone = DecisionRow.from_sql(raw).payload["decision_id"]
        if undone not in links.rows and undone not in links.seals:
            detail = f"it undoes decision {undone}, which is not there"
            yield RowFlaw("decisions", (number,), number, detail)


def _said_otherwise(
    tables: Mapping[str, list[Row]],
) -> Iterator[tuple[RowFlaw, Mapping[str, str | None]]]:
    """Individuals whose name, theme, status or notes are not what decisions say."""
    columns = chain.COLUMNS.split(", ")
    raw = sorted((tuple(r[name] for name in columns) for r in tables["decisions"]), key=_number)
    said = folded([DecisionRow.from_sql(row) for row in raw])
    for row in tables["individuals"]:
        values = said.get(row["individual_id"], {})
        wrong = [name for name, value in values.items() if row[name] != value]
        if wrong:
            name = wrong[0]
            detail = f"its {name} is {row[name]!a}, and the decisions say {values[name]!a}"
            key = (row["individual_id"],)
            yield RowFlaw("individuals", key, row["individual_id"], detail), values


def _number(raw: chain.Raw) -> int:
    return int(raw[0])
