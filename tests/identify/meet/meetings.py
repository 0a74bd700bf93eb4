"""Sightings of made-up deer: some that are known, and new ones among those that are asked about."""

from __future__ import annotations

import numpy as np

from thumper_core.identify.meet.gallery import Sightings


def sightings(
    who: np.ndarray, *, moment: float = 0.5, seed: int = 0, dim: int = 24, first_event: int = 0
) -> Sightings:
    """One visit each; moment: how far a visit moves an animal's vector."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(int(who.max(initial=0)) + 1, dim))
    means = centres[who] + moment * rng.normal(size=(len(who), dim))
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    n = len(who)
    return Sightings(
        means.astype(np.float32),
        who.astype(np.int32),
        np.arange(first_event, first_event + n, dtype=np.int32),
        (who % 3).astype(np.int32),
        np.full(n, 7.0),
        np.arange(first_event, first_event + n, dtype=np.float64),
        np.zeros(n, np.int32),
        np.zeros(n, np.int32),
        (who % 2).astype(np.int32),
        np.ones(n),
    )
