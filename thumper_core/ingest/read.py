"""Reading one file, once: its bytes make the photo's ID, and the same bytes give its facts."""

from __future__ import annotations

import contextlib
import hashlib
import os
from datetime import UTC, datetime
from typing import NamedTuple

from thumper_core.clips.container import ClipError
from thumper_core.clips.facts import ClipFacts, clip_facts
from thumper_core.clips.kinds import clip_kind
from thumper_core.contracts import TimePrecision
from thumper_core.files import content_digest
from thumper_core.ingest.header import NO_HEADER, read_header
from thumper_core.ingest.infrared import is_infrared, is_one_tint
from thumper_core.ingest.scan import VIDEO_SUFFIXES, suffix_of

_BLOCK = 1 << 20
_FORMATS = {
    b".mp4": "MP4",
    b".m4v": "MP4",
    b".mov": "MOV",
    b".avi": "AVI",
    b".mts": "MTS",
    b".m2ts": "MTS",
}
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
    duration_s: float | None = None
    fps: float | None = None
    codec: str | None = None
    said_camera: str | None = None
    said_number: str | None = None
    temperature_c: float | None = None
    battery_pct: float | None = None
    battery_v: float | None = None
    moon: str | None = None
    pressure_hpa: float | None = None
    stamp: str | None = None
    stamp_camera: str | None = None
    stamp_confidence: float | None = None


def read_facts(path: bytes) -> PhotoFacts | None:
    """The facts of the file at `path`, absolute; None for an empty file.

    Of a clip its container is read and its first frame looked at. Raises OSError where the file cannot be
    read.
    """
    keep = suffix_of(path) not in VIDEO_SUFFIXES
    digest = content_digest()
    kept: list[bytes] = []
    size = 0
    head = b""
    with open(path, "rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            head = head or block[:4096]
            if keep and size < _MOST_KEPT:
                kept.append(block)
            size += len(block)
    if size == 0:
        return None
    kind = clip_kind(head)
    if kind is not None:
        return _of_clip(path, kind, digest.hexdigest(), size)
    data = kept[0] if len(kept) == 1 else b"".join(kept)
    header = read_header(data) if data else NO_HEADER
    said = header.exif.said
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
        said_camera=said.camera,
        said_number=said.number,
        temperature_c=said.temperature_c,
        battery_pct=said.battery_pct,
        battery_v=said.battery_v,
        moon=said.moon,
        pressure_hpa=said.pressure_hpa,
    )


def _of_clip(path: bytes, kind: str, photo_id: str, size: int) -> PhotoFacts:
    """A clip's facts; only its size and kind where its container cannot be read."""
    clip: ClipFacts | None = None
    with contextlib.suppress(ClipError):
        clip = clip_facts(os.fsdecode(path))
    return PhotoFacts(
        photo_id=photo_id,
        width=clip.width if clip else None,
        height=clip.height if clip else None,
        bytes=size,
        format=_FORMATS.get(suffix_of(path), kind) if clip else None,
        exif_taken_at=clip.taken_at if clip else None,
        make=clip.make if clip else None,
        model=clip.model if clip else None,
        is_infrared=is_one_tint(clip.first) if clip else None,
        latitude=None,
        longitude=None,
        exif_source=clip.taken_at_source if clip else None,
        exif_precision=TimePrecision.SECOND if clip and clip.taken_at else None,
        sequence=None,
        read_at=datetime.now(UTC).replace(tzinfo=None),
        duration_s=clip.duration_s if clip else None,
        fps=clip.fps if clip else None,
        codec=clip.codec if clip else None,
    )


def contentless_id(root: str, path_bytes: bytes) -> str:
    """The ID of a file whose bytes could not be read: `x` and 30 hex digits, a hash of its path."""
    digest = hashlib.blake2b(root.encode() + b"\0" + path_bytes, digest_size=15)
    return "x" + digest.hexdigest()
