"""Pictures for training, made different by chance: place, size, light, colour, damage, company.

A detector that is tuned on a few feeders learns those feeders: every infrared heap at a feeder is a
deer. So animals of other places are put into the photos of the feeders, where nothing marks them as
deer, and deer of the feeders into other places, in that place's light (Ghiasi et al. 2021, without
masks: their borders are soft, and are so on both kinds).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from thumper_core.boxes.iou import area_px2
from thumper_core.contracts import FloatArray, ImageArray
from thumper_core.vision.centernet.examples import Example, Flags

LONGEST_PX: Final = (300.0, 1000.0)
"""Longest side of the whole photo, of which the canvas is a part: thumbnails to close-ups."""
LEAST_SEEN: Final = 0.35
"""A box of which less is in the picture is left out."""
LEAST_AREA_PX2: Final = 80.0
LEAST_PATCH_PX: Final = 40
GREY: Final = 114


@dataclass(frozen=True)
class Patch:
    """A cut-out animal: (h, w, 3) uint8 RGB with some of its surroundings; wanted: is learned."""

    image: ImageArray
    wanted: bool
    camera: str


def patches_of(example: Example) -> list[Patch]:
    """Every box of a photo that is large enough to be shown elsewhere."""
    found = []
    height, width = example.image.shape[:2]
    rows = zip(example.boxes, example.wanted, example.doubtful, strict=True)
    for (x1, y1, x2, y2), wanted, doubtful in rows:
        w, h = x2 - x1, y2 - y1
        if min(w, h) < LEAST_PATCH_PX or doubtful:
            continue
        left, top = max(0, int(x1 - 0.06 * w)), max(0, int(y1 - 0.06 * h))
        right, bottom = min(width, int(x2 + 0.06 * w)), min(height, int(y2 + 0.06 * h))
        found.append(Patch(example.image[top:bottom, left:right], bool(wanted), example.camera))
    return found


def is_grey(image: ImageArray) -> bool:
    """Whether a picture has no colour, as infrared ones."""
    small = image[::8, ::8].astype(np.int16)
    return bool(np.abs(small - small.mean(2, keepdims=True)).mean() < 3)


def pasted(
    image: ImageArray, boxes: FloatArray, patch: Patch, rng: np.random.Generator
) -> tuple[ImageArray, FloatArray | None]:
    """A picture with an animal more, where it hides none; and its box, or None: there was no room."""
    height, width = image.shape[:2]
    tall = height * math.exp(rng.uniform(math.log(0.10), math.log(0.55)))
    scale = tall / patch.image.shape[0]
    h, w = round(tall), round(patch.image.shape[1] * scale)
    if h < 12 or w < 12 or w >= width:
        return image, None
    left, top = int(rng.integers(0, width - w)), int(rng.integers(height // 8, height - h + 1))
    box = np.array([left, top, left + w, top + h], np.float32)
    if len(boxes):
        low, high = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:], box[2:])
        hidden = np.clip(high - low, 0, None).prod(1) / np.maximum(area_px2(boxes), 1)
        if hidden.max() > 0.25:
            return image, None
    animal = cv2.resize(patch.image, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32)
    under = image[top : top + h, left : left + w].astype(np.float32)
    if rng.random() < 0.5:
        animal = animal[:, ::-1]
    if is_grey(image):
        animal = np.repeat(animal.mean(2, keepdims=True), 3, 2)
    elif is_grey(patch.image):
        animal = tinted(animal, rng)
    gain = rng.uniform(0.7, 1.5) * (under.mean() + 12) / (animal.mean() + 12)
    animal = animal * np.clip(gain, 0.35, 2.2)
    across = np.minimum(np.arange(w) + 0.5, w - np.arange(w) - 0.5)[None] / (0.12 * w)
    along = np.minimum(np.arange(h) + 0.5, h - np.arange(h) - 0.5)[:, None] / (0.12 * h)
    soft = (np.clip(across, 0, 1) * np.clip(along, 0, 1))[:, :, None].astype(np.float32)
    out = image.copy()
    out[top : top + h, left : left + w] = (animal * soft + under * (1 - soft)).clip(0, 255)
    inner = np.array([0.05 * w, 0.05 * h, -0.05 * w, -0.05 * h], np.float32)
    return out, box + inner


def tinted(image: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A grey picture with the colours of earth, grass or fur."""
    light = image.mean(2, keepdims=True) / 255
    dark = rng.uniform([10, 10, 0], [70, 60, 45]).astype(np.float32)
    bright = rng.uniform([170, 150, 100], [255, 245, 230]).astype(np.float32)
    return np.asarray(dark + light * (bright - dark), np.float32)


