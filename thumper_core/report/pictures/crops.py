"""Pictures of single animals, cut from their photos as small JPEGs and kept in the cache.

A photo that has gone or cannot be read gives a neutral picture in its place, never an error: a page
of two hundred animals must not fail for one lost file.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from thumper_core.contracts import FloatArray, ImageArray
from thumper_core.cores import core_count
from thumper_core.files import write_whole
from thumper_core.questions.blurred import blur_in
from thumper_core.vision.blur import CELLS

if TYPE_CHECKING:
    from thumper_core.stamp.place import Strip
    from thumper_core.workspace import Workspace

ASPECT = 4 / 3
"""Width over height of a crop: deer are longer than tall, and so are the photos."""
MARGIN = 0.12
"""Added round the box on each side, share of its longer side."""
_QUALITY = 80
_MAX_PIXELS = 200_000_000
_NOTHING = np.zeros((0, 4), np.float32)
_CACHE_VERSION = 1  # raise it when the same key should give another picture


@dataclass(frozen=True)
class Crop:
    """One animal in one photo.

    photo: the file's absolute path as the file system has it (bytes: it need not be UTF-8);
    box_xyxy: pixels of the upright photo; photo_width: its width, pixels, where known (a large JPEG
    is then decoded no larger than needed); frame_ms: the frame that it is in, of a clip.
    """

    detection_id: str
    photo: bytes
    box_xyxy: tuple[float, float, float, float]
    photo_width: int | None = None
    frame_ms: int | None = None

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Crop:
        """From a row with `detection_id, root, path_bytes, x1, y1, x2, y2, width`; `frame_ms` may be
        missing where none is of a clip.
        """
        photo = os.fsencode(row["root"]) + b"/" + row["path_bytes"]
        box = (row["x1"], row["y1"], row["x2"], row["y2"])
        return cls(row["detection_id"], photo, box, row["width"], row.get("frame_ms"))


def crop_window(
    box_xyxy: Sequence[float], width: int, height: int, *, aspect: float = ASPECT
) -> tuple[int, int, int, int]:
    """The part of a photo to show for a box: left, top, right, bottom, whole pixels.

    The box with its margin, grown to the aspect and moved into the photo of width x height pixels.
    It keeps the whole box, so it is narrower or flatter than the aspect where the photo ends.
    A box without area or outside the photo shows the part of the photo nearest to it.
    """
    x1, x2 = sorted(_within(value, width) for value in (box_xyxy[0], box_xyxy[2]))
    y1, y2 = sorted(_within(value, height) for value in (box_xyxy[1], box_xyxy[3]))
    extra = 2 * MARGIN * max(x2 - x1, y2 - y1)
    wide, tall = max(x2 - x1 + extra, 16.0), max(y2 - y1 + extra, 16.0 / aspect)
    wide, tall = max(wide, tall * aspect), max(tall, wide / aspect)
    left, right = _span((x1 + x2) / 2, wide, width)
    top, bottom = _span((y1 + y2) / 2, tall, height)
    return left, top, right, bottom


def crop_jpeg(
    photo: bytes | str | os.PathLike[str],
    box_xyxy: Sequence[float],
    size: int,
    *,
    photo_width: int | None = None,
    max_pixels: int = _MAX_PIXELS,
) -> bytes:
    """A JPEG of the box with a margin, `size` pixels wide at most and never enlarged.

    photo: path of the file; box_xyxy: pixels of the upright photo; photo_width: as for `Crop`.
    A photo that is gone or unreadable gives `placeholder(size)`.
    """
    crop = Crop("", os.fsencode(photo), tuple(box_xyxy), photo_width)  # type: ignore[arg-type]
    return _read_crop(crop, size, max_pixels, _NOTHING) or placeholder(size)


def cached_crop(workspace: Workspace, crop: Crop, size: int) -> bytes:
    """`crop_jpeg` of a crop through the workspace's cache; placeholders are not kept.

    The key holds the box as well as the detection's ID, because another run numbers its own
    detections of the same photo in the same way.
    """
    box = ",".join(f"{value:.2f}" for value in crop.box_xyxy)
    frame = "" if crop.frame_ms is None else f"|{crop.frame_ms}"
    hidden, mark = _hidden(workspace, crop)
    if hidden is None:
        return placeholder(size)
    key = f"{_CACHE_VERSION}|{crop.detection_id}|{box}|{size}{frame}{mark}"
    name = hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
    path = workspace.cache_dir / "crops" / name[:2] / f"{name}.jpg"
    try:
        return path.read_bytes()
    except OSError:
        max_pixels = workspace.settings.detect.max_pixels
        jpeg = _read_crop(crop, size, max_pixels, hidden)
    if jpeg is None:
        return placeholder(size)
    keep(path, jpeg)
    return jpeg


def shared_crop(workspace: Workspace, crop: Crop, strips: Sequence[Strip]) -> bytes | None:
    """A JPEG of the box with its margin at the photo's own size, without the strips that its camera prints,
    blurred as the workspace's scope says; None where the photo cannot be read, or must not be shown.
    """
    hidden, _ = _hidden(workspace, crop)
    if hidden is None:
        return None
    most = workspace.settings.detect.max_pixels
    return _read_crop(crop, most, most, hidden, strips)


def crops(workspace: Workspace, wanted: Iterable[tuple[Crop, int]]) -> Iterator[bytes]:
    """`cached_crop` of many (crop, size), in order, decoded on all cores."""
    blur_in(workspace)  # asked once, before there are threads
    with ThreadPoolExecutor(max_workers=core_count()) as pool:
        yield from pool.map(lambda pair: cached_crop(workspace, *pair), wanted)


@lru_cache(maxsize=32)
def placeholder(size: int) -> bytes:
    """A neutral picture, `size` pixels wide: an empty frame, no text (the page says what it is)."""
    width, height = size, round(size / ASPECT)
    scale = 4  # drawn large and shrunk: Pillow's lines are not smooth
    picture = Image.new("RGB", (width * scale, height * scale), (190, 197, 191))
    pen = ImageDraw.Draw(picture)
    unit = height * scale / 12
    middle = width * scale / 2
    grey, line = (152, 160, 154), max(1, round(unit / 4))
    pen.rounded_rectangle(
        (middle - 3 * unit, 3.75 * unit, middle + 3 * unit, 8.25 * unit),
        radius=unit / 2,
        outline=grey,
        width=line,
    )
    hills = [(-2.6, 7.7), (-1, 5.6), (0.2, 7), (1.1, 6), (2.6, 7.7)]
    pen.line([(middle + x * unit, y * unit) for x, y in hills], fill=grey, width=line)
    pen.ellipse((middle + unit, 4.5 * unit, middle + 1.7 * unit, 5.2 * unit), fill=grey)
    return _encode(picture.resize((width, height), Image.Resampling.LANCZOS))


def _hidden(workspace: Workspace, crop: Crop) -> tuple[FloatArray | None, str]:
    """What must not be recognised in the crop's photo, None: it must not be shown; and what the cache knows
    the blurred picture by.
    """
    blur = blur_in(workspace)
    if blur is None:
        return _NOTHING, ""
    boxes = blur.on(crop.photo)
    if boxes is None:
        return None, ""
    return boxes, f"|blurred{CELLS}|{np.rint(boxes).astype(int).tolist()}" if len(boxes) else ""


def _read_crop(
    crop: Crop,
    size: int,
    max_pixels: int,
    hidden: FloatArray,
    strips: Sequence[Strip] = (),
) -> bytes | None:
    """hidden: (N, 4) xyxy of what must not be recognised, pixels of the upright photo; strips: left out."""
    from thumper_core.stamp.place import scene
    from thumper_core.vision.blur import blurred
    from thumper_core.vision.images import DecodeError, boxes_to_image, decode_photo

    path, box = os.fsdecode(crop.photo), crop.box_xyxy
    if ".." in path.split("/"):  # no scan writes such a path: it would lead out of the photos' root
        return None
    try:
        data = Path(path).read_bytes()
        decoded = decode_photo(
            data,
            min_width=_enough(box, size, crop.photo_width),
            max_pixels=max_pixels,
            frame_ms=crop.frame_ms,
        )
    except (OSError, ValueError, DecodeError):  # ValueError: a NUL byte in the path
        return None
    left, top, right, bottom = crop_window(box, decoded.width, decoded.height)
    rest = scene(decoded, strips)
    first, last = rest.top, rest.top + len(rest.image)
    region = blurred(decoded.image, boxes_to_image(hidden, decoded))[
        min(max(int(top / decoded.scale_y), first), last - 1) : min(
            max(math.ceil(bottom / decoded.scale_y), first + 1), last
        ),
        int(left / decoded.scale_x) : max(math.ceil(right / decoded.scale_x), 1),
    ]
    return _encode(_shrunk(region, size))


def _enough(box_xyxy: Sequence[float], size: int, photo_width: int | None) -> int:
    """Width, pixels, at which the photo must be decoded for its crop to be `size` pixels wide."""
    if not photo_width:
        return _MAX_PIXELS
    left, _, right, _ = crop_window(box_xyxy, photo_width, _MAX_PIXELS)
    return min(photo_width, math.ceil(size * photo_width / (right - left)))


def _shrunk(region: ImageArray, size: int) -> Image.Image:
    picture = Image.fromarray(region)
    if picture.width > size:
        height = max(1, round(picture.height * size / picture.width))
        picture = picture.resize((size, height), Image.Resampling.LANCZOS)
    return picture


def _encode(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return buffer.getvalue()


def keep(path: Path, jpeg: bytes) -> None:
    """Write into the cache, whole or not at all; a cache that cannot be written is no error."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, jpeg)


def _within(value: float, limit: int) -> float:
    return min(max(float(value), 0.0), float(limit)) if math.isfinite(value) else limit / 2


def _span(middle: float, length: float, limit: int) -> tuple[int, int]:
    """`length` round `middle`, moved or cut to lie in [0, limit], at least one pixel."""
    start = min(max(middle - length / 2, 0.0), max(limit - length, 0.0))
    low = min(math.floor(start), limit - 1)
    return low, min(max(math.ceil(start + length), low + 1), limit)
