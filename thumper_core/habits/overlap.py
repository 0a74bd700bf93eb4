"""How much the hours of two deer overlap: the coefficient of Ridout & Linkie with a bootstrap interval.

Delta is the area under the lower of two densities of activity, 0 (never the same hours) to 1 (the same).
Densities: von Mises kernels with the bandwidth of Taylor 2008 (Computational Statistics & Data Analysis 52:
3493-3500). Delta-1 where either has fewer than 50 visits, else Delta-4; the bandwidth's factor is 0.8 and 1,
the interval a smoothed bootstrap's percentiles less its bias (Ridout & Linkie 2009, J. Agricultural,
Biological and Environmental Statistics 14: 322-337; Meredith & Ridout's R package `overlap`, `basic0`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

VISITS_MIN: Final = 20
"""Of each deer: with fewer the interval is nearly all that can be."""
MANY: Final = 50
GRID: Final = 256
BOOTSTRAPS: Final = 500
_MOMENTS: Final = 3
_KAPPA_MAX: Final = 500.0
_ADJUST: Final = {
    1: 1 / 0.8,
    4: 1.0,
}  # of the bandwidth's concentration: a factor 0.8 is its inverse


@dataclass(frozen=True)
class Overlap:
    """delta: [0, 1]; low, high: 95% interval; hours: (GRID,) radians, of the densities (GRID,)."""

    delta: float
    low: float
    high: float
    hours: Array
    first: Array
    second: Array


def overlap(first: Array, second: Array, seed: int = 0) -> Overlap:
    """The overlap of two deer's times, radians in [0, 2 pi): (N,), (M,), N, M >= VISITS_MIN.

    Raises ValueError below that. The same seed gives the same interval.
    """
    if min(len(first), len(second)) < VISITS_MIN:
        raise ValueError(f"an overlap takes {VISITS_MIN} visits of each")
    kind = 1 if min(len(first), len(second)) < MANY else 4
    hours = np.arange(GRID) * 2 * np.pi / GRID
    densities = [density(times, hours, _ADJUST[kind]) for times in (first, second)]
    found = _delta(kind, hours, first, second, *densities)
    random = np.random.default_rng(seed)
    kappas = [bandwidth(times) * _ADJUST[kind] for times in (first, second)]
    drawn = np.empty(BOOTSTRAPS)
    for turn in range(BOOTSTRAPS):
        ones, others = (
            (random.choice(times, len(times)) + random.vonmises(0, kappa, len(times))) % (2 * np.pi)
            for times, kappa in zip((first, second), kappas, strict=True)
        )
        made = [_binned(times, _ADJUST[kind]) for times in (ones, others)]
        drawn[turn] = _delta(kind, hours, ones, others, *made)
    low, high = np.quantile(drawn, (0.025, 0.975)) - (drawn.mean() - found)
    return Overlap(
        found, max(0.0, float(low)), min(1.0, float(high)), hours, densities[0], densities[1]
    )


def density(times: Array, at: Array, adjust: float = 1.0) -> Array:
    """Density of activity at angles: (K,), per radian; times: (N,) radians; adjust: of the
    concentration.
    """
    kappa = bandwidth(times) * adjust
    near = special.ive(0, kappa) * 2 * np.pi
    found: Array = (np.exp(kappa * (np.cos(at[:, None] - times[None, :]) - 1)) / near).mean(axis=1)
    return found


def bandwidth(times: Array) -> float:
    """Concentration of the kernel, Taylor's rule on the largest of three moments' concentrations."""
    kappa = max(_concentration(times, moment) for moment in range(1, _MOMENTS + 1))
    # ive: scaled by exp(-x), so the ratio I2(2k) / I0(k)^2 does not overflow.
    ratio = special.ive(2, 2 * kappa) / special.ive(0, kappa) ** 2
    found = (3 * len(times) * kappa**2 * ratio / (4 * math.sqrt(math.pi))) ** 0.4
    return float(min(max(found, 1e-3), _KAPPA_MAX))


def _concentration(times: Array, moment: int) -> float:
    """The von Mises concentration whose moment of an order is that of the times."""
    kappas, told = _moments(moment)
    return float(np.interp(np.abs(np.exp(1j * moment * times).mean()), told, kappas))


@lru_cache(maxsize=_MOMENTS)
def _moments(moment: int) -> tuple[Array, Array]:
    """Concentrations, and how long a moment each has: a table, for it is asked thousands of times."""
    kappas = np.geomspace(1e-6, _KAPPA_MAX, 2000)
    told: Array = special.ive(moment, kappas) / special.ive(0, kappas)
    return kappas, told


def _binned(times: Array, adjust: float) -> Array:
    """`density` on the grid, from times shared out to its points: quick enough to draw hundreds."""
    kappa = bandwidth(times) * adjust
    place = times / (2 * np.pi) * GRID
    left = np.floor(place).astype(np.int64)
    share = place - left
    counts = np.bincount(left % GRID, 1 - share, GRID) + np.bincount((left + 1) % GRID, share, GRID)
    turns = np.arange(GRID) * 2 * np.pi / GRID
    kernel = np.exp(kappa * (np.cos(turns) - 1)) / (special.ive(0, kappa) * 2 * np.pi)
    told: Array = np.fft.irfft(np.fft.rfft(counts) * np.fft.rfft(kernel), GRID) / len(times)
    return told


def _delta(
    kind: int, hours: Array, ones: Array, others: Array, first: Array, second: Array
) -> float:
    if kind == 1:
        return float(np.minimum(first, second).mean() * 2 * np.pi)
    shares = []
    for times, own, other in ((ones, first, second), (others, second, first)):
        here, there = (np.interp(times, hours, values, period=2 * np.pi) for values in (own, other))
        shares.append(np.minimum(1.0, there / np.maximum(here, 1e-12)).mean())
    return float(np.mean(shares))