def placed(
    image: ImageArray, boxes: FloatArray, size: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """A part of a picture in a canvas of size x size, float32 0..255, and the boxes there, unclipped."""
    height, width = image.shape[:2]
    low, high = LONGEST_PX
    longest = math.exp(rng.uniform(math.log(low), math.log(high)))
    scale = longest / max(height, width)
    stretch = math.exp(rng.uniform(-0.1, 0.1))
    sx, sy = scale * stretch, scale / stretch
    if len(boxes) and rng.random() < 0.8:  # an animal is somewhere in the canvas
        box = boxes[rng.integers(len(boxes))]
        at = rng.uniform(0.15, 0.85, 2) * size
        dx, dy = at[0] - (box[0] + box[2]) / 2 * sx, at[1] - (box[1] + box[3]) / 2 * sy
    else:
        dx, dy = (
            rng.uniform(min(0, size - s), max(0, size - s)) for s in (width * sx, height * sy)
        )
    dx, dy = (
        float(np.clip(d, min(0, size - s), max(0, size - s)))
        for d, s in ((dx, width * sx), (dy, height * sy))
    )
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    whole = cv2.resize(image, None, fx=sx, fy=sy, interpolation=how)
    move = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    drawn = cv2.warpAffine(whole, move, (size, size), borderValue=(GREY,) * 3)
    canvas = drawn.astype(np.float32)
    moved = boxes * np.array([sx, sy] * 2, np.float32) + np.array([dx, dy] * 2, np.float32)
    if rng.random() < 0.5:
        canvas = canvas[:, ::-1]
        moved[:, [0, 2]] = size - moved[:, [2, 0]]
    return canvas, moved


def weathered(canvas: FloatArray, rng: np.random.Generator) -> ImageArray:
    """Another light, another camera, another compression: (H, W, 3) 0..255 to uint8."""
    out = canvas
    chance = rng.random()
    if chance < 0.35:
        out = np.repeat(out.mean(2, keepdims=True), 3, 2)
    elif chance < 0.60:
        share = rng.uniform(0.3, 1.0)
        out = (1 - share) * out + share * tinted(out, rng)
    if rng.random() < 0.5:
        out = out * rng.uniform(0.8, 1.2, 3).astype(np.float32)
    out = np.asarray(255 * (np.clip(out, 0, 255) / 255) ** rng.uniform(0.55, 1.7), np.float32)
    out = (out - 128) * np.float32(rng.uniform(0.6, 1.3)) + np.float32(128 + rng.uniform(-35, 35))
    if rng.random() < 0.3:
        out = out + rng.normal(0, rng.uniform(2, 12), (*out.shape[:2], 1)).astype(np.float32)
    picture: Any = np.clip(out, 0, 255).astype(np.uint8)
    if rng.random() < 0.2:
        less = rng.uniform(0.4, 0.8)
        small = cv2.resize(picture, None, fx=less, fy=less, interpolation=cv2.INTER_AREA)
        picture = cv2.resize(small, out.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.3:
        quality = int(rng.integers(15, 70))
        _, code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = cv2.imdecode(code, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(picture)


def within(boxes: FloatArray, size: int) -> tuple[FloatArray, Flags]:
    """Boxes cut at the canvas, and which of them are seen enough to count, (N,) bool."""
    cut = boxes.clip(0, size)
    seen = area_px2(cut)
    return cut, (seen > LEAST_SEEN * area_px2(boxes)) & (seen > LEAST_AREA_PX2)
