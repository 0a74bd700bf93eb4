"""Visits for a camera-day, with an interval over cameras, and how many times as many one kind of site has.

The ratio of summed visits to summed days, whose variance comes from how cameras of a kind differ (Cochran
1977, Sampling Techniques, 3rd edition, section 6.3), and is no less than chance alone gives (Poisson).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from thumper_core.herd.abundance.estimate import CONFIDENCE, Estimate, Refused, Result
from thumper_core.language import mark, say

CAMERAS_MIN: Final = 3
METHOD: Final = "Visits for a camera-day"
_SOURCE: Final = mark("ratio of visits to days over cameras: Cochran 1977, Sampling Techniques")
Array = npt.NDArray[np.float64]


def rate(visits: Array, days: Array) -> Result:
    """Visits for a camera-day of cameras of one kind.

    visits, days: (K,) of each camera; one without a day is left out. Refused below CAMERAS_MIN cameras,
    for how much cameras differ is not known then, and without a visit.
    """
    visits, days = visits[days > 0], days[days > 0]
    problem = _problem(visits)
    if problem:
        return Refused(METHOD, problem)
    value = float(visits.sum() / days.sum())
    half = _t(len(visits)) * math.sqrt(_log_variance(visits, days))
    return Estimate(
        METHOD,
        value,
        value * math.exp(-half),
        value * math.exp(half),
        (say("Cameras of a kind stand as others of that kind would."),),
        say(_SOURCE),
    )


def times_as_many(
    visits: Array, days: Array, other_visits: Array, other_days: Array, method: str
) -> Result:
    """How many times as many visits for a camera-day the first cameras have as the others.

    All: (K,) of each camera, as in `rate`, and refused as there.
    """
    kinds = [(visits[days > 0], days[days > 0])]
    kinds += [(other_visits[other_days > 0], other_days[other_days > 0])]
    for seen, _ in kinds:
        problem = _problem(seen)
        if problem:
            return Refused(method, problem)
    first, other = (float(seen.sum() / stood.sum()) for seen, stood in kinds)
    variance = sum(_log_variance(seen, stood) for seen, stood in kinds)
    half = _t(min(len(seen) for seen, _ in kinds)) * math.sqrt(variance)
    return Estimate(
        method,
        first / other,
        first / other * math.exp(-half),
        first / other * math.exp(half),
        (say("Sites with bait and without differ in nothing else."),),
        say(_SOURCE),
    )


def _problem(visits: Array) -> str:
    if len(visits) < CAMERAS_MIN:
        return say(
            "Fewer than {n} such cameras worked: how much they differ is not known.", n=CAMERAS_MIN
        )
    return "" if visits.sum() > 0 else say("No deer came to such cameras.")


def _log_variance(visits: Array, days: Array) -> float:
    """Variance of the rate's logarithm."""
    n, total = len(visits), float(visits.sum())
    left = visits - total / days.sum() * days
    return max(n / (n - 1) * float((left**2).sum()) / total**2, 1 / total)


def _t(n_cameras: int) -> float:
    return float(special.stdtrit(n_cameras - 1, (1 + CONFIDENCE) / 2))
