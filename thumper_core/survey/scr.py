"""Density from where animals were seen again: spatial capture-recapture by maximum likelihood.

Borchers & Efford 2008, Biometrics 64: 377-385: every animal has a centre of activity; centres are a
Poisson process of density D over the mask; a camera at distance d from a centre sees the animal on an
occasion with chance g0 exp(-d^2 / (2 sigma^2)) (half-normal), once or not at all (a binary proximity
detector: Efford, Dawson & Borchers 2009, Ecology 90: 2676-2682). With one density everywhere, the
maximum of the full likelihood is that of the likelihood given n animals, with D = n / a, a the
effective area sampled (equations 4 and 8 there); so g0 and sigma are fitted first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, logsumexp

from thumper_core.herd.abundance.estimate import Z
from thumper_core.survey.mask import Mask, squared_distances

Array = npt.NDArray[np.float64]

Detectors = Callable[[Array, Array, Array], tuple[Array, Array]]
"""(counts (n, K), effort (K,), g (K, M)) -> (log chance of each history at each centre, up to a
constant, (n, M); log chance of never being seen (M,))."""

_TINY: Final = 1e-12
_STEP: Final = 1e-4  # of the second differences, on the scale of logit g0 and log sigma


@dataclass(frozen=True)
class Fit:
    """density_per_ha, g0 (chance on one occasion at the centre), sigma_m: estimates; log_se: standard
    error of (log density, logit g0, log sigma); area_ha: effective area sampled.
    """

    density_per_ha: float
    g0: float
    sigma_m: float
    log_se: tuple[float, float, float]
    area_ha: float

    def interval(self, which: int = 0, more_variance: float = 0.0) -> tuple[float, float]:
        """95% interval of density (0), g0 (1) or sigma (2), symmetric on the fitted scale.

        more_variance: to add, on that scale.
        """
        value = (self.density_per_ha, self.g0, self.sigma_m)[which]
        half = Z * math.sqrt(self.log_se[which] ** 2 + more_variance)
        if which == 1:
            middle = float(logit(value))
            return float(expit(middle - half)), float(expit(middle + half))
        return value * math.exp(-half), value * math.exp(half)


def proximity(counts: Array, effort: Array, g: Array) -> tuple[Array, Array]:
    """Cameras: each sees an animal on an occasion or not, whatever the others see."""
    seen, missed = np.log(g + _TINY), np.log1p(-np.minimum(g, 1 - _TINY))
    never = effort @ missed
    return counts @ (seen - missed) + never, never


def fit(
    counts: Array,
    traps: Array,
    effort: Array,
    mask: Mask,
    weights: Array | None = None,
    detectors: Detectors = proximity,
) -> Fit | None:
    """Fit density, g0 and sigma; None where the data hold no maximum.

    counts: (n, K) occasions on which a camera saw an animal, each seen at least once; traps: (K, 2)
    metres; effort: (K,) occasions on which the camera worked; weights: (n,) how many animals each
    history stands for, less than 1 where some may be wrong splits of another (default: 1 each). Raises
    ValueError where an animal was seen on more occasions than a camera worked.
    """
    if (counts > effort).any():
        raise ValueError("an animal was seen on more occasions than the camera worked")
    given = np.ones(len(counts)) if weights is None else weights
    distance2 = squared_distances(traps, mask.points)
    total = float(given.sum())
    # Equal histories have equal chances: many animals are seen once, by one of a few cameras.
    kinds, which = np.unique(counts, axis=0, return_inverse=True)
    weigh: Array = np.bincount(which.ravel(), weights=given).astype(np.float64)

    def log_area(theta: Array) -> tuple[float, Array]:
        g = expit(theta[0]) * np.exp(-distance2 / (2 * math.exp(2 * theta[1])))
        histories, never = detectors(kinds, effort, g)
        return math.log(float((-np.expm1(never)).sum()) * mask.cell_ha + _TINY), histories

    def minus_log_likelihood(theta: Array) -> float:
        area, histories = log_area(theta)
        each = logsumexp(histories, axis=1) + math.log(mask.cell_ha) - area
        return -float(weigh @ each)

    from scipy.optimize import minimize  # here: half a second, and most who import this never ask

    found = minimize(
        minus_log_likelihood, _start(counts, traps, effort), method="BFGS", options={"gtol": 1e-3}
    )
    theta = np.asarray(found.x)
    hessian = _second_differences(minus_log_likelihood, theta)
    # BFGS may stop where rounding hides the rest of the slope: what counts is that it is a maximum.
    if not np.isfinite(hessian).all() or np.linalg.eigvalsh(hessian).min() <= 0:
        return None
    variance: Array = np.linalg.inv(hessian).astype(np.float64)
    if _far_from_maximum(_slope(minus_log_likelihood, theta), variance):
        return None
    slope = _slope(lambda at: log_area(at)[0], theta)
    area_ha = math.exp(log_area(theta)[0])
    # The number of animals seen is Poisson, and independent of where those that were seen live.
    of_density = 1 / total + float(slope @ variance @ slope)
    spread = [math.sqrt(of_density), *(math.sqrt(v) for v in np.diag(variance))]
    return Fit(
        density_per_ha=total / area_ha,
        g0=float(expit(theta[0])),
        sigma_m=math.exp(theta[1]),
        log_se=(spread[0], spread[1], spread[2]),
        area_ha=area_ha,
    )


def _far_from_maximum(slope: Array, variance: Array) -> bool:
    """Whether a step to the maximum of the parabola would raise the log-likelihood by more than 0.001."""
    return bool(slope @ variance @ slope / 2 > 1e-3)


def range_start_m(counts: Array, traps: Array) -> float | None:
    """A first guess at sigma: root mean squared distance per axis of sightings from their animal's
    middle (Calhoun & Casby 1958); None where no animal was seen at two cameras.
    """
    n = counts.sum(axis=1, keepdims=True)
    middle = counts @ traps / n
    spread = (counts * ((traps[None] - middle[:, None]) ** 2).sum(axis=2)).sum()
    degrees = float((n - 1).sum())
    return math.sqrt(spread / (2 * degrees)) if spread > 0 and degrees > 0 else None


def _start(counts: Array, traps: Array, effort: Array) -> Array:
    sigma = range_start_m(counts, traps) or 1.0
    mean = counts.sum() / max(len(counts), 1) / max(float(effort.mean()), 1)
    return np.array([logit(min(max(mean / 2, 0.01), 0.5)), math.log(sigma)])


def _slope(function: Callable[[Array], float], at: Array) -> Array:
    steps = np.eye(len(at)) * _STEP
    return np.array([(function(at + s) - function(at - s)) / (2 * _STEP) for s in steps])


def _second_differences(function: Callable[[Array], float], at: Array) -> Array:
    step = 10 * _STEP
    steps = np.eye(len(at)) * step
    return np.array(
        [
            [
                (
                    function(at + a + b)
                    - function(at + a - b)
                    - function(at - a + b)
                    + function(at - a - b)
                )
                / (4 * step**2)
                for b in steps
            ]
            for a in steps
        ]
    )
