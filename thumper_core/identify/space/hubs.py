"""Hubs damped: a vector that is similar to everything loses a part of what it is similar to.

A fawn is like all fawns, a blur like all blurs. Each tracklet's vectors lose a part of the mean of
its nearest neighbours ("localized centering", Hara et al. 2015, AAAI), so that what is left is what
sets the animal apart. Neighbours of the tracklet's own event are left out: they may be the animal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.space.similarity import IntArray, group_means, similarity_blocks, unit

COHORT_MAX = 2_000


@dataclass(frozen=True)
class Cohort:
    """The tracklets among which neighbours are looked for.

    means: (C, d) float32, their mean vectors; event: (C,) names or codes of their events.
    """

    means: FloatArray
    event: npt.NDArray[Any]

    @classmethod
    def drawn(
        cls, vectors: FloatArray, index: IntArray, event: npt.NDArray[Any], seed: int
    ) -> Cohort:
        """At most COHORT_MAX of the tracklets; arguments as of `damp_hubs`."""
        rows = np.arange(len(event))
        if len(rows) > COHORT_MAX:
            rows = np.sort(np.random.default_rng(seed).choice(rows, COHORT_MAX, replace=False))
        return cls(group_means(vectors, index, len(event))[rows], event[rows])


def damp_hubs(
    vectors: FloatArray,
    index: IntArray,
    event: npt.NDArray[Any],
    cohort: Cohort,
    damping: float,
) -> FloatArray:
    """Take from each tracklet's vectors `damping` times the mean of its nearest quarter.

    vectors: (N, d) float32; index: (N,) tracklets; event: (T,) their events, as the cohort names
    them. Returns (N, d) float32 of unit length; the vectors as they are where the cohort has fewer
    than eight tracklets or the damping is 0.
    """
    near = len(cohort.means) // 4
    if near < 2 or damping == 0 or not len(vectors):
        return vectors
    means = group_means(vectors, index, len(event))
    centre = np.empty_like(means)
    for start, block in similarity_blocks(means, cohort.means):
        own = event[start : start + len(block), None] == cohort.event
        block[own] = -np.inf
        rows = np.argpartition(-block, near, axis=1)[:, :near]
        chosen = np.zeros_like(block)
        np.put_along_axis(chosen, rows, 1.0 / near, axis=1)
        chosen[own] = 0.0
        centre[start : start + len(block)] = chosen @ cohort.means
    return unit(vectors - damping * centre[index])
