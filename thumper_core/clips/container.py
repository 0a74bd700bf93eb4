"""A clip's container, opened: its first picture stream, or an error that a person understands."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from thumper_core.clips.kinds import clip_kind
from thumper_core.contracts import ErrorCode, ThumperError

Source = bytes | str | os.PathLike[str]
"""A path, or a file's own bytes."""
CONVERT: Final = "`ffmpeg -i CLIP -c:v libx264 NEW.mp4` makes one that is read everywhere."


class ClipError(ThumperError):
    """A clip gave no frames. `code` goes into the outcomes table, `message` beside it."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@contextmanager
def opened(source: Source) -> Iterator[tuple[Any, Any]]:
    """A clip's container and its first picture stream, as PyAV has them. Raises ClipError."""
    import av

    file = io.BytesIO(source) if isinstance(source, bytes) else os.fspath(source)
    try:
        container = av.open(file, mode="r", metadata_errors="replace")
    except (av.error.FFmpegError, ValueError, OverflowError) as error:
        raise ClipError(
            ErrorCode.VIDEO,
            f"This is a video ({_kind(source)}) that cannot be opened: it breaks off or is damaged, as "
            f"when a camera lost power while it recorded ({_said(error)}). Copy it from the card again if "
            "you still have it.",
        ) from error
    with container:
        streams = [s for s in container.streams.video if not _is_cover(s)]
        if not streams:
            raise ClipError(
                ErrorCode.VIDEO, "This clip has no picture in it, only sound or nothing."
            )
        stream = streams[0]
        context = getattr(stream, "codec_context", None)
        if context is None or not _has_decoder(context):
            raise ClipError(
                ErrorCode.UNSUPPORTED_FORMAT,
                f"This clip is packed as {_codec_name(stream)}, for which there is no decoder "
                f"here; {CONVERT}",
            )
        context.thread_count = 1  # clips are decoded beside each other
        yield container, stream


def duration_of(container: Any, stream: Any) -> float | None:
    """Seconds that a container claims; None where it does not say, or says nonsense."""
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration:
        seconds = container.duration / 1e6
    else:
        return None
    return seconds if 0 < seconds < 7 * 86_400 else None


def _kind(source: Source) -> str:
    if isinstance(source, bytes):
        return clip_kind(source[:4096]) or "of an unknown form"
    with Path(source).open("rb") as file:
        return clip_kind(file.read(4096)) or "of an unknown form"


def _has_decoder(context: Any) -> bool:
    """Whether FFmpeg, as it is here, can decode it."""
    import av

    try:
        return bool(context.codec.is_decoder)
    except (av.error.FFmpegError, ValueError, AttributeError):
        return False


def _is_cover(stream: Any) -> bool:
    """Whether it is a picture attached to a file, not one that moves."""
    import av

    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _codec_name(stream: Any) -> str:
    context = stream.codec_context
    tag = "".join(c for c in (getattr(context, "codec_tag", "") or "") if c.isalnum())
    return getattr(context, "name", None) or (f"'{tag}'" if tag else "something unknown")


def _said(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error)
