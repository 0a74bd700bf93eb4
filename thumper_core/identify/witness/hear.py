"""Both witnesses in one space: the dot product is what the vectors and the second witness say together.

What the second witness says of pairs is a sparse table of log odds. In units of the vectors' similarity
(how much of it one unit of log odds is worth) the table is added to all similarities. It is added as
further dimensions, in a large herd those main axes of the table that are strongest: so the tree, the sweep,
the stability and every later step see one similarity.

What one unit is worth rests on how far pairs of one animal lie above others. Frames of a burst, from which
the vectors are calibrated, lie further above than one animal's visits do, so by them alone the vectors
drown the matches: on 179 nyala the matches were worth four times as much. Pairs that match tell better: they
are mostly one animal, picked by something else than the vectors.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy.sparse as sp
from scipy.sparse.linalg import eigsh

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.scale.calibrate import calibrate
from thumper_core.identify.scale.mixture import TwoGroups
from thumper_core.identify.space.learn import Space
from thumper_core.identify.space.similarity import IntArray, group_means, pair_similarity
from thumper_core.identify.witness.evidence import log_odds
from thumper_core.identify.witness.pairs import Chosen, Witness, certain_strangers, choose_pairs

Array = npt.NDArray[np.float64]

STRANGERS_MIN: Final = 50
"""Fewer pairs of certain strangers with keypoints say nothing of what a place makes alike."""
DIMENSIONS: Final = 192
"""Axes of the table that are kept of more than WHOLE tracklets that match another."""
WHOLE: Final = 1_500
LIFT: Final = 1.5
"""A tracklet has with itself so many times what it has with the one it matches best: what is left out of
the table, whose dot products cannot be negative, is less with it."""
LOUD: Final = 2.0
"""Log odds from which two are taken to be one animal, to see how alike one animal is to itself."""
LOUD_MIN: Final = 50
WORTH_MOST: Final = 4.0
"""Times that a unit is worth what bursts say, at most."""


def hear(
    space: Space,
    index: IntArray,
    tracklets: pl.DataFrame,
    frame: pl.DataFrame,
    event: IntArray,
    links: Constraints,
    witness: Witness,
    *,
    seed: int = 0,
) -> Space:
    """The space with the second witness heard; as it is where nothing can be calibrated.

    space, index, tracklets, frame, event: as in `chain`; links: without what people said.
    """
    means = group_means(space.vectors, index, len(event))
    groups = calibrate(space.vectors, index, means, event, links, resamples=0, seed=seed).groups
    if groups is None:
        return replace(
            space, steps=(*space.steps, "local matches not used: nothing to calibrate on")
        )
    chosen = choose_pairs(means, event, links, seed=seed)
    strangers = certain_strangers(tracklets, links, seed=seed)
    every = np.concatenate([chosen.pairs, strangers])
    shown_by = _rows_of(tracklets["best_detection_id"], frame)
    raw = np.asarray(witness.compare(shown_by[every]), np.float64)
    if np.count_nonzero(~np.isnan(raw[len(chosen.pairs) :])) < STRANGERS_MIN:
        said = "local matches not heard: too few certain strangers to say what a place makes alike"
        return replace(space, steps=(*space.steps, said))
    said_of = log_odds(raw[: len(chosen.pairs)], *_known(raw, chosen))
    loud = said_of > 0
    if not loud.any():
        said = f"local matches of {len(chosen.pairs):,} pairs say nothing that the vectors do not"
        return replace(space, steps=(*space.steps, said))
    vectors = with_matches(space.vectors, index, means, groups, chosen.pairs, said_of)
    said = (
        f"local matches of {len(chosen.pairs):,} pairs heard: {int(loud.sum()):,} speak for one animal, "
        f"the strongest {np.exp(said_of.max()):.0f} to 1"
    )
    added = vectors.shape[1] - space.vectors.shape[1]
    return Space(vectors, (*space.steps, said), replace(space.mapping, matched=added))


def with_matches(
    vectors: FloatArray,
    index: IntArray,
    means: FloatArray,
    groups: TwoGroups,
    pairs: IntArray,
    said: Array,
) -> FloatArray:
    """(N, d + r) float32: the vectors with what matches say of tracklets added to their dot products.

    vectors: (N, d); index: (N,) tracklet of each; means: (T, d) of the tracklets; groups: as bursts calibrate
    them; pairs: (K, 2) tracklets, said: (K,) log odds >= 0 that they are one animal.
    """
    loud, likeness = said > 0, pair_similarity(means, means, pairs).astype(np.float64)
    worth = worth_of(groups, likeness, said)
    return together(vectors, index, as_table(pairs[loud], worth * said[loud], len(means)))


def worth_of(groups: TwoGroups, likeness: Array, said: Array) -> float:
    """The similarity that is worth one unit of log odds: of two normal groups of one width it is the
    variance over the distance of their means.

    groups: as bursts have them; likeness, said: (K,) the vectors' similarity and the log odds of pairs. Where
    enough pairs are loud, the distance is that between them and the silent ones. A distance near none
    is no witness: then the matches know nothing, or the vectors do, and nobody can say which.
    """
    by_bursts = max(groups.same_mean - groups.different_mean, 1e-9)
    worth, loud, silent = groups.different_var / by_bursts, said >= LOUD, said <= 0
    if loud.sum() < LOUD_MIN or not silent.any():
        return worth
    share = float(likeness[loud].mean() - likeness[silent].mean()) / by_bursts
    rises = WORTH_MOST**2 * share  # meets 1 / share where that is WORTH_MOST
    return worth * float(np.clip(min(rises, 1 / max(share, 1e-9)), 1.0, WORTH_MOST))


def together(vectors: FloatArray, index: IntArray, table: sp.csr_matrix) -> FloatArray:
    """(N, d + r) float32, none longer than 1: dot products of `vectors` plus what the table says.

    vectors: (N, d) of length 1 at most; index: (N,) row of the table of each.
    """
    more = table_vectors(table)[index]
    both = np.concatenate([vectors, more], axis=1)
    longest = float(np.linalg.norm(both, axis=1).max(initial=1.0))
    return np.asarray(both / longest, np.float32)


def _rows_of(detections: pl.Series, frame: pl.DataFrame) -> IntArray:
    """The frame's row of each detection."""
    place = {name: row for row, name in enumerate(frame["detection_id"].to_list())}
    return np.array([place[name] for name in detections.to_list()], np.int32)


