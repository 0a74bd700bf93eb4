"""Both witnesses in one space: the dot product is what the vectors and the second witness say together.

What the second witness says of pairs is a sparse table of log odds. In units of the vectors' similarity
(how much of it one unit of log odds is worth, by the vectors' own calibration) the table is added to all
similarities. It is added as further dimensions, those main axes of the table that are strongest: so the
tree, the sweep, the stability and every later step see one similarity, and animals that match each
other round about lie together though not every pair of their crops was compared, or matches.
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
from thumper_core.identify.space.similarity import IntArray, group_means
from thumper_core.identify.witness.evidence import log_odds
from thumper_core.identify.witness.pairs import Chosen, Witness, certain_strangers, choose_pairs

Array = npt.NDArray[np.float64]

STRANGERS_MIN: Final = 50
"""Fewer pairs of certain strangers with keypoints say nothing of what a place makes alike."""
DIMENSIONS: Final = 192
"""Axes of the table that are kept."""


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
    table = as_table(chosen.pairs[loud], worth_of(groups) * said_of[loud], len(means))
    vectors = together(space.vectors, index, table)
    said = (
        f"local matches of {len(chosen.pairs):,} pairs heard: {int(loud.sum()):,} speak for one animal, "
        f"the strongest {np.exp(said_of.max()):.0f} to 1"
    )
    added = vectors.shape[1] - space.vectors.shape[1]
    return Space(vectors, (*space.steps, said), replace(space.mapping, matched=added))


def worth_of(groups: TwoGroups) -> float:
    """The similarity that is worth one unit of log odds: of two normal groups of one width it is the
    variance over the distance of their means.
    """
    return groups.different_var / max(groups.same_mean - groups.different_mean, 1e-9)


def together(vectors: FloatArray, index: IntArray, table: sp.csr_matrix) -> FloatArray:
    """(N, d + r) float32, none longer than 1: dot products of `vectors` plus what the table says.

    vectors: (N, d) of length 1 at most; index: (N,) row of the table of each.
    """
    more = table_vectors(table, DIMENSIONS)[index]
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
    """(T, T) symmetric; on the diagonal what a tracklet has with the one it is most like."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    table = sp.csr_matrix((np.tile(value, 2), (both[:, 0], both[:, 1])), shape=(count, count))
    own = table.max(axis=1).toarray().ravel()
    return sp.csr_matrix(table + sp.diags(own))


def table_vectors(table: sp.csr_matrix, most: int) -> FloatArray:
    """(T, d) float32 whose dot products are the table, as far as its `most` strongest axes say it."""
    count = table.shape[0]
    if not table.count_nonzero():
        return np.zeros((count, 0), np.float32)
    if count <= 2 * most:
        value, axes = np.linalg.eigh(table.toarray())
        value, axes = value[-most:], axes[:, -most:]
    else:
        begin = np.random.default_rng(0).standard_normal(count)
        value, axes = eigsh(table, k=most, which="LA", v0=begin, tol=1e-4)
    used = value > 1e-9
    return np.asarray(axes[:, used] * np.sqrt(value[used]), np.float32)
