"""Small video clips, made on the spot: bright squares that walk over a dark ground, or any frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from thumper_core.contracts import ImageArray

WIDTH, HEIGHT = 160, 96
_CODECS = {"libx264": "yuv420p", "libx265": "yuv420p", "mjpeg": "yuvj420p", "rawvideo": "yuv420p"}


def walking(
    n: int, *starts: tuple[int, int], step: int = 2, noise: int = 0, seed: int = 0
) -> list[ImageArray]:
    """`n` frames with a 24 x 24 square at each start (x, y) that goes `step` pixels to the right a frame."""
    rng = np.random.default_rng(seed)
    texture = rng.integers(150, 250, (len(starts), 24, 24, 1), np.uint8)
    frames = []
    for i in range(n):
        frame = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
        if noise:
            frame += rng.integers(0, noise, frame.shape, np.uint8)
        for square, (x, y) in zip(texture, starts, strict=True):
            left = x + step * i
            if left + 24 <= WIDTH:
                frame[y : y + 24, left : left + 24] = square
        frames.append(frame)
    return frames


def write_clip(
    path: Path,
    frames: Iterable[ImageArray],
    *,
    fps: int = 10,
    codec: str = "libx264",
    tags: Mapping[str, str] | None = None,
    at_ms: Sequence[int] | None = None,
    turned: int = 0,
    form: str | None = None,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Write frames as a clip. at_ms: when each is shown (None: `fps`); turned: degrees, in its header."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    frames = list(frames)
    with av.open(str(path), "w", format=form, options=dict(options or {})) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = _CODECS[codec]
        if codec == "libx264":
            stream.options = {"crf": "12", "preset": "ultrafast"}
        if turned:
            stream.set_display_rotation(turned)
        container.metadata.update(tags or {})
        for i, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
            if at_ms is not None:
                from fractions import Fraction

                frame.pts, frame.time_base = at_ms[i], Fraction(1, 1000)
                stream.codec_context.time_base = Fraction(1, 1000)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path
