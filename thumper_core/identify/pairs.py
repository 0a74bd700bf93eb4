"""Pairs that label themselves, and what a score is worth on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from thumper_core.identify.similarity import IntArray

Scores = npt.NDArray[np.floating]
PAIRS_MAX = 200_000


@dataclass(frozen=True)
class PairSample:
    """must, cannot: (K, 2) int32 rows of detections that are one animal, and that are two."""

    must: IntArray
    cannot: IntArray


def sample_pairs(
    tracklet: IntArray, photo: IntArray, *, pairs_max: int = PAIRS_MAX, seed: int = 0
) -> PairSample:
    """Must-link pairs (one tracklet, two photos) and cannot-link pairs (one photo, two tracklets).

    tracklet, photo: (N,) int32 codes of each detection. At most `pairs_max` of each kind, evenly
    drawn, in a fixed order.
    """
    rng = np.random.default_rng(seed)
    must, cannot = pairs_within(tracklet), pairs_within(photo)
    must = must[photo[must[:, 0]] != photo[must[:, 1]]]
    cannot = cannot[tracklet[cannot[:, 0]] != tracklet[cannot[:, 1]]]
    kept = []
    for pairs in (must, cannot):
        if len(pairs) > pairs_max:
            pairs = pairs[np.sort(rng.choice(len(pairs), pairs_max, replace=False))]
        kept.append(pairs)
    return PairSample(kept[0], kept[1])


def pairs_within(group: IntArray) -> IntArray:
    """All pairs (i, j), i < j, of rows with the same group code: (K, 2) int32, sorted."""
    order = np.argsort(group, kind="stable")
    rank = np.empty(len(group), np.int64)
    edges = np.flatnonzero(np.diff(group[order], prepend=-1))
    sizes = np.diff(np.append(edges, len(group)))
    rank[order] = np.arange(len(group)) - np.repeat(edges, sizes)
    found = [np.zeros((0, 2), np.int64)]
    for step in range(1, int(sizes.max(initial=1))):
        first = np.flatnonzero(rank[order][:-step] + step < np.repeat(sizes, sizes)[:-step])
        found.append(np.column_stack([order[first], order[first + step]]))
    pairs = np.sort(np.concatenate(found), axis=1)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].astype(np.int32)


def roc_points(
    same: Scores, different: Scores, weights: tuple[Scores, Scores] | None = None
) -> tuple[Scores, Scores, Scores]:
    """(threshold, false match rate, miss rate) at every distinct score, thresholds rising.

    A pair matches where its score is at or above the threshold. weights: trust of the same and of
    the different pairs, else all count once.
    """
    w_same, w_different = weights or (np.ones(len(same)), np.ones(len(different)))
    threshold = np.unique(np.concatenate([same, different]))
    missed = _weight_below(same, w_same, threshold)
    rejected = _weight_below(different, w_different, threshold)
    return threshold, 1 - rejected, missed


def _weight_below(scores: Scores, weight: Scores, threshold: Scores) -> Scores:
    """Share of the weight with a score below each threshold."""
    order = np.argsort(scores, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weight[order], dtype=np.float64)])
    at = np.searchsorted(scores[order], threshold, side="left")
    return np.asarray(total[at] / total[-1])


def equal_error_rate(
    same: Scores, different: Scores, weights: tuple[Scores, Scores] | None = None
) -> float:
    """The error rate at which misses and false matches are equal, between points by interpolation.

    NaN where either kind is absent.
    """
    if not len(same) or not len(different):
        return float("nan")
    _, false, missed = roc_points(same, different, weights)
    false, missed = np.append(false, 0.0), np.append(missed, 1.0)
    at = int(np.argmax(missed >= false))
    if at == 0:
        return float((missed[0] + false[0]) / 2)
    gap0, gap1 = false[at - 1] - missed[at - 1], missed[at] - false[at]
    share = gap0 / (gap0 + gap1)
    return float(missed[at - 1] + share * (missed[at] - missed[at - 1]))


def roc_area(same: Scores, different: Scores) -> float:
    """P(a same pair scores above a different pair), ties counting half (Mann & Whitney 1947)."""
    if not len(same) or not len(different):
        return float("nan")
    rank = rankdata(np.concatenate([same, different]))[: len(same)].sum()
    return float((rank - len(same) * (len(same) + 1) / 2) / (len(same) * len(different)))


def d_prime(same: Scores, different: Scores) -> float:
    """Distance of the means in pooled standard deviations; NaN where either kind is absent."""
    if not len(same) or not len(different):
        return float("nan")
    spread = np.sqrt((np.var(same) + np.var(different)) / 2)
    return float((np.mean(same) - np.mean(different)) / max(float(spread), 1e-12))