def _known(raw: Array, chosen: Chosen) -> tuple[Array, Array]:
    """Raw scores of the pairs that look alike, and of the strangers that come after the chosen."""
    own = raw[: len(chosen.pairs)]
    return own[~chosen.by_lot], raw[len(own) :]


def as_table(pairs: IntArray, value: Array, count: int) -> sp.csr_matrix:
    """(T, T) symmetric, nothing on the diagonal."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    return sp.csr_matrix((np.tile(value, 2), (both[:, 0], both[:, 1])), shape=(count, count))


def table_vectors(table: sp.csr_matrix, whole: int = WHOLE, most: int = DIMENSIONS) -> FloatArray:
    """(T, d) float32 whose dot products are about the table: all its axes where at most `whole` rows say
    anything, else the `most` strongest.
    """
    used = np.flatnonzero(table.getnnz(axis=1))
    if not len(used):
        return np.zeros((table.shape[0], 0), np.float32)
    part = sp.csr_matrix(table[used][:, used])
    part = sp.csr_matrix(part + LIFT * sp.diags(part.max(axis=1).toarray().ravel()))
    if len(used) <= whole:
        value, axes = np.linalg.eigh(part.toarray())
    else:
        begin = np.random.default_rng(0).standard_normal(len(used))
        value, axes = eigsh(part, k=most, which="LA", v0=begin, tol=1e-4)
    kept = value > 1e-9
    found = np.zeros((table.shape[0], int(kept.sum())), np.float32)
    found[used] = axes[:, kept] * np.sqrt(value[kept])
    return found
