"""Versions of one picture: a thumbnail that a camera sent, the HD file that came later, the original.

Each is a photo of its own, with its own bytes and ID. A picture with several is used once: as the largest
of those that are there. The others stay in the ledger, and where the largest goes the next stands in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from thumper_core.store.file_rows import mark_files_changed
from thumper_core.store.ledger_file import LedgerFile
from thumper_core.store.records import now_text


class Version(NamedTuple):
    """One photo of a picture. width, height: pixels of the upright photo; parted: a person said that it
    is a picture of its own.
    """

    photo_id: str
    picture_id: str
    width: int
    height: int
    bytes: int
    parted: bool


class Used(NamedTuple):
    """The photo that is used in another's place; scales: its width and height by the other's."""

    photo_id: str
    scale_x: float
    scale_y: float


_BY_SIZE: Final = "order by width * height desc, bytes desc, photo_id"
_IN_PLACE: Final = f"""
with there as (
    select photo_id from photo_versions where photo_id in (select photo_id from files where missing = 0)
),
best as (
    select *, row_number() over (partition by picture_id {_BY_SIZE}) as nth
    from photo_versions join there using (photo_id) where not parted
)
select v.photo_id, b.photo_id, 1.0 * b.width / v.width, 1.0 * b.height / v.height
from photo_versions v join best b on b.picture_id = v.picture_id and b.nth = 1
where not v.parted and v.photo_id <> b.photo_id
"""


def used_instead(connection: sqlite3.Connection) -> dict[str, Used]:
    """By photo, the one that is used in its place: of every version but the largest that is there."""
    if connection.execute("select 1 from photo_versions limit 1").fetchone() is None:
        return {}  # as nearly everywhere
    return {row[0]: Used(*row[1:]) for row in connection.execute(_IN_PLACE)}


class VersionRows(LedgerFile):
    """The table `photo_versions`."""

    def used_instead(self) -> dict[str, Used]:
        """By photo, the one that is used in its place."""
        with self.reading() as c:
            return used_instead(c)

    def versions(self) -> list[Version]:
        """Every photo of a picture with several, picture by picture, the largest first."""
        columns = ", ".join(Version._fields)
        order = _BY_SIZE.replace("order by", "order by picture_id,")
        with self.reading() as c:
            rows = c.execute(f"select {columns} from photo_versions {order}")
            return [Version._make([*row[:5], bool(row[5])]) for row in rows]

    def pair_versions(self, pairs: Sequence[tuple[Version, Version]]) -> int:
        """Say of two photos each that they show one picture; how many pairs were new.

        `picture_id` and `parted` are not asked. What a person parted stays so.
        """
        n_new = 0
        with self.transaction() as c:
            for pair in pairs:
                n_new += _pair(c, *pair)
            if n_new:
                mark_files_changed(c)
        return n_new

    def part_version(self, photo_id: str, *, back: bool = False) -> bool:
        """Let a photo be a picture of its own from now on; False: it is no version of any.

        back: take that back; whether it is a version of another is asked anew.
        """
        change = (
            "delete from photo_versions where photo_id = ? and parted"
            if back
            else "update photo_versions set parted = 1, picture_id = photo_id "
            "where photo_id = ? and not parted"
        )
        with self.transaction() as c:
            n = c.execute(change, (photo_id,)).rowcount
            if not back and n:  # the others need a name that is not this one's
                others = "where picture_id = ? and not parted"
                (name,) = c.execute(
                    f"select min(photo_id) from photo_versions {others}", (photo_id,)
                ).fetchone()
                c.execute(f"update photo_versions set picture_id = ? {others}", (name, photo_id))
            mark_files_changed(c)
        return bool(n)


def _pair(connection: sqlite3.Connection, one: Version, other: Version) -> bool:
    for photo in (one, other):
        connection.execute(
            "insert or ignore into photo_versions "
            "(photo_id, picture_id, width, height, bytes, parted, paired_at) values (?,?,?,?,?,0,?)",
            (photo.photo_id, photo.photo_id, *photo[2:5], now_text()),
        )
    query = "select picture_id from photo_versions where photo_id = ? and not parted"
    found = [connection.execute(query, (photo.photo_id,)).fetchone() for photo in (one, other)]
    if None in found or found[0] == found[1]:
        return False
    connection.execute(
        "update photo_versions set picture_id = ? where picture_id = ?", (found[0][0], found[1][0])
    )
    return True
