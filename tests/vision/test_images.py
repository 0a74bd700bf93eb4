"""Letterbox, crops, sharpness and blanked boxes against plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.contracts import PATCH_SIDE, Status
from thumper_core.vision.images import (
    CROP_FILL,
    DecodedPhoto,
    blank_boxes,
    boxes_in_crop,
    boxes_to_image,
    boxes_to_photo,
    crop_patch,
    crop_resize,
    crop_sharpness,
    letterbox,
)


def photo_of(image: np.ndarray, width: int, height: int) -> DecodedPhoto:
    return DecodedPhoto(
        image, width, height, width / image.shape[1], height / image.shape[0],
        Status.OK, None, None, "JPEG",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("source", "size", "pad"),
    [
        ((480, 640), (480, 640), (0, 0)),
        ((1080, 1920), (384, 640), (0, 12)),
        ((100, 50), (640, 640), (160, 0)),
        ((1, 1000), (64, 64), (0, 31)),
    ],
)
def test_letterbox_pads_evenly_with_grey(
    source: tuple[int, int], size: tuple[int, int], pad: tuple[int, int]
) -> None:
    canvas, _, pad_xy = letterbox(np.full((*source, 3), 200, np.uint8), size)
    assert canvas.shape == (*size, 3) and pad_xy == pad
    assert set(np.unique(canvas)) <= {114, 200}
    left, top = pad
    assert (canvas[:top] == 114).all() and (canvas[:, :left] == 114).all()
    assert (canvas[(size[0] - 1) // 2, size[1] // 2] == 200).all()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(8, 300), st.integers(8, 300), st.integers(32, 320), st.integers(32, 320),
    st.floats(1.0, 8.0),
    st.lists(st.tuples(*[st.floats(0, 1)] * 4), max_size=5),
)  # fmt: skip
def test_boxes_come_back_from_the_canvas(
    width: int, height: int, canvas_w: int, canvas_h: int, scale: float, shares: list
) -> None:
    photo = photo_of(
        np.zeros((height, width, 3), np.uint8), round(width * scale), round(height * scale)
    )
    _, ratio, pad = letterbox(photo.image, (canvas_h, canvas_w))
    full = np.array(shares, np.float32).reshape(-1, 4) * np.array(
        [photo.width, photo.height] * 2, np.float32
    )
    on_canvas = boxes_to_image(full, photo) * np.array(ratio * 2) + np.array(pad * 2)
    back = boxes_to_photo(on_canvas.astype(np.float32), ratio, pad, photo)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, full, atol=0.02 * scale, rtol=1e-3)


def test_boxes_are_clipped_to_the_photo() -> None:
    photo = photo_of(np.zeros((50, 100, 3), np.uint8), 400, 200)
    back = boxes_to_photo(np.array([[-9, -9, 999, 999]], np.float32), (1.0, 1.0), (0, 0), photo)
    assert back.tolist() == [[0, 0, 400, 200]]


def test_crop_keeps_the_aspect_ratio_and_fills_beside_it() -> None:
    image = np.full((100, 100, 3), 10, np.uint8)
    image[20:80, 40:60] = (250, 0, 0)
    crop = crop_resize(image, np.array([40, 20, 60, 80], np.float32), 96, 0.0)
    assert crop.shape == (96, 96, 3) and crop.dtype == np.uint8
    assert (crop[:, 32:64] == (250, 0, 0)).all()
    assert (crop[:, :32] == CROP_FILL).all() and (crop[:, 64:] == CROP_FILL).all()


def test_margin_shows_the_surroundings() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[40:60, 40:60] = 255
    box = np.array([40, 40, 60, 60], np.float32)
    assert crop_resize(image, box, 40, 0.0).min() == 255
    wide = crop_resize(image, box, 40, 0.5)
    assert wide[0, 0, 0] == 0 and wide[20, 20, 0] == 255


@pytest.mark.parametrize(
    "box",
    [[5, 5, 5, 5], [-50, -50, -10, -10], [500, 500, 600, 600], [99.9, 0, 100, 1], [9, 9, 2, 2]],
)
def test_boxes_without_area_still_give_a_crop(box: list[float]) -> None:
    image = np.full((100, 100, 3), 7, np.uint8)
    crop = crop_resize(image, np.array(box, np.float32), 32, 0.1)
    assert (crop == 7).any()
    assert crop_sharpness(image, np.array(box, np.float32)) == 0.0


def test_a_patch_is_the_box_stretched_to_a_square_in_grey() -> None:
    image = np.zeros((90, 200, 3), np.uint8)
    image[10:42, 20:52] = 200
    image[10:42, 52:148] = 40
    patch = crop_patch(image, np.array([20, 10, 148, 42], np.float32))
    grey = np.frombuffer(patch, np.uint8).reshape(PATCH_SIDE, PATCH_SIDE)
    assert (grey[:, :4] == 200).all() and (grey[:, 4:] == 40).all()
    assert len(crop_patch(image, np.array([500, 500, 600, 600], np.float32))) == PATCH_SIDE**2


def test_sharpness_falls_with_blur_and_not_with_size() -> None:
    import cv2

    rng = np.random.default_rng(3)
    small = cv2.GaussianBlur(rng.integers(0, 256, (224, 224, 3), dtype=np.uint8), (0, 0), 2.0)
    blurred = cv2.GaussianBlur(small, (0, 0), 3.0)
    large = cv2.resize(small, (896, 896), interpolation=cv2.INTER_CUBIC)
    everything = np.array([0, 0, 9999, 9999], np.float32)
    sharp = crop_sharpness(small, everything)
    assert crop_sharpness(blurred, everything) < 0.4 * sharp
    assert crop_sharpness(large, everything) == pytest.approx(sharp, rel=0.35)


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
