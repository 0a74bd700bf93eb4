"""The time that camcorders and some trail cameras write into the picture data of MTS files.

AVCHD keeps it in a message to the decoder of its own, `MDPM`, which FFmpeg does not read. Source: ExifTool's
module H264.pm (tags 0x18 and 0x19 of MDPM: year and month, day and time, in binary coded decimals).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

_MARK: Final = b"\x17\xee\x8c\x60\xf8\x4d\x11\xd9\x8c\xd6\x08\x00\x20\x0c\x9a\x66MDPM"
_YEAR_MONTH, _DAY_TIME = 0x18, 0x19
_FIELD_BYTES: Final = 5  # a tag and four of its value


def maker_time(data: bytes) -> datetime | None:
    """The first such time in a file's first bytes; None where there is none, or it is nonsense."""
    at = data.find(_MARK)
    while at >= 0:
        found = _time_at(data, at + len(_MARK))
        if found is not None:
            return found
        at = data.find(_MARK, at + 1)
    return None


def _time_at(data: bytes, start: int) -> datetime | None:
    if start >= len(data):
        return None
    values: dict[int, bytes] = {}
    for place in range(start + 1, start + 1 + data[start] * _FIELD_BYTES, _FIELD_BYTES):
        field = data[place : place + _FIELD_BYTES]
        if len(field) == _FIELD_BYTES:
            values.setdefault(field[0], field[1:])
    if _YEAR_MONTH not in values or _DAY_TIME not in values:
        return None
    _, century, year, month = values[_YEAR_MONTH]  # the first is the zone
    digits = [_decimal(byte) for byte in (century, year, month, *values[_DAY_TIME])]
    if any(value is None for value in digits):
        return None
    hundreds, rest, *others = (int(value or 0) for value in digits)
    try:
        return datetime(100 * hundreds + rest, *others)  # type: ignore[arg-type]
    except ValueError:
        return None


def _decimal(byte: int) -> int | None:
    tens, ones = byte >> 4, byte & 15
    return 10 * tens + ones if tens < 10 and ones < 10 else None
