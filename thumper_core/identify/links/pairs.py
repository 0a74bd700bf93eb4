"""Pairs that label themselves, and what a score is worth on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumper_core.identify.space.similarity import IntArray

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


def weighted_auc(
    score: npt.NDArray[np.floating],
    positive: npt.NDArray[np.bool_],
    weight: npt.NDArray[np.float64] | None = None,
) -> float:
    """Area under the ROC curve (Mann-Whitney), ties half, rows weighted; NaN without both kinds."""
    curve = RocCurve(score, positive)
    return curve.area(np.ones(len(score)) if weight is None else weight[curve.order])


class RocCurve:
    """Scores sorted once, so that their AUC can be had for many weightings."""

    def __init__(self, score: npt.NDArray[np.floating], positive: npt.NDArray[np.bool_]) -> None:
        self.order = np.argsort(score, kind="stable")
        ranked = score[self.order]
        self._positive = positive[self.order]
        new = np.ones(len(ranked), bool)
        new[1:] = ranked[1:] != ranked[:-1]
        self._starts = np.flatnonzero(new)

    def area(self, weight: npt.NDArray[np.float64]) -> float:
        """AUC with weights in sorted order; ties count half."""
        yes, no = weight * self._positive, weight * ~self._positive
        if yes.sum() <= 0 or no.sum() <= 0:
            return float("nan")
        yes, no = np.add.reduceat(yes, self._starts), np.add.reduceat(no, self._starts)
        below = np.cumsum(no) - no
        return float(yes @ (below + no / 2) / (yes.sum() * no.sum()))


def d_prime(same: Scores, different: Scores) -> float:
    """Distance of the means in pooled standard deviations; NaN where either kind is absent."""
    if not len(same) or not len(different):
        return float("nan")
    spread = np.sqrt((np.var(same) + np.var(different)) / 2)
    return float((np.mean(same) - np.mean(different)) / max(float(spread), 1e-12))
