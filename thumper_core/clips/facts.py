"""What a clip says of itself: size, length, rate, time, maker; and its first frame."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from thumper_core.clips.container import Source, duration_of, opened
from thumper_core.clips.frames import first_frame
from thumper_core.clips.maker_time import maker_time
from thumper_core.contracts import CLOCKS_SINCE, ImageArray, TimeSource

_CLOCKS_BEFORE: Final = 2100
_HEAD_BYTES: Final = 1 << 20
_WALL_CLOCK: Final = re.compile(
    r"\s*(\d{4})[-:/](\d\d)[-:/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?"
)
# In order of trust. A QuickTime `creationdate` has the clock's zone beside it, so it is a wall clock. The
# container's own field should be in UTC; trail cameras, which know no zone, write their clock into it.
_TIMES: Final = ("com.apple.quicktime.creationdate", "creation_time", "date")
_MAKES: Final = ("com.apple.quicktime.make", "make", "manufacturer")
_MODELS: Final = ("com.apple.quicktime.model", "model")
_TEXT_MAX: Final = 64


@dataclass(frozen=True)
class ClipFacts:
    """What a container says, and what its first frame shows.

    width, height: pixels of the upright picture; duration_s, fps: None where not said; codec: as FFmpeg calls
    it; taken_at: wall clock; first: the first frame upright, (h, w, 3) uint8 RGB, at most 320 pixels wide.
    """

    width: int
    height: int
    duration_s: float | None
    fps: float | None
    codec: str
    taken_at: datetime | None
    taken_at_source: TimeSource | None
    make: str | None
    model: str | None
    first: ImageArray


def clip_facts(source: Source) -> ClipFacts:
    """What a clip says of itself. Raises ClipError where not one frame of it can be had."""
    with opened(source) as (container, stream):
        first, width, height = first_frame(container, stream)
        tags = {
            k.lower(): v for k, v in {**dict(stream.metadata), **dict(container.metadata)}.items()
        }
        at, by = _time(tags)
        if at is None:
            at = maker_time(_head(source))
            by = TimeSource.MAKER_NOTE if at is not None else None
        rate = stream.average_rate or stream.guessed_rate
        return ClipFacts(
            width=width,
            height=height,
            duration_s=duration_of(container, stream),
            fps=float(rate) if rate and 0 < rate < 1000 else None,
            codec=stream.codec_context.name,
            taken_at=at,
            taken_at_source=by,
            make=_text(tags, _MAKES),
            model=_text(tags, _MODELS),
            first=first,
        )


def _time(tags: Mapping[str, str]) -> tuple[datetime | None, TimeSource | None]:
    for key in _TIMES:
        match = _WALL_CLOCK.match(tags.get(key, ""))
        if match is None:
            continue
        try:
            at = datetime(*(int(part) for part in match.groups()[:6]))  # type: ignore[arg-type]
        except ValueError:
            continue
        if at >= CLOCKS_SINCE and at.year < _CLOCKS_BEFORE:
            return at, TimeSource.CONTAINER
    return None, None


def _text(tags: Mapping[str, str], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        text = " ".join("".join(c if c.isprintable() else " " for c in tags.get(key, "")).split())
        if text:
            return text[:_TEXT_MAX]
    return None


def _head(source: Source) -> bytes:
    if isinstance(source, bytes):
        return source[:_HEAD_BYTES]
    with Path(source).open("rb") as file:
        return file.read(_HEAD_BYTES)
