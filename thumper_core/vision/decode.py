"""From a file's bytes to upright RGB pixels, or to an error that a person understands.

JPEGs go through libjpeg-turbo at a reduced scale where the photo is larger than is needed;
everything else, and JPEGs in CMYK, goes through Pillow. What a file is, its bytes say,
never its name. Safe to call from many threads: no global of Pillow is changed while decoding.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import simplejpeg
from PIL import Image, UnidentifiedImageError

from thumper_core.clips.container import ClipError
from thumper_core.clips.frames import Frame, frame_at
from thumper_core.clips.kinds import clip_kind
from thumper_core.contracts import ErrorCode, ImageArray, Status, ThumperError
from thumper_core.vision.rgb import to_rgb8
from thumper_core.vision.sniff import sniff_problem
from thumper_core.vision.threads import prepare_pixel_libraries

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF", "BMP", "GIF")
_ORIENTATION_TAG = 274
_PART_MISSING = (
    "The file breaks off: part of the picture is missing, and what is there was used. "
    "Copy it from the card again if you still have it."
)
_JPEG_FILL = 128  # libjpeg's value for blocks that never came
_LEAST_SHARE = 0.005  # a broken-off JPEG with less of its pixels decoded shows nothing
_DAMAGED = "Part of the picture is damaged, and what could be read was used."


class DecodeError(ThumperError):
    """A photo gave no pixels. `code` goes into the outcomes table, `message` beside it."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class DecodedPhoto:
    """One decoded photo.

    image: (h, w, 3) uint8 RGB, upright, maybe at a reduced scale; width, height: pixels of the
    full upright photo; scale_x, scale_y: full pixels per decoded pixel (>= 1); status OK, or
    PARTIAL with error_code and error_message set; format: `JPEG`, `PNG`, ...
    """

    image: ImageArray
    width: int
    height: int
    scale_x: float
    scale_y: float
    status: Status
    error_code: ErrorCode | None
    error_message: str | None
    format: str


class JpegDecoder(Protocol):
    """Decodes JPEGs elsewhere than on the processor: `gpu_jpeg.GpuJpegs`."""

    def __call__(
        self, picture: Image.Image, data: bytes, *, min_width: int, sideways: bool
    ) -> ImageArray | None:
        """(h, w, 3) uint8 RGB, not turned, reduced as libjpeg does it; None: in the usual way."""


def decode_photo(
    data: bytes,
    *,
    min_width: int,
    max_pixels: int,
    jpegs: JpegDecoder | None = None,
    frame_ms: int | None = None,
) -> DecodedPhoto:
    """Decode a file's bytes to an upright RGB picture.

    min_width: pixels; a JPEG that is wider (upright) is decoded at the smallest scale of n/8 whose
    width is still at least this. max_pixels: a photo with more is refused from its header alone.
    jpegs: decodes the JPEGs that it takes. frame_ms: of a clip, the frame at this time; None: its first.
    Raises DecodeError with one of EMPTY_FILE, VIDEO, NOT_AN_IMAGE, UNSUPPORTED_FORMAT,
    TOO_MANY_PIXELS, TRUNCATED, DECODE_FAILED.
    """
    prepare_pixel_libraries()
    if not data:
        raise DecodeError(
            ErrorCode.EMPTY_FILE,
            "The file is empty (0 bytes): the camera or a copy never wrote it.",
        )
    if clip_kind(data) is not None:
        return _frame(data, frame_ms or 0, min_width, max_pixels)
    problem = sniff_problem(data)
    if problem is not None:
        raise DecodeError(*problem)
    picture = _open(data)
    stored_width, stored_height = picture.size
    if stored_width * stored_height > max_pixels:
        raise DecodeError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The picture has {stored_width} x {stored_height} pixels, more than the "
            f"{max_pixels} allowed; raise detect.max_pixels in thumper.toml if it is genuine.",
        )
    # Pillow turns TIFFs itself (libheif HEICs), and their `size` is the upright one already.
    orientation = 1 if picture.format in ("TIFF", "HEIF") else _orientation(picture)
    sideways = orientation >= 5
    width, height = (stored_height, stored_width) if sideways else (stored_width, stored_height)
    code: ErrorCode | None
    if picture.format in ("JPEG", "MPO") and picture.mode in ("RGB", "L"):
        found = jpegs(picture, data, min_width=min_width, sideways=sideways) if jpegs else None
        if found is None:
            pixels, code = _decode_jpeg(data, min_width=min_width, sideways=sideways)
        else:
            pixels, code = found, None
    else:
        pixels, code = _decode_with_pillow(picture, data)
    image = turn_upright(pixels, orientation)
    message = {None: None, ErrorCode.TRUNCATED: _PART_MISSING}.get(code, _DAMAGED)
    return DecodedPhoto(
        image=image,
        width=width,
        height=height,
        scale_x=width / image.shape[1],
        scale_y=height / image.shape[0],
        status=Status.OK if code is None else Status.PARTIAL,
        error_code=code,
        error_message=message,
        format="JPEG" if picture.format == "MPO" else str(picture.format),
    )


