"""Frames of a clip: the first, one at a time, and those worth looking at, by time and by motion.

A frame is known by its time: milliseconds since the stream's start, by its presentation stamp, so that a
variable rate or a lost frame shifts nothing. Every frame is decoded once, in order; only those that are
looked at are turned into RGB.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from thumper_core.clips.container import CONVERT, ClipError, Source, duration_of, opened
from thumper_core.contracts import ErrorCode, ImageArray

_FIRST_WIDTH: Final = 320
_LONG_S: Final = 180.0  # of a longer clip only key frames are decoded
_GRID: Final = 24  # cells along each side in which motion is measured
_SHORT_SHARE: Final = 0.75  # a clip that ends before this share of what it claims breaks off
_SHORT_S: Final = 1.0
_CLOSE_MS: Final = 2


@dataclass(frozen=True)
class Sampling:
    """Which frames are looked at: one every `step_s` seconds, those in between in which something moved since
    the last, at least `motion_gap_s` after it, and `frames_max` at most; the steps of a long clip are wider.

    motion_min: grey levels by which the cells that changed most (a fiftieth of the picture) differ.
    """

    step_s: float = 1.0
    motion_gap_s: float = 0.5
    motion_min: float = 20.0
    frames_max: int = 32


class Frame(NamedTuple):
    """ms: milliseconds after the clip's start; image: (h, w, 3) uint8 RGB, upright, maybe reduced; width,
    height: pixels of the full upright picture.
    """

    ms: int
    image: ImageArray
    width: int
    height: int


class FrameReader:
    """Reads a clip's frames worth looking at; afterwards `trouble` says what was missing, if anything."""

    def __init__(
        self, source: Source, sampling: Sampling, *, min_width: int, max_pixels: int
    ) -> None:
        self.trouble: tuple[ErrorCode, str] | None = None
        self._source, self._sampling = source, sampling
        self._min_width, self._max_pixels = min_width, max_pixels

    def __iter__(self) -> Iterator[Frame]:
        """The frames in order. Raises ClipError where there is none."""
        with opened(self._source) as (container, stream):
            _refuse_large(stream, self._max_pixels)
            claimed = duration_of(container, stream)
            pick = _Picker(self._sampling, claimed)
            if claimed is not None and claimed > _LONG_S:
                stream.codec_context.skip_frame = "NONKEY"
            n, last_ms = 0, -1
            counted, there = stream.frames, 0
            if stream.codec_context.skip_frame == "NONKEY":
                counted = 0
            for ms, frame in _decoded(container, stream, self._broke_off):
                there += 1
                if ms <= last_ms:
                    continue
                last_ms = ms
                if pick.wants(ms, frame):
                    n += 1
                    yield _as_frame(ms, frame, self._min_width)
            if n == 0:
                raise _nothing(self.trouble)
            ends_s = last_ms / 1000
            if there < counted * _SHORT_SHARE:  # an AVI's length is counted from what is there
                claimed = ends_s * counted / there
            if claimed and ends_s < claimed * _SHORT_SHARE and claimed - ends_s > _SHORT_S:
                self.trouble = self.trouble or _broken_off(ends_s, claimed)

    def _broke_off(self, said: str) -> None:
        self.trouble = (
            ErrorCode.TRUNCATED,
            f"Part of the clip is damaged ({said}), and what could be read was used. Copy it from the "
            "card again if you still have it.",
        )


def frame_at(source: Source, ms: int, *, min_width: int, max_pixels: int) -> Frame:
    """The frame at a time, or the one nearest before the clip's end. Raises ClipError."""
    with opened(source) as (container, stream):
        _refuse_large(stream, max_pixels)
        if ms > _CLOSE_MS:
            found = _sought(container, stream, ms)
            if found is not None:
                return _as_frame(*found, min_width)
    with opened(source) as (container, stream):  # what cannot be sought is read from its start
        best = None
        for at, frame in _decoded(container, stream, lambda said: None):
            best = (at, frame)
            if at >= ms - _CLOSE_MS:
                break
        if best is None:
            raise _nothing(None)
        return _as_frame(*best, min_width)


def first_frame(container: Any, stream: Any) -> tuple[ImageArray, int, int]:
    """A clip's first frame, small, and its upright size. Raises ClipError."""
    for _, frame in _decoded(container, stream, lambda said: None):
        shown = _as_frame(0, frame, _FIRST_WIDTH)
        return shown.image, shown.width, shown.height
    raise _nothing(None)


def every_frame(source: Source, width: int) -> Iterator[Frame]:
    """All frames of a clip, `width` pixels wide at most. Raises ClipError."""
    with opened(source) as (container, stream):
        for ms, frame in _decoded(container, stream, lambda said: None):
            yield _as_frame(ms, frame, width)


