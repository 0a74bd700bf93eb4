"""HDBSCAN over tracklets, to compare with: groups are dense regions, the rest stays alone.

It knows nothing of photos or people either; `greedy.broken_links` counts what it got wrong.
"""

from __future__ import annotations

import numpy as np

from thumper_core.contracts import FloatArray, ThumperError
from thumper_core.identify.similarity import IntArray

DIM_MAX = 50


def density_profiles(means: FloatArray, *, min_size: int = 2) -> IntArray:
    """(T,) int32 profile of each tracklet; noise points are profiles of one.

    means: (T, D) float32; min_size: tracklets that make a profile. Euclidean distance of unit
    vectors (a monotone map of the cosine), after a PCA to 50 dimensions, without which the trees
    that HDBSCAN searches are no faster than all pairs (Campello, Moulavi & Sander 2013).
    ThumperError where the extra is not installed.
    """
    if len(means) <= max(2, min_size):
        return np.arange(len(means), dtype=np.int32)
    try:
        import hdbscan
    except ImportError as error:
        raise ThumperError(
            "HDBSCAN is not installed: pip install hdbscan, or use --method average."
        ) from error
    length = np.linalg.norm(means, axis=1, keepdims=True)
    unit = means / np.where(length > 0, length, 1)
    if unit.shape[1] > DIM_MAX:
        centred = (unit - unit.mean(axis=0)).astype(np.float64)
        axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :DIM_MAX]
        unit = (centred @ axes).astype(np.float32)
    found = hdbscan.HDBSCAN(min_cluster_size=min_size, core_dist_n_jobs=1).fit(
        unit.astype(np.float64)
    )
    labels = np.asarray(found.labels_, np.int32)
    alone = labels < 0
    labels[alone] = labels.max(initial=-1) + 1 + np.arange(alone.sum(), dtype=np.int32)
    return labels
