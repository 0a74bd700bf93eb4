"""What trail cameras write into EXIF's maker note: the time, the frame's number in its burst, and of
themselves the name, the temperature, the moon and the battery.

Some Reconyx cameras (HC500, ...) write their time nowhere else. The layouts are Reconyx's own, as
ExifTool's module Reconyx.pm lists them; the makers' other notes that were looked at (Browning,
Bushnell, Cuddeback, Stealth Cam, ...) repeat what EXIF says, or are of an unpublished form.
"""

from __future__ import annotations

import struct
from datetime import datetime
from typing import Final, NamedTuple

from thumper_core.ingest.said import NOTHING, Said, plain, within_air

_MONTH_FIRST: Final = (5, 3, 4, 2, 1, 0)  # where year, month, day, hour, ... are
_DAY_FIRST: Final = (5, 4, 3, 2, 1, 0)


class MakerNote(NamedTuple):
    """taken_at: wall clock; sequence: the frame's number in its burst, 1 and up; None: not said."""

    taken_at: datetime | None = None
    sequence: int | None = None
    said: Said = NOTHING


class _Layout(NamedTuple):
    sequence_at: int  # byte of the pair (number, of how many)
    time_at: int
    shorts: bool  # 16 bits each, or 8 with a 16-bit year
    order: tuple[int, ...]
    moon_at: int  # as wide as the sequence's numbers; behind it, both signed: Fahrenheit, Celsius
    battery_at: int | None = None  # 16 bits, millivolts
    label_at: int | None = None  # the name that the camera has in its menu
    serial_at: int | None = None
    serial_wide: bool = True  # UTF-16


_BY_MARK: Final = {
    b"RECONYXUF\0": _Layout(  # UltraFire
        0x35, 0x3B, False, _DAY_FIRST, 0x43, 0x49, 0x59, 0x4B, False
    ),
    b"RECONYXH2\0": _Layout(  # HyperFire 2
        0x36, 0x3E, True, _MONTH_FIRST, 0x4C, 0x62, 0x68, 0x7E
    ),
    b"RECONYXMF\0": _Layout(0x46, 0x4E, True, _MONTH_FIRST, 0x5C),  # MicroFire
    b"RECONYXHF4K\0": _Layout(0x29, 0x2F, False, _DAY_FIRST, 0x37, 0x3D),  # HyperFire 4K
}
_HYPERFIRE: Final = _Layout(0x0E, 0x16, True, _MONTH_FIRST, 0x24, 0x54, 0x56, 0x2A)
_MOONS: Final = (
    "new moon", "waxing crescent", "first quarter", "waxing gibbous",
    "full moon", "waning gibbous", "last quarter", "waning crescent",
)  # fmt: skip
_LABEL_BYTES, _SERIAL_CHARS = 20, 14
_VOLTS: Final = (1.0, 20.0)
_MOST_FRAMES: Final = 999


def read_maker_note(note: bytes, make: str | None) -> MakerNote:
    """What a maker note tells; nothing of the cameras whose notes are not known."""
    layout = _layout(note, make)
    if layout is None:
        return MakerNote()
    for order in "<", ">":  # a few HyperFires write the time the other way round than the rest
        taken_at = _time(note, layout, order)
        if taken_at is not None:
            break
    return MakerNote(taken_at, _sequence(note, layout), _said(note, layout))


def _layout(note: bytes, make: str | None) -> _Layout | None:
    for mark, layout in _BY_MARK.items():
        if note.startswith(mark):
            return layout
    # Version 1.0 of the note; firmware 2 and 3 write no make beside it.
    is_hyperfire = note.startswith((b"\x01\xf1\x02\0", b"\x01\xf1\x03\0")) or (
        note.startswith(b"\x01\xf1") and (make or "").upper().startswith("RECONYX")
    )
    return _HYPERFIRE if is_hyperfire else None


def _time(note: bytes, layout: _Layout, order: str) -> datetime | None:
    form = f"{order}6H" if layout.shorts else f"{order}5BH"
    if len(note) < layout.time_at + struct.calcsize(form):
        return None
    parts = struct.unpack_from(form, note, layout.time_at)
    year, month, day, hour, minute, second = (parts[at] for at in layout.order)
    try:
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None


def _sequence(note: bytes, layout: _Layout) -> int | None:
    form = "<2H" if layout.shorts else "<2B"
    if len(note) < layout.sequence_at + struct.calcsize(form):
        return None
    number, _ = struct.unpack_from(form, note, layout.sequence_at)
    return number if 1 <= number <= _MOST_FRAMES else None


def _said(note: bytes, layout: _Layout) -> Said:
    """What the camera says of itself. Its two temperatures have to agree: a layout that is not quite this one
    says nothing.
    """
    form = "<H2h" if layout.shorts else "<B2h"
    if len(note) < layout.moon_at + struct.calcsize(form):
        return NOTHING
    moon, fahrenheit, degrees = struct.unpack_from(form, note, layout.moon_at)
    if abs(degrees - (fahrenheit - 32) / 1.8) > 1:
        return NOTHING
    return Said(
        camera=_text(note, layout.label_at, _LABEL_BYTES, wide=False),
        number=_text(note, layout.serial_at, _SERIAL_CHARS, wide=layout.serial_wide),
        temperature_c=within_air(float(degrees)),
        battery_v=_volts(note, layout.battery_at),
        moon=_MOONS[moon] if moon < len(_MOONS) else None,
    )


def _text(note: bytes, at: int | None, n: int, *, wide: bool) -> str | None:
    if at is None:
        return None
    raw = note[at : at + n * (2 if wide else 1)]
    text = raw.decode("utf-16-le" if wide else "latin-1", "replace")
    return plain(text) if text.split("\0", 1)[0].isascii() else None


def _volts(note: bytes, at: int | None) -> float | None:
    if at is None or len(note) < at + 2:
        return None
    volts = float(struct.unpack_from("<H", note, at)[0]) / 1000
    return volts if _VOLTS[0] <= volts <= _VOLTS[1] else None
