"""The head for flanks: what a patch's gradients are, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from thumper_core.contracts import PATCH_SIDE, ThumperError
from thumper_core.heads.flank import (
    FlankHead,
    gradients,
    load_flank_head,
    mirrored,
    shipped_flank_head,
)

SIDE = PATCH_SIDE
RNG = np.random.default_rng(3)


def patches(n: int) -> np.ndarray:
    return RNG.integers(0, 256, (n, SIDE, SIDE), np.uint8)


def head(coefficients: np.ndarray, shape: tuple[float, float] = (0.0, 99.0)) -> FlankHead:
    return FlankHead("test", coefficients.astype(np.float32), shape, 0.85)


def slowly(patch: np.ndarray) -> np.ndarray:
    """The counts of one patch, pixel by pixel."""
    import cv2

    large = cv2.resize(
        patch.astype(np.float32), (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_CUBIC
    )
    large = (large - large.mean()) / (large.std() + 4)
    found = np.zeros((8, 8, 8))
    last = 2 * SIDE - 1
    for y in range(2 * SIDE):
        for x in range(2 * SIDE):
            across = large[y, min(x + 1, last)] - large[y, max(x - 1, 0)]
            down = large[min(y + 1, last), x] - large[max(y - 1, 0), x]
            turn = np.mod(np.arctan2(down, across), np.pi) / np.pi * 8
            low, strength = int(turn), np.hypot(across, down)
            found[y // 4, x // 4, low % 8] += strength * (1 - (turn - low))
            found[y // 4, x // 4, (low + 1) % 8] += strength * (turn - low)
    roots = np.sqrt(found).ravel()
    return roots / np.linalg.norm(roots)


def test_gradients_are_counted_as_the_plain_way_counts_them() -> None:
    some = patches(3)
    found = gradients(some.reshape(3, -1))
    np.testing.assert_allclose(found, [slowly(one) for one in some], atol=2e-4)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    assert gradients(np.zeros((0, SIDE * SIDE), np.uint8)).shape == (0, 512)
    assert not gradients(np.full((1, SIDE * SIDE), 80, np.uint8)).any()  # flat: nothing to count


def test_a_negative_has_the_same_gradients_and_a_mirror_image_mirrored_ones() -> None:
    some = patches(4)
    own = gradients(some.reshape(4, -1))
    np.testing.assert_allclose(gradients((255 - some).reshape(4, -1)), own, atol=2e-4)
    np.testing.assert_allclose(
        gradients(some[:, :, ::-1].reshape(4, -1))[:, mirrored()], own, atol=3e-4
    )


def test_of_the_mirror_image_the_opposite_is_said_and_of_a_narrow_box_little() -> None:
    some = patches(5)
    slope = RNG.normal(size=512) * 3
    asked = head(slope - slope[mirrored()], shape=(4.0, 1.0))
    wide, tall = np.full(5, 200), np.full(5, 100)
    plain, turned = (
        asked.chances([one.tobytes() for one in part], wide, tall)
        for part in (some, some[:, :, ::-1])
    )
    np.testing.assert_allclose(plain[0], turned[1], atol=5e-3)
    np.testing.assert_allclose(plain[0] + plain[1], 1 / (1 + np.exp(-4 * np.log(2) - 1)), rtol=1e-4)
    left, right = asked.chances([some[0].tobytes()], [30], [100])
    assert left[0] + right[0] < 0.05


@pytest.mark.parametrize(
    ("left", "right", "word", "chance"),
    [
        (0.9, 0.05, "left", 0.9),
        (0.1, 0.86, "right", 0.86),
        (0.84, 0.1, None, None),
        (np.nan, np.nan, None, None),
    ],
)
def test_only_what_is_sure_enough_is_said(
    left: float, right: float, word: str | None, chance: float | None
) -> None:
    words, chances = head(np.zeros(512)).say(
        np.array([left], np.float32), np.array([right], np.float32)
    )
    assert words == [word]
    assert np.isnan(chances[0]) if chance is None else chances[0] == pytest.approx(chance)


def test_without_a_patch_nothing_is_said_and_none_at_all_is_no_error() -> None:
    one = patches(1)[0].tobytes()
    left, right = head(np.ones(512)).chances([None, one, None], [9, 9, 9], [3, 3, 3])
    assert np.isnan(left).tolist() == np.isnan(right).tolist() == [True, False, True]
    assert [len(part) for part in head(np.ones(512)).chances([], [], [])] == [0, 0]


def test_the_shipped_head_is_read_as_it_is_written(tmp_path: Path) -> None:
    shipped = shipped_flank_head()
    assert shipped is not None
    slope = shipped.coefficients
    np.testing.assert_allclose(slope[mirrored()], -slope, atol=1e-3)  # as sure of either side
    file = tmp_path / "one.flank.json"
    file.write_text(shipped.to_json())
    assert load_flank_head(file).source == shipped.source
    assert shipped.source.startswith("head whitetail-flank@")


@pytest.mark.parametrize(
    "change", [{"format": "x"}, {"coefficients": [1.0]}, {"shape": [1.0]}, {"more": 1}]
)
def test_what_is_no_head_is_named(tmp_path: Path, change: dict[str, object]) -> None:
    values = json.loads(head(np.ones(512)).to_json())
    file = tmp_path / "odd.flank.json"
    file.write_text(json.dumps(values | change))
    with pytest.raises(ThumperError, match=r"odd\.flank\.json"):
        load_flank_head(file)