class _Picker:
    """Decides frame by frame; remembers what the last one that was taken looked like."""

    def __init__(self, sampling: Sampling, claimed_s: float | None) -> None:
        self._s = sampling
        by_time = max(1, sampling.frames_max * 2 // 3)
        self._step_ms = 1000 * max(sampling.step_s, (claimed_s or 0) / by_time)
        self._taken = 0
        self._last_ms = -1e9
        self._looked: np.ndarray | None = None

    def wants(self, ms: int, frame: Any) -> bool:
        """Whether to look at a frame."""
        if self._taken >= self._s.frames_max:
            return False
        since = ms - self._last_ms
        if since < 1000 * self._s.motion_gap_s:
            return False
        look = _grid(frame)
        due = since >= self._step_ms - 1
        if not due and self._looked is not None:
            # What moved by time alone leaves room for the frames that are due.
            left = self._s.frames_max - self._taken
            due = (
                left > self._s.frames_max // 3 and _moved(look, self._looked) >= self._s.motion_min
            )
        if due:
            self._taken += 1
            self._last_ms, self._looked = ms, look
        return due


def _grid(frame: Any) -> np.ndarray:
    """Mean grey of a frame's cells, (GRID, GRID) float32."""
    small = frame.reformat(width=_GRID, height=_GRID, format="gray", interpolation="AREA")
    return np.asarray(small.to_ndarray(), np.float32)


def _moved(one: np.ndarray, other: np.ndarray) -> float:
    """Grey levels by which the cells that changed most differ, once the light's change is taken off."""
    change = one - other
    change = np.abs(change - np.median(change)).ravel()
    most = max(1, len(change) // 50)
    return float(np.sort(change)[-most:].mean())


def _decoded(container: Any, stream: Any, on_damage: Any) -> Iterator[tuple[int, Any]]:
    """(milliseconds, frame) of what can be decoded; one damaged packet costs its frames, not the clip."""
    import av

    n = 0
    rate = float(stream.average_rate or stream.guessed_rate or 25) or 25.0
    try:
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.FFmpegError as error:
                on_damage(str(error.strerror or error))
                continue
            for frame in frames:
                yield _ms(stream, frame, n, rate), frame
                n += 1
    except (av.error.FFmpegError, OSError) as error:
        on_damage(str(getattr(error, "strerror", None) or error))


def _ms(stream: Any, frame: Any, n: int, rate: float) -> int:
    seconds: float | None = frame.time
    if seconds is None:
        return round(1000 * n / rate)
    start = float(stream.start_time * stream.time_base) if stream.start_time else 0.0
    return max(0, round(1000 * (seconds - start)))


def _sought(container: Any, stream: Any, ms: int) -> tuple[int, Any] | None:
    """The frame at a time by way of the key frame before it; None where that does not lead there."""
    import av

    start = stream.start_time or 0
    target = start + int(ms / 1000 / stream.time_base)
    try:
        container.seek(target, stream=stream, backward=True, any_frame=False)
        for at, frame in _decoded(container, stream, lambda said: None):
            if frame.time is None or at > ms + _CLOSE_MS:
                return None
            if at >= ms - _CLOSE_MS:
                return at, frame
    except (av.error.FFmpegError, OverflowError, ValueError):
        return None
    return None


def _as_frame(ms: int, frame: Any, min_width: int) -> Frame:
    """A frame upright in RGB, no wider than is wanted."""
    turns = round((frame.rotation or 0) / 90) % 4
    sideways = turns % 2 == 1
    full_width, full_height = (
        (frame.height, frame.width) if sideways else (frame.width, frame.height)
    )
    ratio = min(1.0, max(1, min_width) / full_width)
    width, height = max(1, round(frame.width * ratio)), max(1, round(frame.height * ratio))
    pixels = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
    image = np.rot90(pixels.to_ndarray(), turns)  # counter-clockwise, as FFmpeg counts
    return Frame(ms, np.ascontiguousarray(image, np.uint8), full_width, full_height)


def _refuse_large(stream: Any, max_pixels: int) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > max_pixels:
        raise ClipError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The clip's picture has {width} x {height} pixels, more than the {max_pixels} allowed; raise "
            "detect.max_pixels in thumper.toml if it is genuine.",
        )


def _nothing(trouble: tuple[ErrorCode, str] | None) -> ClipError:
    return ClipError(
        ErrorCode.VIDEO,
        "No frame of this clip can be decoded: it is empty or damaged"
        + (f" ({trouble[1]})" if trouble else "")
        + f". Copy it from the card again; if a player shows it, {CONVERT}",
    )


def _broken_off(ends_s: float, claimed_s: float) -> tuple[ErrorCode, str]:
    return (
        ErrorCode.TRUNCATED,
        f"The clip breaks off after {ends_s:.1f} of its {claimed_s:.1f} seconds, and what is there was used. "
        "Copy it from the card again if you still have it.",
    )
