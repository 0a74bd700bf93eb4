"""An embedder as a product uses it: whether an animal is known, and which photos are one.

Both need a threshold, and a threshold chosen on the individuals that it is tested on flatters. Here
it always comes from other individuals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thumper_core.evaluate.metrics import (
    NEW,
    UNKNOWN_SHARE,
    Contingency,
    Metric,
    balanced_accuracies,
    known_and_new_shares,
    metric,
    partition_scores,
)

Labels = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float32]

N_CUTS: Final = 60


def open_set(
    vectors: FloatArray,
    who: Labels,
    sighting: Labels,
    group: npt.NDArray[np.int64],
    *,
    seed: int = 0,
) -> dict[str, Metric]:
    """BAKS, BAUS and the groups that a threshold makes, the threshold chosen on other individuals.

    vectors: (N, D) L2-normalised; who, sighting: (N,) labels; group: (N,) fold of each row, all
    rows of one individual in one. In each fold a quarter of the individuals is unknown; of the
    others the first half of the sightings is the reference. A query is the individual of its most
    similar reference, or new below a threshold: the one that makes sqrt(BAKS x BAUS) largest on the
    other folds. The groups are average linkage over sightings, cut where pairwise F1 is largest on
    the other folds; they give ari, ami, pairwise_*, bcubed_*, estimated_individuals against
    true_individuals.
    """
    folds = int(group.max()) + 1
    rng = np.random.default_rng(seed)
    plans = [_plan(who, sighting, np.flatnonzero(group == k), rng) for k in range(folds)]
    nearest = [_nearest(vectors, who, plan) for plan in plans]
    said: list[tuple[Labels, ...]] = []
    for k, (plan, (label, score)) in enumerate(zip(plans, nearest, strict=True)):
        others = [
            (who[p.query], lab, s, p.unknown)
            for j, (p, (lab, s)) in enumerate(zip(plans, nearest, strict=True))
            if j != k
        ]
        predicted = np.where(score >= _best_threshold(others), label, NEW)
        said.append((who[plan.query], predicted))
    asked, answered = (np.concatenate(column) for column in zip(*said, strict=True))
    unknown = np.concatenate([plan.unknown for plan in plans])
    return {
        **balanced_accuracies(asked, answered, unknown, NEW, asked, seed=seed),
        **_grouping(vectors, who, sighting, group, seed),
    }


@dataclass(frozen=True)
class _Plan:
    """Rows that are reference and query, and the individuals that are unknown."""

    reference: npt.NDArray[np.int64]
    query: npt.NDArray[np.int64]
    unknown: Labels


def _plan(
    who: Labels, sighting: Labels, rows: npt.NDArray[np.int64], rng: np.random.Generator
) -> _Plan:
    names = np.unique(who[rows])
    unknown = rng.permutation(names)[: round(len(names) * UNKNOWN_SHARE)]
    reference: list[int] = []
    for name in np.setdiff1d(names, unknown):
        mine = rows[who[rows] == name]
        visits = np.unique(sighting[mine])
        kept = visits[: (len(visits) + 1) // 2]
        reference += mine[np.isin(sighting[mine], kept)].tolist()
    return _Plan(np.array(reference, np.int64), np.setdiff1d(rows, reference), unknown)


def _nearest(vectors: FloatArray, who: Labels, plan: _Plan) -> tuple[Labels, FloatArray]:
    """Label and similarity of each query's most similar reference."""
    if len(plan.reference) == 0:
        return np.full(len(plan.query), NEW), np.zeros(len(plan.query), np.float32)
    similarity = vectors[plan.query] @ vectors[plan.reference].T
    best = similarity.argmax(axis=1)
    return who[plan.reference][best], similarity[np.arange(len(best)), best]


def _best_threshold(others: Sequence[tuple[Labels, Labels, FloatArray, Labels]]) -> float:
    """Similarity that makes sqrt(BAKS x BAUS) largest, of 50 quantiles."""
    scores = np.concatenate([score for _, _, score, _ in others])
    candidates = np.unique(np.quantile(scores, np.linspace(0, 1, 50))) if len(scores) else [0.0]

    asked, nearest, unknown = (
        np.concatenate([other[k] for other in others]) if others else np.zeros(0) for k in (0, 1, 3)
    )

    def quality(threshold: float) -> float:
        said = np.where(scores >= threshold, nearest, NEW)
        share = known_and_new_shares(asked, said, unknown, NEW)(None)
        product = share["baks"] * share["baus"]
        return math.sqrt(product) if math.isfinite(product) else 0.0

    return float(max(candidates, key=quality))


def _grouping(
    vectors: FloatArray, who: Labels, sighting: Labels, group: npt.NDArray[np.int64], seed: int
) -> dict[str, Metric]:
    """Scores of average linkage over sightings, each fold cut where the other folds are best."""
    folds = [np.flatnonzero(group == k) for k in range(int(group.max()) + 1)]
    trees = [_tree(vectors[rows], sighting[rows]) for rows in folds]
    heights = np.quantile(
        np.concatenate([tree[0][:, 2] for tree in trees]), np.linspace(0, 1, N_CUTS)
    )
    f1 = np.array(
        [
            [_f1(who[rows], _cut(tree, height)) for height in heights]
            for rows, tree in zip(folds, trees, strict=True)
        ]
    )
    found = np.empty(len(who), dtype=object)
    for k, (rows, tree) in enumerate(zip(folds, trees, strict=True)):
        best = int(np.delete(f1, k, axis=0).mean(axis=0).argmax())
        found[rows] = [f"{k}/{label}" for label in _cut(tree, heights[best])]
    labels = found.astype(np.str_)
    return {
        **partition_scores(who, labels, who, seed=seed),
        "true_individuals": metric(len(np.unique(who))),
        "estimated_individuals": metric(len(np.unique(labels))),
    }


def _tree(
    vectors: FloatArray, sighting: Labels
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Average linkage of the sightings' unit mean vectors, and the sighting of each row."""
    from scipy.cluster.hierarchy import linkage

    visits, code = np.unique(sighting, return_inverse=True)
    pooled = np.zeros((len(visits), vectors.shape[1]))
    np.add.at(pooled, code, vectors)
    pooled /= np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
    distance = 1 - pooled @ pooled.T
    condensed = np.clip(distance[np.triu_indices(len(visits), 1)], 0, None)
    tree = linkage(condensed, "average") if len(visits) > 1 else np.zeros((0, 4))
    return tree, code.astype(np.int64)


def _cut(
    tree: tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]], height: float
) -> npt.NDArray[np.int64]:
    """Group of each row at a height."""
    from scipy.cluster.hierarchy import fcluster

    links, code = tree
    if len(links) == 0:
        return np.zeros(len(code), np.int64)
    return np.asarray(fcluster(links, height, "distance"), np.int64)[code]


def _f1(who: Labels, found: npt.NDArray[np.int64]) -> float:
    value = Contingency(who, found).pairs().f1
    return 0.0 if math.isnan(value) else value
