"""What the second witness's word is worth: from a score to log odds.

Scores of different tracklets do not compare as they are: a sharp crop of a striped flank matches
everything a little. So each score is measured against what both its tracklets have with all others
(standardised, the mean of both views). On known animals the log odds rise with that in a straight line.

A line learned elsewhere is a claim, and the photos at hand have a say: where two certain strangers (two
deer of one photo, a buck and a doe at one camera) reach a score as often as those do that look alike,
it is the place or the posture that matches, and nothing is believed. With f the share of the alike pairs
of which SHARE are one animal, and d that of the strangers, the likelihood ratio is at most
(f - (1 - SHARE) d) / (SHARE d). Only the upper half of the word is heard: two flanks of one animal do
not match either, so "no match" says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.identify.space.similarity import IntArray

Array = npt.NDArray[np.float64]

FLOOR: Final = 0.02
"""A raw score that is hardly any: logarithms begin there."""
SLOPE: Final = 0.6
"""Log odds for each standard deviation ..."""
BEGIN: Final = 1.5
"""... beyond so many: as on photos of 89 nyala (half of those at hand; the other half is for testing)."""
MOST: Final = 4.0
"""Log odds that a score says at most, however sure it looks."""
SHARE: Final = 0.1
"""Of the pairs that the vectors hold for alike, what may be one animal."""
LEVELS: Final = 6
"""Levels at which strangers are looked at: of the alike pairs beyond BEGIN, each half as many."""
STRANGERS_MIN: Final = 50
DOUBT: Final = 1.0
"""Strangers added to those beyond each level: few prove little."""


@dataclass(frozen=True)
class Standard:
    """mean, spread: (T,) of what each tracklet's scores with others come to, on a logarithmic scale."""

    mean: Array
    spread: Array

    @classmethod
    def fit(cls, score: npt.NDArray[np.floating], pairs: IntArray, count: int) -> Standard:
        """score: (K,) raw, NaN unknown, of the (K, 2) pairs of `count` tracklets."""
        known = ~np.isnan(score)
        value = np.tile(_log(score[known]), 2)
        row = pairs[known].T.ravel()
        number = np.maximum(np.bincount(row, minlength=count), 1)
        mean = np.bincount(row, value, count) / number
        square = np.bincount(row, (value - mean[row]) ** 2, count) / number
        usual = float(np.sqrt(square.mean())) if count else 0.0
        return cls(mean, np.sqrt(square) + max(0.1 * usual, 1e-6))

    def of(self, score: npt.NDArray[np.floating], pairs: IntArray) -> Array:
        """(K,) standardised scores of pairs, NaN where the raw one is."""
        said = _log(score)[:, None]
        return np.asarray(((said - self.mean[pairs]) / self.spread[pairs]).mean(axis=1))


def _log(score: npt.NDArray[np.floating]) -> Array:
    return np.asarray(np.log1p(np.asarray(score, np.float64) / FLOOR))


def log_odds(score: Array, alike: Array, strangers: Array) -> Array:
    """(K,) log odds >= 0 of standardised scores; 0 of one that is NaN.

    alike, strangers: scores of pairs that look alike, and of certain strangers at one camera; NaN
    counts for nothing. Fewer than STRANGERS_MIN strangers bound nothing.
    """
    claim = np.clip(SLOPE * (np.nan_to_num(score, nan=BEGIN) - BEGIN), 0, MOST)
    f, d = (np.sort(part[~np.isnan(part)]) for part in (alike, strangers))
    loud = f[f > BEGIN]
    if len(d) < STRANGERS_MIN or not len(loud):
        return np.asarray(claim)
    level = np.unique(np.quantile(loud, 1 - 0.5 ** np.arange(LEVELS)))
    seen = 1 - np.searchsorted(f, level) / len(f)
    apart = (len(d) - np.searchsorted(d, level) + DOUBT) / (len(d) + DOUBT)
    ratio = (seen - (1 - SHARE) * apart) / (SHARE * apart)
    most = np.maximum.accumulate(np.log(np.maximum(ratio, 1)))
    bound = np.interp(np.nan_to_num(score, nan=BEGIN), level, most)
    return np.asarray(np.minimum(claim, bound))
