"""The cases that an embedder finds hardest, and the similarities that its scores come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.evaluate.retrieval import blocks, codes

Labels = npt.NDArray[Any]

PAIRS_MAX: Final = 100_000


@dataclass(frozen=True)
class Hard:
    """A row, another that was to be told from it or found by it, and what stood in the way.

    similarity: of the two, in [-1, 1]; rank: from 1, of the best match among all rows of other
    sightings.
    """

    query: int
    other: int
    similarity: float
    rank: int


def pair_similarities(
    vectors: FloatArray, labels: Labels, sighting: Labels, *, seed: int = 0
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Similarities of pairs of one animal, and of two, from different sightings.

    vectors: (N, D); labels, sighting: (N,). Of more than PAIRS_MAX of a kind, that many are drawn.
    """
    label, visit = codes(labels), codes(sighting)
    same: list[FloatArray] = []
    different: list[FloatArray] = []
    for rows, similarity in blocks(vectors):
        later = np.arange(len(label))[None, :] > rows[:, None]
        apart = later & (visit[rows][:, None] != visit[None, :])
        match = label[rows][:, None] == label[None, :]
        same.append(similarity[apart & match])
        different.append(similarity[apart & ~match])
    rng = np.random.default_rng(seed)
    return _drawn(same, rng), _drawn(different, rng)


def confused(vectors: FloatArray, labels: Labels, sighting: Labels, most: int) -> list[Hard]:
    """Rows whose best match is another animal, the most similar first; each pair of animals once.

    Vectors and labels as for `pair_similarities`; `other` is the wrong match.
    """
    found = _best(vectors, labels, sighting)
    wrong = sorted(
        (h for h in found if labels[h.query] != labels[h.other]), key=lambda h: -h.similarity
    )
    kept: dict[frozenset[Any], Hard] = {}
    for case in wrong:
        kept.setdefault(frozenset((labels[case.query], labels[case.other])), case)
    return list(kept.values())[:most]


def missed(vectors: FloatArray, labels: Labels, sighting: Labels, most: int) -> list[Hard]:
    """Rows whose animal is found last, the worst rank first; each animal once.

    `other` is the most similar row of the same animal in another sighting.
    """
    own = _best(vectors, labels, sighting, own=True)
    kept: dict[Any, Hard] = {}
    for case in sorted(own, key=lambda h: (-h.rank, h.similarity)):
        kept.setdefault(labels[case.query], case)
    return [case for case in kept.values() if case.rank > 1][:most]


def _best(
    vectors: FloatArray, labels: Labels, sighting: Labels, *, own: bool = False
) -> list[Hard]:
    """Each row's best match in other sightings, of its own animal only where `own`.

    rank: that of the best match of its own animal. A row whose animal has no other sighting is
    left out.
    """
    label, visit = codes(labels), codes(sighting)
    found = []
    for rows, similarity in blocks(vectors):
        apart = visit[rows][:, None] != visit[None, :]
        match = (label[rows][:, None] == label[None, :]) & apart
        mine = np.where(match, similarity, -np.inf)
        best_mine = mine.max(axis=1)
        rank = 1 + (np.where(apart, similarity, -np.inf) > best_mine[:, None]).sum(axis=1)
        shown = mine if own else np.where(apart, similarity, -np.inf)
        other = shown.argmax(axis=1)
        found += [
            Hard(int(row), int(other[k]), float(shown[k, other[k]]), int(rank[k]))
            for k, row in enumerate(rows)
            if np.isfinite(best_mine[k])
        ]
    return found


def _drawn(parts: list[FloatArray], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    values = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if len(values) > PAIRS_MAX:
        values = rng.choice(values, PAIRS_MAX, replace=False)
    return values.astype(np.float64)
