"""The old system's rule, to compare with: each tracklet to the nearest profile so far.

Tracklets come in order of time. One joins the profile whose representative is most similar, if that
similarity reaches the threshold, and moves the representative towards itself (a moving average);
else it starts a profile. The outcome depends on the order, a wrong start is never mended, and
nothing keeps two deer of one photo apart: `broken_links` counts what it got wrong.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.space.similarity import IntArray

MOMENTUM = 0.9


def greedy_profiles(
    means: FloatArray,
    threshold: float,
    order: npt.NDArray[np.integer] | None = None,
    *,
    momentum: float = MOMENTUM,
) -> IntArray:
    """(T,) int32 profile of each tracklet, numbered by start.

    means: (T, D) float32; threshold: least cosine to a representative; order: (T,) rows in time
    order, default as they come; momentum in [0, 1): share of the old representative kept.
    """
    length = np.linalg.norm(means, axis=1, keepdims=True)
    unit = means / np.where(length > 0, length, 1)
    labels = np.full(len(means), -1, np.int32)
    profiles = np.empty((16, means.shape[1]), np.float32)
    count = 0
    for row in range(len(means)) if order is None else order:
        if count:
            scores = profiles[:count] @ unit[row]
            best = int(scores.argmax())
            if scores[best] >= threshold:
                moved = momentum * profiles[best] + (1 - momentum) * unit[row]
                profiles[best] = moved / max(float(np.linalg.norm(moved)), 1e-12)
                labels[row] = best
                continue
        if count == len(profiles):
            profiles = np.concatenate([profiles, np.empty_like(profiles)])
        profiles[count] = unit[row]
        labels[row] = count
        count += 1
    return labels


def broken_links(
    labels: npt.NDArray[np.integer],
    cannot: IntArray,
    side: npt.NDArray[np.int8] | None = None,
) -> int:
    """Cannot-linked pairs that share a profile; with `side`, pairs of sides 1 and 2 count too.

    labels: (T,); cannot: (K, 2) pairs of rows; side: (T,) int8, 0 none.
    """
    broken = int((labels[cannot[:, 0]] == labels[cannot[:, 1]]).sum())
    if side is not None and len(labels):
        ones, twos = (np.bincount(labels[side == s], minlength=labels.max() + 1) for s in (1, 2))
        broken += int((ones.astype(np.int64) * twos).sum())
    return broken
