"""How many deer there are, seen or not: mark-recapture on identified individuals.

An animal's coat and antlers are its mark, and seeing it again is its recapture. Every method here
is for a closed population, and every one believes the identities: a deer split into two profiles
looks like two deer seen once each, which inflates all of these estimates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from scipy import special

from thumper_core.herd.abundance.estimate import CONFIDENCE, Estimate, Refused, Result
from thumper_core.herd.abundance.occasions import CLOSED, Captures, with_cautions
from thumper_core.language import say

RECAPTURES_GOOD: Final = 7
_TAIL: Final = (1 - CONFIDENCE) / 2
_RARE: Final = _TAIL - 1e-9  # an outcome of exactly 2.5% is not rarer than 2.5%
_NO_RECAPTURE: Final = (
    "No deer was seen on two occasions, so the herd may be of any size: survey longer."
)
_EQUAL: Final = "Within an occasion, every deer is equally likely to be photographed."


def chapman(marked: int, caught: int, recaptured: int) -> Result:
    """Population from two occasions: N = (M + 1)(C + 1) / (R + 1) - 1.

    marked (M): animals seen on the first occasion; caught (C): on the second; recaptured (R): on
    both. Estimate: Chapman 1951; its standard error: Seber 1982, The Estimation of Animal
    Abundance, p. 60. The interval holds every N under which neither as few nor as many
    recaptures are rarer than 2.5%, by the hypergeometric distribution: it cannot fall below the
    number of animals seen. Refused where an occasion or the recaptures are empty.

    Raises ValueError where the counts contradict each other.
    """
    method = "Chapman"
    m, c, r = marked, caught, recaptured
    if min(m, c, r) < 0 or r > min(m, c):
        raise ValueError(f"{r} recaptures cannot come from {m} marked and {c} caught")
    if m == 0 or c == 0:
        return Refused(method, "One of the two occasions saw no identified deer.")
    if r == 0:
        return Refused(method, _NO_RECAPTURE)
    variance = (m + 1) * (c + 1) * (m - r) * (c - r) / ((r + 1) ** 2 * (r + 2))
    low, high = _hypergeometric_limits(m, c, r)
    return Estimate(
        method=method,
        estimate=(m + 1) * (c + 1) / (r + 1) - 1,
        low=low,
        high=high,
        assumptions=(*map(say, CLOSED), _EQUAL),
        source=(
            "Chapman 1951, Univ. Calif. Publ. Stat. 1: 131-160; Seber 1982, The Estimation of "
            "Animal Abundance, p. 60; interval by inverting the hypergeometric test"
        ),
        std_error=math.sqrt(variance),
        cautions=_few_recaptures(r),
    )


def chapman_of(captures: Captures) -> Result:
    """Chapman's estimate with the survey's first half as marking and the rest as recapture."""
    n_occasions = captures.seen.shape[1]
    if n_occasions < 2:
        return Refused("Chapman", "All sightings fall on one occasion; it takes two.")
    first = captures.seen[:, : n_occasions // 2].any(axis=1)
    second = captures.seen[:, n_occasions // 2 :].any(axis=1)
    result = chapman(int(first.sum()), int(second.sum()), int((first & second).sum()))
    return with_cautions(result, captures)


def schnabel(caught: Sequence[int], recaptured: Sequence[int], marked: Sequence[int]) -> Result:
    """Population from several occasions: N = sum(C_t M_t) / (sum(R_t) + 1).

    caught (C_t): animals seen on occasion t; recaptured (R_t): those of them seen before; marked
    (M_t): known animals at large before t. Schnabel 1938 with Chapman's correction, as in Ricker
    1975, p. 99; interval from the exact Poisson limits of sum(R_t) (Garwood 1936), cut at the
    number of animals known. Refused below three occasions (two: Chapman) or without recaptures.

    Raises ValueError where the counts contradict each other.
    """
    method = "Schnabel"
    c, r, m = (np.asarray(values, dtype=np.int64) for values in (caught, recaptured, marked))
    if not c.shape == r.shape == m.shape or c.ndim != 1:
        raise ValueError("caught, recaptured and marked must be equally long")
    if (r < 0).any() or (r > np.minimum(c, m)).any():
        raise ValueError("an occasion has more recaptures than animals caught or marked")
    if len(c) < 3:
        return Refused(method, f"Only {len(c)} occasions; it takes three (Chapman takes two).")
    total = int(r.sum())
    if total == 0:
        return Refused(method, _NO_RECAPTURE)
    effort = int((c * m).sum())
    known = int(m[-1] + c[-1] - r[-1])
    low = effort / (float(special.chdtri(2 * total + 2, _TAIL)) / 2)
    high = effort / (float(special.chdtri(2 * total, 1 - _TAIL)) / 2)
    # Chapman's correction undershoots where nearly all deer are known already.
    estimate = max(effort / (total + 1), float(known))
    return Estimate(
        method=method,
        estimate=estimate,
        low=max(low, known),
        high=max(high, known),
        assumptions=(*map(say, CLOSED), _EQUAL),
        source=(
            "Schnabel 1938, Am. Math. Monthly 45: 348-352; Chapman's correction in Ricker 1975, "
            "Fish. Res. Board Can. Bull. 191, p. 99; Garwood 1936, Biometrika 28: 437-442"
        ),
        cautions=_few_recaptures(total),
    )


def schnabel_of(captures: Captures) -> Result:
    """Schnabel's estimate over all occasions of a survey."""
    seen = captures.seen.astype(np.int64)
    before = np.cumsum(seen, axis=1) - seen > 0
    recaptured = (captures.seen & before).sum(axis=0)
    result = schnabel(seen.sum(axis=0), recaptured, before.sum(axis=0))
    return with_cautions(result, captures)


def _hypergeometric_limits(m: int, c: int, r: int) -> tuple[float, float]:
    """Smallest and largest N that R of C recaptures, M marked, do not contradict at 2.5% each."""
    from scipy import stats  # here: half a second, and most who import this never ask

    seen = m + c - r

    def as_few(n: int) -> bool:
        return bool(stats.hypergeom.cdf(r, n, m, c) >= _RARE)

    def as_many(n: int) -> bool:
        return bool(stats.hypergeom.sf(r - 1, n, m, c) >= _RARE)

    # A larger N makes recaptures rarer: both conditions change once, so bisection finds where.
    high = 2 * seen
    while as_many(high):
        high *= 2
    return (
        float(_first(as_few, seen, high)),
        float(_first(lambda n: not as_many(n), seen, high) - 1),
    )


def _first(condition: Callable[[int], bool], low: int, high: int) -> int:
    """The smallest n in [low, high] where a condition that turns true once is true."""
    while low < high:
        middle = (low + high) // 2
        if condition(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _few_recaptures(recaptures: int) -> tuple[str, ...]:
    if recaptures >= RECAPTURES_GOOD:
        return ()
    return (
        f"{recaptures} recaptures are few: below {RECAPTURES_GOOD} the estimate tends to be too "
        "low (Robson & Regier 1964, Trans. Am. Fish. Soc. 93: 215-226).",
    )
