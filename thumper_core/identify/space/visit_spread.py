"""How one animal differs from visit to visit, learned from animals that people confirmed.

Frames of a burst say how an animal differs within seconds, and that is what a space learns by itself
(`whitening`). What changes between visits (light, pose, distance, a wet coat) is seen only where
somebody knows that two visits are of one animal: a person's "same", or an album of known individuals.
That spread is counted into the whitening beside what the photos show, a part of it (WCCN, Hatch,
Kajarekar & Stolcke 2006, with the within-class covariance of two sources pooled): a direction in which
one animal differs from visit to visit says little of who it is.

What makes animals differ (the spread between them, as LDA and KISSME weigh it too) is left out: tried
on animals that were not learned from, it made ranks worse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.space.axes import Axes
from thumper_core.identify.space.lights import Lights
from thumper_core.identify.space.similarity import IntArray, group_means, unit

RANK: Final = 160
"""Directions that are kept, the widest."""
SHARE_MAX: Final = 0.5
"""Most that the spread counts for beside what the photos of a herd show."""
FREEDOM_HALF: Final = 40
"""Visits beyond the first of their animals with which it counts for half of the most."""


@dataclass(frozen=True)
class VisitSpread:
    """axes: (k, D) float32, `axes.T @ axes` is the covariance of one animal's visits, of vectors that
    are centred and of unit length; freedom: visits behind it beyond the first of their animals; source:
    what it is called, for people.
    """

    axes: FloatArray
    freedom: int
    source: str = ""

    @property
    def share(self) -> float:
        """What it counts for in a whitening, in [0, SHARE_MAX]: little evidence, little weight."""
        return SHARE_MAX * self.freedom / (self.freedom + FREEDOM_HALF)

    def seen_on(self, axes: Axes) -> VisitSpread:
        """The same spread of vectors that were put on those axes."""
        if axes.axes is None:
            return self
        return replace(self, axes=np.asarray(self.axes @ axes.axes, np.float32))

    def covariance(self, basis: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """(d, d) on the columns of a basis (D, d)."""
        seen = self.axes.astype(np.float64) @ basis
        return np.asarray(seen.T @ seen)


def learn_spread(
    vectors: FloatArray,
    index: IntArray,
    event: npt.NDArray[np.integer],
    individual: npt.NDArray[np.integer],
    light: IntArray | None = None,
) -> VisitSpread | None:
    """The spread of known individuals' visits; None where none was seen on two.

    vectors: (N, D) float32, L2-normalised; index: (N,) tracklets; event, individual: (T,) codes, -1 an
    individual that nobody confirmed; light: (N,) codes, None where nothing is known of it. A visit, the
    mean of its tracklets, counts once: bursts of one visit are near copies.
    """
    known = individual >= 0
    if not known.any():
        return None
    if light is None:
        base = unit(vectors - vectors.mean(axis=0))
    else:
        base = Lights.fit(vectors, light).apply(vectors, light)
    means = group_means(base, index, len(event))[known]
    pairs = np.column_stack([individual[known], event[known]])
    visits, visit = np.unique(pairs, axis=0, return_inverse=True)
    found = group_means(means, visit.ravel().astype(np.int32), len(visits))
    who = np.unique(visits[:, 0], return_inverse=True)[1].astype(np.int32)
    residual = found - group_means(found, who)[who]
    freedom = len(visits) - int(who.max()) - 1
    if freedom == 0:
        return None
    _, size, axes = np.linalg.svd(residual.astype(np.float64), full_matrices=False)
    kept = min(RANK, freedom)
    scaled = axes[:kept] * (size[:kept] / np.sqrt(freedom))[:, None]
    return VisitSpread(scaled.astype(np.float32), freedom)
