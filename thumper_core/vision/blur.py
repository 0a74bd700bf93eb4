"""What a picture shows in some boxes, made unrecognisable for good.

The pixels are replaced, not covered: what is left of a box is the mean colours of a few cells. A mosaic
of fine cells can be guessed back (McPherson, Shokri & Shmatikov 2016, "Defeating Image Obfuscation with
Deep Learning"), so there are never more than CELLS along the longer side: a head is less than a cell.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from thumper_core.contracts import FloatArray, ImageArray

CELLS: Final = 5
"""Cells along the longer side of a box."""
AROUND: Final = 0.1
"""Added round a box on each side, share of its longer side: detectors cut hands, hats and bumpers off."""


def blurred(image: ImageArray, boxes: FloatArray) -> ImageArray:
    """A copy of (H, W, 3) uint8 in which nothing of the boxes, (N, 4) xyxy in its pixels, can be recognised.

    Where boxes meet, each is taken from what the one before left. No boxes: the image itself.
    """
    if not len(boxes):
        return image
    made = image.copy()
    height, width = image.shape[:2]
    for x1, y1, x2, y2 in boxes.tolist():
        extra = AROUND * max(x2 - x1, y2 - y1)
        left, top = max(math.floor(x1 - extra), 0), max(math.floor(y1 - extra), 0)
        right, bottom = min(math.ceil(x2 + extra), width), min(math.ceil(y2 + extra), height)
        if right <= left or bottom <= top:
            continue
        made[top:bottom, left:right] = _cells(made[top:bottom, left:right])
    return made


def _cells(part: ImageArray) -> ImageArray:
    """The means of a few cells, running into one another."""
    height, width = part.shape[:2]
    ratio = CELLS / max(height, width, CELLS)
    few = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    if max(height, width) <= CELLS:
        few = (1, 1)
    small = cv2.resize(part, few, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
