"""Constrained average linkage over tracklets: exact, one dendrogram, every threshold a cut of it.

Each tracklet counts once, however many frames it has: a deer that stood still for thirty frames
says no more about itself than one that passed in three. The rule, as a person would carry it out:
join all must-linked tracklets; then, again and again, join the two most similar groups of which no
two members are cannot-linked; stop when no such pair is left.

Average linkage is reducible: the similarity of a merged group to any third one is at most the
higher of its parts' similarities. A barred pair is similarity minus infinity, which the mean
hands on to the merged group, and the inequality still holds. Two things follow (Bruynooghe 1977;
Murtagh 1983; Muellner 2011, arXiv:1109.2378, section 3.2). The greedy merges have falling
similarity, so "all merges at or above t" is the state of the greedy rule stopped at t, and the cuts
of the one dendrogram are nested. And the nearest-neighbour chain finds the same merges, in O(T^2).

Where there are many tracklets, joining what is mutual among the most similar pairs (`merge_rounds`, also
exact) shrinks the problem first. That is not only smaller but faster: the chain writes whole columns
of the matrix, which no cache holds. Groups equally similar are joined in an order fixed by the
input's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.space.similarity import IntArray
from thumper_core.identify.tree.dendrogram import Dendrogram, Join, build_dendrogram
from thumper_core.identify.tree.merge_rounds import NO_PAIRS, Groups, between, join_level

MATRIX_BYTES = 1_600_000_000
CHAIN_GROUPS = 6_000  # above, levels are faster than the chain, as long as a level joins this much:
LEVEL_SHARE = 0.2
EXACT_ROWS = 3_000  # below: float64, so that heights agree with a textbook implementation


@dataclass(frozen=True)
class Linkage:
    """A dendrogram, and the must-links that could not be kept: (R,) rows of `must`."""

    dendrogram: Dendrogram
    refused_must: npt.NDArray[np.int64]


def average_linkage(
    means: FloatArray,
    cannot: IntArray = NO_PAIRS,
    must: IntArray = NO_PAIRS,
    side: npt.NDArray[np.int8] | None = None,
    *,
    matrix_bytes: int = MATRIX_BYTES,
) -> Linkage:
    """Constrained average linkage; see the module for the rule.

    means: (T, D) float32, tracklet means (`group_means`); cannot, must: (K, 2) int32 pairs of rows;
    side: (T,) int8, 0 none, 1 or 2: sides 1 and 2 never share a group (adult bucks and does), which
    bars a quarter of all pairs without a list of them. Must-links come in order of trust, most
    trusted first: one that would join a cannot-linked pair is refused and reported, never obeyed.
    matrix_bytes: largest similarity matrix held.
    """
    nodes = _Nodes(len(means))
    sides = np.zeros(len(means), np.int8) if side is None else side.astype(np.int8)
    refused = _join_must(nodes, cannot, must, sides.tolist())
    roots, group = np.unique(nodes.find_all(), return_inverse=True)
    sizes = np.bincount(group, minlength=len(roots)).astype(np.float64)
    exact = len(means) <= EXACT_ROWS
    # a copy in any case: joining writes into it
    centres: npt.NDArray[np.floating] = means.astype(np.float64 if exact else means.dtype)
    if len(roots) < len(means):
        sums = np.zeros((len(roots), means.shape[1]), centres.dtype)
        np.add.at(sums, group, centres)
        centres = np.asarray(sums / sizes[:, None], centres.dtype)
    node_of = np.array([nodes.node[root] for root in roots], np.int64)
    joined = np.zeros(len(roots), np.int8)
    np.maximum.at(joined, group, sides)
    groups = Groups(centres, sizes, node_of, between(cannot, group), joined)
    worthwhile = True
    while 4 * (count := len(groups.sizes)) ** 2 > matrix_bytes or (
        worthwhile and count > CHAIN_GROUPS
    ):
        if not join_level(groups, nodes.new):
            break
        worthwhile = len(groups.sizes) < (1 - LEVEL_SHARE) * count
    else:
        _chain(groups, nodes)
    return Linkage(build_dendrogram(len(means), nodes.joins), refused)


def part_linkage(
    means: FloatArray, rows: npt.NDArray[np.integer], links: Constraints
) -> Dendrogram:
    """The dendrogram of some tracklets by themselves, under the links between them; leaf i is rows[i].

    means: (T, d) float32 of all; rows: (R,), rising.
    """
    inside = links.among(rows)
    return average_linkage(means[rows], inside.cannot, inside.must, inside.group).dendrogram


class _Nodes:
    """Union-find over tracklets that writes down joins in dendrogram numbering.

    scipy's `DisjointSet` picks roots by size. Here the first of a must-link's two stays the root, and
    roots set the order of the matrix's rows, on which the last digits of similarities depend.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.parent = list(range(count))
        self.node = list(range(count))  # dendrogram node of each root
        self.joins: list[Join] = []

    def find(self, item: int) -> int:
        while self.parent[item] != item:
            self.parent[item] = self.parent[self.parent[item]]
            item = self.parent[item]
        return item

    def find_all(self) -> npt.NDArray[np.int64]:
        return np.array([self.find(i) for i in range(self.count)], np.int64)

    def new(self, left: int, right: int, similarity: float) -> int:
        """Write down that dendrogram nodes `left` and `right` join; the new node's number."""
        self.joins.append(Join(int(left), int(right), float(similarity)))
        return self.count + len(self.joins) - 1

    def union(self, a: int, b: int, similarity: float) -> None:
        root_a, root_b = self.find(a), self.find(b)
        if root_a != root_b:
            self.node[root_a] = self.new(self.node[root_a], self.node[root_b], similarity)
            self.parent[root_b] = root_a


