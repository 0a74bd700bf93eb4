"""The pairs that calibration looks at: labelled by the photos, and not at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.scale.mixture import PairScores
from thumper_core.identify.space.similarity import IntArray, pair_similarity

Array = npt.NDArray[np.float64]

FAR_MAX = 300_000


@dataclass(frozen=True)
class LabelledPairs:
    """Similarities of all sources with the event of each pair (far: of both tracklets)."""

    scores: PairScores
    must_event: IntArray
    cannot_event: IntArray
    far_events: IntArray

    def n_events(self) -> int:
        """The highest event code, and one."""
        events = (self.must_event, self.cannot_event, self.far_events.ravel())
        return 1 + max(int(e.max(initial=-1)) for e in events)

    def resampled(self, times: npt.NDArray[np.integer], rng: np.random.Generator) -> PairScores:
        """The pairs as they come if event e is drawn times[e] times."""
        s = self.scores
        both = times[self.far_events].astype(np.float64).prod(axis=1)
        total = both.sum()
        drawn = np.zeros(0, np.int64)
        if total:
            drawn = rng.choice(len(both), min(len(both), 40_000), p=both / total)
        cannot = np.repeat(np.arange(len(s.cannot)), times[self.cannot_event])
        return PairScores(
            s.far[drawn],
            np.repeat(s.must, times[self.must_event]),
            s.cannot[cannot],
            s.cannot_trust[cannot],
        )


def labelled_pairs(
    vectors: FloatArray,
    index: IntArray,
    means: FloatArray,
    event: IntArray,
    constraints: Constraints,
    rng: np.random.Generator,
) -> LabelledPairs:
    """Similarities of all pairs that say something; arguments as of `calibrate`."""
    halves_a, halves_b, halved = _halves(vectors, index, len(means))
    must = np.einsum("td,td->t", halves_a, halves_b).astype(np.float64)
    plain = constraints.is_seen
    cannot = constraints.cannot[plain]
    far = _far_pairs(event, constraints, rng)

    def score(rows: IntArray) -> Array:
        return pair_similarity(means, means, rows).astype(np.float64)

    scores = PairScores(
        score(far),
        must,
        score(cannot),
        constraints.cannot_trust[plain].astype(np.float64),
    )
    return LabelledPairs(scores, event[halved], event[cannot[:, 0]], event[far])


def _halves(
    vectors: FloatArray, index: IntArray, count: int
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int64]]:
    """Mean vectors of every other detection, and of the rest, of tracklets with two or more."""
    order = np.argsort(index, kind="stable")
    sizes = np.bincount(index, minlength=count)
    rank = np.arange(len(index)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    halved = np.flatnonzero(sizes > 1)
    place = np.full(count, -1)
    place[halved] = np.arange(len(halved))
    parts = []
    for odd in (0, 1):
        rows = order[(rank % 2 == odd) & (place[index[order]] >= 0)]
        sums = np.zeros((len(halved), vectors.shape[1]), np.float32)
        np.add.at(sums, place[index[rows]], vectors[rows])
        n = np.bincount(place[index[rows]], minlength=len(halved)).astype(np.float32)
        parts.append(sums / n[:, None])
    return parts[0], parts[1], halved


def _far_pairs(event: IntArray, constraints: Constraints, rng: np.random.Generator) -> IntArray:
    """Pairs of tracklets of different events that might be one animal: all, or FAR_MAX drawn."""
    count = len(event)
    if count * (count - 1) // 2 <= FAR_MAX:
        pairs = np.column_stack(np.triu_indices(count, 1))
    else:
        pairs = rng.integers(0, count, (FAR_MAX, 2))
    group = constraints.group.astype(np.int16)
    open_pairs = (event[pairs[:, 0]] != event[pairs[:, 1]]) & (group[pairs].sum(axis=1) != 3)
    return np.asarray(pairs[open_pairs], np.int32)
