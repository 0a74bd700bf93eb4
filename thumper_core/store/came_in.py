"""What came into the workspace from elsewhere, each as a whole: what it brought, so that it can go again.

An import is known by its kind and the digest of its content: the same again goes into the same record, and
what is in that already does not come a second time. One that was taken back is followed by a new one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from thumper_core.contracts import ThumperError
from thumper_core.store.ledger import Ledger
from thumper_core.store.records import now_text, parse_time

DECISION, INDIVIDUAL, ROOT, FILE, CAMERA, RUN, HERD = (
    "decision", "individual", "root", "file", "camera", "run", "herd",
)  # fmt: skip
"""What an import can bring; FILE: one of a root that was here; HERD: the one that was shown before it."""


class ImportRow(NamedTuple):
    """One import. source: a file or folder, as it was named; undone_at: None while it stands."""

    import_id: int
    kind: str
    source: str
    digest: str
    author: str
    made_at: datetime
    undone_at: datetime | None

    @classmethod
    def from_sql(cls, row: tuple[Any, ...]) -> ImportRow:
        """The row from SQLite's values."""
        return cls._make([*row[:5], parse_time(row[5]), parse_time(row[6]) if row[6] else None])


def begin_import(ledger: Ledger, kind: str, source: str, digest: str, author: str) -> ImportRow:
    """The standing import of this content, else a new one. Which herd was shown is noted with it."""
    shown = ledger.promoted("herd")
    with ledger.transaction() as c:
        found = c.execute(
            "select import_id from imports where kind = ? and digest = ? and undone_at is null",
            (kind, digest),
        ).fetchone()
        if found is None:
            cursor = c.execute(
                "insert into imports (kind, source, digest, author, made_at) values (?,?,?,?,?)",
                (kind, source, digest, author, now_text()),
            )
            found = (int(cursor.lastrowid or 0),)
            c.execute(
                "insert into import_parts values (?,?,?,?)", (found[0], HERD, "", shown or "")
            )
    return import_of(ledger, found[0])


def note_parts(ledger: Ledger, import_id: int, what: str, parts: Iterable[tuple[str, str]]) -> None:
    """Note what an import brought. parts: (what it is there, what it is here); known ones stay."""
    with ledger.transaction() as c:
        c.executemany(
            "insert or ignore into import_parts values (?,?,?,?)",
            [(import_id, what, origin, key) for origin, key in parts],
        )


def parts_of(ledger: Ledger, import_id: int, what: str) -> dict[str, str]:
    """What an import brought of one kind: what it is there -> what it is here."""
    query = "select origin, key from import_parts where import_id = ? and what = ?"
    with ledger.reading() as c:
        return {str(origin): str(key) for origin, key in c.execute(query, (import_id, what))}


def imports(ledger: Ledger) -> list[ImportRow]:
    """Every import, oldest first, those that were taken back too."""
    with ledger.reading() as c:
        rows = c.execute("select * from imports order by import_id").fetchall()
    return [ImportRow.from_sql(row) for row in rows]


def import_of(ledger: Ledger, import_id: int) -> ImportRow:
    """One import; ThumperError where there is none of that number."""
    for row in imports(ledger):
        if row.import_id == import_id:
            return row
    raise ThumperError(f"There is no import {import_id}: `thumper import list` shows them.")


def mark_undone(ledger: Ledger, import_id: int) -> None:
    """Say that an import was taken back."""
    with ledger.transaction() as c:
        c.execute("update imports set undone_at = ? where import_id = ?", (now_text(), import_id))
