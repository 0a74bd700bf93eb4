"""What becomes of a ratio and of the classic estimate where bucks are photographed more than does.

The classic method (Jacobson et al. 1997) takes a buck and a doe to be photographed equally often. In
six 81-ha enclosures with marked deer a buck was photographed 1.9 times as often as a doe, and the
method underestimated the herd by 32.2% on average (Moore et al. 2014, Evaluation of population
estimates of white-tailed deer from camera survey, Journal of the Southeastern Association of Fish and
Wildlife Agencies 1: 127-132). In Oklahoma it was about as often in two years, and 1.5 and 1.8 times
as often in two others (Noble Foundation, Ag News and Views, December 2002). So an answer is a range,
from 1.0 to 1.9, and not one number.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from thumper_core.herd.abundance.estimate import Refused, Result
from thumper_core.herd.abundance.ratios import EQUALLY_OFTEN
from thumper_core.language import mark, say
from thumper_core.survey.resampled import EQUAL

FACTORS: Final = (1.0, 1.9)
"""How many times as often as a doe a buck is photographed: the published range."""
_ASSUMED: Final = mark(
    "A buck is photographed between {low:.1f} and {high:.1f} times as often as a doe."
)
_SOURCE: Final = mark("range of detectability: Moore et al. 2014, Journal of the SEAFWA 1: 127-132")


def bucks_per_doe_ranged(ratio: Result) -> Result:
    """The ratio of visits with an interval that holds at every factor in FACTORS.

    Its value is that in the middle of the range (on the scale of factors, geometrically).
    """
    return _ranged(ratio, known=0.0, power=-1)


def herd_ranged(total: Result, n_bucks: int) -> Result:
    """The classic estimate where does and fawns are photographed less than bucks.

    total: does, fawns or the herd, as `jacobson` gives it; n_bucks: what in it was counted and not
    reckoned from the ratio (0 for does and for fawns).
    """
    return _ranged(total, known=float(n_bucks), power=1)


def _ranged(result: Result, known: float, power: int) -> Result:
    if isinstance(result, Refused):
        return result
    factors = sorted(f**power for f in FACTORS)
    middle = (factors[0] * factors[1]) ** 0.5
    equal = {say(EQUALLY_OFTEN), *map(say, EQUAL.values())}
    kept = tuple(one for one in result.assumptions if one not in equal)
    return replace(
        result,
        method=f"{result.method}, bucks photographed more",
        estimate=known + (result.estimate - known) * middle,
        low=known + (result.low - known) * factors[0],
        high=known + (result.high - known) * factors[1],
        assumptions=(say(_ASSUMED, low=FACTORS[0], high=FACTORS[1]), *kept),
        source=f"{result.source}; {say(_SOURCE)}",
        std_error=None,
    )
