"""What the second witness's word is worth: from a score to log odds, as the photos themselves show it.

Scores of different tracklets do not compare as they are: a sharp crop of a striped flank matches
everything a little. So each score is measured against what both its tracklets have with all others
(standardised, the mean of both views).

What such a score says is read off pairs of two kinds. Those that the vectors hold for alike are one
animal more often than pairs drawn by lot, and how much more often the vectors' own calibration says
(p and q). With the frequencies of a score among the former, f, and the latter, g, the frequency among
pairs of one animal is s = (f - (1 - p) d) / p, and among pairs of two d = (g - q s) / (1 - q). Where
certain strangers (two deer in one photo, a buck and a doe at one camera) have that score more often
still, d is theirs: what a place or a posture makes alike is no evidence. Only the upper half of the
word is heard: two flanks of one animal do not match either, so "no match" says nothing.
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
LEVELS: Final = 8
"""Levels of the score at which frequencies are compared, from the median up, each half as rare."""
DOUBT: Final = 3.0
"""Pairs of two animals that are added to each level, so that few pairs prove nothing."""
MOST: Final = 3.0
"""Log odds that a score says at most: one in twenty, however sure it looks."""
ROUNDS: Final = 20


@dataclass(frozen=True)
class Word:
    """level: (L,) rising scores; log_odds: (L,) what a score of each says, 0 at first, never falling."""

    level: Array
    log_odds: Array

    def of(self, score: npt.ArrayLike) -> Array:
        """Log odds >= 0 of standardised scores; 0 where a score is NaN."""
        told = np.interp(np.asarray(score, np.float64), self.level, self.log_odds, left=0.0)
        return np.where(np.isnan(told), 0.0, told)


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
        usual = float(np.sqrt(square.mean())) if len(square) else 0.0
        return cls(mean, np.sqrt(square) + max(0.1 * usual, 1e-6))

    def of(self, score: npt.NDArray[np.floating], pairs: IntArray) -> Array:
        """(K,) standardised scores of pairs, NaN where the raw one is."""
        said = _log(score)[:, None]
        return np.asarray(((said - self.mean[pairs]) / self.spread[pairs]).mean(axis=1))


def _log(score: npt.NDArray[np.floating]) -> Array:
    return np.log1p(np.asarray(score, np.float64) / FLOOR)


def weigh(alike: Array, by_lot: Array, strangers: Array, p: float, q: float) -> Word:
    """What scores say; see the module.

    alike, by_lot, strangers: standardised scores of pairs of each kind, without NaN; p, q: share of one
    animal among the first two, by the vectors. Nothing is said where p is not above q.
    """
    if p <= q or len(alike) < 2**LEVELS or len(by_lot) < DOUBT:
        return Word(np.zeros(1), np.zeros(1))
    level = np.unique(np.quantile(alike, 1 - 0.5 ** np.arange(1, LEVELS + 1)))
    f, g = _frequency(alike, level, 0.0), _frequency(by_lot, level, DOUBT)
    known = _frequency(strangers, level, DOUBT) if len(strangers) >= 2**LEVELS else np.zeros_like(f)
    different = np.maximum(g, known)
    same = f
    for _ in range(ROUNDS):
        same = np.clip((f - (1 - p) * different) / p, 0, 1)
        different = np.maximum(np.maximum((g - q * same) / (1 - q), 0.05 * g), known)
    ratio = np.log(np.maximum(same, 1e-12) / np.maximum(different, 1e-12))
    return Word(level, np.maximum.accumulate(np.clip(ratio, 0, MOST)))


def _frequency(score: Array, level: Array, doubt: float) -> Array:
    """Share of the scores between each level and the next one, with so many more in each."""
    number = np.histogram(score, np.append(level, np.inf))[0] + doubt
    return np.asarray(number / (len(score) + doubt * len(level)))
