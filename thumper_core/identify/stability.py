"""Which profiles would be there again, had the deer walked past a little differently.

Bursts are drawn with replacement, clustered at the same threshold, and each profile is looked for
in the outcome: its stability is the mean overlap (Jaccard) with the group most like it (Hennig
2007, "Cluster-wise assessment of cluster stability", CSDA 52). Above 0.75 a profile is there to
stay, below 0.5 it is an accident of these photos.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from thumper_core.contracts import FloatArray
from thumper_core.identify.cluster import average_linkage
from thumper_core.identify.constraints import Constraints
from thumper_core.identify.similarity import IntArray


@dataclass(frozen=True)
class Stability:
    """profile: (P,) mean Jaccard overlap in [0, 1], NaN where a profile was never drawn;
    profiles_low, profiles_high: 95% interval of the number of profiles, scaled to all tracklets'
    number by what the full clustering has; mean: mean over profiles, weighted by tracklets.
    """

    profile: npt.NDArray[np.float64]
    mean: float
    profiles_low: float
    profiles_high: float


def stability(
    means: FloatArray,
    labels: IntArray,
    burst: IntArray,
    constraints: Constraints,
    similarity: float,
    *,
    resamples: int = 20,
    seed: int = 0,
) -> Stability:
    """Resample bursts and look for each profile again.

    means: (T, D) float32; labels: (T,) profiles at the threshold, 0..P-1; burst: (T,) int32 codes;
    similarity: the cut. A burst drawn twice counts once: a copy would be similar to itself.
    """
    rng = np.random.default_rng(seed)
    count = int(labels.max(initial=-1)) + 1
    overlap = np.zeros(count)
    drawn = np.zeros(count)
    ratio = []
    n_bursts = int(burst.max(initial=-1)) + 1
    for _ in range(resamples if count else 0):
        chosen = np.unique(rng.integers(0, n_bursts, n_bursts))
        rows = np.flatnonzero(np.isin(burst, chosen))
        again = _cluster(means, constraints, rows, similarity)
        table = sp.coo_matrix(
            (np.ones(len(rows)), (labels[rows], again)), shape=(count, again.max() + 1)
        ).tocsr()
        old, new = np.asarray(table.sum(1)).ravel(), np.asarray(table.sum(0)).ravel()
        cells = table.tocoo()
        jaccard = cells.data / (old[cells.row] + new[cells.col] - cells.data)
        best = np.zeros(count)
        np.maximum.at(best, cells.row, jaccard)
        seen = old > 0
        overlap[seen] += best[seen]
        drawn += seen
        ratio.append(len(new) / seen.sum())
    if not ratio:
        return Stability(np.zeros(0), float("nan"), 0.0, 0.0)
    profile = np.where(drawn > 0, overlap / np.maximum(drawn, 1), np.nan)
    weight = np.bincount(labels, minlength=count) * (drawn > 0)
    mean = float(np.nansum(profile * weight) / weight.sum())
    low, high = np.quantile(ratio, [0.025, 0.975]) * count
    return Stability(profile, mean, float(low), float(high))


def _cluster(
    means: FloatArray, constraints: Constraints, rows: npt.NDArray[np.int64], similarity: float
) -> IntArray:
    """The full rule on some of the tracklets."""
    place = np.full(constraints.n, -1)
    place[rows] = np.arange(len(rows))
    kept = []
    for pairs in (constraints.cannot, constraints.must):
        mapped = place[pairs].reshape(-1, 2)
        kept.append(mapped[(mapped >= 0).all(axis=1)].astype(np.int32))
    tree = average_linkage(means[rows], kept[0], kept[1], constraints.group[rows]).dendrogram
    return tree.cut(similarity)
