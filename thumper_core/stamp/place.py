"""The strip's place in a camera model's pictures, and a picture without it. No letter is read.

`strip.find_bands` says where text may be read; what is cut away from an animal has to be surer: its ground is
even, something is printed on it in every photo, and the line that parts it from the scene goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray, ImageArray
from thumper_core.stamp.strip import INK_MIN, Band, find_bands, runs
from thumper_core.vision.decode import DecodedPhoto
from thumper_core.vision.images import boxes_to_image

TAUGHT_MIN: Final = 8
"""Fewer photos of a model say nothing surely enough to cut by."""
_EVEN: Final = 8  # grey levels; a dark scene's grain is coarser
_EVEN_SHARE: Final = 0.45  # of a row's pixels
_PRINTED_SHARE: Final = 0.01  # of the strip's pixels
_MOST: Final = 0.9  # of the photos
_LINE_SHARE: Final = 0.014  # of the height: the line beside the strip is no thicker
_SAME: Final = 16  # grey levels that one pixel of that line differs from photo to photo
_IS_THERE: Final = (20, 0.4)  # grey levels, share of its pixels: this photo has the strip, too


class Strip(NamedTuple):
    """One strip. top, bottom: rows of the upright picture, from and to; ground: its grey level."""

    top: int
    bottom: int
    ground: int


@dataclass(frozen=True)
class Scene:
    """What is left of a picture. image: (h, w, 3) uint8, a view; top: the decoded picture's row that it
    begins with.
    """

    image: ImageArray
    top: int
    photo: DecodedPhoto

    def boxes(self, xyxy: FloatArray) -> FloatArray:
        """Boxes in pixels of the full upright photo, (N, 4) xyxy, in pixels of `image`; they may reach beyond
        it, as far as they reached into the strip.
        """
        return boxes_to_image(xyxy, self.photo) - np.array([0, self.top] * 2, np.float32)


def find_strips(photos: Sequence[ImageArray]) -> list[Strip]:
    """The strips of pictures of one model, from the top down; none of fewer than TAUGHT_MIN.

    photos: (H, W) uint8 grey, all of one shape.
    """
    if len(photos) < TAUGHT_MIN:
        return []
    stack = np.stack(photos).astype(np.int16)
    found = (_strip(stack, band) for band in find_bands(photos, ()))
    return [strip for strip in found if strip is not None]


def scene(photo: DecodedPhoto, strips: Sequence[Strip]) -> Scene:
    """The photo without those of its model's strips that it has: menus can switch them off."""
    height = photo.image.shape[0]
    first, last = 0, height
    for strip in strips:
        top, bottom = strip.top / photo.scale_y, strip.bottom / photo.scale_y
        if not _is_there(photo.image[round(top) : round(bottom)], strip.ground):
            continue
        if strip.top + strip.bottom < photo.height:
            first = max(first, int(np.ceil(bottom)))
        else:
            last = min(last, int(top))
    if last - first < 1:
        return Scene(photo.image, 0, photo)
    return Scene(photo.image[first:last], first, photo)


def _strip(stack: npt.NDArray[np.int16], band: Band) -> Strip | None:
    """What of a band is even and printed on, with its line; None where that is not a strip."""
    part = np.abs(stack[:, band.top : band.bottom] - band.ground)  # (photos, rows, W)
    even = ((part <= _EVEN).mean(axis=2) >= _EVEN_SHARE).mean(axis=0) >= _MOST
    at_top = band.top + band.bottom < stack.shape[1]
    pieces = runs(even, 2)
    if not pieces:
        return None
    top, bottom = pieces[0] if at_top else pieces[-1]
    ink = (part[:, top:bottom] > INK_MIN).mean(axis=(1, 2))
    if (ink >= _PRINTED_SHARE).mean() < _MOST:
        return None
    top, bottom = band.top + top, band.top + bottom
    usual = np.median(stack, axis=0)
    same = (np.abs(stack - usual) <= _SAME).mean(axis=(0, 2)) >= _MOST  # (H,)
    most = round(_LINE_SHARE * stack.shape[1])
    if at_top:
        bottom += next((n for n in range(most) if not same[bottom + n]), most)
        return Strip(0, bottom, band.ground)
    top -= next((n for n in range(most) if not same[top - 1 - n]), most)
    return Strip(top, stack.shape[1], band.ground)


def _is_there(rows: ImageArray, ground: int) -> bool:
    """Whether rows of a decoded picture, (h, w, 3), have a strip's ground."""
    levels, share = _IS_THERE
    if not rows.size:
        return False
    return bool((np.abs(rows.mean(axis=2) - ground) <= levels).mean() >= share)
