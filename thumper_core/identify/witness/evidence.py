"""What the second witness's word is worth: from a score to log odds.

On photos of known animals the log odds that two crops show one animal rise in a straight line with the
logarithm of how well they match. To measure each score against what its crops have with all others, as
is done against hubs, made it no better there, and would silence a herd of few animals, where a true
match is nothing rare.

A line learned elsewhere is a claim, and the photos at hand have a say: where two certain strangers (two
deer of one photo, a buck and a doe at one camera) reach a score as often as those do that look alike,
it is the place or the posture that matches, and nothing is believed. A score that is r times as frequent
among the former says no more than log r: as if all of them were one animal. That is cautious, for few are,
but how many nobody knows, and what makes two look alike also makes them match. Only the upper half of the
word is heard: two flanks of one animal do not match either, so "no match" says nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

FLOOR: Final = 0.02
"""A raw score that is hardly any: logarithms begin there."""
SLOPE: Final = 1.4
"""Log odds for each unit of the logarithm ..."""
BEGIN: Final = 0.75
"""... beyond so much of it: as on photos of 90 nyala, half of those at hand (the rest is for testing)."""
MOST: Final = 4.0
"""Log odds that a score says at most, however sure it looks."""
LEVELS: Final = 6
"""Levels at which strangers are looked at: of the alike pairs beyond BEGIN, each half as many."""
DOUBT: Final = 1.0
"""Strangers added to those beyond each level: few prove little."""


def log_odds(raw: Array, alike: Array, strangers: Array) -> Array:
    """(K,) log odds >= 0 of raw scores >= 0; 0 of one that is NaN.

    alike, strangers: raw scores of pairs that look alike, and of certain strangers at one camera; NaN
    counts for nothing. None of the strangers: the line alone is believed.
    """
    score = _logarithm(raw)
    claim = np.clip(SLOPE * (score - BEGIN), 0, MOST)
    f, d = (np.sort(_logarithm(part[~np.isnan(part)])) for part in (alike, strangers))
    loud = f[f > BEGIN]
    if not len(d) or not len(loud):
        return np.asarray(claim)
    level = np.unique(np.quantile(loud, 1 - 0.5 ** np.arange(LEVELS)))
    seen = 1 - np.searchsorted(f, level) / len(f)
    apart = (len(d) - np.searchsorted(d, level) + DOUBT) / (len(d) + DOUBT)
    most = np.maximum.accumulate(np.log(np.maximum(seen / apart, 1)))
    return np.asarray(np.minimum(claim, np.interp(score, level, most)))


def _logarithm(raw: Array) -> Array:
    """Of raw scores, 0 of none and of NaN."""
    return np.asarray(np.log1p(np.nan_to_num(raw, nan=0.0) / FLOOR))
