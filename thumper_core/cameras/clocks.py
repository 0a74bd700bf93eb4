"""What is wrong with cameras' clocks: by what they print, the numbers of their files, the light."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from thumper_core.cameras.finding import CameraFinding, ClockFix, offset_text
from thumper_core.cameras.jumps import Jump, find_jumps
from thumper_core.cameras.printed import Printed, find_printed
from thumper_core.cameras.rhythm import LOOKS_MIN, Doubt, Slip, find_doubt, find_slips
from thumper_core.counting import counted

SHOWN_MAX: Final = 3  # of one camera; when these are mended, the next are shown


def clock_findings(camera: str, photos: pl.DataFrame) -> Iterator[CameraFinding]:
    """What is wrong with a camera's clock.

    photos: the camera's, with `photo_id, path, file_number, taken_at, clock_at` (before its offset),
    `taken_at_source, is_time_evidence, is_infrared, latitude, longitude`; of strips that were read
    `stamp, stamp_confidence`; `is_sent`: it came over the air, and its number is of the order in which it
    came: that says nothing.
    """
    printed = find_printed(photos)
    for stretch in printed[:SHOWN_MAX]:
        yield _of_printed(camera, photos, stretch)
    told = [photo_id for stretch in printed for photo_id in stretch.photo_ids]
    photos = photos.filter(
        ~pl.col("photo_id").is_in(told)
    )  # what else is odd in them, that explains
    jumps = find_jumps(photos.filter(~pl.col("is_sent")))
    for jump in jumps[:SHOWN_MAX]:
        yield _of_jump(camera, photos, jump)
    jumped = [photo_id for jump in jumps for photo_id in jump.photo_ids]
    timed = photos.filter(pl.col("is_time_evidence") & ~pl.col("photo_id").is_in(jumped))
    place = timed.select("latitude", "longitude").drop_nulls().median()
    where = place.row(0) if not timed.is_empty() else (None, None)
    slips = find_slips(timed, *where)
    for slip in slips[:SHOWN_MAX]:
        yield _of_slip(camera, timed, slip)
    doubt = None if jumps or slips else find_doubt(timed, *where)
    if doubt is not None:
        yield _of_doubt(camera, doubt)


def _of_printed(camera: str, photos: pl.DataFrame, stretch: Printed) -> CameraFinding:
    fix: ClockFix | None
    if stretch.is_all:
        fix = ClockFix.of(stretch.offset.total_seconds())
    else:
        mine = photos.filter(pl.col("photo_id").is_in(stretch.photo_ids))
        fix = _fix(photos, mine, stretch.offset - _used(mine))
    return CameraFinding(
        camera, "clock",
        f"In {stretch.n_photos:,} of {counted(stretch.n_read, 'photo')} from {_minute(stretch.begins)} to "
        f"{_minute(stretch.ends)} the camera printed another time into the picture than its file has: "
        f"{offset_text(stretch.offset.total_seconds())} from the file's. The strip is what its clock "
        "said; where that clock itself was right, this sets the photos by it.",
        fix,
    )  # fmt: skip


def _used(mine: pl.DataFrame) -> timedelta:
    """The offset that photos have now."""
    seconds: Any = (mine["taken_at"] - mine["clock_at"]).dt.total_seconds().median()
    return timedelta(seconds=seconds or 0)


def _of_jump(camera: str, photos: pl.DataFrame, jump: Jump) -> CameraFinding:
    n = len(jump.photo_ids)
    stretch = (
        f"{counted(n, 'photo')} in the order of their numbers, {jump.first_path} to {jump.last_path}, say "
        f"{_minute(jump.begins)} to {_minute(jump.ends)}"
    )
    if jump.shift is None:
        return CameraFinding(
            camera, "clock",
            f"{stretch}: the clock was not set. Nothing on the card says when they were taken; one "
            "photo whose time is known does (`thumper cameras clock` with --photo and --taken-at).",
        )  # fmt: skip
    mine = photos.filter(pl.col("photo_id").is_in(jump.photo_ids))
    fix = _fix(photos, mine, jump.shift)
    moved = f"{_minute(jump.begins + jump.shift)} to {_minute(jump.ends + jump.shift)}"
    said = (
        f"{stretch}, which is out of order with their neighbours: the clock jumped. So that they go "
        f"on from them they were taken from {moved}; where one photo's time is known, that is better."
    )
    if fix is None:
        said += (
            " Other photos of the camera have the same times and numbers, so no row of cameras.csv "
            "can tell them apart; put each card into a folder and a camera name of its own."
        )
    return CameraFinding(camera, "clock", said, fix)


def _of_slip(camera: str, timed: pl.DataFrame, slip: Slip) -> CameraFinding:
    mine = timed.filter(pl.col("taken_at").is_between(slip.begins, slip.ends))
    fix = _fix(timed, mine, timedelta(hours=slip.offset_h))
    hours = f"{abs(slip.offset_h):g} hours {'slow' if slip.offset_h > 0 else 'fast'}"
    usual = ": morning for evening" if slip.offset_h == 12 else ""
    return CameraFinding(
        camera, "clock",
        f"From {_minute(slip.begins)} to {_minute(slip.ends)} the light contradicts the clock in "
        f"{slip.n_wrong:,} of {counted(slip.n_looks, 'hour')} with photos (infrared by day, colour at "
        f"night): it seems {hours}{usual}. The light allows {slip.low_h:+.1f} to "
        f"{slip.high_h:+.1f} hours. If those photos are infrared in daylight, the camera's filter "
        "is stuck instead.",
        fix,
    )  # fmt: skip


def _of_doubt(camera: str, doubt: Doubt) -> CameraFinding:
    hours = counted(doubt.n_infrared, "hour")
    return CameraFinding(
        camera, "clock",
        f"In {doubt.n_by_day:,} of the {hours} with infrared photos, from {_minute(doubt.begins)} to "
        f"{_minute(doubt.ends)}, it was day, if the clock is right. So the clock is hours off (morning "
        "for evening, perhaps), or the camera's filter is stuck: these photos are too few to say "
        f"which. {LOOKS_MIN} hours with photos or more, on two days, would say it; so does one photo "
        "whose time is known (`thumper cameras clock` with --photo and --taken-at).",
    )  # fmt: skip


def _fix(photos: pl.DataFrame, mine: pl.DataFrame, shift: timedelta) -> ClockFix | None:
    """The offset for some of a camera's photos; None where no row could mean just these."""
    first: Any = mine["clock_at"].min()
    last: Any = mine["clock_at"].max()
    begins, ends = first.replace(microsecond=0), last.replace(microsecond=0) + timedelta(seconds=1)
    seconds = _used(mine).total_seconds() + 60 * math.ceil(shift.total_seconds() / 60)
    others = photos.filter(
        ~pl.col("photo_id").is_in(mine["photo_id"].implode())
        & (pl.col("clock_at") >= begins)
        & (pl.col("clock_at") < ends)
    )
    if others.is_empty():
        return ClockFix.of(seconds, begins, ends)
    low: Any = mine["file_number"].min()
    high: Any = mine["file_number"].max()
    if mine["file_number"].null_count() or others["file_number"].is_between(low, high).any():
        return None
    return ClockFix.of(seconds, begins, ends, (low, high))


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
