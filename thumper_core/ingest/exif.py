"""What EXIF says of a photo: time, make and model, flash, orientation, place. Garbage is None."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from thumper_core.contracts import CLOCKS_SINCE, TimePrecision, TimeSource
from thumper_core.ingest.ifd import Ifd, Value, open_tiff, read_ifd
from thumper_core.ingest.maker_note import MakerNote, read_maker_note
from thumper_core.ingest.said import NOTHING, Said, read_comment

_MAKE, _MODEL, _ORIENTATION, _DATE_TIME = 0x010F, 0x0110, 0x0112, 0x0132
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_SOFTWARE, _ORIGINAL, _DIGITIZED, _FLASH, _MAKER_NOTE = 0x0131, 0x9003, 0x9004, 0x9209, 0x927C
_COMMENT = 0x9286
_OFFSETS = 0x9011, 0x9010, 0x9012  # of DateTimeOriginal, DateTime, DateTimeDigitized from UTC
_SUBSEC, _SUBSEC_ORIGINAL, _SUBSEC_DIGITIZED = 0x9290, 0x9291, 0x9292
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _GPS_STATUS = 1, 2, 3, 4, 9
_GPS_TIME, _GPS_DATE = 7, 29

_WALL_CLOCK = re.compile(
    r"\s*(\d{4})([:/.-])(\d{1,2})\2(\d{1,2})[ T]+(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?"
)
_OFFSET = re.compile(r"\s*([+-])(\d\d):?([0-5]\d)")
# Programs that set DateTime to when they wrote the file. A camera's own Software is its firmware.
_EDITORS = re.compile(
    r"adobe|lightroom|photoshop|gimp|picasa|snapseed|paint|imagemagick|irfanview|xnview|acdsee"
    r"|darktable|rawtherapee|digikam|affinity|capture one|dxo|luminar|pixelmator|faststone"
    r"|photoscape|instagram|whatsapp|microsoft|windows|apple photos|google|preview|timelapse",
    re.IGNORECASE,
)
_CLOCKS_BEFORE = 2100  # a later year is no camera's
_DEGREES_AN_HOUR = 15
_LONGEST_TEXT = 64


class ReadTime(NamedTuple):
    """One of the times in a block: wall clock, where it stands, how exact it is."""

    at: datetime
    source: TimeSource
    precision: TimePrecision


@dataclass(frozen=True)
class ExifFacts:
    """Facts of one EXIF block; each is None where the block does not say, or says nonsense.

    taken_at: wall clock with microseconds, no zone; taken_at_source: `exif`, `maker_note` or `gps`;
    taken_at_precision: `subsecond`, `second` or `day` (whose hour is no more than a guess);
    sequence: the frame's number in its burst; orientation: 1 to 8; latitude, longitude:
    signed decimal degrees, north and east positive, both or neither; said: what the camera tells of itself.
    """

    taken_at: datetime | None = None
    make: str | None = None
    model: str | None = None
    flash_fired: bool | None = None
    orientation: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    taken_at_source: TimeSource | None = None
    taken_at_precision: TimePrecision | None = None
    sequence: int | None = None
    said: Said = NOTHING


NO_EXIF = ExifFacts()


def read_exif(block: bytes) -> ExifFacts:
    """Facts of an EXIF block (with or without its `Exif` mark) or of a whole TIFF file.

    Never raises: a damaged block gives what is left of it.
    """
    tiff = open_tiff(block.removeprefix(b"Exif\0\0"))
    if tiff is None:
        return NO_EXIF
    main = read_ifd(tiff, tiff.first_ifd)
    exif = read_ifd(tiff, _integer(main.get(_EXIF_IFD)) or 0)
    gps = read_ifd(tiff, _integer(main.get(_GPS_IFD)) or 0)
    orientation = _integer(main.get(_ORIENTATION))
    flash = _integer(exif.get(_FLASH))
    latitude, longitude = _place(gps)
    make = clean_text(main.get(_MAKE))
    note = read_maker_note(_as_bytes(exif.get(_MAKER_NOTE)), make)
    comment = exif.get(_COMMENT)
    said = read_comment(comment if isinstance(comment, str) else _as_bytes(comment))
    said = said.filled_by(note.said)
    model = clean_text(main.get(_MODEL))
    if said.camera is not None and said.camera in (model, f"{make} {model}"):
        said = said._replace(camera=None)  # what a maker calls all of them is no camera's name
    time = _best(list(_times(main, exif, gps, note, longitude)))
    return ExifFacts(
        taken_at=time.at if time else None,
        taken_at_source=time.source if time else None,
        taken_at_precision=time.precision if time else None,
        sequence=note.sequence,
        make=make,
        model=model,
        said=said,
        flash_fired=None if flash is None else bool(flash & 1),
        orientation=orientation if orientation in range(1, 9) else None,
        latitude=latitude,
        longitude=longitude,
    )


def parse_wall_clock(text: str, subseconds: str = "") -> datetime | None:
    """An EXIF date and time (`2024:01:05 06:15:30`) with its subseconds; None where it is not one.

    A date alone is not a time. subseconds: decimal digits behind the point; other text counts as
    none.
    """
    match = _WALL_CLOCK.match(text)
    if match is None:
        return None
    year, _, month, day, hour, minute, second, fraction = match.groups()
    digits = subseconds.strip(" \0")
    digits = digits if digits.isascii() and digits.isdigit() else fraction or ""
    try:
        return datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second),
            int(digits[:6].ljust(6, "0")),
        )  # fmt: skip
    except ValueError:
        return None


def clean_text(value: Value | None) -> str | None:
    """A text tag without padding, NULs and control characters; None where nothing is left."""
    if isinstance(value, bytes):
        value = value.split(b"\0", 1)[0].decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    printable = "".join(char if char.isprintable() else " " for char in value.split("\0", 1)[0])
    return " ".join(printable.split())[:_LONGEST_TEXT] or None


def _times(
    main: Ifd, exif: Ifd, gps: Ifd, note: MakerNote, longitude: float | None
) -> Iterator[ReadTime]:
    """The usable times of a block, most trusted first.

    DateTime comes behind those that only a camera writes, because programs set it to when they
    changed the file; GPS runs on UTC, so it tells the wall clock only where the block names the
    clock's distance from it.
    """
    utc = _gps_time(gps)
    offset = _utc_offset(exif)
    yield from _tagged(exif.get(_ORIGINAL), exif.get(_SUBSEC_ORIGINAL))
    yield from _tagged(exif.get(_DIGITIZED), exif.get(_SUBSEC_DIGITIZED))
    if note.taken_at is not None:
        yield ReadTime(note.taken_at, TimeSource.MAKER_NOTE, TimePrecision.SECOND)
    if utc is not None and offset is not None:
        yield ReadTime(utc + offset, TimeSource.GPS, TimePrecision.SECOND)
    if not _EDITORS.search(clean_text(main.get(_SOFTWARE)) or ""):
        yield from _tagged(main.get(_DATE_TIME), exif.get(_SUBSEC))
    if utc is not None and offset is None and longitude is not None:
        # The sun's time there is within an hour or two of the clock's: it tells the day.
        local = utc + timedelta(hours=round(longitude / _DEGREES_AN_HOUR))
        day = local.replace(hour=0, minute=0, second=0)
        yield ReadTime(day, TimeSource.GPS, TimePrecision.DAY)


def _best(times: list[ReadTime]) -> ReadTime | None:
    """The first time that a camera can have been right about, else the first."""
    possible = (t for t in times if t.at >= CLOCKS_SINCE and t.at.year < _CLOCKS_BEFORE)
    return next(possible, times[0] if times else None)


def _tagged(value: Value | None, subseconds: Value | None) -> Iterator[ReadTime]:
    """The time of one tag, with the subseconds that belong to it."""
    if not isinstance(value, str):
        return
    at = parse_wall_clock(value, subseconds if isinstance(subseconds, str) else "")
    if at is not None:
        precision = TimePrecision.SUBSECOND if at.microsecond else TimePrecision.SECOND
        yield ReadTime(at, TimeSource.EXIF, precision)


def _gps_time(gps: Ifd) -> datetime | None:
    """The satellites' time, UTC to the second; None without a fix or a date."""
    date, clock = gps.get(_GPS_DATE), gps.get(_GPS_TIME)
    if not isinstance(date, str) or not isinstance(clock, tuple) or len(clock) != 3:
        return None
    if gps.get(_GPS_STATUS) == "V" or not all(math.isfinite(part) for part in clock):
        return None
    hour, minute, second = (int(part) for part in clock)
    return parse_wall_clock(f"{date.strip()} {hour:02}:{minute:02}:{second:02}")


