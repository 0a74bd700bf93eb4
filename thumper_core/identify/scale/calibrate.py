"""What a similarity is worth, learned from photos without labels.

Frames of one tracklet are one animal, and two boxes of one photo are two. On these pairs similarity
is scored as any matcher is: ROC, equal-error rate, d', reliability. Their bias is stated, not hidden:
pairs of one burst are easier than the pairs that matter, of one animal a week apart. So P(same) itself
is fitted to all pairs of different events, for which the labelled pairs only say what one animal and
two can look like (`mixture`). What people said corrects it (`verdicts`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import SEPARATION_MIN, FloatArray
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.links.labelled import LabelledPairs, labelled_pairs
from thumper_core.identify.links.pairs import d_prime, equal_error_rate, roc_points, weighted_auc
from thumper_core.identify.scale.mixture import Floats, PairScores, TwoGroups, fit_two_groups
from thumper_core.identify.space.similarity import IntArray

Array = npt.NDArray[np.float64]

LABELLED_MIN = 10  # must-link and cannot-link pairs together
FAR_MIN = 20
BINS = 10


@dataclass(frozen=True)
class Calibration:
    """How similarity maps to P(same), and how well it tells animals apart on the labelled pairs.

    groups: the fitted mixture; None where `reason` says why there is none. n_must, n_cannot, n_far:
    pairs used; n_human: pairs that people judged. eer, auc, dprime: on must- against cannot-link pairs
    weighted by trust, NaN where one kind is absent; ece: expected calibration error of P(same) on them, by
    event folds. roc: `similarity, false_match_rate, miss_rate`; reliability: `predicted, observed,
    n`. intervals: 95% (low, high) of eer, auc, dprime, ece and prior, by resampling events.
    warnings: what a reader should know before believing it.
    """

    groups: TwoGroups | None
    reason: str | None
    n_must: int
    n_cannot: int
    n_human: int
    n_far: int
    eer: float
    auc: float
    dprime: float
    ece: float
    roc: pl.DataFrame
    reliability: pl.DataFrame
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def separation(self) -> float:
        """How far pairs of one animal lie above others, in standard deviations of these; NaN: no fit."""
        return _separation(self.groups) if self.groups else float("nan")

    def probability(self, similarity: npt.ArrayLike) -> Array:
        """P(same) of two tracklets of different events with this similarity; NaN without a fit."""
        s = np.asarray(similarity, np.float64)
        if self.groups is None:
            return np.full(s.shape, np.nan)
        return np.asarray(np.interp(s, self.groups.grid, self.groups.p))


def calibrate(
    vectors: FloatArray,
    index: IntArray,
    means: FloatArray,
    event: IntArray,
    constraints: Constraints,
    *,
    resamples: int = 40,
    seed: int = 0,
) -> Calibration:
    """Calibrate similarity to P(same).

    vectors: (N, D) float32, L2-normalised detections; index: (N,) int32, the tracklet of each;
    means: (T, D) tracklet means; event: (T,) int32 event codes; resamples: bootstrap rounds (0:
    no intervals).
    """
    rng = np.random.default_rng(seed)
    pairs = labelled_pairs(vectors, index, means, event, constraints, rng)
    scores = pairs.scores
    n_human = int((constraints.must_kind == "human").sum())
    n_human += int((constraints.cannot_kind == "human").sum())
    n_must, n_cannot, n_far = len(scores.must), len(scores.cannot), len(scores.far)
    counts = (n_must, n_cannot, n_human, n_far)
    reason = _too_little(counts)
    groups = None if reason else fit_two_groups(scores, len(means))
    if groups is None and reason is None:
        reason = "all similarities are equal: the embedder tells nothing apart"
    numbers = _numbers(scores, groups)
    roc = _roc(scores)
    predicted, observed = _held_out(pairs, groups, len(means), rng)
    ece, reliability = reliability_curve(predicted, observed)
    intervals = {}
    if groups is not None and resamples:
        intervals = _intervals(pairs, len(means), resamples, rng)
        intervals["ece"] = _interval_of_ece(predicted, observed, resamples, rng)
    return Calibration(
        groups=groups,
        reason=reason,
        n_must=n_must,
        n_cannot=n_cannot,
        n_human=n_human,
        n_far=n_far,
        eer=numbers["eer"],
        auc=numbers["auc"],
        dprime=numbers["dprime"],
        ece=ece,
        roc=roc,
        reliability=reliability,
        intervals=intervals,
        warnings=_warnings(counts, groups),
    )


def _too_little(counts: tuple[int, int, int, int]) -> str | None:
    n_must, n_cannot, _, n_far = counts
    if n_must + n_cannot < LABELLED_MIN:
        return (
            f"only {n_must} must-link and {n_cannot} cannot-link pairs: too few photos to "
            "calibrate on; add photos"
        )
    if n_far < FAR_MIN:
        return (
            f"only {n_far} pairs of different events: nothing to recognise again yet; "
            "add photos of other days"
        )
    return None


def _warnings(counts: tuple[int, int, int, int], groups: TwoGroups | None) -> tuple[str, ...]:
    n_must, n_cannot, *_ = counts
    found = []
    if groups is None:
        return ()
    if not n_must:
        found.append("no must-link pairs: no animal was seen twice in one burst")
    if not n_cannot:
        found.append("no cannot-link pairs: no two deer were ever in one photo")
    found.append(
        "burst pairs are easier than pairs a week apart, so the error rates on labelled pairs are "
        "optimistic"
    )
    apart = _separation(groups)
    if apart < SEPARATION_MIN:
        found.append(
            f"this embedder hardly tells these animals apart: pairs of one animal lie {apart:.1f} "
            "standard deviations above the others; check the groups by eye"
        )
    return tuple(found)


def _separation(groups: TwoGroups) -> float:
    return float((groups.same_mean - groups.different_mean) / np.sqrt(groups.different_var))


def _weights(scores: PairScores) -> tuple[Floats, Floats]:
    """Of the must-links and of the cannot-links: how far each is trusted."""
    return np.ones(len(scores.must)), scores.cannot_trust


def _numbers(scores: PairScores, groups: TwoGroups | None) -> dict[str, float]:
    same, different, weights = scores.must, scores.cannot, _weights(scores)
    n = len(same) + len(different)
    return {
        "eer": equal_error_rate(same, different, weights),
        "auc": weighted_auc(np.concatenate([same, different]), np.arange(n) < len(same)),
        "dprime": d_prime(same, different),
        "prior": groups.prior if groups else float("nan"),
    }


def _roc(scores: PairScores) -> pl.DataFrame:
    same, different, weights = scores.must, scores.cannot, _weights(scores)
    columns = ("similarity", "false_match_rate", "miss_rate")
    if not len(same) or not len(different):
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.Float64))
    points = roc_points(same, different, weights)
    step = max(1, len(points[0]) // 500)
    return pl.DataFrame({c: p[::step] for c, p in zip(columns, points, strict=True)})


def _held_out(
    pairs: LabelledPairs, groups: TwoGroups | None, n_tracklets: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """P(same) and truth of the labelled pairs, by fits without their events, at their own odds."""
    s = pairs.scores
    if groups is None or not len(s.must) or not len(s.cannot):
        return np.zeros(0), np.zeros(0)
    fold = rng.integers(0, 4, pairs.n_events())
    predicted, observed = [], []
    for k in range(4):
        fitted = fit_two_groups(pairs.resampled((fold != k).astype(np.int64), rng), n_tracklets)
        if fitted is None:
            continue
        held = [s.must[fold[pairs.must_event] == k], s.cannot[fold[pairs.cannot_event] == k]]
        p = np.clip(np.interp(np.concatenate(held), fitted.grid, fitted.p), 1e-9, 1 - 1e-9)
        # the labelled pairs are one animal far more often than a chance pair is
        odds = p / (1 - p) * (1 - fitted.prior) / fitted.prior * len(s.must) / len(s.cannot)
        predicted.append(odds / (1 + odds))
        observed.append(np.repeat([1.0, 0.0], [len(h) for h in held]))
    if not predicted:
        return np.zeros(0), np.zeros(0)
    return np.concatenate(predicted), np.concatenate(observed)


def reliability_curve(predicted: Array, observed: Array) -> tuple[float, pl.DataFrame]:
    """Expected calibration error (Naeini et al. 2015) over ten even bins, and the bins.

    predicted: (K,) probabilities; observed: (K,) 0 or 1. NaN and no rows without pairs.
    """
    schema = {"predicted": pl.Float64, "observed": pl.Float64, "n": pl.Int64}
    if not len(predicted):
        return float("nan"), pl.DataFrame(schema=schema)
    at = np.minimum((predicted * BINS).astype(np.int64), BINS - 1)
    n = np.bincount(at, minlength=BINS)
    used = n > 0
    mean_p = np.bincount(at, predicted, BINS)[used] / n[used]
    mean_o = np.bincount(at, observed, BINS)[used] / n[used]
    ece = float(np.abs(mean_p - mean_o) @ n[used] / n.sum())
    rows = {"predicted": mean_p, "observed": mean_o, "n": n[used]}
    return ece, pl.DataFrame(rows, schema=schema)


def _intervals(
    pairs: LabelledPairs, n_tracklets: int, resamples: int, rng: np.random.Generator
) -> dict[str, tuple[float, float]]:
    """Percentile intervals (Efron & Tibshirani 1993) over draws of events with replacement."""
    n_events = pairs.n_events()
    drawn: dict[str, list[float]] = {}
    for _ in range(resamples):
        times = np.bincount(rng.integers(0, n_events, n_events), minlength=n_events)
        scores = pairs.resampled(times, rng)
        for name, value in _numbers(scores, fit_two_groups(scores, n_tracklets)).items():
            drawn.setdefault(name, []).append(value)
    return {name: _interval(values) for name, values in drawn.items()}


def _interval(values: list[float]) -> tuple[float, float]:
    finite = np.array(values)[np.isfinite(values)]
    if not len(finite):
        return float("nan"), float("nan")
    return float(np.quantile(finite, 0.025)), float(np.quantile(finite, 0.975))


def _interval_of_ece(
    predicted: Array, observed: Array, resamples: int, rng: np.random.Generator
) -> tuple[float, float]:
    if not len(predicted):
        return float("nan"), float("nan")
    rows = [rng.integers(0, len(predicted), len(predicted)) for _ in range(resamples)]
    return _interval([reliability_curve(predicted[r], observed[r])[0] for r in rows])
