"""Several looks at one animal as one probability.

Independent looks would add their log-odds. Frames of one visit are not: the same pose, the same light
and the same head behind the same trough mislead them together. With correlation r between the looks,
n of them are worth n / (1 + (n - 1) r) (Kish 1965, Survey Sampling, section 5.4): the mean of their
log-odds counts that often.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

CORRELATION: Final = 0.5
"""Of a head's errors between frames of one visit; see `benchmarks/real_sex.py`."""


def combined(
    p: npt.ArrayLike,
    index: npt.NDArray[np.integer],
    n_groups: int,
    *,
    correlation: float = CORRELATION,
) -> npt.NDArray[np.float64]:
    """(n_groups,) P of each group from (N,) P of its members; NaN for a group without any.

    p: in (0, 1), NaN for a member that says nothing; index: (N,) integers, the group of each, or
    negative for none; correlation: in [0, 1], 1: the mean alone counts.
    """
    chances = np.asarray(p, np.float64)
    counts = np.isfinite(chances) & (index >= 0)
    clipped = np.clip(chances[counts], 1e-9, 1 - 1e-9)
    number = np.bincount(index[counts], minlength=n_groups)
    total = np.bincount(index[counts], np.log(clipped / (1 - clipped)), minlength=n_groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        odds = total / (1 + (number - 1) * correlation)
    return np.where(number > 0, 1 / (1 + np.exp(-odds)), np.nan)
