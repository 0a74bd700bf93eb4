"""How well crops match: made-up keypoints, against the rule carried out plainly."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.match.compare import ALIKE, Framed, compare, matched
from thumper_core.match.marks import LENGTH, MOST, ONE, UNIT, Marks


def descriptors(n: int, seed: int) -> np.ndarray:
    """(n, LENGTH) int8 of unit length; of two any the cosine is far below ALIKE."""
    rows = np.random.default_rng(seed).normal(size=(n, LENGTH))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return np.rint(rows * UNIT).clip(-127, 127).astype(np.int8)


def framed(crops: list[tuple[np.ndarray, np.ndarray]], camera: list[int] | None = None) -> Framed:
    """Crops of (places (K, 2) in 0..1, descriptors (K, LENGTH)), each a quarter of its photo."""
    marks = Marks.none(len(crops))
    for row, (place, descriptor) in enumerate(crops):
        marks.place[row, : len(place)] = np.rint(place * ONE)
        marks.descriptor[row, : len(place)] = descriptor
    n = len(crops)
    return Framed(
        marks,
        np.full((n, 2), 0.3, np.float32),
        np.full((n, 2), 0.5, np.float32),
        np.array(camera if camera is not None else range(n), np.int32),
    )


def places(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.3, 0.6, (n, 2))


def score(
    a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray], **more: list[int]
) -> float:
    return float(compare(framed([a, b], **more), np.array([[0, 1]], np.int32))[0])


def test_one_pattern_moved_and_scaled_matches_whole() -> None:
    where, looks = places(20), descriptors(20, 1)
    order = np.random.default_rng(2).permutation(20)
    found = score((where, looks), (0.1 + 1.2 * where[order], looks[order]))
    assert found == pytest.approx(20 * (1 - ALIKE) ** 2, rel=0.02)
    assert score((where, looks), (places(20, 9), descriptors(20, 7))) == 0  # another pattern


def test_matches_of_no_common_shape_do_not_count() -> None:
    looks = descriptors(20, 1)
    whole = score((places(20), looks), (places(20), looks))
    assert score((places(20), looks), (places(20, 5), looks)) < 0.4 * whole
    tiny = places(20) * 0.2  # no two crops of whole animals differ so much in scale
    assert score((places(20), looks), (tiny, looks)) == 0


def test_what_stands_still_before_one_camera_is_the_place() -> None:
    where, looks = places(20), descriptors(20, 1)
    assert score((where, looks), (where, looks), camera=[0, 0]) == 0
    assert score((where, looks), (where, looks), camera=[-1, -1]) > 1  # cameras not known
    moved = score(
        (where, looks), (where + 0.1, looks), camera=[0, 0]
    )  # it walked, as stones do not
    assert moved > 1


@pytest.mark.parametrize("n", [0, 1, 2, 3, MOST])
def test_few_and_many_keypoints(n: int) -> None:
    crop = (places(n), descriptors(n, 3))
    assert score(crop, crop) == pytest.approx(n * (1 - ALIKE) ** 2, rel=0.03)


def test_many_pairs_are_what_each_is_alone() -> None:
    crops = [(places(8, k // 2), descriptors(8, k // 2)) for k in range(200)]
    every = framed(crops)
    pairs = np.random.default_rng(0).integers(0, 200, (300, 2)).astype(np.int32)
    pairs[:150, 0] = 3  # more than are compared at once
    pairs[7] = (3, 2)  # one pattern
    together = compare(every, pairs)
    alone = [float(compare(every, pair[None])[0]) for pair in pairs]
    assert together == pytest.approx(alone, abs=1e-5)
    assert together[7] == pytest.approx(8 * (1 - ALIKE) ** 2, rel=0.03)
    assert len(compare(every, np.zeros((0, 2), np.int32))) == 0


def test_what_matches_is_what_counts_place_by_place() -> None:
    where, looks = places(20), descriptors(20, 1)
    order = np.random.default_rng(2).permutation(20)
    every = framed([(where, looks), (0.1 + 1.2 * where[order], looks[order])])
    found = matched(every, 0, 1)
    assert found.one.shape == found.other.shape == (20, 2)
    np.testing.assert_allclose(0.1 + 1.2 * found.one, found.other, atol=1e-3)
    assert (np.diff(found.strength) <= 0).all() and found.strength.max() <= 1
    counted = np.square(found.strength * (1 - ALIKE)).sum()
    assert counted == pytest.approx(compare(every, np.array([[0, 1]], np.int32))[0], rel=1e-2)


def test_of_two_patterns_or_no_keypoint_nothing_matches() -> None:
    every = framed([(places(9), descriptors(9, 1)), (places(9), descriptors(9, 5)), _NOTHING])
    for other in (1, 2):
        found = matched(every, 0, other)
        assert (found.one.shape, found.other.shape, found.strength.shape) == ((0, 2), (0, 2), (0,))


_NOTHING = (np.zeros((0, 2)), np.zeros((0, LENGTH), np.int8))