def as_photo(frame: Frame) -> DecodedPhoto:
    """A clip's frame as a photo that was decoded."""
    height, width = frame.image.shape[:2]
    return DecodedPhoto(
        image=frame.image,
        width=frame.width,
        height=frame.height,
        scale_x=frame.width / width,
        scale_y=frame.height / height,
        status=Status.OK,
        error_code=None,
        error_message=None,
        format="clip",
    )


def _frame(data: bytes, ms: int, min_width: int, max_pixels: int) -> DecodedPhoto:
    try:
        return as_photo(frame_at(data, ms, min_width=min_width, max_pixels=max_pixels))
    except ClipError as error:
        raise DecodeError(error.code, error.message) from error


def turn_upright(pixels: ImageArray, orientation: int) -> ImageArray:
    """Apply an EXIF orientation (1 to 8; others count as 1) to (H, W, 3) pixels."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _open(data: bytes) -> Image.Image:
    """Read the header; DecodeError where there is none that Pillow knows."""
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        if _looks_like_image(data):
            raise _broken_off() from None
        raise DecodeError(
            ErrorCode.NOT_AN_IMAGE, "The file holds no picture in any format known here."
        ) from None
    except Exception as error:  # a damaged header can raise nearly anything in a format plugin
        raise _failed(error, data) from error


def _looks_like_image(data: bytes) -> bool:
    return (
        data.startswith((b"\xff\xd8", b"\x89PNG", b"II*\0", b"MM\0*", b"GIF8"))
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
        or data[4:8] == b"ftyp"
    )


def _broken_off() -> DecodeError:
    return DecodeError(
        ErrorCode.TRUNCATED,
        "The file breaks off or is damaged, and nothing of the picture could be read. Copy it from "
        "the card again if you still have it.",
    )


def _failed(error: Exception, data: bytes) -> DecodeError:
    """The error for the outcomes table: TRUNCATED where the decoder ran out of data."""
    cut_webp = data[8:12] == b"WEBP" and int.from_bytes(data[4:8], "little") + 8 > len(data)
    if cut_webp or re.search(
        "truncated|incomplete|premature|end of (file|data)|eof", str(error), re.IGNORECASE
    ):
        return _broken_off()
    return DecodeError(
        ErrorCode.DECODE_FAILED,
        f"The picture could not be decoded ({error}); open it in an image viewer to see whether "
        "it is damaged.",
    )


def _orientation(picture: Image.Image) -> int:
    try:
        value = picture.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # EXIF written by cameras is often damaged; the pixels are still good
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _decode_jpeg(
    data: bytes, *, min_width: int, sideways: bool
) -> tuple[ImageArray, ErrorCode | None]:
    """Decode with libjpeg-turbo; a code where part of the data was missing or damaged."""
    limits = {"min_height": min_width} if sideways else {"min_width": min_width}
    try:
        return simplejpeg.decode_jpeg(data, "RGB", **limits), None
    except ValueError as error:
        reason = str(error)
    try:
        pixels = simplejpeg.decode_jpeg(data, "RGB", strict=False, **limits)
    except ValueError as error:
        # libjpeg-turbo refuses what its own API has no name for (odd subsampling); Pillow may not.
        try:
            return to_rgb8(_loaded(data)), None
        except OSError:
            raise _failed(error, data) from error
    if not re.search("premature end", reason, re.IGNORECASE):
        return pixels, ErrorCode.DECODE_FAILED
    if np.mean(pixels != _JPEG_FILL) < _LEAST_SHARE:
        raise _broken_off()
    return pixels, ErrorCode.TRUNCATED


def _loaded(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data), formats=FORMATS)
    picture.load()
    return picture


def _decode_with_pillow(picture: Image.Image, data: bytes) -> tuple[ImageArray, ErrorCode | None]:
    try:
        picture.load()
        return to_rgb8(picture), None
    except Exception as error:  # plugins raise OSError, SyntaxError, struct.error, EOFError, ...
        partial = _decode_partial(picture, data)
        if partial is None:
            raise _failed(error, data) from error
        return to_rgb8(partial), ErrorCode.TRUNCATED


def _decode_partial(picture: Image.Image, data: bytes) -> Image.Image | None:
    """Pixels of a file that breaks off, where the format stores them row by row; else None.

    `ImageFile.LOAD_TRUNCATED_IMAGES` would do it, but it is one switch for all threads. A JPEG
    gets the end marker it lost. For the others, the failed `load` has left the rows decoded so far
    in the picture; without tiles there is nothing left to load, and Pillow hands them out.
    """
    try:
        if picture.format in ("JPEG", "MPO"):
            return _loaded(data + b"\xff\xd9" * 16)
        if _orientation(picture) != 1:  # a TIFF is turned at the end of a load that never ended
            return None
        picture.tile = []  # type: ignore[attr-defined]
        return picture if any(_extent(picture)) else None
    except Exception:  # what is left cannot be decoded either: the caller reports the first error
        return None


def _extent(picture: Image.Image) -> tuple[int, ...]:
    """Upper ends of the bands' values: all zero where nothing was decoded."""
    extrema = picture.getextrema()
    pairs = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return tuple(int(high) for _, high in pairs)
