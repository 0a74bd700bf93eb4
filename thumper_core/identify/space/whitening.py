"""Within-class whitening learned from tracklets: no labels, only "these frames are one animal".

Directions in which one animal's own frames differ (pose, light, crop) say nothing about who it is.
WCCN (Hatch, Kajarekar & Stolcke 2006, "Within-class covariance normalization for SVM-based speaker
recognition") divides them out: x -> A'(x - mean), A A' the inverse of the within-class covariance.
Here the classes are tracklets, the covariance is shrunk towards a multiple of the identity, and a
PCA comes first, because there are more dimensions than a few thousand frames can speak for. The
result is scaled to unit length, so that similarity stays a cosine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.pairs import d_prime, equal_error_rate, sample_pairs
from thumper_core.identify.sampling import whole_groups
from thumper_core.identify.space.axes import main_axes
from thumper_core.identify.space.similarity import IntArray, group_means, pair_similarity
from thumper_core.identify.space.visit_spread import VisitSpread

DIM_MAX = 160
SHRINKAGE = 0.1
DEGREES_MIN = 40  # fewer within-class degrees of freedom: nothing to learn from
ROWS_MAX = 40_000  # detections used to fit; more change nothing but the time
RESAMPLES = 20


@dataclass(frozen=True)
class Whitening:
    """An affine map to a smaller space. mean: (D,), projection: (D, d), both float32."""

    mean: FloatArray
    projection: FloatArray

    def apply(self, vectors: FloatArray) -> FloatArray:
        """(N, D) float32 vectors to (N, d) float32 of unit length (a zero row stays zero)."""
        mapped = vectors @ self.projection
        mapped -= self.mean @ self.projection
        length = np.linalg.norm(mapped, axis=1, keepdims=True)
        mapped /= np.where(length > 0, length, 1)
        return mapped


@dataclass(frozen=True)
class WhiteningChoice:
    """The map to use (None: the vectors as they are), both error rates and why it was so chosen."""

    whitening: Whitening | None
    eer_plain: float
    eer_whitened: float
    reason: str


def fit_whitening(
    vectors: FloatArray,
    classes: IntArray,
    *,
    dim_max: int = DIM_MAX,
    shrinkage: float = SHRINKAGE,
    seed: int = 0,
    spread: VisitSpread | None = None,
) -> Whitening | None:
    """Learn the map; None with fewer than `DEGREES_MIN` frames beyond the first of their class.

    vectors: (N, D) float32, L2-normalised; classes: (N,) int32, dense class of each row (the
    tracklet). shrinkage in [0, 1]: share of the identity in the within-class covariance. spread: how
    animals differ from visit to visit, counted in.
    """
    if len(vectors) > ROWS_MAX:
        rows = whole_groups(classes, ROWS_MAX, np.random.default_rng(seed))
        dense = np.unique(classes[rows], return_inverse=True)[1]
        vectors, classes = vectors[rows], dense.astype(np.int32)
    count = int(classes.max()) + 1 if len(classes) else 0
    residual = vectors - group_means(vectors, classes, count)[classes]
    return _from_residuals(vectors, residual, len(vectors) - count, dim_max, shrinkage, spread)


def whitening_of_groups(
    vectors: FloatArray,
    means: FloatArray,
    labels: IntArray,
    event: IntArray,
    *,
    dim_max: int = DIM_MAX,
    shrinkage: float = SHRINKAGE,
    spread: VisitSpread | None = None,
) -> Whitening | None:
    """The same from groups of tracklets held to be one animal, each tracklet counting once.

    vectors: (N, D) detections, which only set the PCA; means: (T, D) tracklet means; labels, event:
    (T,) codes. Only groups of at least two events count. None where they are too few.
    """
    groups = int(labels.max(initial=-1)) + 1
    first, last = np.full(groups, np.iinfo(np.int32).max), np.full(groups, -1)
    np.minimum.at(first, labels, event)
    np.maximum.at(last, labels, event)
    again = last > first
    residual = (means - group_means(means, labels, groups)[labels])[again[labels]]
    freedom = len(residual) - int(again.sum())
    return _from_residuals(vectors, residual, freedom, dim_max, shrinkage, spread)


def _from_residuals(
    vectors: FloatArray,
    residual: FloatArray,
    freedom: int,
    dim_max: int,
    shrinkage: float,
    spread: VisitSpread | None,
) -> Whitening | None:
    """PCA of the vectors, then the inverse root of the residuals' shrunk covariance."""
    if freedom < DEGREES_MIN:
        return None
    mean = vectors.mean(axis=0)
    centred = (vectors - mean).astype(np.float64)
    values, axes = main_axes(centred.T @ centred / len(centred))
    dim = int(min(dim_max, max(2, freedom // 2), (values > values[-1] * 1e-6).sum()))
    basis = axes[:, ::-1][:, :dim]
    reduced = residual @ basis
    within = reduced.T @ reduced / freedom
    if spread is not None:
        visits = spread.covariance(basis)
        visits *= np.trace(within) / max(float(np.trace(visits)), 1e-12)
        within = (1 - spread.share) * within + spread.share * visits
    within = (1 - shrinkage) * within + shrinkage * np.trace(within) / dim * np.eye(dim)
    values, axes = np.linalg.eigh(within)
    projection = basis @ (axes / np.sqrt(np.maximum(values, 1e-12)))
    return Whitening(mean.astype(np.float32), projection.astype(np.float32))


def choose_whitening(
    vectors: FloatArray,
    classes: IntArray,
    photo: IntArray,
    event: IntArray,
    *,
    folds: int = 4,
    seed: int = 0,
) -> WhiteningChoice:
    """Fit the map where it helps on events it has not seen.

    photo, event: (N,) int32 codes of each detection. In each fold the map is learned from the other
    events; must-link pairs (one tracklet, two photos) and cannot-link pairs (one photo, two
    tracklets) of the held-out events are scored with and without it. It is kept where the pooled
    equal-error rate falls, and on a tie where d' rises; a tie is a difference that another draw of
    the events might turn round (twice its standard error by resampling events).
    """
    pairs = sample_pairs(classes, photo, seed=seed)
    if len(pairs.must) < DEGREES_MIN or len(pairs.cannot) < 10:
        return WhiteningChoice(
            None,
            np.nan,
            np.nan,
            f"not tried: {len(pairs.must)} must-link and {len(pairs.cannot)} cannot-link pairs "
            "are too few to check it on",
        )
    fold = np.random.default_rng(seed).integers(0, folds, int(event.max()) + 1)[event]
    plain = [pair_similarity(vectors, vectors, p) for p in (pairs.must, pairs.cannot)]
    mapped = [np.full(len(p), np.nan) for p in (pairs.must, pairs.cannot)]
    for k in range(folds):
        train = np.flatnonzero(fold != k)
        known = np.unique(classes[train], return_inverse=True)[1].astype(np.int32)
        found = fit_whitening(vectors[train], known, seed=seed)
        if found is None:
            return WhiteningChoice(None, np.nan, np.nan, "not tried: too few frames to learn from")
        for sides, out in zip((pairs.must, pairs.cannot), mapped, strict=True):
            held = fold[sides[:, 0]] == k
            a, b = (found.apply(vectors[sides[held, side]]) for side in (0, 1))
            out[held] = np.einsum("kd,kd->k", a, b)
    eer_plain = equal_error_rate(plain[0], plain[1])
    eer_mapped = equal_error_rate(mapped[0], mapped[1])
    d_plain, d_mapped = d_prime(plain[0], plain[1]), d_prime(mapped[0], mapped[1])
    held_out = [event[p[:, 0]] for p in (pairs.must, pairs.cannot)]
    noise = 2 * _error_of_difference(plain, mapped, held_out, np.random.default_rng(seed))
    gain = eer_plain - eer_mapped
    better = gain > noise or (abs(gain) <= noise and d_mapped > d_plain)
    verb = "kept" if better else "left out"
    reason = (
        f"whitening {verb}: equal-error rate on held-out events {eer_plain:.3f} without it, "
        f"{eer_mapped:.3f} with it (±{noise:.3f}; d' {d_plain:.2f} and {d_mapped:.2f})"
    )
    final = fit_whitening(vectors, classes, seed=seed) if better else None
    return WhiteningChoice(final, eer_plain, eer_mapped, reason)


def _error_of_difference(
    plain: list[FloatArray],
    mapped: list[FloatArray],
    event: list[IntArray],
    rng: np.random.Generator,
) -> float:
    """Standard error of the difference of both equal-error rates, by drawing the events anew.

    plain, mapped: the scores of must-link and of cannot-link pairs; event: the event of each.
    """
    n_events = 1 + max(int(e.max()) for e in event)
    differences = []
    for _ in range(RESAMPLES):
        times = np.bincount(rng.integers(0, n_events, n_events), minlength=n_events)
        weights = (times[event[0]].astype(float), times[event[1]].astype(float))
        if weights[0].any() and weights[1].any():
            before, after = (equal_error_rate(s[0], s[1], weights) for s in (plain, mapped))
            differences.append(before - after)
    return float(np.std(differences)) if differences else 0.0
