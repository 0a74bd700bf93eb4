"""Clocks that jumped: a card numbers its files in order, so their times must be in order too.

Batteries are changed and the clock begins at 2000-01-01 again, or somebody sets it to another year.
Between two neighbours by number the time then runs backwards, or leaps half a year ahead. What is
offered is the offset with which the stretch goes on where its neighbours end; the true one is at
least that, for nobody photographed how long the camera stood without a clock.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import polars as pl

from thumper_core.contracts import TimeSource
from thumper_core.ingest.card_folders import is_made_by_camera

BACK_MIN: Final = timedelta(hours=2)  # more than an hour: the end of summer time is none
AHEAD_MIN: Final = timedelta(days=180)
PHOTOS_MIN: Final = 3  # a clock that jumped stays so: a stray photo among the others is no jump
NUMBER_GAP_MAX: Final = 500  # files further apart by number are no neighbours
JUMPS_SHARE_MAX: Final = 0.2  # more of them, and the numbers are not those of one card
_GAP: Final = timedelta(minutes=1)
_NUMBER: Final = re.compile(r"\d{3,8}(?!.*\d{3,8})")


@dataclass(frozen=True)
class Jump:
    """A stretch of a card's files whose times are not in order with those before and after.

    shift: to be added to their times so that they go on from their neighbours'; None: nothing on
    the card says when they are. photo_ids: in the order of their numbers.
    """

    first_path: str
    last_path: str
    begins: datetime
    ends: datetime
    shift: timedelta | None
    photo_ids: tuple[str, ...]


@dataclass(frozen=True)
class _Stretch:
    """Files without a jump among them, in the order of their numbers."""

    rows: tuple[_File, ...]
    is_wrong: bool = False
    shift: timedelta = timedelta()

    @property
    def begins(self) -> datetime:
        return min(row.at for row in self.rows) + self.shift

    @property
    def ends(self) -> datetime:
        return max(row.at for row in self.rows) + self.shift


@dataclass(frozen=True)
class _File:
    photo_id: str
    path: str
    number: int
    at: datetime
    is_implausible: bool


def find_jumps(photos: pl.DataFrame) -> list[Jump]:
    """The jumps of one camera's clock, in the order of its cards.

    photos: `photo_id, path, file_number, taken_at, taken_at_source`, in any order. Files without a
    number, and times that come from a file's date, say nothing.
    """
    counted = photos.filter(
        pl.col("file_number").is_not_null()
        & (pl.col("taken_at_source") != TimeSource.FILE_MTIME)
        & pl.col("taken_at").is_not_null()
    )
    cards: dict[tuple[str, str], list[_File]] = {}
    columns = ("photo_id", "path", "file_number", "taken_at", "taken_at_source")
    for photo_id, path, number, at, source in counted.select(columns).iter_rows():
        file = _File(photo_id, path, number, at, source == TimeSource.IMPLAUSIBLE)
        cards.setdefault(_card(path), []).append(file)
    return [jump for card in sorted(cards) for jump in _of_card(cards[card])]


def _card(path: str) -> tuple[str, str]:
    """What the files of one card and count have in common: the folder above `100MEDIA`, the name."""
    folder, name = posixpath.split(path)
    while folder and is_made_by_camera(posixpath.basename(folder), posixpath.dirname(folder)):
        folder = posixpath.dirname(folder)
    number = _NUMBER.search(name)
    return folder, name[: number.start()] if number else name


def _of_card(files: list[_File]) -> Iterator[Jump]:
    files.sort(key=lambda file: (posixpath.dirname(file.path), file.number, file.path))
    for run in _neighbours(files):
        stretches = _stretches(run)
        if len(stretches) - 1 > max(4, JUMPS_SHARE_MAX * len(run)):
            continue
        for stretch in _placed(stretches):
            if stretch.is_wrong:
                rows = stretch.rows
                yield Jump(
                    rows[0].path,
                    rows[-1].path,
                    min(row.at for row in rows),
                    max(row.at for row in rows),
                    stretch.shift or None,
                    tuple(row.photo_id for row in rows),
                )


def _neighbours(files: Sequence[_File]) -> Iterator[list[_File]]:
    """Parts of a card whose files follow one another by number; a new folder counts anew."""
    begin = 0
    for at in range(1, len(files) + 1):
        if at < len(files):
            before, here = files[at - 1], files[at]
            same = posixpath.dirname(before.path) == posixpath.dirname(here.path)
            if not same or here.number - before.number <= NUMBER_GAP_MAX:
                continue
        if at - begin >= PHOTOS_MIN:
            yield list(files[begin:at])
        begin = at


def _stretches(files: Sequence[_File]) -> list[_Stretch]:
    times = [file.at for file in files]
    edges = [0]
    for at in range(1, len(times)):
        if _is_jump(times, at) or _is_return(times, edges[-1], at):
            edges.append(at)
    return [_Stretch(tuple(files[a:b])) for a, b in pairwise([*edges, len(files)])]


def _is_jump(times: Sequence[datetime], at: int) -> bool:
    """Whether the clock jumped before the photo `at`, with those behind it."""
    behind, before = times[at : at + PHOTOS_MIN], times[max(0, at - 2) : at]
    if len(behind) < PHOTOS_MIN:
        return False
    is_back = (
        behind[0] < min(before) - BACK_MIN
        and behind[1] < max(before)
        and behind[2] < behind[0] + AHEAD_MIN
    )
    return is_back or min(behind) > max(before) + AHEAD_MIN


def _is_return(times: Sequence[datetime], fell: int, at: int) -> bool:
    """Whether a clock that fell back before the photo `fell` is set right before `at`.

    By a step of its own, that is, and not by going on until it is where it was.
    """
    if not fell or times[fell] > times[fell - 1] or at - fell < 2:
        return False
    step, usual = times[at] - times[at - 1], max(b - a for a, b in pairwise(times[fell:at]))
    fallen = times[fell - 1] - times[fell]
    return times[at] >= times[fell - 1] and step > fallen / 2 and step > 3 * usual


def _placed(stretches: Sequence[_Stretch]) -> list[_Stretch]:
    """Which stretches are wrong, and what moves each to where the others leave room.

    A clock is held to be right until it jumps; what cannot be is wrong, and of two stretches half a
    year apart the shorter.
    """
    judged: list[_Stretch] = []
    for stretch in stretches:
        right = [one for one in judged if not one.is_wrong]
        is_wrong = sum(row.is_implausible for row in stretch.rows) * 2 > len(stretch.rows)
        if not is_wrong and right:
            gap = stretch.begins - right[-1].ends
            if gap > AHEAD_MIN and len(stretch.rows) >= sum(len(one.rows) for one in right):
                judged = [replace(one, is_wrong=True) for one in judged]
            else:
                is_wrong = gap > AHEAD_MIN or gap < -BACK_MIN
        judged.append(replace(stretch, is_wrong=is_wrong))
    for at, stretch in enumerate(judged):
        if stretch.is_wrong and at and _is_placed(judged[at - 1]):
            judged[at] = replace(stretch, shift=judged[at - 1].ends + _GAP - stretch.begins)
    for at in range(len(judged) - 2, -1, -1):
        if not _is_placed(judged[at]) and _is_placed(judged[at + 1]):
            judged[at] = replace(judged[at], shift=judged[at + 1].begins - _GAP - judged[at].ends)
    return judged


def _is_placed(stretch: _Stretch) -> bool:
    return not stretch.is_wrong or bool(stretch.shift)
