"""Where a strip is cut away: only where one is, with its line, in the photos that have it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.stamp.test_read import BAND, HEIGHT, WIDTH, grey, printed
from thumper_core.contracts import ImageArray, Status
from thumper_core.stamp.place import TAUGHT_MIN, Strip, find_strips, scene
from thumper_core.vision.decode import DecodedPhoto

EDGE = HEIGHT - BAND


def season(n: int = 12, **options: bool) -> list[ImageArray]:
    return [grey(printed(f"9/{k}/2018  OAK {k}", k, **options)) for k in range(1, n + 1)]


def decoded(image: ImageArray, scale: float = 1.0) -> DecodedPhoto:
    """An image as of a photo `scale` times its size."""
    height, width = (round(side * scale) for side in image.shape[:2])
    pixels = np.repeat(image[:, :, None], 3, axis=2)
    return DecodedPhoto(pixels, width, height, scale, scale, Status.OK, None, None, "JPEG")


def lined(photos: list[ImageArray]) -> list[ImageArray]:
    """The same with a line of two rows above the strip, as Cuddeback's is."""
    made = [photo.copy() for photo in photos]
    for photo in made:
        photo[EDGE - 2 : EDGE] = np.linspace(60, 120, WIDTH).astype(np.uint8)
    return made


def night(k: int) -> ImageArray:
    """A dark sky over dim ground, with grain: a band of one grey level where nothing is printed."""
    rng = np.random.default_rng(k)
    photo = rng.normal(60, 25, (HEIGHT, WIDTH))
    photo[:50] = rng.normal(20, 6, (50, WIDTH))
    return np.clip(photo, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("photos", "strips"),
    [
        (season(), [(EDGE, HEIGHT)]),
        (lined(season()), [(EDGE - 2, HEIGHT)]),
        ([photo[::-1] for photo in lined(season())], [(0, BAND + 2)]),
        ([*season(11), *season(1, strip=False)], [(EDGE, HEIGHT)]),
        ([*season(6), *season(6, strip=False)], []),
        (season(TAUGHT_MIN - 1), []),
        (season(strip=False), []),
        (
            [grey(printed("", k, mark=False)) for k in range(12)],
            [],
        ),  # a black bar that says nothing
        ([night(k) for k in range(12)], []),
        ([], []),
    ],
    ids=["strip", "line", "top", "one off", "half off", "few", "none", "bar", "night", "empty"],
)
def test_strips_are_where_something_is_printed(
    photos: list[ImageArray], strips: list[tuple[int, int]]
) -> None:
    found = find_strips(photos)
    assert [strip[:2] for strip in found] == [
        pytest.approx(strip, abs=1) for strip in strips
    ]  # a row of the drawn band may be lost in the scene beside it
    assert all(strip.ground < 5 for strip in found)


@pytest.mark.parametrize("scale", [1.0, 2.0, 1.5])
def test_the_scene_is_what_lies_between_the_strips_that_a_photo_has(scale: float) -> None:
    photo = season(1)[0]
    foot = Strip(round(EDGE * scale), round(HEIGHT * scale), 0)
    head = Strip(0, round(BAND * scale), 0)
    whole, cut = (scene(decoded(photo, scale), strips) for strips in ((), (foot,)))
    assert (whole.top, len(whole.image)) == (0, HEIGHT)
    assert (cut.top, len(cut.image)) == (0, EDGE)
    assert scene(decoded(photo, scale), (head,)).image.shape[0] == HEIGHT, "it prints none there"
    off = grey(printed("", 1, strip=False))
    assert scene(decoded(off, scale), (foot,)).image.shape[0] == HEIGHT, "its menu has it off"
    turned = scene(decoded(photo[::-1].copy(), scale), (head, foot))
    assert (turned.top, len(turned.image)) == (BAND, EDGE)
    box = np.array([[10, 20, 30, HEIGHT]], np.float32) * scale
    np.testing.assert_allclose(cut.boxes(box), [[10, 20, 30, HEIGHT]], rtol=1e-4)
    np.testing.assert_allclose(turned.boxes(box), [[10, 20 - BAND, 30, EDGE]], rtol=1e-4)


def test_a_photo_that_would_be_all_strip_stays() -> None:
    black = np.zeros((40, 60), np.uint8)
    assert scene(decoded(black), (Strip(0, 40, 0),)).image.shape[0] == 40
    assert scene(decoded(black), (Strip(0, 30, 0), Strip(10, 40, 0))).image.shape[0] == 40