def _utc_offset(exif: Ifd) -> timedelta | None:
    """How far the camera's clock is ahead of UTC, where the block says it."""
    for tag in _OFFSETS:
        value = exif.get(tag)
        match = _OFFSET.match(value) if isinstance(value, str) else None
        if match is not None:
            length = timedelta(hours=int(match[2]), minutes=int(match[3]))
            return -length if match[1] == "-" else length
    return None


def _place(gps: Ifd) -> tuple[float, float] | tuple[None, None]:
    """Latitude and longitude in degrees; none for a void fix, or for 0, 0 (open sea)."""
    latitude = _degrees(gps.get(_LATITUDE), gps.get(_LATITUDE_REF), "NS", 90)
    longitude = _degrees(gps.get(_LONGITUDE), gps.get(_LONGITUDE_REF), "EW", 180)
    if latitude is None or longitude is None or gps.get(_GPS_STATUS) == "V":
        return None, None
    return (None, None) if latitude == longitude == 0 else (latitude, longitude)


def _degrees(value: Value | None, ref: Value | None, signs: str, limit: int) -> float | None:
    """Degrees, minutes and seconds with their hemisphere as signed decimal degrees."""
    if not isinstance(value, tuple) or not isinstance(ref, str):
        return None
    side = ref.strip().upper()[:1]
    parts = [float(part) for part in (*value, 0, 0)[:3]]
    if not side or side not in signs or not all(math.isfinite(part) for part in parts):
        return None
    degrees, minutes, seconds = parts
    if degrees < 0 or not 0 <= minutes <= 60 or not 0 <= seconds <= 60:
        return None
    total = degrees + minutes / 60 + seconds / 3600
    if total > limit:
        return None
    return -total if side == signs[1] and total else total


def _as_bytes(value: Value | None) -> bytes:
    """An undefined value's bytes, or what some programs make of them; else nothing."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, tuple) and all(isinstance(v, int) and 0 <= v < 256 for v in value):
        return bytes(value)  # type: ignore[arg-type]
    return b""


def _integer(value: Value | None) -> int | None:
    """The first number of a tag."""
    if isinstance(value, tuple) and value and isinstance(value[0], int):
        return value[0]
    return None
