"""Reading the directories (IFDs) of a TIFF structure, which is what an EXIF block is too.

Pillow can do it, but it reports damaged entries through `warnings`, whose state is one for all
threads, and damaged EXIF is everyday fare on trail-camera cards. Here a bad entry is left out, and
the rest is read. Source: TIFF Revision 6.0, section 2; EXIF 2.32, section 4.6.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

Value = str | bytes | tuple[int, ...] | tuple[float, ...]
Ifd = dict[int, Value]

_FORMATS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d"}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_MOST_ENTRIES = 512
_MOST_VALUE_BYTES = 4096  # longer values hold nothing that is asked for
_UNDEFINED = 7
_OPAQUE = (
    1,
    _UNDEFINED,
)  # of maker notes, which may be longer: what is asked for is at their start


class Tiff(NamedTuple):
    """A TIFF structure: its bytes, their order (`<` or `>`) and where the first directory is."""

    data: bytes
    order: str
    first_ifd: int


def open_tiff(data: bytes) -> Tiff | None:
    """The structure in `data` (offsets count from its start); None where it is not classic TIFF."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return None
    return Tiff(data, order, struct.unpack_from(f"{order}I", data, 4)[0])


def read_ifd(tiff: Tiff, offset: int) -> Ifd:
    """Tag -> value of the directory at `offset`; entries that cannot be read are left out.

    Text ends at its first NUL. Numbers come as tuples, rationals as floats (a zero denominator is
    not-a-number), undefined types as bytes. Of bytes only the first 4,096, and those that are there.
    """
    data, order, _ = tiff
    if not 8 <= offset <= len(data) - 2:
        return {}
    count = struct.unpack_from(f"{order}H", data, offset)[0]
    ifd: Ifd = {}
    for start in range(offset + 2, offset + 2 + 12 * min(count, _MOST_ENTRIES), 12):
        if start + 12 > len(data):
            break
        tag, kind, n = struct.unpack_from(f"{order}HHI", data, start)
        size = _SIZES.get(kind, 0) * n
        at = start + 8 if size <= 4 else struct.unpack_from(f"{order}I", data, start + 8)[0]
        if kind in _OPAQUE:
            size = min(size, _MOST_VALUE_BYTES, max(0, len(data) - at))
        if not 0 < size <= _MOST_VALUE_BYTES:
            continue
        if at + size <= len(data) and tag not in ifd:
            ifd[tag] = _value(data[at : at + size], kind, n, order)
    return ifd


def _value(raw: bytes, kind: int, n: int, order: str) -> Value:
    if kind == 2:
        return raw.split(b"\0", 1)[0].decode("utf-8", "replace")
    if kind == _UNDEFINED:
        return raw
    if kind in (5, 10):
        parts = struct.unpack(f"{order}{2 * n}{'I' if kind == 5 else 'i'}", raw)
        return tuple(
            over / under if under else float("nan")
            for over, under in zip(parts[::2], parts[1::2], strict=True)
        )
    return struct.unpack(f"{order}{len(raw) // _SIZES[kind]}{_FORMATS[kind]}", raw)
