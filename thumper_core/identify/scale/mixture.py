"""Two groups in one heap of pairs: how similar one animal is to itself, and to others.

Similarities of pairs from different events are a mixture, pi * Same + (1 - pi) * Different, and
which pair is which is not known. What is known: must-link pairs are Same and cannot-link
pairs are Different, but neither is drawn like the heap. Frames of one burst are more alike than
one animal a week apart, and two animals in one photo share its light and background. So Same and
Different are each a mixture of normal components, shared by all sources, and every source has
its own weights on the components that its label allows: the easy Same component takes the
bursts, the heap's Same pairs fall to the other. (Two-groups model: Efron 2008, Statistical
Science 23(1); semi-supervised EM: Nigam et al. 2000, Machine Learning 39.)

What people said of pairs has no place here: they were asked where the model was unsure, so the
similarities of those pairs say what is asked about and not what one animal looks like. Verdicts
correct the chance instead (`verdicts`), given which it does not matter how the pairs were chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Array = npt.NDArray[np.float64]

BINS = 400
N_DIFFERENT, N_SAME = 2, 2
ROUNDS_MAX = 300


@dataclass(frozen=True)
class PairScores:
    """Similarities by source, each (K,); trust of the cannot-link pairs in [0, 1].

    far: pairs of tracklets of different events, unlabelled; must: halves of one tracklet; cannot:
    tracklets of one photo or otherwise known to be two, but for what people said.
    """

    far: Floats
    must: Floats
    cannot: Floats
    cannot_trust: Floats


@dataclass(frozen=True)
class TwoGroups:
    """The fitted mixture, as the heap (`far`) has it.

    prior: P(same) of a heap pair; same_mean, same_var, different_mean, different_var: moments of
    the heap's two sides; grid: (BINS,) similarities, rising, and p: P(same) at each, never falling.
    """

    prior: float
    same_mean: float
    same_var: float
    different_mean: float
    different_var: float
    grid: Array
    p: Array


def fit_two_groups(scores: PairScores, n_tracklets: int) -> TwoGroups | None:
    """EM from a start at the labelled pairs; None where there is no spread to fit.

    Pairs that share a tracklet are not independent, so the heap counts as no more than ten pairs
    for each of the `n_tracklets`, and burst pairs as no more than one.
    """
    everything = np.concatenate([scores.far, scores.must, scores.cannot])
    if len(everything) < 4 or np.ptp(everything) < 1e-6:
        return None
    heap = scores.far if len(scores.far) else np.concatenate([scores.must, scores.cannot])
    edges = np.linspace(everything.min() - 1e-6, everything.max() + 1e-6, BINS + 1)
    grid = (edges[1:] + edges[:-1]) / 2
    sources = [
        _counts(heap, edges, limit=10.0 * n_tracklets),
        _counts(scores.cannot, edges, weights=scores.cannot_trust),
        _counts(scores.must, edges, limit=1.0 * n_tracklets),
    ]
    is_same = np.arange(N_DIFFERENT + N_SAME) >= N_DIFFERENT
    centre = float(np.median(heap))
    spread = max(1.3 * float(np.std(heap[heap <= np.quantile(heap, 0.8)])), 1e-3)
    top = float(np.mean(scores.must)) if len(scores.must) else float(np.quantile(heap, 0.995))
    top = max(top, centre + spread)
    mean = np.concatenate(
        [
            centre + spread * np.linspace(-0.7, 1.0, N_DIFFERENT),
            np.linspace(centre + 0.6 * (top - centre), top, N_SAME),
        ]
    )
    wide = max(float(np.std(scores.must)) if len(scores.must) > 1 else spread, (top - centre) / 6)
    sd = np.where(is_same, wide, spread)
    shares = _start_shares(is_same)
    floor, last = (0.02 * spread) ** 2, -np.inf
    for _ in range(ROUNDS_MAX):
        density = _density(grid, mean, sd)
        total, score = np.zeros_like(density), 0.0
        for k, counts in enumerate(sources):
            if counts.sum() == 0:
                continue
            joint = density * shares[k] + 1e-300
            level = joint.sum(axis=1)
            score += float(counts @ np.log(level))
            belongs = joint * (shares[k] > 0) * (counts / level)[:, None]
            shares[k] = belongs.sum(axis=0) / belongs.sum()
            total += belongs
        weight = total.sum(axis=0) + 1e-9
        mean = grid @ total / weight
        sd = np.sqrt((total * (grid[:, None] - mean) ** 2).sum(axis=0) / weight + floor)
        if score - last < 1e-6 * abs(score):
            break
        last = score
    return _summary(grid, mean, sd, shares[0], is_same)


def _counts(
    values: Floats, edges: Array, *, weights: Floats | None = None, limit: float = np.inf
) -> Array:
    """Weighted histogram, scaled down where its total exceeds `limit`."""
    counts = np.histogram(values, edges, weights=weights)[0].astype(np.float64)
    return np.asarray(counts * min(1.0, limit / max(float(counts.sum()), 1e-12)))


def _start_shares(is_same: npt.NDArray[np.bool_]) -> list[Array]:
    heap = np.where(is_same, 0.05, 1.0)
    different = np.where(is_same, 0.0, 1.0)
    same = np.where(is_same, 1.0, 0.0)
    return [s / s.sum() for s in (heap, different, same)]


def _density(grid: Array, mean: Array, sd: Array) -> Array:
    scaled = (grid[:, None] - mean) / sd
    return np.asarray(np.exp(-0.5 * scaled**2) / sd + 1e-300)


def _summary(
    grid: Array, mean: Array, sd: Array, share: Array, is_same: npt.NDArray[np.bool_]
) -> TwoGroups:
    moments = []
    for side in (is_same, ~is_same):
        part = share[side] / max(share[side].sum(), 1e-300)
        if (
            part.sum() < 0.5
        ):  # the heap has no pair of this side: the labelled ones are all there is
            part = np.full(side.sum(), 1 / side.sum())
        centre = float(part @ mean[side])
        moments += [centre, float(part @ (sd[side] ** 2 + (mean[side] - centre) ** 2))]
    joint = _density(grid, mean, sd) * share
    p = joint[:, is_same].sum(axis=1) / joint.sum(axis=1)
    middle = int(np.searchsorted(grid, moments[2]))
    if 0 < middle < len(p):  # below the centre of Different, the odds cannot rise again
        p[:middle] = np.minimum(p[:middle], p[middle])
    prior = float(share[is_same].sum())
    return TwoGroups(
        prior, moments[0], moments[1], moments[2], moments[3], grid, np.maximum.accumulate(p)
    )
