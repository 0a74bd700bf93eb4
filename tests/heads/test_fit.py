"""Fitting a head: it knows what a camera left out shows, and no more than that."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.contracts import ThumperError
from thumper_core.evaluate.head_scores import scores
from thumper_core.heads.fit import calibrated, fit_line, logits_left_out, require_enough


def made(n: int, gap: float, cameras: int = 4, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Vectors whose kinds lie `gap` apart, and whose cameras differ far more."""
    rng = np.random.default_rng(seed)
    camera = rng.integers(cameras, size=n)
    positive = rng.random(n) < 0.3
    vectors = rng.normal(size=(n, 24))
    vectors[:, 0] += gap * positive
    vectors[:, 1:9] += 3 * rng.normal(size=(cameras, 8))[camera]
    return vectors.astype(np.float32), positive, np.char.add("c", camera.astype(str))


def probabilities(gap: float) -> tuple[np.ndarray, np.ndarray]:
    vectors, positive, camera = made(800, gap)
    left_out = logits_left_out(vectors, positive, camera)
    _, odds = calibrated(fit_line(vectors, positive), left_out, positive)
    return 1 / (1 + np.exp(-odds)), positive


def test_a_difference_is_found_at_a_camera_left_out_and_its_chances_are_true() -> None:
    p, positive = probabilities(3.0)
    found = scores(p, positive)
    assert found.auc > 0.95 and found.balanced > 0.9 and found.ece < 0.05


def test_where_there_is_nothing_to_know_nothing_is_said() -> None:
    p, positive = probabilities(0.0)
    assert scores(p, positive).auc < 0.6
    assert np.abs(p - 0.5).max() < 0.3


def test_the_line_is_the_calibrated_one() -> None:
    vectors, positive, camera = made(300, 2.0)
    plain = fit_line(vectors, positive)
    left_out = logits_left_out(vectors, positive, camera)
    line, odds = calibrated(plain, left_out, positive)
    for fitted, before, after in [(line, left_out, odds)]:
        stretch = (after[1] - after[0]) / (before[1] - before[0])
        moved = fitted.logits(vectors) - stretch * plain.logits(vectors)
        np.testing.assert_allclose(moved, moved[0], atol=1e-3)


def test_a_camera_without_which_a_kind_is_missing_has_no_answer() -> None:
    vectors, positive, camera = made(100, 1.0)
    camera = np.where(positive, "only bucks here", camera)
    left_out = logits_left_out(vectors, positive, camera)
    assert np.isnan(left_out[positive]).all() and np.isfinite(left_out[~positive]).all()


@pytest.mark.parametrize(
    ("males", "females", "cameras"), [(0, 0, 1), (29, 100, 4), (100, 29, 4), (100, 100, 1)]
)
def test_too_few_are_said(males: int, females: int, cameras: int) -> None:
    positive = np.arange(males + females) < males
    camera = np.array([f"c{i % cameras}" for i in range(len(positive))], dtype=str)
    with pytest.raises(ThumperError, match=f"there are {males} and {females}"):
        require_enough("sex", positive, camera)


def test_enough() -> None:
    require_enough("species", np.arange(60) % 2 == 0, np.array(["a", "a", "b", "b"] * 15))
