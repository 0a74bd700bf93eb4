"""Random tracklet means and constraints on them, by a seed."""

from __future__ import annotations

import numpy as np


def random_means(
    count: int, dim: int, seed: int, *, per_centre: int = 4, noise: float = 0.7
) -> np.ndarray:
    """Vectors of uneven length round a few centres, as tracklet means are."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, count // per_centre), dim))
    x = centres[rng.integers(0, len(centres), count)] + noise * rng.normal(size=(count, dim))
    x *= rng.uniform(0.6, 1.0, (count, 1)) / np.linalg.norm(x, axis=1, keepdims=True)
    return x.astype(np.float32)


def random_pairs(count: int, k: int, seed: int) -> np.ndarray:
    """At most `k` distinct pairs of rows, (K, 2) int32, the lower row first."""
    rng = np.random.default_rng(seed)
    pairs = np.sort(rng.integers(0, count, (k, 2)), axis=1)
    return np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0).astype(np.int32)


def random_sides(count: int, seed: int) -> np.ndarray:
    """A third each: no side, side 1, side 2."""
    return np.random.default_rng(seed).integers(0, 3, count).astype(np.int8)
