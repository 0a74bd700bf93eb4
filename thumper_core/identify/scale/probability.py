"""What a dendrogram's merges are worth: the chance of each that it joins one animal, and the best cut.

The scale (`random_effects`) is fitted to the dendrogram itself. The figures for two animals come from
the similarities between the groups of a cut, those for one animal from the halves of its groups, and the
cut from the judgement, in a few rounds. Truncation makes groups look more coherent than animals are, so
what the pair mixture (`mixture`) says of one animal bounds that from above.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.scale.mixture import TwoGroups
from thumper_core.identify.scale.random_effects import Scale
from thumper_core.identify.scale.verdicts import Answers
from thumper_core.identify.space.similarity import IntArray, group_means, pair_similarity
from thumper_core.identify.tree.dendrogram import Dendrogram

Array = npt.NDArray[np.float64]

ROUNDS_MAX = 8
GROUPS_MAX = 3_000  # of a cut, looked at for the spread between animals
PAIRS_PER_GROUP = 1_000
PLATEAU = 0.002
"""Cuts whose expected pairwise error is this close to the least are equally good."""


@dataclass(frozen=True)
class Judgement:
    """The scale, and what it makes of a dendrogram's merges.

    p: (M,) probability that the merge joins one animal; pairs: (M,) detection pairs it joins;
    within_pairs: detection pairs inside tracklets; best: similarity at which the expected pairwise
    error is least; rounds: thresholds tried on the way.
    """

    scale: Scale
    p: Array
    pairs: Array
    within_pairs: float
    best: float
    rounds: tuple[float, ...]


def judge(
    tree: Dendrogram,
    means: FloatArray,
    event: IntArray,
    sizes: npt.NDArray[np.integer],
    groups: TwoGroups,
    *,
    seed: int = 0,
) -> Judgement:
    """Fit the scale to the dendrogram and judge its merges.

    means: (T, D) tracklet means; event: (T,) int32 codes; sizes: (T,) detections of each tracklet.
    """
    scale = Scale(
        float(np.clip(groups.prior, 1e-4, 0.5)),
        groups.same_mean,
        groups.same_var,
        groups.different_mean,
        groups.different_var,
        0.7 * groups.different_var,
    )
    left, right, pairs = merge_sizes(tree, sizes)
    within = float((sizes.astype(np.float64) * (sizes - 1) / 2).sum())
    likely = np.flatnonzero(groups.p >= 0.5)
    threshold = float(groups.grid[likely[0]]) if len(likely) else groups.same_mean
    rounds = [threshold]
    rng = np.random.default_rng(seed)
    while True:
        scale = _refit(scale, tree.cut(threshold), means, event, rng)
        p = _judge_merges(scale, tree, left, right)
        best = best_cut(tree, scale, p, pairs, within)
        done = abs(best - threshold) < 1e-3 or len(rounds) > ROUNDS_MAX
        threshold = best
        rounds.append(best)
        if done:
            return Judgement(scale, p, pairs, within, best, tuple(rounds))


def judge_again(
    judged: Judgement,
    tree: Dendrogram,
    sizes: npt.NDArray[np.integer],
    answers: Answers,
) -> Judgement:
    """The same scale, corrected, on another dendrogram of the same tracklets: one that heeds verdicts.

    Answers may raise the cut, where merges proved wrong, but never lower it: two that nobody compared
    are joined because the photos say so, or not at all.
    """
    scale = judged.scale.corrected(answers)
    left, right, pairs = merge_sizes(tree, sizes)
    p = _judge_merges(scale, tree, left, right)
    best = max(
        judged.best,
        best_cut(tree, scale, p, pairs, judged.within_pairs),
        _likely_cut(tree, p, pairs),
    )
    return Judgement(scale, p, pairs, judged.within_pairs, best, judged.rounds)


def merge_sizes(tree: Dendrogram, sizes: npt.NDArray[np.integer]) -> tuple[Array, Array, Array]:
    """Tracklets on either side of each merge, and the detection pairs it joins: (M,) each."""
    count = [1.0] * tree.n
    weight = sizes.astype(np.float64).tolist()
    left, right, pairs = [], [], []
    for a, b in tree.children.tolist():
        left.append(count[a])
        right.append(count[b])
        pairs.append(weight[a] * weight[b])
        count.append(count[a] + count[b])
        weight.append(weight[a] + weight[b])
    return np.array(left), np.array(right), np.array(pairs)


def expected_errors(p: Array, pairs: Array, within: float) -> tuple[Array, Array, Array]:
    """After 0..M merges: (M + 1,) false-merge rate, false-split rate and pairwise error.

    false merge: share of joined detection pairs that are two animals (1 - precision); false split:
    share of the pairs of one animal that are apart (1 - recall); error: wrong pairs over all pairs
    that are one animal or joined or both (1 - F1, each wrong pair counted against two right ones).
    """
    right = within + np.concatenate([[0.0], np.cumsum(p * pairs)])
    joined = within + np.concatenate([[0.0], np.cumsum(pairs)])
    wrong, missed = joined - right, right[-1] - right
    total = 2 * right + wrong + missed
    return (
        wrong / np.maximum(joined, 1),
        missed / np.maximum(right[-1], 1e-12),
        (wrong + missed) / np.maximum(total, 1e-12),
    )


def best_cut(tree: Dendrogram, judged: Scale, p: Array, pairs: Array, within: float) -> float:
    """The similarity of least expected pairwise error; of equally good ones the most even odds."""
    if not len(p):
        return 1.0
    error = expected_errors(p, pairs, within)[2]
    heights = np.clip(tree.similarity, -1, 1)
    above = np.concatenate([[1.0], heights])
    below = np.append(heights, -1.0)
    distinct = above - below > 1e-9
    good = np.flatnonzero(distinct & (error <= error[distinct].min() + PLATEAU))
    even = judged.similarity(0.5)
    # a hair above the lower merge: a cut at a merge's own similarity makes it
    cut = np.clip(even, below[good] + 0.02 * (above - below)[good], above[good])
    return float(cut[np.abs(cut - even).argmin()])


def _likely_cut(tree: Dendrogram, p: Array, pairs: Array) -> float:
    """The similarity down to which more of the joined detection pairs are right than wrong, by most."""
    gained = np.cumsum((2 * p - 1) * pairs)
    if not len(p) or gained.max() <= 0:
        return 1.0
    last = int(gained.argmax())
    above = float(np.clip(tree.similarity[last], -1, 1))
    below = float(tree.similarity[last + 1]) if last + 1 < len(p) else -1.0
    return below + 0.02 * (above - below)


def _judge_merges(scale: Scale, tree: Dendrogram, left: Array, right: Array) -> Array:
    said = np.isposinf(tree.similarity)  # people's must-links
    h = np.where(said, 1.0, tree.similarity)
    return np.where(said, 1.0, scale.posterior(h, left, right))


def _refit(
    scale: Scale, labels: IntArray, means: FloatArray, event: IntArray, rng: np.random.Generator
) -> Scale:
    """The scale as the groups of one cut show it; what they do not show stays as it was."""
    counts = np.bincount(labels)
    between = _between(labels, counts, means, rng)
    if between is not None:
        mean, tau2 = between
        scale = replace(
            scale,
            different_mean=mean,
            different_tau2=float(np.clip(tau2, 0.05 * scale.different_var, scale.different_var)),
        )
    single, halves = _inside(labels, counts, means, event, rng)
    if len(single) >= 20:
        scale = replace(
            scale,
            same_mean=min(scale.same_mean, float(single.mean())),
            same_var=max(scale.same_var, float(single.var())),
        )
    if len(halves) >= 8:
        scale = replace(scale, same_mean=min(scale.same_mean, float(halves.mean())))
    gap = 0.1 * np.sqrt(scale.different_var)  # Same above Different, whatever the data look like
    return replace(scale, same_mean=max(scale.same_mean, scale.different_mean + gap))


def _between(
    labels: IntArray, counts: npt.NDArray[np.integer], means: FloatArray, rng: np.random.Generator
) -> tuple[float, float] | None:
    """Mean similarity between groups and its variance for large ones; large groups weigh most.

    The variance is that of the lower half, mirrored: the upper one also holds parts of one animal.
    """
    if len(counts) < 4:
        return None
    centres = group_means(means, labels, len(counts))
    if len(counts) > GROUPS_MAX:
        picked = rng.choice(len(counts), GROUPS_MAX, replace=False)
        centres, counts = centres[picked], counts[picked]
    h = centres @ centres.T
    i, j = np.triu_indices(len(counts), 1)
    h = h[i, j].astype(np.float64)
    weight = 1 / ((1 / counts[i] + 1 / counts[j]) / 2 + 0.05)
    mean = float(np.average(h, weights=weight))
    low = h < mean
    if not low.any():
        return None
    return mean, float(np.average((h[low] - mean) ** 2, weights=weight[low]))


def _inside(
    labels: IntArray,
    counts: npt.NDArray[np.integer],
    means: FloatArray,
    event: IntArray,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Inside groups: similarities of pairs of different events, and of halves of six events up."""
    order = np.argsort(labels, kind="stable")
    pairs, halves = [np.zeros((0, 2), np.int64)], []
    for rows in np.split(order, np.cumsum(counts)[:-1]):
        if len(rows) < 2:
            continue
        wanted = min(PAIRS_PER_GROUP, len(rows) * (len(rows) - 1) // 2)
        pairs.append(rows[rng.integers(0, len(rows), (wanted, 2))])
        events = np.unique(event[rows])
        if len(events) >= 6:
            for _ in range(4):
                first = np.isin(event[rows], rng.permutation(events)[: len(events) // 2])
                a, b = means[rows[first]].mean(axis=0), means[rows[~first]].mean(axis=0)
                halves.append(float((a * b).sum()))
    drawn = np.concatenate(pairs)
    drawn = drawn[event[drawn[:, 0]] != event[drawn[:, 1]]].astype(np.int32)
    return pair_similarity(means, means, drawn).astype(np.float64), np.array(halves)
