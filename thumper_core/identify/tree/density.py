"""HDBSCAN (Campello, Moulavi & Sander 2013): groups are dense regions, the rest is noise.

To compare with, and to colour a map. It knows nothing of photos or people; `greedy.broken_links`
counts what it got wrong.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray, ThumperError
from thumper_core.identify.space.axes import Axes
from thumper_core.identify.space.similarity import IntArray, unit

DIM_MAX = 50


def dense_groups(points: npt.NDArray[np.floating], min_size: int) -> IntArray:
    """(N,) int32 group of each point, from 0; -1 for noise.

    points: (N, d), compared by Euclidean distance; min_size: points that make a group. ThumperError
    where the extra is not installed.
    """
    if len(points) <= max(2, min_size):
        return np.full(len(points), -1, np.int32)
    try:
        import hdbscan
    except ImportError as error:
        raise ThumperError(
            "HDBSCAN is not installed: pip install hdbscan, or use --method average."
        ) from error
    model = hdbscan.HDBSCAN(min_cluster_size=min_size, core_dist_n_jobs=1)
    return np.asarray(model.fit(points.astype(np.float64)).labels_, np.int32)


def density_profiles(means: FloatArray, *, min_size: int = 2) -> IntArray:
    """(T,) int32 profile of each tracklet; noise points are profiles of one.

    means: (T, D) float32; min_size: tracklets that make a profile. The distance is that of unit
    vectors (a monotone map of the cosine) on their 50 main axes, without which the trees that
    HDBSCAN searches are no faster than all pairs.
    """
    vectors = unit(means).astype(np.float64)
    labels = dense_groups(Axes.fit(vectors, DIM_MAX).apply(vectors), min_size)
    alone = labels < 0
    labels[alone] = labels.max(initial=-1) + 1 + np.arange(alone.sum(), dtype=np.int32)
    return labels
