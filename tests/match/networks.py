"""Networks for tests: one that finds what it is told to, and ALIKED where its weights are."""

from __future__ import annotations

import functools

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from thumper_core.contracts import ImageArray, ThumperError
from thumper_core.match.aliked import Aliked, Found
from thumper_core.match.collect import open_network


class Spots:
    """Keypoints by lot where it may look, of one look for each picture's mean grey; counts pictures."""

    def __init__(self, count: int = 12) -> None:
        self.count = count
        self.n_pictures = 0
        self.where: npt.NDArray[np.bool_] = np.zeros((0, 0), bool)

    def find(self, picture: ImageArray, most: int, where: npt.NDArray[np.bool_]) -> Found:
        self.n_pictures += 1
        self.where = where
        y, x = np.nonzero(where)
        rng = np.random.default_rng(int(picture.mean()))
        picked = rng.choice(len(x), self.count)
        looks = rng.normal(size=(self.count, 128))
        looks /= np.linalg.norm(looks, axis=1, keepdims=True)
        xy = np.column_stack([x, y])[picked]
        return Found(xy.astype(np.float32), looks.astype(np.float32))


@functools.cache
def aliked() -> Aliked:
    """The real network; the test is skipped where its weights are not installed."""
    try:
        return open_network()
    except ThumperError as error:
        pytest.skip(f"no local matching here: {error}")


def patterned(height: int, width: int) -> ImageArray:
    """A picture with much to see at every place."""
    noise = np.random.default_rng(0).integers(0, 255, (height // 8 + 1, width // 8 + 1, 3))
    large = cv2.resize(noise.astype(np.uint8), None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(large[:height, :width])
