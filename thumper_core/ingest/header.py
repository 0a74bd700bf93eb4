"""What a picture's header says: format, upright size, greyness, EXIF. No pixel is decoded.

JPEG and TIFF, which is nearly everything a trail camera writes, are read here; the other formats by
Pillow's and libheif's own header readers. `PIL.Image.open` is not used, because its check of the
pixel count warns or raises by process-wide state: a header that claims a billion pixels is a fact
to record, and whether such a photo is decoded is for the run to say.
"""

from __future__ import annotations

import functools
import io
import re
import struct
from dataclasses import dataclass
from typing import Any

from thumper_core.ingest.exif import NO_EXIF, ExifFacts, read_exif
from thumper_core.ingest.ifd import open_tiff, read_ifd

_PILLOW_FORMATS = ("PNG", "WEBP", "GIF", "BMP", "AVIF", "TIFF")  # TIFF: the 64-bit kind
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_GRAY_MODES = ("1", "L", "LA", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")
_WIDTH, _HEIGHT, _PHOTOMETRIC, _SAMPLES = 256, 257, 262, 277
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])")
_LARGEST_SIDE = 2**31 - 1


@dataclass(frozen=True)
class PhotoHeader:
    """What a header says.

    format: `JPEG`, `PNG`, ... or None where there is no known header; width, height: pixels of the
    upright picture, None where unknown; is_gray: the file stores no colour at all.
    """

    format: str | None = None
    width: int | None = None
    height: int | None = None
    is_gray: bool = False
    exif: ExifFacts = NO_EXIF


NO_HEADER = PhotoHeader()


def read_header(data: bytes) -> PhotoHeader:
    """The header in a file's bytes, whatever the file is called.

    Never raises: bytes that are no picture give NO_HEADER, a file that breaks off behind its header
    the same as a whole one.
    """
    try:
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
        return _tiff(data) or _heif(data) or _by_pillow(data)
    except Exception:  # a damaged header can raise nearly anything in a format's reader
        return NO_HEADER


def _jpeg(data: bytes) -> PhotoHeader:
    """Walk the segments up to the scan. Source: ITU-T T.81, annex B."""
    width = height = components = 0
    exif_block = xmp = b""
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        marker = data[at + 1]
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in (0xD9, 0xDA):  # the picture's end, or its scan: no header behind it
            break
        length = struct.unpack_from(">H", data, at + 2)[0]
        body = data[at + 4 : at + 2 + length]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if len(body) >= 6:
                height, width, components = struct.unpack_from(">HHB", body, 1)
        elif marker == 0xE1 and body.startswith(b"Exif\0\0") and not exif_block:
            exif_block = body
        elif marker == 0xE1 and body.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
            xmp = body
        at += 2 + length
    return _upright("JPEG", width, height, components == 1, read_exif(exif_block), xmp)


def _tiff(data: bytes) -> PhotoHeader | None:
    """The first picture of a TIFF; its own tags are what EXIF is elsewhere."""
    tiff = open_tiff(data)
    if tiff is None:
        return None
    ifd = read_ifd(tiff, tiff.first_ifd)
    width, height, photometric, samples = (
        value[0] if isinstance(value, tuple) and value and isinstance(value[0], int) else default
        for value, default in (
            (ifd.get(_WIDTH), 0),
            (ifd.get(_HEIGHT), 0),
            (ifd.get(_PHOTOMETRIC), 2),
            (ifd.get(_SAMPLES), 1),
        )
    )
    is_gray = photometric in (0, 1) and samples == 1
    return _upright("TIFF", width, height, is_gray, read_exif(data))


def _heif(data: bytes) -> PhotoHeader | None:
    """HEIC and HEIF; libheif has turned the size upright, and EXIF's orientation is spent."""
    if data[4:8] != b"ftyp" or not _is_heif(data):
        return None
    import pillow_heif

    picture = pillow_heif.open_heif(data)
    width, height = picture.size
    exif = read_exif(picture.info.get("exif") or b"")
    is_gray = str(picture.mode).startswith("L")
    return PhotoHeader("HEIF", _side(width), _side(height), is_gray, exif)


def _is_heif(data: bytes) -> bool:
    end = min(struct.unpack_from(">I", data)[0], 128)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
    return any(brand in _HEIF_BRANDS for brand in brands) and b"avif" not in brands


def _by_pillow(data: bytes) -> PhotoHeader:
    for name, factory, accept in _pillow_readers():
        if not accept(data[:16]):
            continue
        picture = factory(io.BytesIO(data), None)
        width, height = picture.size
        exif = read_exif(picture.info.get("exif") or b"")
        xmp = picture.info.get("xmp") or b""
        is_gray = picture.mode in _GRAY_MODES
        if name == "TIFF":  # Pillow has turned its size upright
            return PhotoHeader(name, _side(width), _side(height), is_gray, exif)
        return _upright(name, width, height, is_gray, exif, xmp)
    return NO_HEADER


@functools.cache
def _pillow_readers() -> tuple[tuple[str, Any, Any], ...]:
    """(format, reader, test of the first bytes) of Pillow's registry."""
    from PIL import Image

    Image.init()
    found = ((name, *Image.OPEN[name]) for name in _PILLOW_FORMATS if name in Image.OPEN)
    return tuple((name, factory, accept) for name, factory, accept in found if accept is not None)


def _upright(
    name: str, width: int, height: int, is_gray: bool, exif: ExifFacts, xmp: bytes = b""
) -> PhotoHeader:
    """The header with its size turned as EXIF, or XMP where EXIF is silent, wants it."""
    orientation = exif.orientation
    if orientation is None and (match := _XMP_ORIENTATION.search(xmp)):
        orientation = int(match[1])
    if orientation is not None and orientation >= 5:
        width, height = height, width
    return PhotoHeader(name, _side(width), _side(height), is_gray, exif)


def _side(pixels: int) -> int | None:
    """A side as the tables can hold it; 0 and the absurd are unknown."""
    return pixels if 0 < pixels <= _LARGEST_SIDE else None
