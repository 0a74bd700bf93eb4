"""Reading one file, once: its bytes make the photo's ID, and the same bytes give its facts."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple

from thumper_core.files import content_digest
from thumper_core.ingest.header import NO_HEADER, read_header
from thumper_core.ingest.infrared import is_infrared
from thumper_core.ingest.scan import VIDEO_SUFFIXES, suffix_of

_BLOCK = 1 << 20
_MOST_KEPT = 256 << 20  # bytes; a larger file is hashed, and its header is read from this much


class PhotoFacts(NamedTuple):
    """Facts of a photo's bytes: a row of `contracts.PHOTO_FACTS`, fields in its order."""

    photo_id: str
    width: int | None
    height: int | None
    bytes: int
    format: str | None
    exif_taken_at: datetime | None
    make: str | None
    model: str | None
    is_infrared: bool | None
    latitude: float | None
    longitude: float | None
    exif_source: str | None
    exif_precision: str | None
    sequence: int | None
    read_at: datetime  # UTC, without a zone


def read_facts(path: bytes) -> PhotoFacts | None:
    """The facts of the file at `path`, absolute; None for an empty file.

    A video is hashed only. Raises OSError where the file cannot be read.
    """
    keep = suffix_of(path) not in VIDEO_SUFFIXES
    digest = content_digest()
    kept: list[bytes] = []
    size = 0
    with open(path, "rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            if keep and size < _MOST_KEPT:
                kept.append(block)
            size += len(block)
    if size == 0:
        return None
    data = kept[0] if len(kept) == 1 else b"".join(kept)
    header = read_header(data) if data else NO_HEADER
    return PhotoFacts(
        photo_id=digest.hexdigest(),
        width=header.width,
        height=header.height,
        bytes=size,
        format=header.format,
        exif_taken_at=header.exif.taken_at,
        make=header.exif.make,
        model=header.exif.model,
        is_infrared=is_infrared(header, data),
        latitude=header.exif.latitude,
        longitude=header.exif.longitude,
        exif_source=header.exif.taken_at_source,
        exif_precision=header.exif.taken_at_precision,
        sequence=header.exif.sequence,
        read_at=datetime.now(UTC).replace(tzinfo=None),
    )


def contentless_id(root: str, path_bytes: bytes) -> str:
    """The ID of a file whose bytes could not be read: `x` and 30 hex digits, a hash of its path."""
    digest = hashlib.blake2b(root.encode() + b"\0" + path_bytes, digest_size=15)
    return "x" + digest.hexdigest()
