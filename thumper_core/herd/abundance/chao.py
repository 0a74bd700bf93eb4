"""Chao's lower bound: how many deer were never seen, from those seen once and twice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from thumper_core.herd.abundance.estimate import Estimate, Refused, Result, Z
from thumper_core.herd.abundance.occasions import CLOSED, Captures, with_cautions
from thumper_core.language import say

OCCASIONS_GOOD: Final = 5


def chao(times_seen: Sequence[int], n_occasions: int) -> Result:
    """Lower bound of a population whose deer differ in how easily they are photographed (Mh).

    times_seen: on how many occasions each animal was seen (zeros are left out); n_occasions: t.
    N >= S + (t - 1)/t * f1^2 / (2 f2), where S were seen, f1 once and f2 twice; without f2 the
    bias-corrected (t - 1)/t * f1 (f1 - 1) / 2. Chao 1987, Biometrics 43: 783-791; the factor for
    few occasions, the variance and the log-normal interval (never below S) as in Chao & Colwell
    2017, SORT 41: 3-54 (Chao2). Where the bound adds no deer, the interval is that of Colwell's
    EstimateS user's guide, appendix B, and there is no standard error. Refused below three
    occasions and where no animal was seen twice.

    Raises ValueError where an animal was seen on more occasions than there were.
    """
    method = "Chao lower bound"
    counts = np.asarray([n for n in times_seen if n > 0], dtype=np.int64)
    observed = len(counts)
    if n_occasions < 3:
        return Refused(method, say("Only {n} occasions; it takes three.", n=n_occasions))
    if observed == 0:
        return Refused(method, say("No identified deer was seen."))
    if counts.max() > n_occasions:
        raise ValueError("an animal was seen on more occasions than there were")
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    if once == observed:
        return Refused(method, say("No deer was seen on two occasions: survey longer."))
    unseen = unseen_at_least(once, twice, n_occasions)
    std_error = None
    if unseen == 0:
        low, high = _complete_interval(observed, int(counts.sum()))
    else:
        variance = _variance(once, twice, observed + unseen, n_occasions)
        std_error = math.sqrt(variance)
        spread = math.exp(Z * math.sqrt(math.log(1 + variance / unseen**2)))
        low, high = observed + unseen / spread, observed + unseen * spread
    cautions = []
    if n_occasions < OCCASIONS_GOOD:
        cautions.append(
            say(
                "{n} occasions are few; {good} or more are advised.",
                n=n_occasions,
                good=OCCASIONS_GOOD,
            )
        )
    if once > observed / 2:
        cautions.append(
            say("Most deer were seen once only, so the bound may lie far below the herd.")
        )
    return Estimate(
        method=method,
        estimate=observed + unseen,
        low=low,
        high=high,
        assumptions=(
            *map(say, CLOSED),
            say(
                "Deer may differ in how often they are photographed, but each keeps its own chance."
            ),
            say("It is a lower bound: the herd is at least about this large."),
        ),
        source="Chao 1987, Biometrics 43: 783-791; Chao & Colwell 2017, SORT 41: 3-54",
        std_error=std_error,
        cautions=tuple(cautions),
    )


def chao_of(captures: Captures) -> Result:
    """Chao's lower bound over all occasions of a survey."""
    result = chao(captures.seen.sum(axis=1).tolist(), captures.seen.shape[1])
    return with_cautions(result, captures)


def unseen_at_least(once: int, twice: int, n_occasions: int) -> float:
    """Chao's bound on the animals never seen, from those seen on one and on two occasions."""
    k = (n_occasions - 1) / n_occasions
    return k * once**2 / (2 * twice) if twice > 0 else k * once * (once - 1) / 2


def _variance(once: int, twice: int, estimate: float, n_occasions: int) -> float:
    k = (n_occasions - 1) / n_occasions
    if twice > 0:
        g = once / twice
        return twice * (k * g**2 / 2 + k**2 * g**3 + k**2 * g**4 / 4)
    return (
        k * once * (once - 1) / 2
        + k**2 * once * (2 * once - 1) ** 2 / 4
        - k**2 * once**4 / (4 * estimate)
    )


def _complete_interval(observed: int, sightings: int) -> tuple[float, float]:
    """Interval where the bound adds no deer: the chance that a deer was missed is e^(-mean)."""
    missed = math.exp(-sightings / observed)
    centre = observed / (1 - missed)
    half = Z * math.sqrt(observed * missed * (1 - missed)) / (1 - missed)
    return max(float(observed), centre - half), centre + half
