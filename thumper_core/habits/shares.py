"""What share of a deer's visits fell into daylight, with an interval that days share in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from thumper_core.herd.abundance.estimate import Z

VISITS_MIN: Final = 5
"""With fewer no share is told: 2 of 3 is no habit."""


@dataclass(frozen=True)
class Share:
    """n of n_visits, and the 95% interval of the share, [0, 1]."""

    n: int
    n_visits: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself."""
        return self.n / self.n_visits


def share(is_so: NDArray[np.bool_], days: list[date]) -> Share | None:
    """The share of visits of which something is so, (N,), on days (N,); None below VISITS_MIN.

    Wilson's interval (1927, J. American Statistical Association 22: 209-212) of as many visits as would be
    as uncertain were they independent: visits of one day are alike (design effect by days, no less than 1;
    Kish 1965, Survey Sampling).
    """
    n = len(is_so)
    if n < VISITS_MIN:
        return None
    p = float(is_so.mean())
    _, which = np.unique(np.array(days, dtype="datetime64[D]"), return_inverse=True)
    off = np.bincount(which, is_so - p)
    groups = len(off)
    plain = p * (1 - p) / n
    effect = 1.0
    if plain > 0 and groups > 1:
        effect = max(1.0, float((off**2).sum()) / n**2 * groups / (groups - 1) / plain)
    alone = n / effect
    middle = (p + Z**2 / (2 * alone)) / (1 + Z**2 / alone)
    half = Z / (1 + Z**2 / alone) * math.sqrt(p * (1 - p) / alone + Z**2 / (4 * alone**2))
    return Share(
        int(is_so.sum()), n, min(max(0.0, middle - half), p), max(min(1.0, middle + half), p)
    )
