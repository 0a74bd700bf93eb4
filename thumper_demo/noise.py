"""Seeded random streams and the smooth noise that every texture is made of."""

from __future__ import annotations

import hashlib
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
Rng = np.random.Generator


def f32(array: Any) -> F32:
    """The array as float32; what OpenCV returns is float32 already, but its stubs do not say so."""
    return np.asarray(array, np.float32)


def u8(array: Any) -> U8:
    """The array as uint8, truncated."""
    return np.asarray(array).astype(np.uint8, copy=False)


def rng_for(seed: int, *keys: int | str) -> Rng:
    """A random stream that depends on the seed and the keys only.

    Hashing the keys keeps streams apart (photo 12 of seed 3 and photo 3 of seed 12) and makes a
    photo's stream independent of which process draws it and of what was drawn before.
    """
    text = "/".join([str(seed), *(str(key) for key in keys)])
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "little"))


def value_noise(rng: Rng, height: int, width: int, cells_y: float, cells_x: float) -> F32:
    """Smooth noise ``(height, width) float32`` 0..1 with about ``cells`` bumps along each axis."""
    rows, cols = max(2, round(cells_y) + 3), max(2, round(cells_x) + 3)
    coarse = rng.random((rows, cols), dtype=np.float32)
    fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(fine, 0.0, 1.0).astype(np.float32)


def fractal(
    rng: Rng, height: int, width: int, cells: float, octaves: int = 4, stretch: float = 1.0
) -> F32:
    """Sum of octaves of value noise, ``(height, width) float32``, scaled to 0..1.

    ``stretch`` > 1 draws the bumps out along y (bark, hanging foliage), < 1 along x (fur, clouds).
    """
    total = np.zeros((height, width), np.float32)
    weight, norm = 1.0, 0.0
    for octave in range(octaves):
        count = cells * 2**octave
        total += weight * value_noise(rng, height, width, count * height / width / stretch, count)
        norm += weight
        weight *= 0.55
    total /= norm
    low, high = float(total.min()), float(total.max())
    return ((total - low) / max(high - low, 1e-6)).astype(np.float32)


def tileable(rng: Rng, size: int, beta: float) -> F32:
    """Noise ``(size, size) float32`` that wraps at its edges, mean 0, standard deviation 1.

    Filtered in the Fourier domain with amplitude ~ frequency^-beta: 0 is white, 1 is cloudy.
    """
    white = rng.standard_normal((size, size)).astype(np.float32)
    fy = np.fft.fftfreq(size)[:, None]
    fx = np.fft.rfftfreq(size)[None, :]
    radius = np.sqrt(fy * fy + fx * fx)
    radius[0, 0] = 1.0
    spectrum = np.fft.rfft2(white) * radius**-beta
    spectrum[0, 0] = 0.0
    field = np.fft.irfft2(spectrum, s=(size, size)).astype(np.float32)
    return (field / max(float(field.std()), 1e-6)).astype(np.float32)


def smoothstep(x: F32, low: float, high: float) -> F32:
    """Cubic ramp from 0 at ``low`` to 1 at ``high`` (``low`` may be the larger one)."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return f32(t * t * (3.0 - 2.0 * t))
