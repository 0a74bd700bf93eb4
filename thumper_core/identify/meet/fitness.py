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


def nearest_is_same(
    asked: FloatArray, known: FloatArray, who: tuple[Codes, Codes], visit: tuple[Codes, Codes]
) -> Mask:
    """(A,) whether the known crop most like each, of another visit, is of the same animal.

    asked, known: (A, d), (B, d) float32; who, visit: codes of either.
    """
    found = np.zeros(len(asked), bool)
    if not len(known):
        return found
    for first, similarity in similarity_blocks(asked, known):
        rows = np.arange(first, first + len(similarity))
        similarity[visit[0][rows][:, None] == visit[1][None, :]] = -np.inf
        best = similarity.argmax(axis=1)
        apart = np.isfinite(similarity[np.arange(len(rows)), best])
        found[rows] = apart & (who[0][rows] == who[1][best])
    return found
