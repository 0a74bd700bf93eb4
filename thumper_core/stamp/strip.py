"""Where a camera model prints its strip: learned from photos of it, without reading a letter.

A strip is a band at the upper or lower edge whose ground is one grey level in every photo, whatever the
scene does. What stays in it at the same place from camera to camera is the maker's mark, and no text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import ImageArray

PHOTOS_MIN: Final = 3
"""Fewer photos of a model teach nothing: a black night has a black band too."""
_GROUND_SHARE: Final = 0.5  # of a row's pixels that have the ground's grey level
_ALIKE: Final = 14  # grey levels
_SAME_SHARE: Final = 0.9  # of the photos that must agree
_EDGE_SHARE: Final = 0.012  # of the height that may lie between the edge and the strip
_HEIGHTS: Final = (0.012, 0.16)  # of the photo's
INK_MIN: Final = 60
"""Grey levels that text differs from its ground."""
_LIKE_USUAL: Final = 0.8  # of a column's pixels, where it shows what it mostly shows
_GAP: Final = 1.2  # widths of its line's height that part two pieces of text


@dataclass(frozen=True)
class Band:
    """One band. top, bottom: rows of the photo, from and to; ground: its grey level; marks: (W,) bool,
    columns that look alike in all cameras of the model.
    """

    top: int
    bottom: int
    ground: int
    marks: npt.NDArray[np.bool_]


def find_bands(photos: Sequence[ImageArray], cameras: Sequence[str]) -> list[Band]:
    """The bands of photos of one model and size, from the top down; none where there are too few photos.

    photos: (H, W) uint8 grey, all of one shape; cameras: where each is from, by its folder.
    """
    if len(photos) < PHOTOS_MIN:
        return []
    stack = np.stack(photos)
    grounds, is_ground = _ground_rows(stack)
    bands = []
    for top, bottom in _at_edges(is_ground):
        ground = int(np.median(grounds[top:bottom]))
        bands.append(Band(top, bottom, ground, _marks(stack[:, top:bottom], ground, cameras)))
    return bands


def pieces(photo: ImageArray, band: Band) -> Iterator[ImageArray]:
    """The pieces of text in a band, line by line, left to right: (h, w) uint8 grey, dark on white.

    photo: (H, W) uint8 grey.
    """
    part = photo[band.top : band.bottom].astype(np.int16)
    ink = np.abs(part - band.ground)
    ink[:, band.marks] = 0
    for top, bottom in runs(np.asarray((ink > INK_MIN).any(axis=1)), 0):
        line = ink[top:bottom]
        height = bottom - top
        if height < 5:
            continue
        for left, right in runs(np.asarray((line > INK_MIN).any(axis=0)), round(_GAP * height)):
            if right - left < height // 2:
                continue
            pad = max(2, height // 4)
            piece = np.zeros((height + 2 * pad, right - left + 2 * pad), np.int16)
            piece[pad : pad + height, pad : pad + right - left] = line[:, left:right]
            yield (255 - np.clip(piece, 0, 255)).astype(np.uint8)


def _ground_rows(stack: npt.NDArray[np.uint8]) -> tuple[np.ndarray, npt.NDArray[np.bool_]]:
    """Each row's commonest grey level, and whether it is the ground of a strip: (H,) both."""
    level = np.median(stack, axis=2)  # (photos, H)
    usual = np.median(level, axis=0)
    near = np.abs(stack.astype(np.int16) - usual[None, :, None]) <= _ALIKE
    holds = near.mean(axis=2) >= _GROUND_SHARE
    return usual, holds.mean(axis=0) >= _SAME_SHARE


def _at_edges(is_ground: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Runs of rows that begin at an edge, or nearly, and are as high as strips are."""
    n = len(is_ground)
    edge = max(1, round(_EDGE_SHARE * n))
    low, high = round(_HEIGHTS[0] * n), round(_HEIGHTS[1] * n)
    found = []
    for top, bottom in runs(is_ground, 2):
        if (top <= edge or bottom >= n - edge) and max(low, 8) <= bottom - top <= high:
            found.append((top, bottom))
    return found


def _marks(
    part: npt.NDArray[np.uint8], ground: int, cameras: Sequence[str]
) -> npt.NDArray[np.bool_]:
    """(W,) columns of what is the same in the photos of all cameras; none of one camera alone.

    A mark stands apart. A text has something in it that changes, and then none of it is a mark.
    """
    marks = np.zeros(part.shape[2], bool)
    if len(set(cameras)) < 2:
        return marks
    ink = np.abs(part.astype(np.int16) - ground) > INK_MIN  # (photos, rows, W)
    usual = ink.mean(axis=0) > 0.5
    inked = np.asarray(ink.any(axis=(0, 1)))
    same = (ink == usual).mean(axis=1) >= _LIKE_USUAL  # (photos, W)
    varies = inked & (same.mean(axis=0) < _SAME_SHARE)
    for left, right in runs(inked, part.shape[1] // 2):
        if not varies[left:right].any():
            marks[max(0, left - 3) : right + 3] = True
    return marks


def runs(flags: npt.NDArray[np.bool_], gap: int) -> list[tuple[int, int]]:
    """(from, to) of stretches of True; gaps no longer than `gap` are bridged."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.view(np.int8), [0]])))
    found: list[tuple[int, int]] = []
    for start, stop in edges.reshape(-1, 2).tolist():
        if found and start - found[-1][1] <= gap:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((start, stop))
    return found
