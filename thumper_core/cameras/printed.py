"""Clocks that the printed strip contradicts: what the camera showed when it took the photo, against the time
that its file holds or is named by.

Servers of cellular cameras write another zone's time into the file, or the time of the upload, and programs
that copy or shrink photos the time of that. A strip was printed by the camera's own clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import polars as pl

from thumper_core.contracts import TimeSource
from thumper_core.stamp.text import understand

APART_MIN: Final = timedelta(minutes=1)
PHOTOS_MIN: Final = 5
"""So many in a row must differ by the same: a strip that was read wrong differs by something else."""
AGREE_SHARE: Final = 0.9
_SURE: Final = 0.8  # of the reader
_NOT_THE_FILE_S: Final = (TimeSource.STAMP, TimeSource.FILE_MTIME)


@dataclass(frozen=True)
class Printed:
    """A stretch of a camera's photos whose strips all say another time than their files.

    offset: to be added to the files' times; n_photos of n_read, those whose strip tells a time, differ by it;
    photo_ids: of all photos of the stretch that have a time, by time; is_all: the camera has no others.
    """

    offset: timedelta
    n_photos: int
    n_read: int
    photo_ids: tuple[str, ...]
    begins: datetime
    ends: datetime
    is_all: bool


@dataclass(frozen=True)
class _Read:
    at: datetime  # by the file
    offset: timedelta  # what the strip says it lacks


def find_printed(photos: pl.DataFrame) -> list[Printed]:
    """The stretches of one camera's photos whose clock is off by its strips, in the order of their times.

    photos: `photo_id, clock_at` (before the camera's offset), `taken_at, taken_at_source, is_time_evidence,
    stamp, stamp_confidence` (null: no strip was read). An offset that is set already is no finding.
    """
    timed = photos.filter(
        pl.col("is_time_evidence") & ~pl.col("taken_at_source").is_in(_NOT_THE_FILE_S)
    ).sort("clock_at", "photo_id")
    reads = _reads(timed)
    if len(reads) < PHOTOS_MIN:
        return []
    stretches = _stretches(reads)
    found = []
    for number, (first, last) in enumerate(stretches):
        part = reads[first:last]
        offset = _usual(part)
        agree = [read for read in part if abs(read.offset - offset) <= APART_MIN]
        if abs(offset) <= APART_MIN or len(agree) < max(PHOTOS_MIN, AGREE_SHARE * len(part)):
            continue
        begins = part[0].at if number else timed["clock_at"][0]
        ends = part[-1].at if number < len(stretches) - 1 else timed["clock_at"][-1]
        mine = timed.filter(pl.col("clock_at").is_between(begins, ends))
        if not _is_news(mine, offset):
            continue
        found.append(
            Printed(
                offset, len(agree), len(part), tuple(mine["photo_id"]), begins, ends,
                len(stretches) == 1,
            )
        )  # fmt: skip
    return found


def _reads(timed: pl.DataFrame) -> list[_Read]:
    """The photos whose strip tells a time, in their order.

    3/4 is read in the order of day and month in which more strips are dates, or else contradict less.
    """
    rows = timed.filter(
        (pl.col("stamp").fill_null("") != "") & (pl.col("stamp_confidence").fill_null(0) >= _SURE)
    )
    orders = [_in_order(rows, day_first) for day_first in (False, True)]
    return max(orders, key=lambda reads: (len(reads), -abs(_usual(reads)) if reads else 0))


def _in_order(rows: pl.DataFrame, day_first: bool) -> list[_Read]:
    found = []
    for text, at in rows.select("stamp", "clock_at").iter_rows():
        stamp = understand(text, 1.0, day_first=day_first)
        if stamp.at is not None:
            # To the minute: the file's seconds are not printed.
            exact = at if stamp.has_seconds else at.replace(second=0)
            found.append(_Read(at, stamp.at - exact.replace(microsecond=0)))
    return found


def _stretches(reads: Sequence[_Read]) -> list[tuple[int, int]]:
    """(from, to) of photos of one offset, strays among them; a new one has to last for PHOTOS_MIN photos."""
    edges = [0]
    for at in range(1, len(reads) - PHOTOS_MIN + 1):
        ahead = reads[at : at + PHOTOS_MIN]
        usual = _usual(reads[edges[-1] : at])
        is_new = all(abs(read.offset - ahead[0].offset) <= APART_MIN for read in ahead)
        if is_new and abs(ahead[0].offset - usual) > APART_MIN:
            edges.append(at)
    return list(pairwise([*edges, len(reads)]))


def _usual(reads: Sequence[_Read]) -> timedelta:
    return sorted(read.offset for read in reads)[len(reads) // 2]


def _is_news(mine: pl.DataFrame, offset: timedelta) -> bool:
    """Whether the offset is not the one that is in use already."""
    used = (mine["taken_at"] - mine["clock_at"]).dt.total_seconds().median()
    return abs(offset.total_seconds() - float(used or 0)) > APART_MIN.total_seconds()  # type: ignore[arg-type]
