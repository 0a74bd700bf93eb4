"""Many merges of average linkage at once, from the most similar pairs alone: exact, memory bounded.

A million detections make 333,000 tracklets, whose similarity matrix would take 440 GB. But what is
joined first needs little of it. Take all pairs of groups at or above a level, and call two groups
mutual where each is the other's most similar one. Pairs that are not held lie below the level, so
mutual among the held is mutual among all; and by reducibility (see `cluster`) joining mutual groups,
in any order, makes the same dendrogram. A merged group lies below the level to every third one to
which all its parts did: no pair ever has to be looked for again. What two parts are to a third
group, weighted by their sizes, is what the merged group is to it (Lance & Williams 1967); where
only some of it is held, the dot product of the mean vectors says it.

The levels fall until few enough groups are left for a matrix. One level costs half a pass over all
pairs (similarity is symmetric), in square tiles that stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumper_core.identify.space.similarity import IntArray, pair_similarity

PAIRS_PER_GROUP = 48
"""Pairs held of a level, for each group: 333,000 groups hold 16 million pairs."""
PAIRS_MIN = 1_000
TILE = 4_096
SAMPLE = 2_000
STALLED = 1 / 2_000
"""Share of the groups that must join in one go for the level to be worked on further."""
NO_PAIRS: IntArray = np.zeros((0, 2), np.int32)

Record = Callable[[int, int, float], int]
Floats = npt.NDArray[np.floating]
Rows = npt.NDArray[np.int64]


@dataclass
class Groups:
    """Groups still to be joined.

    centres: (G, D) mean vectors; sizes: (G,) tracklets; node: (G,) dendrogram nodes; barred: (K, 2)
    int32 distinct pairs (low, high) that may not join; side: (G,) int8, sides 1 and 2 may not join.
    """

    centres: Floats
    sizes: npt.NDArray[np.float64]
    node: Rows
    barred: IntArray
    side: npt.NDArray[np.int8]

    def may_join(self, left: IntArray, right: IntArray) -> npt.NDArray[np.bool_]:
        """(K,) whether nothing bars the pairs, given with left < right."""
        count = len(self.sizes)
        allowed = self.side[left] + self.side[right] != 3
        if len(self.barred):
            barred = self.barred[:, 0].astype(np.int64) * count + self.barred[:, 1]  # rising
            key = left.astype(np.int64) * count + right
            at = np.minimum(np.searchsorted(barred, key), len(barred) - 1)
            allowed &= barred[at] != key
        return np.asarray(allowed)

    def join(self, left: IntArray, right: IntArray) -> None:
        """Put the groups `right` into the groups `left`, each in one pair; `drop` comes later."""
        share = (self.sizes[left] / (self.sizes[left] + self.sizes[right]))[:, None]
        share = share.astype(self.centres.dtype)
        self.centres[left] = share * self.centres[left] + (1 - share) * self.centres[right]
        self.sizes[left] += self.sizes[right]
        self.side[left] = np.maximum(self.side[left], self.side[right])
        target = np.arange(len(self.sizes))
        target[right] = left
        self.barred = between(self.barred, target)

    def drop(self, gone: npt.NDArray[np.bool_]) -> None:
        """Close the gaps of the groups that went into others."""
        place = np.cumsum(~gone) - 1
        self.barred = between(self.barred, place)
        self.centres, self.sizes = self.centres[~gone], self.sizes[~gone]
        self.node, self.side = self.node[~gone], self.side[~gone]


def between(pairs: IntArray, group: npt.NDArray[np.integer]) -> IntArray:
    """The (K, 2) pairs as distinct (low, high) pairs of groups, rising; group: (G,) of each row."""
    if not len(pairs):
        return NO_PAIRS
    mapped = np.sort(group[pairs], axis=1).astype(np.int64)
    mapped = mapped[mapped[:, 0] != mapped[:, 1]]
    width = int(group.max()) + 1
    keys = np.unique(mapped[:, 0] * width + mapped[:, 1])
    return np.column_stack([keys // width, keys % width]).astype(np.int32)


@dataclass(frozen=True)
class Pairs:
    """left, right: (K,) int32 rows, left < right; similarity: (K,) of each pair."""

    left: IntArray
    right: IntArray
    similarity: Floats

    def __len__(self) -> int:
        return len(self.left)

    def pick(self, which: npt.NDArray[np.generic]) -> Pairs:
        """Some of the pairs."""
        return Pairs(self.left[which], self.right[which], self.similarity[which])


def join_level(groups: Groups, record: Record) -> bool:
    """Join what is mutual among the most similar pairs, again and again; False: nothing may join.

    record: takes the nodes and the similarity of a merge, and gives the number of the new node.
    """
    count = len(groups.sizes)
    pairs, level = strongest_pairs(groups, max(PAIRS_MIN, PAIRS_PER_GROUP * count))
    if not len(pairs):
        return False
    gone = np.zeros(count, bool)
    while len(pairs):
        chosen = pairs.pick(_mutual(pairs, count))
        left, right = chosen.left, chosen.right
        for a, b, s in zip(left.tolist(), right.tolist(), chosen.similarity.tolist(), strict=True):
            groups.node[a] = record(int(groups.node[a]), int(groups.node[b]), s)
        gone[right] = True
        pairs = _after(groups, pairs, left, right, level)
        if len(left) < STALLED * count:
            break
    groups.drop(gone)
    return True


def strongest_pairs(groups: Groups, most: int) -> tuple[Pairs, float]:
    """About the `most` most similar pairs that may join, and the level: others are no higher.

    The level is guessed from a sample of pairs, and raised where more than twice as many are found.
    """
    count = len(groups.sizes)
    level = _guess(groups.centres, most)
    while True:
        found, level = _above(groups, level, most)
        if len(found) or level == -np.inf or count < 2:
            return found, level
        level = -np.inf


def _guess(centres: Floats, most: int) -> float:
    """The similarity that about `most` pairs exceed, by a sample of rows against another."""
    total = len(centres) * (len(centres) - 1) / 2
    if total <= most:
        return -np.inf
    rng = np.random.default_rng(0)
    drawn = [rng.integers(0, len(centres), SAMPLE) for _ in range(2)]
    similarity = (centres[drawn[0]] @ centres[drawn[1]].T)[drawn[0][:, None] != drawn[1]]
    return float(np.quantile(similarity, 1 - most / total)) if len(similarity) else -np.inf


def _above(groups: Groups, level: float, most: int) -> tuple[Pairs, float]:
    """The pairs at or above a level, tile by tile of the upper triangle."""
    centres = groups.centres
    none = np.zeros(0, np.int32)
    found = [Pairs(none, none, np.zeros(0, centres.dtype))]
    held = 0
    for top in range(0, len(centres), TILE):
        rows = centres[top : top + TILE]
        for start in range(top, len(centres), TILE):
            tile = rows @ centres[start : start + TILE].T
            at = np.flatnonzero(tile >= level)
            left, right = (rank.astype(np.int32) for rank in np.divmod(at, tile.shape[1]))
            part = Pairs(left + np.int32(top), right + np.int32(start), tile.ravel()[at])
            part = part.pick(part.left < part.right)
            part = part.pick(groups.may_join(part.left, part.right))
            found.append(part)
            held += len(part)
            if held > 2 * most:
                found, level = _keep(found, most)
                held = len(found[0])
    return _concatenate(found), level


def _keep(found: list[Pairs], most: int) -> tuple[list[Pairs], float]:
    """The `most` most similar pairs of those found, and the least similarity among them."""
    pairs = _concatenate(found)
    best = np.sort(np.argpartition(-pairs.similarity, most - 1)[:most])
    return [pairs.pick(best)], float(pairs.similarity[best].min())


def _concatenate(found: list[Pairs]) -> Pairs:
    return Pairs(
        np.concatenate([p.left for p in found]),
        np.concatenate([p.right for p in found]),
        np.concatenate([p.similarity for p in found]),
    )


def _mutual(pairs: Pairs, count: int) -> Rows:
    """Which pairs are the most similar one of either side, each row in one pair at most."""
    best = np.full(count, -np.inf, pairs.similarity.dtype)
    np.maximum.at(best, pairs.left, pairs.similarity)
    np.maximum.at(best, pairs.right, pairs.similarity)
    top = pairs.similarity >= np.maximum(best[pairs.left], best[pairs.right])
    tied = np.flatnonzero(top)
    # equally similar pairs are taken in an order by lot (of a fixed seed): in that of the rows, the
    # first row would be the choice of all others, and one pair would join at a time
    tied = tied[np.random.default_rng(0).permutation(len(tied))]
    first = np.full(count, len(tied))
    np.minimum.at(first, pairs.left[tied], np.arange(len(tied)))
    np.minimum.at(first, pairs.right[tied], np.arange(len(tied)))
    own = np.arange(len(tied))
    return np.sort(tied[(first[pairs.left[tied]] == own) & (first[pairs.right[tied]] == own)])


def _after(groups: Groups, pairs: Pairs, left: IntArray, right: IntArray, level: float) -> Pairs:
    """Join the groups `right` to `left`, and the pairs at or above the level after that."""
    count = len(groups.sizes)
    target, part = np.arange(count), np.ones(count)
    target[right] = left
    part[left] = groups.sizes[left] / (groups.sizes[left] + groups.sizes[right])
    part[right] = 1 - part[left]
    changed = np.zeros(count, bool)
    changed[left] = True
    groups.join(left, right)

    a, b = target[pairs.left], target[pairs.right]
    touched = changed[a] | changed[b]
    weight = part[pairs.left[touched]] * part[pairs.right[touched]]
    kept, similarity = pairs.pick(~touched), pairs.similarity[touched]
    a, b = a[touched], b[touched]
    key = np.minimum(a, b) * count + np.maximum(a, b)
    key[a == b] = -1
    order = np.argsort(key, kind="stable")[int((a == b).sum()) :]
    if not len(order):
        return kept
    key, weight, similarity = key[order], weight[order], similarity[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    held = np.add.reduceat(weight, first)
    mean = np.add.reduceat(weight * similarity, first).astype(pairs.similarity.dtype)
    low, high = (rank.astype(np.int32) for rank in np.divmod(key[first], count))
    open_pairs = groups.may_join(low, high)
    joined = Pairs(low, high, mean).pick(open_pairs)
    partly = np.flatnonzero(held[open_pairs] < 1 - 1e-9)
    joined.similarity[partly] = pair_similarity(
        groups.centres,
        groups.centres,
        np.column_stack([joined.left[partly], joined.right[partly]]),
    )
    return _concatenate([kept, joined.pick(joined.similarity >= level)])
