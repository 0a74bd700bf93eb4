"""The ways in which the folders of a season can name its cameras, each shown on the real folders."""

from __future__ import annotations

import io
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from thumper_core.counting import counted
from thumper_core.ingest.header import read_header
from thumper_core.ingest.look import Seen, looked_at
from thumper_core.language import say
from thumper_core.vision.decode import DecodeError, decode_photo

EXAMPLES: Final = 3
"""Files of a camera that are opened, for its position."""
_QUALITY: Final = 85
_HEAD_BYTES: Final = 256 * 1024
_MAX_PIXELS: Final = 100_000_000
_LEVELS: Final = (1, 2, 3, 4, -1, 0)


@dataclass(frozen=True)
class Way:
    """One way. seen: what it calls the cameras, with counts; files: of each camera a few,
    absolute; is_likely: whether it is the one that is taken where nothing is chosen.
    """

    seen: Seen
    files: Mapping[str, tuple[Path, ...]]
    is_likely: bool

    @property
    def title(self) -> str:
        """`9 cameras: Creek (210), Oak (80) and 7 more`."""
        named = [f"{name} ({n:,})" for name, n in list(self.seen.cameras.items())[:3]]
        more = len(self.seen.cameras) - len(named)
        said = ", ".join(named) + (say(" and {more:,} more", more=more) if more else "")
        return f"{counted(len(self.seen.cameras), 'camera')}: {said}"


def ways(folder: Path) -> tuple[Way, ...]:
    """Every way that gives other names than the ones before it, the likeliest first.

    The folder is listed once, no file is opened. Raises UsageError as `look` does.
    """
    listed = looked_at(folder)
    likely = listed.seen(None)
    found: list[Way] = []
    for seen in (likely, *(listed.seen(level) for level in _LEVELS)):
        if all(other.seen.cameras != seen.cameras for other in found):
            found.append(Way(seen, listed.files(seen.level, EXAMPLES), not found))
    return tuple(found)


def positions(files: Mapping[str, Sequence[Path]]) -> dict[str, tuple[float, float]]:
    """Where cameras stand by the EXIF of a few of their files: degrees north and east, the median.

    Cameras whose files say nothing of it, or cannot be read, are left out.
    """
    found = {}
    for camera, paths in files.items():
        places = [place for path in paths if (place := _position(path)) is not None]
        if places:
            north, east = zip(*places, strict=True)
            found[camera] = (statistics.median(north), statistics.median(east))
    return found


def picture(files: Sequence[Path], width: int) -> bytes | None:
    """The first file that can be read, as a JPEG at most `width` pixels wide; None: none can."""
    for path in files:
        try:
            photo = decode_photo(path.read_bytes(), min_width=width, max_pixels=_MAX_PIXELS)
        except (DecodeError, OSError):
            continue
        small = Image.fromarray(photo.image)
        small.thumbnail((width, width))
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=_QUALITY)
        return buffer.getvalue()
    return None


def _position(path: Path) -> tuple[float, float] | None:
    try:
        with path.open("rb") as file:
            exif = read_header(file.read(_HEAD_BYTES)).exif
    except OSError:
        return None
    if exif.latitude is None or exif.longitude is None:
        return None
    return exif.latitude, exif.longitude
