"""The chain of decisions: each is sealed when it is made, and a seal covers every one before it.

A decision is the one thing that cannot be computed again. Its digest covers all that its row holds;
its seal covers that digest and the seal before. So a byte that changed names its decision, one that
was taken out leaves a gap, one that was put in has no seal, and the head (number, count and seal of
the last one, kept apart) misses a tail that was cut off. This finds failing disks and stray hands,
not a program that computes the whole chain anew.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from thumper_core.contracts import ThumperError
from thumper_core.counting import counted
from thumper_core.files import content_hash
from thumper_core.store.records import LOOK, DecisionRow, now_text

COLUMNS: Final = "decision_id, kind, subject, payload, author, made_at"
FIRST: Final = "the first decision follows nothing"
"""What the first decision's seal follows."""
Raw = tuple[Any, ...]
"""A row of `decisions` as SQLite holds it, in the order of COLUMNS."""


class Seal(NamedTuple):
    """What `decision_seals` says of a decision. lost: what was left of one that is known to be gone."""

    digest: Any
    seal: Any
    lost: Any


class Head(NamedTuple):
    """What `decision_head` says of the last decision: its number, how many there are, its seal."""

    decision_id: Any
    n: Any
    seal: Any


class Chain(NamedTuple):
    """All that the chain is checked by."""

    rows: Mapping[int, Raw]
    seals: Mapping[int, Seal]
    head: Head | None
    sequence: Any  # the last number that SQLite gave


# --- sealing -------------------------------------------------------------------------------------


def _plain(value: object) -> object:
    return {"bytes": value.hex()} if isinstance(value, bytes) else str(value)


_ENCODE: Final[Callable[[object], str]] = json.JSONEncoder(default=_plain).encode


def digest_of(row: Raw) -> str:
    """32 hex digits over a row of `decisions`, types and undecodable bytes included."""
    return content_hash(_ENCODE(list(row)).encode())


def seal_of(before: object, digest: object) -> str:
    """The seal that follows the seal `before`."""
    return content_hash(f"{before!a} {digest!a}".encode())


def append(
    connection: sqlite3.Connection,
    kind: str,
    subject: str,
    payload: dict[str, Any],
    author: str,
    made_at: str | None = None,
) -> int:
    """Write a decision with its seal, inside the caller's transaction, and return its number.

    made_at: when it was made, as `now_text` writes it, where it comes from another ledger; None: now.

    The only way into `decisions`. Raises ThumperError where the end of the chain is damaged.
    """
    head = connection.execute("select decision_id, n, seal from decision_head").fetchone()
    last = connection.execute(
        "select decision_id, seal from decision_seals order by decision_id desc limit 1"
    ).fetchone()
    if head is None or (head[0], head[2]) != (last or (0, FIRST)):
        raise ThumperError(f"The last decision is damaged or gone, and none can follow it. {LOOK}")
    cursor = connection.execute(
        "insert into decisions (kind, subject, payload, author, made_at) values (?,?,?,?,?)",
        (kind, subject, json.dumps(payload), author, made_at or now_text()),
    )
    number = int(cursor.lastrowid or 0)
    where = f"select {COLUMNS} from decisions where decision_id = ?"
    digest = digest_of(connection.execute(where, (number,)).fetchone())
    seal = seal_of(head[2], digest)
    connection.execute(
        "insert into decision_seals (decision_id, digest, seal) values (?,?,?)",
        (number, digest, seal),
    )
    connection.execute(
        "update decision_head set decision_id = ?, n = n + 1, seal = ?", (number, seal)
    )
    return number


def begin(connection: sqlite3.Connection) -> None:
    """Make the tables of the chain, and seal the decisions of a ledger that had none.

    A step of `store.upgrades`. One that is sealed already stays as it is.
    """
    connection.execute(
        "create table if not exists decision_seals (decision_id integer primary key, "
        "digest text not null, seal text not null, lost text)"
    )
    connection.execute(
        "create table if not exists decision_head (only_one integer primary key, "
        "decision_id integer not null, n integer not null, seal text not null)"
    )
    if connection.execute("select 1 from decision_head").fetchone() is None:
        seal_all(connection)


def seal_all(connection: sqlite3.Connection, left: Collection[int] = ()) -> None:
    """Seal every decision as it stands; those known to be lost keep their digests.

    left: decisions that are damaged and stay so: their digests stay, and so does the damage.
    """
    chain = read(connection)
    stay = {n: seal for n, seal in chain.seals.items() if seal.lost is not None or n in left}
    connection.execute("delete from decision_seals")
    before, last, rows = FIRST, 0, []
    for number in sorted({*chain.rows, *stay, *left}):
        row, seal = chain.rows.get(number), stay.get(number)
        if row is None or number in left:
            digest, lost = (str(seal.digest), seal.lost) if seal else ("", None)
        else:
            digest, lost = digest_of(row), None
        before, last = seal_of(before, digest), number
        rows.append((number, digest, before, lost))
    connection.executemany("insert into decision_seals values (?,?,?,?)", rows)
    connection.execute("delete from decision_head")
    connection.execute("insert into decision_head values (1,?,?,?)", (last, len(rows), before))
    connection.execute("delete from sqlite_sequence where name = 'decisions'")
    connection.execute("insert into sqlite_sequence (name, seq) values ('decisions', ?)", (last,))


