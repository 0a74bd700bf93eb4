"""Rows of `cameras.csv` in which one camera's clock gets an offset for a part of the time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from thumper_core.cameras.table import COLUMNS

Row = dict[str, Any]
"""A row of the table: COLUMNS -> value."""


def with_offset(
    rows: Sequence[Row],
    name: str,
    offset_s: float,
    begins: datetime | None,
    ends: datetime | None,
    files: str | None = None,
) -> list[Row]:
    """A camera's rows of `cameras.csv` with one offset from `begins` (inclusive) to `ends`.

    Rows that reach over an end are cut there, and keep all else that they say; rows that say the
    same, one after the other, become one.
    """
    empty = dict.fromkeys(COLUMNS) | {"name": name, "clock_offset_s": 0.0}
    plain = [row for row in rows if not row["files"]] or [empty]
    special = [row for row in rows if row["files"]]
    if files:
        place = next((r for r in plain if _reaches(r, begins, ends)), empty)
        mine = place | {"clock_offset_s": offset_s, "from": begins, "to": ends, "files": files}
        others = [row for row in special if not _is_same(row, mine)]
        return [*plain, *others, *([mine] if offset_s else [])]
    pieces = [piece for row in plain for piece in _cut(row, begins, ends)]
    inside = [piece for piece in pieces if _lies_in(piece, begins, ends)]
    covered = [(piece["from"], piece["to"]) for piece in inside]
    for a, b in _holes(covered, begins, ends):
        pieces.append(empty | {"from": a, "to": b})
    done = [
        piece | {"clock_offset_s": offset_s} if _lies_in(piece, begins, ends) else piece
        for piece in pieces
    ]
    return [*_joined(done), *special]


def offsets_before(
    rows: Sequence[Row], begins: datetime | None, ends: datetime | None, files: str | None
) -> list[tuple[float, datetime | None, datetime | None]]:
    """The offsets that a camera's rows give in a time, as `(seconds, from, to)`."""
    if files:
        held = [r for r in rows if _is_same(r, {"from": begins, "to": ends, "files": files})]
        return [(held[0]["clock_offset_s"] if held else 0.0, begins, ends)]
    plain = [row for row in rows if not row["files"]]
    pieces = [piece for row in plain for piece in _cut(row, begins, ends)]
    inside = [piece for piece in pieces if _lies_in(piece, begins, ends)]
    spans = [(piece["clock_offset_s"] or 0.0, piece["from"], piece["to"]) for piece in inside]
    holes = _holes([(a, b) for _, a, b in spans], begins, ends)
    found = sorted([*spans, *((0.0, a, b) for a, b in holes)], key=lambda span: _start(span[1]))
    if all(not seconds for seconds, _, _ in found):
        return [(0.0, begins, ends)]
    return found


def _start(at: datetime | None) -> datetime:
    return at or datetime.min


def _end(at: datetime | None) -> datetime:
    return at or datetime.max


def _reaches(row: Row, begins: datetime | None, ends: datetime | None) -> bool:
    return _start(row["from"]) < _end(ends) and _start(begins) < _end(row["to"])


def _lies_in(row: Row, begins: datetime | None, ends: datetime | None) -> bool:
    return _start(begins) <= _start(row["from"]) and _end(row["to"]) <= _end(ends)


def _is_same(row: Row, other: Row) -> bool:
    return all(row[column] == other[column] for column in ("from", "to", "files"))


def _cut(row: Row, begins: datetime | None, ends: datetime | None) -> list[Row]:
    """The row, cut where the time begins and ends."""
    inner = [at for at in (begins, ends) if at and _start(row["from"]) < at < _end(row["to"])]
    edges = [row["from"], *inner, row["to"]]
    return [row | {"from": a, "to": b} for a, b in pairwise(edges)]


def _holes(
    covered: list[tuple[datetime | None, datetime | None]],
    begins: datetime | None,
    ends: datetime | None,
) -> list[tuple[datetime | None, datetime | None]]:
    """The parts of the time that no row covers."""
    holes, at = [], begins
    is_open = True
    for a, b in sorted(covered, key=lambda span: _start(span[0])):
        if _start(at) < _start(a):
            holes.append((at, a))
        at, is_open = b, b is not None
        if not is_open:
            break
    if is_open and _start(at) < _end(ends):
        holes.append((at, ends))
    return holes


def _joined(rows: list[Row]) -> list[Row]:
    done: list[Row] = []
    for row in sorted(rows, key=lambda row: _start(row["from"])):
        before = done[-1] if done else None
        rest = {k: v for k, v in row.items() if k not in ("from", "to")}
        if before and before["to"] == row["from"] and before["to"] is not None and rest == {
            k: v for k, v in before.items() if k not in ("from", "to")
        }:  # fmt: skip
            before["to"] = row["to"]
        else:
            done.append(dict(row))
    return done
