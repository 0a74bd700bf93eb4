"""Which profiles would be there again, had the deer walked past a little differently.

Bursts are drawn with replacement and clustered by the same rule, and each profile is looked for in
the outcome: its stability is the mean overlap (Jaccard) with the group most like it (Hennig 2007,
"Cluster-wise assessment of cluster stability", CSDA 52). Above 0.75 a profile is there to stay,
below 0.5 it is an accident of these photos. A single tracklet is itself in any outcome, so only
draws with two of a profile's tracklets or more say something about it.

A draw is clustered once, and every threshold cuts its dendrogram: a sweep takes no more clusterings
than one threshold. Where there are many tracklets, a draw takes whole events up to 3,000 of them,
others each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.sampling import whole_groups
from thumper_core.identify.space.similarity import IntArray
from thumper_core.identify.tree.cluster import part_linkage
from thumper_core.identify.tree.dendrogram import Dendrogram

UNSTABLE: Final = 0.5
"""A profile below this is an accident of these photos."""
RESAMPLES: Final = 20
DRAW_TRACKLETS: Final = 3_000


@dataclass(frozen=True)
class Draw:
    """One resample. rows: (R,) tracklets in it, rising; tree: their dendrogram, leaf i is rows[i]."""

    rows: npt.NDArray[np.int64]
    tree: Dendrogram


@dataclass(frozen=True)
class Stability:
    """profile: (P,) mean Jaccard overlap in [0, 1], NaN where no draw had two of its tracklets;
    mean: over the profiles that have one, weighted by tracklets, NaN without any; profiles_low,
    profiles_high: 95% interval of the number of profiles (a draw's number, times what all tracklets'
    clustering has over what it has on that draw), NaN without draws.
    """

    profile: npt.NDArray[np.float64]
    mean: float
    profiles_low: float
    profiles_high: float

    @classmethod
    def unknown(cls, count: int) -> Stability:
        """Of `count` profiles of which nothing is known."""
        return cls(np.full(count, np.nan), np.nan, np.nan, np.nan)


def draw_bursts(
    means: FloatArray,
    event: IntArray,
    burst: IntArray,
    constraints: Constraints,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Draw, ...]:
    """Resample bursts and cluster each resample under the constraints that fall into it.

    means: (T, D) float32; event, burst: (T,) int32 codes. A burst drawn twice counts once: a copy
    would be similar to itself.
    """
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples if len(means) else 0):
        used = np.flatnonzero(whole_groups(event, DRAW_TRACKLETS, rng))
        bursts = np.unique(burst[used])
        chosen = np.unique(rng.choice(bursts, len(bursts)))
        rows = used[np.isin(burst[used], chosen)]
        drawn.append(Draw(rows, part_linkage(means, rows, constraints)))
    return tuple(drawn)


def stability(
    labels: npt.NDArray[np.integer], draws: tuple[Draw, ...], similarity: float
) -> Stability:
    """Look for each profile in every draw.

    labels: (T,) profiles at the threshold, 0..P-1; similarity: the cut.
    """
    count = int(labels.max(initial=-1)) + 1
    overlap, judged = np.zeros(count), np.zeros(count)
    ratio = []
    for draw in draws:
        old, new = labels[draw.rows].astype(np.int64), draw.tree.groups(similarity)
        width = int(new.max()) + 1
        cells, shared = np.unique(old * width + new, return_counts=True)
        row, column = np.divmod(cells, width)
        sizes = np.bincount(old, minlength=count)
        jaccard = shared / (sizes[row] + np.bincount(new)[column] - shared)
        best = np.zeros(count)
        np.maximum.at(best, row, jaccard)
        telling = sizes >= 2
        overlap[telling] += best[telling]
        judged += telling
        ratio.append(width / np.count_nonzero(sizes))
    if not ratio:
        return Stability.unknown(count)
    profile = np.where(judged > 0, overlap / np.maximum(judged, 1), np.nan)
    weight = np.bincount(labels, minlength=count) * (judged > 0)
    total = weight.sum()
    mean = float(np.nansum(profile * weight) / total) if total else np.nan
    low, high = np.quantile(ratio, [0.025, 0.975]) * count
    return Stability(profile, mean, float(low), float(high))