# --- reading -------------------------------------------------------------------------------------


@contextmanager
def as_stored(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Meanwhile, text that is not UTF-8 is read too, its bytes as surrogates."""
    before = connection.text_factory
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield connection
    finally:
        connection.text_factory = before


def read(connection: sqlite3.Connection) -> Chain:
    """The chain as it is stored, whatever it holds. Raises sqlite3.DatabaseError."""
    with as_stored(connection) as c:
        rows = c.execute(f"select {COLUMNS} from decisions").fetchall()
        seals = c.execute("select decision_id, digest, seal, lost from decision_seals").fetchall()
        head = c.execute("select decision_id, n, seal from decision_head").fetchone()
        query = "select seq from sqlite_sequence where name = 'decisions'"
        sequence = c.execute(query).fetchone()
    return Chain(
        {row[0]: row for row in rows},
        {row[0]: Seal(*row[1:]) for row in seals},
        None if head is None else Head(*head),
        sequence[0] if sequence else 0,
    )


def sound_rows(
    connection: sqlite3.Connection, where: str = "", *values: object
) -> list[DecisionRow]:
    """Decisions, oldest first, each compared with its seal; `where` may choose some of them.

    Raises ThumperError, naming the decision and `thumper verify`, where one is not as it was
    written, and without `where` also where one is missing.
    """
    found = []
    with as_stored(connection) as c:
        # Counted first: one that is made in between is then one more, not one less.
        query = "select count(*) from decision_seals where lost is null"
        count = 0 if where else c.execute(query).fetchone()[0]
        rows = c.execute(
            f"select {COLUMNS}, digest from decisions left join decision_seals using (decision_id) "
            f"{where} order by decision_id",
            values,
        ).fetchall()
    if count > len(rows):
        raise ThumperError(
            f"{counted(count - len(rows), 'decision is', 'decisions are')} missing from the ledger. {LOOK}"
        )
    for row in rows:
        if digest_of(row[:6]) != row[6]:
            raise ThumperError(f"Decision {row[0]} is not as it was written. {LOOK}")
        try:
            found.append(_opened(row))
        except ThumperError as error:
            raise ThumperError(f"Decision {row[0]} cannot be read: {error}") from error
    return found


def row_problem(row: Raw) -> str | None:
    """What makes a row unreadable, whether it is sealed or not; None: nothing."""
    try:
        _opened(row)
    except ThumperError as error:
        return str(error).removesuffix(f". {LOOK}")
    return None


def _opened(row: Raw) -> DecisionRow:
    """A row as a record. Raises ThumperError where its readers could not use it."""
    for name, text in zip(("kind", "subject", "author"), (row[1], row[2], row[4]), strict=True):
        if not isinstance(text, str) or not (text.isascii() or is_text(text)):
            raise ThumperError(f"its {name} is no text. {LOOK}")
    opened = DecisionRow.from_sql(row)
    for name in _FIELDS.get(opened.kind, ()):
        if not _fits(name, opened.payload):
            raise ThumperError(f"its {name} is none. {LOOK}")
    return opened


_WHERE: Final = ("photo_id", "box", "frame_ms")
_WORDS: Final = ("species", "sex", "age_class")
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "undo": ("decision_id",),
    "class": (*_WHERE, *_WORDS),
    "missed_animal": (*_WHERE, *_WORDS),
    "not_animal": _WHERE,
    "fixture": _WHERE,
    "resting_place": _WHERE,
    "box": (*_WHERE, "to"),
    "same": ("a", "b"),
    "different": ("a", "b"),
    "unknowable": ("a", "b"),
}
"""What readers of a kind of decision rest on."""


def _fits(name: str, values: Mapping[str, Any]) -> bool:
    value = values.get(name)
    if name == "decision_id":
        return isinstance(value, int)
    if name == "frame_ms":  # of a clip alone
        return value is None or isinstance(value, int)
    if name in ("box", "to"):
        return (
            isinstance(value, list)
            and len(value) == 4
            and all(isinstance(number, int | float) for number in value)
        )
    if name in ("a", "b"):
        return isinstance(value, dict) and all(_fits(field, value) for field in _WHERE)
    return isinstance(value, str)


def is_text(text: str) -> bool:
    """Whether all of a text was UTF-8 (see `as_stored`)."""
    return text.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in text)
