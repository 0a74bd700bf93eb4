"""Geometry between a photo, the detector's canvas and the embedder's crops."""

from __future__ import annotations

import functools
import math

import cv2
import numpy as np
import numpy.typing as npt

from thumper_core.contracts import PATCH_SIDE, FloatArray, ImageArray
from thumper_core.vision.decode import DecodedPhoto, DecodeError, decode_photo
from thumper_core.vision.rgb import NEUTRAL_GRAY

__all__ = [
    "DecodeError",
    "DecodedPhoto",
    "as_gray",
    "blank_boxes",
    "box_content",
    "boxes_in_crop",
    "boxes_to_image",
    "boxes_to_photo",
    "crop_patch",
    "crop_resize",
    "crop_sharpness",
    "decode_photo",
    "letterbox",
]

CROP_FILL = (124, 116, 104)
"""RGB beside a crop that is not square: ImageNet's mean, about 0 once normalised."""
INFRARED_LIKE = np.array([[0.36, 0.44, 0.20]], np.float32)
"""Weights of red, green and blue in a grey crop."""
SHARPNESS_SIDE = 224
"""Longest side, pixels, at which sharpness is measured: the same for near and far animals."""


def letterbox(
    image: ImageArray, size: tuple[int, int]
) -> tuple[ImageArray, tuple[float, float], tuple[int, int]]:
    """Fit an image into a canvas, aspect ratio kept, grey 114 around it.

    image: (H, W, 3) uint8; size: (h, w) of the canvas. Returns the canvas (h, w, 3) uint8,
    the ratios (x, y), canvas pixels per image pixel (they differ by rounding only), and the padding
    (left, top).
    """
    height, width = size
    source_height, source_width = image.shape[:2]
    ratio = min(height / source_height, width / source_width)
    new_width = max(1, min(width, round(source_width * ratio)))
    new_height = max(1, min(height, round(source_height * ratio)))
    resized = _resize(image, new_width, new_height)
    left, top = (width - new_width) // 2, (height - new_height) // 2
    if (new_height, new_width) == (height, width):
        canvas = resized
    else:
        canvas = np.full((height, width, 3), NEUTRAL_GRAY, np.uint8)
        canvas[top : top + new_height, left : left + new_width] = resized
    return canvas, (new_width / source_width, new_height / source_height), (left, top)


def boxes_to_photo(
    xyxy: FloatArray,
    ratio_xy: tuple[float, float],
    pad_xy: tuple[int, int],
    photo: DecodedPhoto,
) -> FloatArray:
    """Boxes on a letterbox canvas, (N, 4) xyxy, to pixels of the full photo, clipped to it."""
    scale = np.array([photo.scale_x / ratio_xy[0], photo.scale_y / ratio_xy[1]] * 2)
    moved = (xyxy.astype(np.float64) - np.array(pad_xy * 2)) * scale
    limits = np.array([photo.width, photo.height] * 2, np.float64)
    clipped: FloatArray = np.clip(moved, 0.0, limits).astype(np.float32).reshape(-1, 4)
    return clipped


def boxes_to_image(xyxy: FloatArray, photo: DecodedPhoto) -> FloatArray:
    """Boxes in pixels of the full upright photo, (N, 4) xyxy, to pixels of the decoded image."""
    scale = np.array([photo.scale_x, photo.scale_y] * 2)
    moved: FloatArray = (xyxy / scale).astype(np.float32).reshape(-1, 4)
    return moved


def crop_resize(image: ImageArray, box_xyxy: FloatArray, size: int, margin: float) -> ImageArray:
    """The box's content as a square (size, size, 3) uint8 picture, aspect ratio kept.

    box_xyxy: (4,) in pixels of `image`; margin: share of the box's longer side added on each side.
    The longer side fills the square, the rest is CROP_FILL. A box outside the image or without area
    gives its nearest pixel.
    """
    region = _region(image, box_xyxy, margin)
    left, top, right, bottom = _fitted(region.shape[1], region.shape[0], size)
    square = _empty_square(size).copy()
    square[top:bottom, left:right] = _resize(region, right - left, bottom - top)
    return square


@functools.cache
def _empty_square(size: int) -> ImageArray:
    """A square of CROP_FILL; filling three channels anew takes longer than all else of a crop."""
    return np.tile(np.array(CROP_FILL, np.uint8), (size, size, 1))


def boxes_in_crop(
    image_size: tuple[int, int],
    box_xyxy: FloatArray,
    boxes: FloatArray,
    size: int,
    margin: float,
) -> tuple[tuple[int, int, int, int], npt.NDArray[np.int64]]:
    """Where `crop_resize` with the same box, size and margin puts the photo, and boxes on it.

    image_size: (width, height), pixels; box_xyxy: (4,), boxes: (N, 4) in pixels of the image.
    Returns the part of the square that shows the image, (left, top, right, bottom), and (N, 4)
    int64 xyxy of the boxes in the square: whole pixels outwards, clipped to that part, without area
    where nothing of a box is in it.
    """
    left, top, right, bottom = _edges(image_size, box_xyxy, margin)
    part = _fitted(right - left, bottom - top, size)
    low, high = np.array(part[:2]), np.array(part[2:])
    scale = (high - low) / np.array([right - left, bottom - top])
    corners = boxes.astype(np.float64).reshape(-1, 2, 2)
    moved = (corners - np.array([left, top])) * scale + low
    moved[:, 0], moved[:, 1] = np.floor(moved[:, 0]), np.ceil(moved[:, 1])
    return part, np.clip(moved, low, high).astype(np.int64).reshape(-1, 4)


