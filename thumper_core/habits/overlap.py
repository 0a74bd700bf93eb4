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
    ones, others = (density(times, hours, _ADJUST[kind]) for times in (first, second))
    found = float(_delta(kind, first[None], second[None], ones[None], others[None])[0])
    random = np.random.default_rng(seed)
    drawn_first, drawn_second = (
        _drawn(times, bandwidth(times) * _ADJUST[kind], random) for times in (first, second)
    )
    drawn = _delta(
        kind,
        drawn_first,
        drawn_second,
        _binned(drawn_first, _ADJUST[kind]),
        _binned(drawn_second, _ADJUST[kind]),
    )
    low, high = np.quantile(drawn, (0.025, 0.975)) - (drawn.mean() - found)
    low, high = min(max(float(low), 0.0), found), max(min(float(high), 1.0), found)
    return Overlap(found, low, high, hours, ones, others)


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
    return float(_bandwidths(times[None])[0])


def _bandwidths(times: Array) -> Array:
    """The same of each row: (B, N) -> (B,)."""
    kappas = np.stack([_concentrations(times, m) for m in range(1, _MOMENTS + 1)]).max(axis=0)
    # ive: scaled by exp(-x), so the ratio I2(2k) / I0(k)^2 does not overflow.
    ratio = special.ive(2, 2 * kappas) / special.ive(0, kappas) ** 2
    found = (3 * times.shape[1] * kappas**2 * ratio / (4 * math.sqrt(math.pi))) ** 0.4
    kept: Array = np.clip(found, 1e-3, _KAPPA_MAX)
    return kept


def _concentrations(times: Array, moment: int) -> Array:
    """The von Mises concentrations whose moment of an order is that of each row of times."""
    kappas, told = _moments(moment)
    found: Array = np.interp(np.abs(np.exp(1j * moment * times).mean(axis=1)), told, kappas)
    return found


@lru_cache(maxsize=_MOMENTS)
def _moments(moment: int) -> tuple[Array, Array]:
    """Concentrations, and how long a moment each has: a table, for it is asked thousands of times."""
    kappas = np.geomspace(1e-6, _KAPPA_MAX, 2000)
    told: Array = special.ive(moment, kappas) / special.ive(0, kappas)
    return kappas, told


def _drawn(times: Array, kappa: float, random: np.random.Generator) -> Array:
    """Times drawn anew from their density: (BOOTSTRAPS, N)."""
    shape = (BOOTSTRAPS, len(times))
    found: Array = (random.choice(times, shape) + random.vonmises(0, kappa, shape)) % (2 * np.pi)
    return found


def _binned(times: Array, adjust: float) -> Array:
    """`density` of each row on the grid, from times shared out to its points: (B, N) -> (B, GRID)."""
    left, share = _on_grid(times)
    kappas = _bandwidths(times)[:, None] * adjust
    rows = np.arange(len(times))[:, None] * GRID
    counts = np.zeros(len(times) * GRID)
    for place, weight in ((left, 1 - share), ((left + 1) % GRID, share)):
        counts += np.bincount((rows + place).ravel(), weight.ravel(), len(counts))
    turns = np.arange(GRID) * 2 * np.pi / GRID
    kernel = np.exp(kappas * (np.cos(turns) - 1)) / (special.ive(0, kappas) * 2 * np.pi)
    waves = np.fft.rfft(counts.reshape(len(times), GRID)) * np.fft.rfft(kernel)
    told: Array = np.fft.irfft(waves, GRID) / times.shape[1]
    return told


def _on_grid(times: Array) -> tuple[NDArray[np.int64], Array]:
    """The point of the grid at or before each time, and how far on to the next it is, [0, 1)."""
    place = times / (2 * np.pi) * GRID
    left = np.floor(place).astype(np.int64)
    return left % GRID, place - left


def _delta(kind: int, first: Array, second: Array, ones: Array, others: Array) -> Array:
    """Delta of each row: times (B, N) and (B, M), their densities (B, GRID) -> (B,)."""
    if kind == 1:
        area: Array = np.minimum(ones, others).mean(axis=1) * 2 * np.pi
        return area
    shares = []
    for times, own, other in ((first, ones, others), (second, others, ones)):
        left, share = _on_grid(times)
        here, there = (
            np.take_along_axis(values, left, axis=1) * (1 - share)
            + np.take_along_axis(values, (left + 1) % GRID, axis=1) * share
            for values in (own, other)
        )
        shares.append(np.minimum(1.0, there / np.maximum(here, 1e-12)).mean(axis=1))
    mean: Array = (shares[0] + shares[1]) / 2
    return mean
