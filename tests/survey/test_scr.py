"""The likelihood, against one written plainly; and a simulated herd found again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thumper_core.survey import scr
from thumper_core.survey.mask import Mask, buffer_mask

AXIS = np.arange(4) * 500.0
TRAPS = np.stack(np.meshgrid(AXIS, AXIS), axis=-1).reshape(-1, 2)
DAYS = 10


def herd(seed: int, per_ha: float = 0.08, g0: float = 0.2, sigma_m: float = 300.0) -> np.ndarray:
    """Counts (n, K) of a herd that lives around the cameras too."""
    rng = np.random.default_rng(seed)
    low, high = -5 * sigma_m, 1500 + 5 * sigma_m
    centres = rng.uniform(low, high, (rng.poisson(per_ha * ((high - low) / 100) ** 2), 2))
    distance2 = ((centres[:, None] - TRAPS) ** 2).sum(axis=2)
    counts = rng.binomial(DAYS, g0 * np.exp(-distance2 / (2 * sigma_m**2)))
    return counts[counts.sum(axis=1) > 0].astype(float)


def log_likelihood(counts: np.ndarray, mask: Mask, g0: float, sigma_m: float) -> float:
    """Borchers & Efford 2008, equation 8, day by day and animal by animal."""

    def chance(x: np.ndarray) -> list[float]:
        return [g0 * math.exp(-((x - t) ** 2).sum() / (2 * sigma_m**2)) for t in TRAPS]

    of_point = [chance(x) for x in mask.points]
    area = sum(1 - math.prod((1 - p) ** DAYS for p in ps) for ps in of_point) * mask.cell_ha
    total = 0.0
    for row in counts:
        whole = sum(
            math.prod(p**n * (1 - p) ** (DAYS - n) for p, n in zip(ps, row, strict=True))
            for ps in of_point
        )
        total += math.log(whole * mask.cell_ha / area)
    return total


def test_the_maximum_is_that_of_a_plain_likelihood() -> None:
    counts = herd(1)[:12]
    mask = buffer_mask(TRAPS, 900.0, 300.0)
    found = scr.fit(counts, TRAPS, np.full(len(TRAPS), float(DAYS)), mask)
    assert found is not None
    at = log_likelihood(counts, mask, found.g0, found.sigma_m)
    for g0, sigma_m in ((1.02, 1), (0.98, 1), (1, 1.02), (1, 0.98)):
        assert log_likelihood(counts, mask, found.g0 * g0, found.sigma_m * sigma_m) < at
    assert found.density_per_ha == pytest.approx(len(counts) / found.area_ha)


def test_a_herd_is_found_again() -> None:
    """Over several herds density, chance and range are right on average, and the interval holds."""
    found = []
    for seed in range(6):
        fit = scr.fit(
            herd(seed), TRAPS, np.full(len(TRAPS), float(DAYS)), buffer_mask(TRAPS, 1300, 150)
        )
        assert fit is not None
        found.append(fit)
    assert np.mean([f.density_per_ha for f in found]) == pytest.approx(0.08, rel=0.1)
    assert np.mean([f.g0 for f in found]) == pytest.approx(0.2, rel=0.1)
    assert np.mean([f.sigma_m for f in found]) == pytest.approx(300, rel=0.1)
    holds = [
        [f.interval(0)[0] < 0.08 < f.interval(0)[1], f.interval(2)[0] < 300 < f.interval(2)[1]]
        for f in found
    ]
    assert np.sum(holds) >= 10


def test_a_camera_that_worked_less_counts_less() -> None:
    effort = np.full(len(TRAPS), float(DAYS))
    counts = herd(3)
    counts[:, 0] = 0
    counts = counts[counts.sum(axis=1) > 0]
    mask = buffer_mask(TRAPS, 1300, 150)
    idle = effort.copy()
    idle[0] = 0
    gone, there = (scr.fit(counts, TRAPS, e, mask) for e in (idle, effort))
    assert gone is not None and there is not None
    assert gone.area_ha < there.area_ha


def test_a_history_of_no_weight_counts_for_nothing() -> None:
    counts = herd(4)
    mask, effort = buffer_mask(TRAPS, 1300, 150), np.full(len(TRAPS), float(DAYS))
    weights = np.ones(len(counts))
    weights[0] = 0
    weighed, without = (
        scr.fit(counts, TRAPS, effort, mask, weights),
        scr.fit(counts[1:], TRAPS, effort, mask),
    )
    assert weighed is not None and without is not None
    assert weighed.density_per_ha == pytest.approx(without.density_per_ha, rel=1e-3)


def test_animals_that_never_moved_have_no_maximum() -> None:
    """With one sighting each, any range fits better than a wider one."""
    counts = np.eye(len(TRAPS))
    assert scr.range_start_m(counts, TRAPS) is None
    assert scr.fit(counts, TRAPS, np.full(len(TRAPS), 1.0), buffer_mask(TRAPS, 900, 100)) is None


def test_more_sightings_than_days_are_refused() -> None:
    with pytest.raises(ValueError, match="more occasions"):
        scr.fit(
            np.full((1, len(TRAPS)), 3.0), TRAPS, np.full(len(TRAPS), 2.0), buffer_mask(TRAPS, 500)
        )


def test_intervals_stay_in_their_range_and_widen() -> None:
    fit = scr.Fit(2.0, 0.3, 100.0, (0.1, 0.5, 0.05), 10.0)
    low, high = fit.interval(0)
    assert low * high == pytest.approx(4.0)
    assert fit.interval(0, 0.01)[1] > high
    assert 0 < fit.interval(1)[0] < 0.3 < fit.interval(1)[1] < 1
