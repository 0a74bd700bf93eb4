"""What EXIF says of a photo: time, make and model, flash, orientation, place. Garbage is None."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime

from thumper_core.ingest.ifd import Ifd, Value, open_tiff, read_ifd

_MAKE, _MODEL, _ORIENTATION, _DATE_TIME = 0x010F, 0x0110, 0x0112, 0x0132
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_ORIGINAL, _DIGITIZED, _FLASH = 0x9003, 0x9004, 0x9209
_SUBSEC, _SUBSEC_ORIGINAL, _SUBSEC_DIGITIZED = 0x9290, 0x9291, 0x9292
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _GPS_STATUS = 1, 2, 3, 4, 9

_WALL_CLOCK = re.compile(
    r"\s*(\d{4})([:/.-])(\d{1,2})\2(\d{1,2})[ T]+(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?"
)
_LONGEST_TEXT = 64


@dataclass(frozen=True)
class ExifFacts:
    """Facts of one EXIF block; each is None where the block does not say, or says nonsense.

    taken_at: wall clock with microseconds, no zone; orientation: 1 to 8; latitude, longitude:
    signed decimal degrees, north and east positive, both or neither.
    """

    taken_at: datetime | None = None
    make: str | None = None
    model: str | None = None
    flash_fired: bool | None = None
    orientation: int | None = None
    latitude: float | None = None
    longitude: float | None = None


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
    return ExifFacts(
        taken_at=_taken_at(main, exif),
        make=clean_text(main.get(_MAKE)),
        model=clean_text(main.get(_MODEL)),
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


def _taken_at(main: Ifd, exif: Ifd) -> datetime | None:
    """The first usable time, most trusted first, each with its own subseconds."""
    for value, subseconds in (
        (exif.get(_ORIGINAL), exif.get(_SUBSEC_ORIGINAL)),
        (exif.get(_DIGITIZED), exif.get(_SUBSEC_DIGITIZED)),
        (main.get(_DATE_TIME), exif.get(_SUBSEC)),
    ):
        if isinstance(value, str):
            fraction = subseconds if isinstance(subseconds, str) else ""
            found = parse_wall_clock(value, fraction)
            if found is not None:
                return found
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


def _integer(value: Value | None) -> int | None:
    """The first number of a tag."""
    if isinstance(value, tuple) and value and isinstance(value[0], int):
        return value[0]
    return None