def _join_must(
    nodes: _Nodes, cannot: IntArray, must: IntArray, side: list[int]
) -> npt.NDArray[np.int64]:
    """Join must-linked tracklets where no cannot-link forbids it; the rows of `must` refused."""
    foes: list[set[int]] = []
    if len(must):
        foes = [set() for _ in range(nodes.count)]
        for a, b in cannot.tolist():
            foes[a].add(b)
            foes[b].add(a)
    refused = []
    for row, (a, b) in enumerate(must.tolist()):
        root_a, root_b = nodes.find(a), nodes.find(b)
        if root_a == root_b:
            continue
        # foes hold tracklets; whether one of them has since joined the other side is a find away
        opposed = side[root_a] + side[root_b] == 3
        if opposed or any(nodes.find(foe) == root_b for foe in foes[root_a]):
            refused.append(row)
            continue
        side[root_a] = max(side[root_a], side[root_b])
        nodes.union(root_a, root_b, np.inf)
        foes[root_a] |= foes[root_b]
    return np.array(refused, np.int64)


def _chain(groups: Groups, nodes: _Nodes) -> None:
    """Nearest-neighbour chain on the full similarity matrix."""
    matrix: npt.NDArray[np.floating] = groups.centres @ groups.centres.T
    np.fill_diagonal(matrix, -np.inf)
    matrix[groups.barred[:, 0], groups.barred[:, 1]] = -np.inf
    matrix[groups.barred[:, 1], groups.barred[:, 0]] = -np.inf
    for own in (1, 2):
        opposed = groups.side == 3 - own
        for row in np.flatnonzero(groups.side == own):
            matrix[row, opposed] = -np.inf
    node, sizes = groups.node.copy(), groups.sizes.copy()
    alive = np.ones(len(sizes), bool)
    living = len(alive)
    chain: list[int] = []
    start = 0
    while living > 0:
        if living < 0.7 * len(alive):
            matrix, node, sizes, chain = _compact(matrix, alive, node, sizes, chain)
            alive = np.ones(living, bool)
            start = 0
        if not chain:
            start += int(alive[start:].argmax())
            chain.append(start)
        top = chain[-1]
        row = matrix[top]
        best = int(row.argmax())
        if row[best] == -np.inf:  # may join no other group, now or later
            alive[top] = False
            living -= 1
            chain.pop()
        elif len(chain) > 1 and row[chain[-2]] >= row[best]:
            other = chain[-2]
            node[top] = nodes.new(node[other], node[top], row[other])
            total = sizes[top] + sizes[other]
            row *= float(sizes[top] / total)
            row += matrix[other] * float(sizes[other] / total)
            row[top] = -np.inf
            sizes[top] = total
            matrix[:, top] = row
            matrix[:, other] = -np.inf
            alive[other] = False
            living -= 1
            del chain[-2:]
        else:
            chain.append(best)


def _compact(
    matrix: npt.NDArray[np.floating],
    alive: npt.NDArray[np.bool_],
    node: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.float64],
    chain: list[int],
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.int64], npt.NDArray[np.float64], list[int]]:
    """Close the gaps that joined groups left, inside the same memory."""
    kept = np.flatnonzero(alive)
    for new, old in enumerate(kept):  # new <= old: a row is read before it is written over
        matrix[new, : len(kept)] = matrix[old, kept]
    place = np.cumsum(alive) - 1
    return matrix[: len(kept), : len(kept)], node[kept], sizes[kept], place[chain].tolist()
