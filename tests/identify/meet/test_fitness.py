"""The chance that a crop shows what is asked comes from how often such crops did."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.identify.meet.fitness import NEEDED, learn_fitness, nearest, recognised


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Crops of which the second measure says nothing, and whether each was answered rightly."""
    rng = np.random.default_rng(seed)
    measured = rng.normal(size=(n, 2))
    right = rng.random(n) < 1 / (1 + np.exp(-(1.0 + 2.0 * measured[:, 0])))
    return measured, right


def test_the_chances_are_calibrated_on_crops_that_were_not_learned_from() -> None:
    found = learn_fitness(*drawn(4000))
    assert found is not None
    measured, right = drawn(4000, seed=1)
    chance = found.chances(measured)
    for low, high in ((0.0, 0.3), (0.3, 0.6), (0.6, 0.9), (0.9, 1.0)):
        those = (chance >= low) & (chance < high)
        assert chance[those].mean() == pytest.approx(right[those].mean(), abs=0.04)
    assert abs(found.slopes[1]) < 0.1 * abs(found.slopes[0])


def test_a_picture_tells_as_far_as_it_comes_up_to_the_clearest_tenth() -> None:
    measured, right = drawn(2000)
    found = learn_fitness(measured, right)
    assert found is not None
    tells = found.tells(measured)
    assert tells.max() == 1.0 and tells.min() >= 0.0
    assert (tells == 1.0).mean() == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("n_wrong", [0, NEEDED - 1, NEEDED])
def test_too_few_of_one_kind_teach_nothing(n_wrong: int) -> None:
    measured = np.random.default_rng(0).normal(size=(200, 2))
    right = np.arange(200) >= n_wrong
    assert (learn_fitness(measured, right) is not None) == (n_wrong == NEEDED)


def test_the_nearest_of_another_visit_against_a_plain_search() -> None:
    rng = np.random.default_rng(3)
    asked, known = (rng.normal(size=(n, 5)).astype(np.float32) for n in (20, 30))
    visit = rng.integers(0, 3, 20), rng.integers(0, 3, 30)
    best, row = nearest(asked, known, visit)
    for k in range(20):
        others = [(float(asked[k] @ known[j]), j) for j in range(30) if visit[1][j] != visit[0][k]]
        assert (pytest.approx(best[k], abs=1e-5), row[k]) == max(others)
    alone = nearest(asked[:1], known[:1], (np.zeros(1, int), np.zeros(1, int)))
    assert np.isneginf(alone[0]).all()
    nothing = nearest(asked[:2], known[:0], (np.zeros(2, int), np.zeros(0, int)))
    assert np.isneginf(nothing[0]).all() and nothing[1].tolist() == [-1, -1]


def test_recognised_is_who_is_more_like_its_own_than_a_stranger_would_be() -> None:
    similarity = np.array([0.9, 0.8, 0.2, 0.7, 0.3, 0.1], np.float32)
    is_own = np.array([True, True, True, False, False, False])
    is_new = np.array([False, False, False, False, True, True])
    assert recognised(similarity, is_own, is_new).tolist() == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    none = recognised(similarity[:4], is_own[:4], np.zeros(4, bool))
    assert none.tolist() == [True, True, True, False]
