"""Two models on the same cases: by how much the second has to be better to be so by more than chance.

The cases are drawn anew by visits (Efron & Tibshirani 1993, "An introduction to the bootstrap", sec. 16),
and both models are asked about the same draw: what is hard for one is mostly hard for the other, so
their difference varies less than either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from thumper_core.evaluate.metrics import Labels, Weights, resamples

Figure = Callable[[Weights | None], float]
"""A model's figure for weights (N,) of the cases, None: each counts once; NaN: none to be had."""
CHANCE: Final = 0.05
"""How often a model that is no better may be taken for one that is."""


def chance_margin(before: Figure, after: Figure, units: Labels, seed: int = 0) -> float:
    """By how much `after` must pass `before`, at least 0; infinite where nothing can be told.

    units: (N,), the visit of each case, which is drawn as a whole.
    """
    draws = np.array([after(weight) - before(weight) for weight in resamples(units, seed=seed)])
    draws = draws[np.isfinite(draws)]
    if not len(draws) or len(np.unique(units)) < 2:
        return float("inf")
    return max(0.0, float(after(None) - before(None) - np.quantile(draws, CHANCE)))
