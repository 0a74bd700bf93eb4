"""A photo's file without where it was taken, and with the very same pixels.

Of a JPEG what a picture needs stays byte for byte: tables, frames, scans, colour profile. Of what it says of
itself only its time, its maker and which way is up are written anew; positions, maker notes, comments, XMP,
IPTC, small copies of the picture inside it and whatever follows its end are gone. Sources: ITU-T T.81,
annex B; EXIF 2.32, section 4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from PIL import Image

from thumper_core.ingest.ifd import Ifd, open_tiff, read_ifd

_EXIF_MARK: Final = b"Exif\0\0"
_KEPT: Final = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""Segments of applications that say how pixels are to be read: marker -> how they begin."""
_APP1, _COMMENT, _SCAN, _BEGIN, _END = 0xE1, 0xFE, 0xDA, 0xD8, 0xD9
_APPLICATIONS: Final = range(0xE0, 0xF0)
_RESTARTS: Final = range(0xD0, 0xD8)
_EXIF_IFD: Final = 0x8769
_OF_PICTURE: Final = (0x010F, 0x0110, 0x0112, 0x0132)  # make, model, orientation, time of change
_OF_TIME: Final = (0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9290, 0x9291, 0x9292)
_ORIENTATION: Final = 0x0112


class NoJpegError(ValueError):
    """The bytes are no JPEG that can be taken apart."""


class _Segment(NamedTuple):
    """marker: its second byte; start, end: in the file, with what is scanned behind a scan's header."""

    marker: int
    start: int
    end: int


def without_places(jpeg: bytes) -> bytes:
    """The same picture without where it was taken. Raises NoJpegError."""
    kept = [jpeg[:2]]
    told = b""
    for segment in _segments(jpeg):
        body = jpeg[segment.start + 4 : segment.end]
        if segment.marker == _APP1 and body.startswith(_EXIF_MARK):
            told = told or time_alone(body)
        elif segment.marker in _APPLICATIONS:
            mark = _KEPT.get(segment.marker)
            if mark is not None and body.startswith(mark):
                kept.append(jpeg[segment.start : segment.end])
        elif segment.marker != _COMMENT:
            kept.append(jpeg[segment.start : segment.end])
    if told:
        at = 2 if len(kept) > 1 and kept[1][1] == 0xE0 else 1  # JFIF comes first where there is one
        kept.insert(at, b"\xff\xe1" + struct.pack(">H", len(told) + 2) + told)
    return b"".join(kept)


def time_alone(block: bytes, *, upright: bool = False) -> bytes:
    """An EXIF block with the time, the maker and the orientation of another one; empty where it has none.

    upright: of a picture that is turned already.
    """
    tiff = open_tiff(block.removeprefix(_EXIF_MARK))
    if tiff is None:
        return b""
    main = read_ifd(tiff, tiff.first_ifd)
    pointer = main.get(_EXIF_IFD)
    inner = read_ifd(tiff, int(pointer[0])) if isinstance(pointer, tuple) else {}
    made = Image.Exif()
    for tag in _OF_PICTURE:
        value = _plain(main, tag)
        if value is not None and not (upright and tag == _ORIENTATION):
            made[tag] = value
    of_time = {tag: value for tag in _OF_TIME if (value := _plain(inner, tag)) is not None}
    if of_time:
        made.get_ifd(_EXIF_IFD).update(of_time)
    return made.tobytes() if len(made) or of_time else b""


def exif_of(jpeg: bytes) -> bytes:
    """The EXIF block of a JPEG, with its mark; empty where it has none, or the bytes are no JPEG."""
    try:
        for segment in _segments(jpeg):
            body = jpeg[segment.start + 4 : segment.end]
            if segment.marker == _APP1 and body.startswith(_EXIF_MARK):
                return body
    except NoJpegError:
        pass
    return b""


def _plain(ifd: Ifd, tag: int) -> str | int | None:
    """A text or a whole number of a directory."""
    value = ifd.get(tag)
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, tuple) and value and isinstance(value[0], int):
        return value[0]
    return None


def _segments(jpeg: bytes) -> Iterator[_Segment]:
    """The segments behind the mark of the beginning, up to the picture's end or the end of the data."""
    if jpeg[:2] != b"\xff\xd8":
        raise NoJpegError("it does not begin like a JPEG")
    at, has_scan = 2, False
    while True:
        at = _marker(jpeg, at)
        marker = jpeg[at + 1] if at >= 0 else _END
        if marker == _END and not has_scan:
            raise NoJpegError("it holds no picture")
        if at < 0:
            return  # it breaks off: so does the copy
        if marker == _END:
            yield _Segment(marker, at, at + 2)
            return
        if at + 4 > len(jpeg):
            raise NoJpegError("it breaks off in a segment")
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if end > len(jpeg):
            raise NoJpegError("it breaks off in a segment")
        if marker == _SCAN:
            end, has_scan = _scan_end(jpeg, end), True
        yield _Segment(marker, at, end)
        at = end


def _marker(jpeg: bytes, at: int) -> int:
    """Where the next marker stands, from `at` on; -1: nowhere. Padding before it is passed over."""
    while at + 1 < len(jpeg):
        if jpeg[at] == 0xFF and jpeg[at + 1] not in (0x00, 0xFF):
            return at
        at += 1
    return -1


def _scan_end(jpeg: bytes, at: int) -> int:
    """Where what is scanned ends: at the next marker that is not one of its own."""
    while True:
        at = jpeg.find(b"\xff", at)
        if at < 0 or at + 1 >= len(jpeg):
            return len(jpeg)
        following = jpeg[at + 1]
        if following not in (0x00, 0xFF) and following not in _RESTARTS:
            return at
        at += 1 if following == 0xFF else 2
