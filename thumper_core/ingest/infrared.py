"""Whether a photo was taken under infrared light.

Trail cameras light the night with infrared and store it without colour. EXIF's flash tag is no
measure of that: cameras with infrared lamps write "did not fire", those with a white flash "fired"
over a picture in full colour. So the picture itself is asked, at an eighth of its size, and the tag
only where no pixels can be had cheaply.
"""

from __future__ import annotations

import numpy as np

from thumper_core.contracts import ImageArray
from thumper_core.ingest.header import PhotoHeader

_MOST_PIXELS = 50_000_000  # a larger JPEG is not decoded even at an eighth
_INFO_STRIP = 0.12  # share of the height, top and bottom, where cameras print coloured text
_JPEG_FILL = 128  # libjpeg's value for blocks that never came
_TINT_SPREAD_MAX = 6.0  # grey levels of 255; JPEG leaves 3 in a grey photo, fog has 12


def is_infrared(header: PhotoHeader, data: bytes) -> bool | None:
    """True: without colour; False: in colour; None: not known.

    data: the file's bytes. Costs an eighth-size decode of a JPEG in colour, nothing otherwise.
    """
    if header.format is None:
        return None
    if header.is_gray:
        return True
    pixels = _eighth(header, data) if header.format == "JPEG" else None
    one_tint = is_one_tint(pixels) if pixels is not None else None
    if one_tint is not None:
        return one_tint
    return True if header.exif.flash_fired else None


def is_one_tint(pixels: ImageArray) -> bool | None:
    """Whether all of a picture has one tint: grey, or the pink or green of some infrared filters.

    pixels: (H, W, 3) uint8 RGB. Measured as the 95th percentile, over pixels, of how far red minus
    green and blue minus green lie from their medians; info strips and what a broken-off JPEG lacks
    are left out, and None is the answer where nothing is left.
    """
    margin = int(len(pixels) * _INFO_STRIP)
    middle = pixels[margin : len(pixels) - margin]
    seen = middle[(middle != _JPEG_FILL).any(axis=-1)].astype(np.int16)
    if not len(seen):
        return None
    tint = seen[:, (0, 2)] - seen[:, 1:2]
    spread = np.abs(tint - np.median(tint, axis=0)).max(axis=-1)
    return bool(np.percentile(spread, 95) < _TINT_SPREAD_MAX)


def _eighth(header: PhotoHeader, data: bytes) -> ImageArray | None:
    """A JPEG at an eighth of its size, of a broken-off one what is there; None where that fails."""
    import simplejpeg

    if not header.width or not header.height or header.width * header.height > _MOST_PIXELS:
        return None
    least = max(1, min(header.width, header.height) // 8)
    try:
        pixels: ImageArray = simplejpeg.decode_jpeg(
            data, "RGB", fastdct=True, fastupsample=True, min_width=least, min_height=least,
            strict=False,
        )  # fmt: skip
    except ValueError:
        return None
    return pixels
