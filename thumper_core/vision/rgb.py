"""Any picture of Pillow's to RGB: 16 and 32 bits scaled, transparency laid over neutral grey."""

from __future__ import annotations

import numpy as np
from PIL import Image

from thumper_core.contracts import ImageArray

NEUTRAL_GRAY = 114  # what shows behind transparent pixels; the grey that letterboxing pads with


def to_rgb8(picture: Image.Image) -> ImageArray:
    """Any Pillow mode to (H, W, 3) uint8 RGB: 16 bits scaled, alpha laid over neutral grey."""
    if picture.mode.startswith("I;16"):
        deep = np.asarray(picture)
        return _gray_to_rgb((deep.astype(np.uint32) * 255 + 32767) // 65535)
    if picture.mode in ("I", "F"):
        return _gray_to_rgb(_scale_to_255(np.asarray(picture, np.float64)))
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        backdrop = Image.new("RGBA", layer.size, (NEUTRAL_GRAY,) * 3 + (255,))
        picture = Image.alpha_composite(backdrop, layer)
    return np.array(picture.convert("RGB"), np.uint8)


def _gray_to_rgb(gray: np.ndarray) -> ImageArray:
    return np.repeat(gray.astype(np.uint8)[:, :, None], 3, axis=2)


def _scale_to_255(values: np.ndarray) -> np.ndarray:
    """32-bit grey to 0..255: by its range where that is usual, else from darkest to lightest."""
    finite: np.ndarray = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    for full in (1.0, 255.0, 65535.0):
        if low >= 0 and high <= full:
            low, high = 0.0, full
            break
    scaled: np.ndarray = np.rint((finite - low) * (255.0 / max(high - low, 1e-12)))
    return scaled