def blank_boxes(
    crop: ImageArray, part: tuple[int, int, int, int], boxes: npt.NDArray[np.integer]
) -> tuple[ImageArray, npt.NDArray[np.bool_]]:
    """A crop with boxes blanked, and what is left of the photo in it.

    crop: (S, S, 3) uint8; part: of it that shows the photo, boxes: (N, 4) xyxy, both as
    `boxes_in_crop` gives them. The blank has the mean colour of what is left: a fixed one would be
    a signal that all crops share; grey where nothing is. Second: (S, S) bool, True where the photo
    is still to be seen.
    """
    left = np.zeros(crop.shape[:2], bool)
    left[part[1] : part[3], part[0] : part[2]] = True
    blank = np.zeros_like(left)
    for x1, y1, x2, y2 in boxes.tolist():
        blank[y1:y2, x1:x2] = True
    left &= ~blank
    blanked = crop.copy()
    blanked[blank] = np.rint(crop[left].mean(axis=0)) if left.any() else NEUTRAL_GRAY
    return blanked, left


def as_gray(crop: ImageArray) -> ImageArray:
    """A crop without its colour, (H, W, 3) uint8 with three equal channels.

    The weights lean to red, because near-infrared reflectance of fur and plants follows the red
    channel more than Rec. 601 luma does; an infrared photo comes out as it went in.
    """
    gray = cv2.transform(crop, INFRARED_LIKE)
    result: ImageArray = np.repeat(gray.reshape(*crop.shape[:2], 1), 3, axis=2)
    return result


def embedder_crop(
    image: ImageArray, box_xyxy: FloatArray, size: int, margin: float, *, gray: bool
) -> ImageArray:
    """A box's content as an embedder gets it: as `crop_resize`, and with `gray` without colour."""
    crop = crop_resize(image, box_xyxy, size, margin)
    return as_gray(crop) if gray else crop


def crop_sharpness(image: ImageArray, box_xyxy: FloatArray) -> float:
    """Variance of the Laplacian of the box's content, grey levels squared; higher is sharper.

    Measured after scaling the box's longer side to SHARPNESS_SIDE pixels (Pech-Pacheco et al. 2000,
    "Diatom autofocusing in brightfield microscopy"), because the variance depends on the scale.
    """
    region = _region(image, box_xyxy, 0.0)
    height, width = region.shape[:2]
    ratio = SHARPNESS_SIDE / max(height, width)
    scaled = _resize(region, max(1, round(width * ratio)), max(1, round(height * ratio)))
    gray = cv2.cvtColor(scaled, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(gray, cv2.CV_32F).var())


def crop_patch(image: ImageArray, box_xyxy: FloatArray) -> bytes:
    """What the box shows, small: PATCH_SIDE x PATCH_SIDE grey levels (uint8), row by row.

    The box's sides are stretched to the square, so that two patches of one thing lie on each other.
    """
    region = _region(image, box_xyxy, 0.0)
    small = cv2.resize(region, (PATCH_SIDE, PATCH_SIDE), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).tobytes()


def box_content(image: ImageArray, box_xyxy: FloatArray) -> ImageArray:
    """What lies in the box and nothing round it, (H, W, 3): a view, at least one pixel each way."""
    return _region(image, box_xyxy, 0.0)


def _region(image: ImageArray, box_xyxy: FloatArray, margin: float) -> ImageArray:
    """A view of the box with its margin, clipped to the image, at least one pixel each way."""
    left, top, right, bottom = _edges((image.shape[1], image.shape[0]), box_xyxy, margin)
    return image[top:bottom, left:right]


def _edges(
    image_size: tuple[int, int], box_xyxy: FloatArray, margin: float
) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the box with its margin, clipped, at least one pixel each way."""
    width, height = image_size
    x1, y1, x2, y2 = (float(value) for value in box_xyxy)
    extra = margin * max(x2 - x1, y2 - y1, 0.0)
    left = min(max(math.floor(x1 - extra), 0), width - 1)
    top = min(max(math.floor(y1 - extra), 0), height - 1)
    right = min(max(math.ceil(x2 + extra), left + 1), width)
    bottom = min(max(math.ceil(y2 + extra), top + 1), height)
    return left, top, right, bottom


def _fitted(width: int, height: int, size: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a width x height picture in the middle of a square, filling it."""
    ratio = size / max(height, width)
    new_width, new_height = max(1, round(width * ratio)), max(1, round(height * ratio))
    left, top = (size - new_width) // 2, (size - new_height) // 2
    return left, top, left + new_width, top + new_height


def _resize(image: ImageArray, width: int, height: int) -> ImageArray:
    """Area averaging to shrink a lot (nothing between the samples is lost), else bilinear."""
    if image.shape[:2] == (height, width):
        return np.ascontiguousarray(image)
    shrinks = width * 2 < image.shape[1] or height * 2 < image.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized: ImageArray = cv2.resize(image, (width, height), interpolation=method)  # type: ignore[assignment]
    return resized
