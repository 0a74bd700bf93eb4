"""The record of a clustering: merges of falling similarity, and the cut at any threshold.

Beside the merges it holds the tracklets in leaf order, in which every group of every cut is a run
of neighbours, and the similarity at which each tracklet joins the one before it. A cut is then one
comparison, and sums over groups are differences of cumulative sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Join(NamedTuple):
    """Two dendrogram nodes join: leaves are 0..n-1, the k-th join written down is node n + k."""

    left: int
    right: int
    similarity: float


@dataclass(frozen=True)
class Dendrogram:
    """n: tracklets. M <= n - 1 merges; groups that may not join leave several roots.

    children: (M, 2) int32 nodes, scipy's numbering (leaf i is node i, merge k is node n + k);
    similarity: (M,) float64, falling, +inf for a must-link; order: (n,) int32, the tracklets in
    leaf order; joins: (n,) float64, the similarity at which order[i] and order[i - 1] come
    together, -inf where never (and at 0).
    """

    n: int
    children: npt.NDArray[np.int32]
    similarity: npt.NDArray[np.float64]
    order: npt.NDArray[np.int32]
    joins: npt.NDArray[np.float64]

    def groups(self, threshold: float) -> npt.NDArray[np.int64]:
        """(n,) int64 group of each tracklet: `cut` numbered in leaf order, which is cheaper."""
        first = self.joins < threshold
        first[:1] = True
        label = np.empty(self.n, np.int64)
        label[self.order] = np.cumsum(first) - 1
        return label

    def cut(self, threshold: float) -> npt.NDArray[np.int32]:
        """(n,) int32 group of each tracklet: all merges of similarity >= threshold are made.

        Groups are numbered in the order of their first tracklet.
        """
        return canonical(self.groups(threshold))


def canonical(labels: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    """The same grouping, numbered 0, 1, ... by first appearance: (n,) int32."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return rank[inverse]


def build_dendrogram(n: int, merges: list[Join]) -> Dendrogram:
    """Sort merges by falling similarity, renumber their nodes and lay out the leaves.

    A merge never comes before one that made its parts: by reducibility it is at most as similar;
    what rounding adds is taken away again.
    """
    height = np.array([m.similarity for m in merges], np.float64)
    for k, merge in enumerate(merges):
        for node in merge[:2]:
            if node >= n:
                height[k] = min(height[k], height[node - n])
    rank = np.argsort(-height, kind="stable")
    number = np.empty(len(merges), np.int64)
    number[rank] = np.arange(len(merges))
    children = np.array([m[:2] for m in merges], np.int64).reshape(-1, 2)
    inner = children >= n
    children[inner] = n + number[children[inner] - n]
    children, height = children[rank], height[rank]

    head, tail = list(range(n)), list(range(n))
    following = [-1] * n
    joins = np.full(n, -np.inf)
    rooted = [True] * (n + len(merges))
    for (left, right), similarity in zip(children.tolist(), height.tolist(), strict=True):
        following[tail[left]] = head[right]
        joins[head[right]] = similarity
        head.append(head[left])
        tail.append(tail[right])
        rooted[left] = rooted[right] = False
    order = np.empty(n, np.int32)
    place = 0
    for node in range(n + len(merges)):
        leaf = head[node] if rooted[node] else -1
        while leaf >= 0:
            order[place] = leaf
            place, leaf = place + 1, following[leaf]
    return Dendrogram(n, children.astype(np.int32), height, order, joins[order])
