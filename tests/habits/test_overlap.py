"""The overlap of two deer's hours: known curves, a slow way, and an interval that holds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from thumper_core.habits.overlap import GRID, VISITS_MIN, bandwidth, density, overlap


def times(seed: int, n: int, at: float, kappa: float = 2.0) -> np.ndarray:
    drawn = np.random.default_rng(seed).vonmises(at, kappa, n)
    return np.asarray(drawn % (2 * np.pi))


def test_a_density_is_a_mean_of_kernels() -> None:
    at, own = np.array([0.1, 3.0, 6.2]), times(1, 30, 1.0)
    kappa = bandwidth(own)
    slow = [np.mean([stats.vonmises.pdf(hour, kappa, loc=t) for t in own]) for hour in at]
    assert density(own, at) == pytest.approx(slow, rel=1e-6)
    grid = np.arange(GRID) * 2 * np.pi / GRID
    assert density(own, grid).mean() * 2 * np.pi == pytest.approx(1.0)


@pytest.mark.parametrize("n", [30, 200])
def test_same_hours_and_opposite_ones(n: int) -> None:
    same = overlap(times(1, n, 1.0), times(2, n, 1.0))
    assert same.delta > 0.8
    apart = overlap(times(1, n, 1.0, 8.0), times(2, n, 1.0 + np.pi, 8.0))
    assert apart.delta < 0.1
    for found in (same, apart):
        assert 0 <= found.low <= found.delta <= found.high <= 1
        assert found.hours.shape == found.first.shape == (GRID,)


def test_the_interval_holds_a_known_overlap() -> None:
    grid = np.linspace(0, 2 * np.pi, 4001)[:-1]
    lower = np.minimum(stats.vonmises.pdf(grid, 2, loc=1.5), stats.vonmises.pdf(grid, 2, loc=3))
    found = [overlap(times(k, 60, 1.5), times(1000 + k, 60, 3.0)) for k in range(12)]
    true = lower.mean() * 2 * np.pi
    assert np.mean([one.delta for one in found]) == pytest.approx(true, abs=0.06)
    assert sum(one.low <= true <= one.high for one in found) >= 9  # 12 draws of 0.95


def test_too_few_are_refused_and_the_same_seed_says_the_same() -> None:
    a, b = times(1, VISITS_MIN, 1.0), times(2, VISITS_MIN, 2.0)
    assert overlap(a, b, seed=3).low == overlap(a, b, seed=3).low
    with pytest.raises(ValueError, match="20 visits"):
        overlap(a[1:], b)
    at_one_time = np.full(40, 1.0)
    assert overlap(at_one_time, at_one_time).delta == pytest.approx(1.0, abs=0.01)
