"""What a crop is fit for, as a chance that is learned from the crops themselves.

Whether a picture can tell who an animal is shows in whether it did: of crops whose animal is known from
other visits, how often is the most similar crop of another visit the same animal? A line through what is
measured of a crop (`measured`) gives that chance to every other. An embedder that tells deer apart poorly
is wrong about the best of pictures too, and that is not the picture's fault: a picture tells as far as
its chance comes up to that of the clearest tenth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.space.similarity import similarity_blocks

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.integer]

NEEDED: Final = 8
"""Crops of either kind, fewer of which say nothing about others."""
RIDGE: Final = 2.0
CLEAREST: Final = 0.9
"""Quantile of the chances from which on a crop is as clear as crops are."""
TELLS_MIN: Final = 0.5
"""Chance of showing who it is below which a crop more likely shows nothing."""


@dataclass(frozen=True)
class Fitness:
    """A line through measures: mean, spread, slopes: (F,); bias; best: chance of the clearest crops."""

    mean: Array
    spread: Array
    slopes: Array
    bias: float
    best: float

    def chances(self, measured: Array) -> Array:
        """(N,) chance that such a crop is answered rightly; measured: (N, F)."""
        x = (measured - self.mean) / self.spread
        return np.asarray(1 / (1 + np.exp(-np.clip(x @ self.slopes + self.bias, -30, 30))))

    def tells(self, measured: Array) -> Array:
        """(N,) chance that such a crop shows what is asked, in [0, 1]: 1 for the clearest."""
        return np.asarray(np.clip(self.chances(measured) / self.best, 0, 1))


def learn_fitness(measured: Array, right: Mask, weight: Array | None = None) -> Fitness | None:
    """The line by Newton's method, with a small penalty on its slopes; None where there is too little.

    measured: (N, F); right: (N,) whether each crop was answered rightly; weight: (N,) how much each
    counts (None: 1).
    """
    counted = np.ones(len(right)) if weight is None else weight
    if min(counted[right].sum(), counted[~right].sum()) < NEEDED:
        return None
    mean, spread = measured.mean(axis=0), measured.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    x = np.column_stack([(measured - mean) / spread, np.ones(len(right))])
    penalty = np.append(np.full(measured.shape[1], RIDGE), 1e-6)
    line = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ line, -30, 30)))
        gradient = x.T @ (counted * (right - p)) - penalty * line
        curvature = (x * (counted * p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        line = line + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-6:
            break
    found = Fitness(mean, spread, line[:-1], float(line[-1]), 1.0)
    best = float(np.quantile(found.chances(measured), CLEAREST))
    return Fitness(mean, spread, line[:-1], float(line[-1]), max(best, 1e-6))


def nearest(
    asked: FloatArray, known: FloatArray, visit: tuple[Codes, Codes]
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """(A,) similarity and row of the known crop of another visit that is most like each; -inf: none.

    asked, known: (A, d), (B, d) float32; visit: codes of either.
    """
    best, row = np.full(len(asked), -np.inf, np.float32), np.full(len(asked), -1, np.int64)
    if not len(known):
        return best, row
    for first, similarity in similarity_blocks(asked, known):
        rows = np.arange(first, first + len(similarity))
        similarity[visit[0][rows][:, None] == visit[1][None, :]] = -np.inf
        row[rows] = similarity.argmax(axis=1)
        best[rows] = similarity[np.arange(len(rows)), row[rows]]
    return best, row


def recognised(similarity: FloatArray, is_own: Mask, is_new: Mask) -> Mask:
    """(A,) whether each crop is recognised: the most similar one is of its own animal, and more like it than
    like a stranger's.

    similarity: (A,) of the most similar; is_own: whether that is of the same animal; is_new: whether the
    animal is in no crop that it was compared with. The line between the two is drawn where as large a
    share of the new ones lies above it as of the others below.
    """
    own, new = similarity[~is_new & is_own], similarity[is_new]
    if not len(own) or not len(new):
        return np.asarray(is_own & ~is_new)
    tried = np.unique(np.concatenate([own, new]))
    below = np.searchsorted(np.sort(own), tried, side="left") / len(own)
    above = 1 - np.searchsorted(np.sort(new), tried, side="left") / len(new)
    line = tried[int(np.abs(below - above).argmin())]
    return np.asarray(is_own & ~is_new & (similarity >= line))
