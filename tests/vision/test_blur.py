"""What was in a blurred box is gone: many pictures give the same one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thumper_core.contracts import ImageArray
from thumper_core.vision.blur import AROUND, CELLS, blurred


def noise(seed: int, shape: tuple[int, ...] = (200, 300, 3)) -> ImageArray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_of_a_box_only_the_means_of_a_few_cells_are_left() -> None:
    image, box = (
        noise(1),
        np.array([[110, 30, 210, 130]], np.float32),
    )  # 120 pixels with what is around
    made = blurred(image, box)
    left, top, side = 100, 20, 120
    assert round(100 * (1 + 2 * AROUND)) == side
    cell = side // CELLS
    other = image.copy()
    lot = np.random.default_rng(2)
    for y in range(top, top + side, cell):
        for x in range(left, left + side, cell):
            part = other[y : y + cell, x : x + cell].reshape(-1, 3)
            other[y : y + cell, x : x + cell] = lot.permutation(part).reshape(cell, cell, 3)
    inside = np.zeros(image.shape[:2], bool)
    inside[top : top + side, left : left + side] = True
    assert (other[inside] != image[inside]).any(axis=1).mean() > 0.9
    np.testing.assert_allclose(blurred(other, box).astype(int), made.astype(int), atol=1)
    np.testing.assert_array_equal(made[~inside], image[~inside])
    # and the means themselves: what a box can still show is a few smooth patches
    assert np.abs(np.diff(made[inside].reshape(side, side, 3).astype(int), axis=0)).max() < 20
    assert np.abs(np.diff(image[inside].reshape(side, side, 3).astype(int), axis=0)).max() > 200


def test_two_faces_of_one_colour_look_the_same() -> None:
    """A head on a body of 400 pixels is less than a cell: eyes and mouth are in nothing that is left."""
    image = np.full((500, 300, 3), 90, np.uint8)
    image[40:440, 100:200] = (60, 80, 120)
    heads = []
    for eyes in ((60, 52), (52, 60)):  # the same pixels in other places
        face = image.copy()
        face[40:90, 125:175] = (190, 150, 130)
        face[eyes[0], 135:140] = face[eyes[1], 160:165] = 10
        heads.append(blurred(face, np.array([[100, 40, 200, 440]], np.float32)))
    assert np.abs(heads[0].astype(int) - heads[1]).max() <= 1


@given(
    st.lists(st.tuples(*[st.floats(-50, 400)] * 4), max_size=4),
    st.integers(1, 40), st.integers(1, 40),
)  # fmt: skip
def test_any_boxes_of_any_picture(boxes: list[tuple[float, ...]], height: int, width: int) -> None:
    image = noise(3, (height, width, 3))
    before = image.copy()
    made = blurred(image, np.array(boxes, np.float32).reshape(-1, 4))
    assert made.shape == image.shape
    assert made.dtype == np.uint8
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("side", [1, 2, 4, 5, 6, 9])
def test_small_boxes_are_hidden_too(side: int) -> None:
    image = noise(5, (40, 40, 3))
    made = blurred(image, np.array([[10, 10, 10 + side, 10 + side]], np.float32))
    part = made[10 : 10 + side, 10 : 10 + side].astype(int)
    assert side == 1 or (part != image[10 : 10 + side, 10 : 10 + side]).any(axis=2).mean() > 0.8
