"""Whether a herd grew from one year to another: the second estimate over the first, with an interval.

Both intervals are taken as those of log-normal variables, and the two as independent (delta method: the
variances of the logarithms add). Mistakes of identification that both years share make the true interval
narrower than this, never wider.
"""

from __future__ import annotations

import math
from typing import Final

from thumper_core.herd.abundance.estimate import Estimate, Refused, Result, Z
from thumper_core.language import mark, say

METHOD: Final = "deer in all, the later year over the earlier"
_SOURCE: Final = mark(
    "ratio of two log-normal estimates: Burnham et al. 1987, AFS Monograph 5: 211-213"
)
_EARLIER: Final = (
    mark("The earlier of the two has no estimate: {reason}"),
    mark("The earlier of the two is estimated at no deer."),
)
_LATER: Final = (
    mark("The later of the two has no estimate: {reason}"),
    mark("The later of the two is estimated at no deer."),
)


def growth(earlier: Result, later: Result) -> Result:
    """How many times as many deer there are: 1 is as many, 2 twice as many; > 0.

    Refused where either year has no estimate. Where one has no upper end the interval has none either.
    """
    for one, (refused, none) in zip((earlier, later), (_EARLIER, _LATER), strict=True):
        if isinstance(one, Refused):
            return Refused(METHOD, say(refused, reason=one.reason))
        if one.estimate <= 0:
            return Refused(METHOD, say(none))
    assert isinstance(earlier, Estimate) and isinstance(later, Estimate)
    ratio = later.estimate / earlier.estimate
    down = math.hypot(
        _log_half(later.estimate, later.low), _log_half(earlier.high, earlier.estimate)
    )
    up = math.hypot(_log_half(later.high, later.estimate), _log_half(earlier.estimate, earlier.low))
    return Estimate(
        method=METHOD,
        estimate=ratio,
        low=ratio * math.exp(-down),
        high=ratio * math.exp(up),
        assumptions=tuple(dict.fromkeys((*earlier.assumptions, *later.assumptions))),
        source=say(_SOURCE),
        std_error=ratio * (down + up) / (2 * Z),
        cautions=tuple(dict.fromkeys((*earlier.cautions, *later.cautions))),
    )


def _log_half(above: float, below: float) -> float:
    """Half an interval on the scale of logarithms; infinite where an end is none."""
    return math.inf if below <= 0 or math.isinf(above) else math.log(above / below)
