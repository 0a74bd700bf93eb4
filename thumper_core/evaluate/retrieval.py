"""How well similarity finds the same animal again: rank-k, mean average precision, pair AUC.

Photos of one sighting show the same light, pose and background; finding one from the other is no
recognition, so pairs within a sighting count neither for nor against.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thumper_core.evaluate.metrics import Metric, metric, resampled_mean, resamples
from thumper_core.identify.links.pairs import RocCurve, weighted_auc

FloatArray = npt.NDArray[np.float32]
Labels = npt.NDArray[Any]

BLOCK_ROWS: Final = 512
PAIRS_RESAMPLED: Final = 100_000
"""Pairs of each kind on which the interval of the AUC is resampled; its value uses all."""


@dataclass(frozen=True)
class Ranking:
    """Each query's own result.

    query: (Q,) int64, rows that have another sighting of the same animal to find; first: (Q,)
    int64, rank from 1 of the best match; average_precision: (Q,) float64.
    """

    query: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    average_precision: npt.NDArray[np.float64]


def rank(vectors: FloatArray, labels: Labels, sighting: Labels) -> Ranking:
    """Rank all rows of other sightings for each row, by falling dot product.

    vectors: (N, D), labels and sighting: (N,). Average precision is the mean, over the matches, of
    the precision at each one's rank. Ties go to the earlier row. A row whose animal was seen in no
    other sighting is no query.
    """
    label, visit = codes(labels), codes(sighting)
    parts: list[tuple[npt.NDArray[Any], ...]] = []
    for rows, similarity in blocks(vectors):
        apart = visit[rows][:, None] != visit[None, :]
        match = (label[rows][:, None] == label[None, :]) & apart
        order = np.argsort(np.where(apart, -similarity, np.inf), axis=1, kind="stable")
        hit = np.take_along_axis(match, order, axis=1)
        count = hit.sum(axis=1)
        asks = count > 0
        hit = hit[asks]
        precision = np.cumsum(hit, axis=1) / np.arange(1, hit.shape[1] + 1)
        average = (precision * hit).sum(axis=1) / count[asks]
        parts.append((rows[asks], hit.argmax(axis=1) + 1, average))
    if not parts:
        none = np.zeros(0, np.int64)
        return Ranking(none, none, np.zeros(0))
    query, first, average = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Ranking(query, first, average)


def retrieval_scores(
    vectors: FloatArray, labels: Labels, sighting: Labels, units: Labels, *, seed: int = 0
) -> dict[str, Metric]:
    """rank1, rank5, map and pair_auc with intervals by resampling `units` (N,)."""
    ranking = rank(vectors, labels, sighting)
    asked = np.asarray(units)[ranking.query]
    return {
        "rank1": resampled_mean(ranking.first <= 1, asked, seed),
        "rank5": resampled_mean(ranking.first <= 5, asked, seed),
        "map": resampled_mean(ranking.average_precision, asked, seed),
        "pair_auc": pair_auc(vectors, labels, sighting, units, seed=seed),
    }


def pair_auc(
    vectors: FloatArray,
    labels: Labels,
    sighting: Labels,
    units: Labels,
    *,
    within: Labels | None = None,
    seed: int = 0,
) -> Metric:
    """Probability that a pair of one animal is more similar than a pair of two; ties count half.

    Over all pairs of different sightings, and of one value of `within` (N,) where it is given.
    """
    return metric(*pair_auc_draws(vectors, labels, sighting, units, within=within, seed=seed))


def pair_auc_draws(
    vectors: FloatArray,
    labels: Labels,
    sighting: Labels,
    units: Labels,
    *,
    within: Labels | None = None,
    seed: int = 0,
) -> tuple[float, list[float]]:
    """The value of `pair_auc`, and what each resample of the units makes of it.

    Each pair is weighed by how often its two rows' units were drawn. Other vectors of the same rows
    get the same resamples: the lists can be compared entry by entry. NaN without pairs.
    """
    label, visit = codes(labels), codes(sighting)
    place = codes(np.zeros(len(label)) if within is None else within)
    found: list[tuple[npt.NDArray[Any], ...]] = []
    for rows, similarity in blocks(vectors):
        later = np.arange(len(label))[None, :] > rows[:, None]
        apart = visit[rows][:, None] != visit[None, :]
        i, j = np.nonzero(later & apart & (place[rows][:, None] == place[None, :]))
        found.append((rows[i], j, similarity[i, j]))
    if not found:
        return math.nan, []
    i, j, score = (np.concatenate(column) for column in zip(*found, strict=True))
    same = label[i] == label[j]
    value = weighted_auc(score, same)
    rng = np.random.default_rng(seed)
    kept = np.concatenate([_some(np.flatnonzero(same), rng), _some(np.flatnonzero(~same), rng)])
    curve = RocCurve(score[kept], same[kept])
    unit = codes(units)
    i, j = i[kept][curve.order], j[kept][curve.order]
    together = unit[i] == unit[j]
    draws = [
        curve.area(np.where(together, weight[i], weight[i] * weight[j]))
        for weight in resamples(unit, seed=seed)
    ]
    return value, draws


def blocks(vectors: FloatArray) -> Iterator[tuple[npt.NDArray[np.int64], FloatArray]]:
    """Row numbers and their dot products with all rows, a block at a time."""
    for start in range(0, len(vectors), BLOCK_ROWS):
        rows = np.arange(start, min(start + BLOCK_ROWS, len(vectors)))
        yield rows, vectors[rows] @ vectors.T


def codes(labels: Labels) -> npt.NDArray[np.int64]:
    """Labels as dense numbers from 0, in sorted order."""
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _some(rows: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    if len(rows) <= PAIRS_RESAMPLED:
        return rows
    return rng.choice(rows, PAIRS_RESAMPLED, replace=False)
