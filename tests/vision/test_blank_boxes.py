"""Where boxes lie in a crop, and crops with boxes blanked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.vision.images import CROP_FILL, blank_boxes, boxes_in_crop, crop_resize


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(*[st.integers(0, 159), st.integers(0, 89)] * 2),
    st.sampled_from([32, 57, 224]),
    st.sampled_from([0.0, 0.05, 0.4]),
)
def test_the_box_lies_where_its_pixels_are(corners: tuple, size: int, margin: float) -> None:
    x1, x2 = sorted(corners[::2])
    y1, y2 = sorted(corners[1::2])
    box = np.array([x1, y1, x2 + 1, y2 + 1], np.float32)
    image = np.zeros((90, 160, 3), np.uint8)
    image[y1 : y2 + 1, x1 : x2 + 1] = 255
    crop = crop_resize(image, box, size, margin)
    part, places = boxes_in_crop((160, 90), box, box[None], size, margin)
    outside = np.ones((size, size), bool)
    outside[part[1] : part[3], part[0] : part[2]] = False
    assert (crop[outside] == CROP_FILL).all()
    left, top, right, bottom = places[0]
    inside = np.zeros((size, size), bool)
    inside[top:bottom, left:right] = True
    rim = ~inside & ~outside
    # enlarging smears an edge over half a pixel of the photo
    blur = int(np.ceil(0.5 * (part[2] - part[0]) / max(x2 - x1, 1))) + 1
    near = np.zeros_like(inside)
    near[max(top - blur, 0) : bottom + blur, max(left - blur, 0) : right + blur] = True
    assert (crop[rim & ~near] == 0).all()
    assert inside.any()


def test_a_box_takes_the_share_of_the_crop_that_the_margin_leaves() -> None:
    image = np.zeros((400, 400, 3), np.uint8)
    box = np.array([100, 150, 300, 250], np.float32)  # 200 x 100, far from any edge
    part, places = boxes_in_crop((400, 400), box, box[None], 220, 0.05)
    assert part == (0, 50, 220, 170)  # 10 pixels on each side of the box
    assert places.tolist() == [[10, 60, 210, 160]]
    crop = crop_resize(image, box, 220, 0.05)
    _, left = blank_boxes(crop, part, places)
    assert np.count_nonzero(left) == 220 * 120 - 200 * 100
    at_edge = np.array([0, 0, 200, 100], np.float32)
    part, places = boxes_in_crop((400, 400), at_edge, at_edge[None], 210, 0.05)
    assert part == (0, 50, 210, 160)
    assert places.tolist() == [[0, 50, 200, 150]]


def test_boxes_elsewhere_have_no_area() -> None:
    box = np.array([100, 100, 200, 200], np.float32)
    others = np.array([[300, 100, 400, 200], [0, 0, 10, 10], [190, 190, 300, 300]], np.float32)
    part, places = boxes_in_crop((400, 400), box, others, 110, 0.05)
    assert part == (0, 0, 110, 110)
    areas = (places[:, 2] - places[:, 0]) * (places[:, 3] - places[:, 1])
    assert areas.tolist() == [0, 0, 15 * 15]


def test_blanking_takes_the_colour_of_what_is_left() -> None:
    crop = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    crop[:4], crop[16:] = CROP_FILL, CROP_FILL
    before = crop.copy()
    blanked, left = blank_boxes(crop, (0, 4, 20, 16), np.array([[5, 6, 15, 16], [0, 4, 2, 6]]))
    want = np.zeros((20, 20), bool)
    want[4:16] = True
    want[6:16, 5:15] = want[4:6, 0:2] = False
    assert (left == want).all()
    assert (blanked[want] == crop[want]).all()
    assert (blanked[:4] == CROP_FILL).all()
    assert blanked[10, 10] == pytest.approx(crop[want].mean(axis=0), abs=0.51)
    assert (blanked[6:16, 5:15] == blanked[10, 10]).all()
    assert (crop == before).all()
    everything, nothing = blank_boxes(crop, (0, 4, 20, 16), np.array([[0, 4, 20, 16]]))
    assert not nothing.any()
    assert len(np.unique(everything[4:16])) == 1
    untouched, _ = blank_boxes(crop, (0, 4, 20, 16), np.zeros((0, 4), np.int64))
    assert (untouched == crop).all()
