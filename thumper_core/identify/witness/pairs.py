"""Which tracklets the second witness is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.columns import column_codes
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.space.similarity import IntArray, similarity_blocks

ALIKE: Final = 128
"""Tracklets of other events, most alike first, that each one is compared with ..."""
ALIKE_MIN: Final = 32
PAIRS_MAX: Final = 1_000_000
"""... or fewer where there are so many that it would be more pairs ..."""
BY_LOT: Final = 8
"""... and others by lot, which say what a chance pair looks like."""
STRANGERS_MAX: Final = 4_000


class Witness(Protocol):
    """What is needed of a second witness."""

    def compare(self, pairs: IntArray) -> FloatArray:
        """How well the crops of detections match: (K, 2) rows of the frame -> (K,) float32 >= 0.

        NaN where it can say nothing of one of the two.
        """


@dataclass(frozen=True)
class Chosen:
    """pairs: (K, 2) int32, i < j, unique, rising; by_lot: (K,) those that only chance picked."""

    pairs: IntArray
    by_lot: npt.NDArray[np.bool_]


def choose_pairs(
    means: FloatArray, event: IntArray, links: Constraints, *, seed: int = 0
) -> Chosen:
    """Tracklets of different events that may be one animal: the most alike of each, and some by lot.

    means: (T, d) float32; event: (T,) codes.
    """
    count = len(means)
    if count < 2:
        return Chosen(np.zeros((0, 2), np.int32), np.zeros(0, bool))
    group = links.group.astype(np.int16)
    rng = np.random.default_rng(seed)
    near = min(max(ALIKE_MIN, min(ALIKE, PAIRS_MAX // count)), count - 1)
    keys: list[list[npt.NDArray[np.int64]]] = [[np.zeros(0, np.int64)] for _ in range(2)]
    for start, block in similarity_blocks(means, means):
        rows = np.arange(start, start + len(block))
        is_open = (event[rows, None] != event) & (group[rows, None] + group != 3)
        block[~is_open] = -np.inf
        best = np.argpartition(-block, near - 1, axis=1)[:, :near]
        drawn = rng.integers(0, count, (len(rows), BY_LOT))
        for found, chosen in zip(keys, (best, drawn), strict=True):
            kept = np.take_along_axis(is_open, chosen, axis=1)
            a, b = np.broadcast_to(rows[:, None], chosen.shape)[kept], chosen[kept]
            found.append(np.minimum(a, b).astype(np.int64) * count + np.maximum(a, b))
    barred = links.cannot.astype(np.int64) @ np.array([count, 1])
    alike, lot = (np.setdiff1d(np.concatenate(found), barred) for found in keys)
    every = np.union1d(alike, lot)
    pairs = np.column_stack(np.divmod(every, count)).astype(np.int32)
    return Chosen(pairs, ~np.isin(every, alike))


def certain_strangers(tracklets: pl.DataFrame, links: Constraints, *, seed: int = 0) -> IntArray:
    """(K, 2) int32 pairs at one camera that are two animals: what the place makes alike, they show.

    Two of one photo, and an adult buck and an adult doe of any visit; some by lot where there are many.
    """
    camera = column_codes(tracklets, "camera")
    rng = np.random.default_rng(seed)
    photo = links.cannot[np.isin(links.cannot_kind, ["same_photo"])]
    buck, doe = (np.flatnonzero(links.group == side) for side in (1, 2))
    drawn = np.zeros((0, 2), np.int64)
    if len(buck) and len(doe):
        drawn = np.column_stack([rng.choice(side, 8 * STRANGERS_MAX) for side in (buck, doe)])
        drawn = drawn[camera[drawn[:, 0]] == camera[drawn[:, 1]]]
    half = STRANGERS_MAX // 2
    parts = [part[rng.permutation(len(part))[:half]] for part in (photo, np.sort(drawn, axis=1))]
    return np.unique(np.concatenate(parts), axis=0).astype(np.int32).reshape(-1, 2)
