"""Which tracklets of one visit are one animal.

They are grouped visit by visit, as the herd groups all: average linkage, cut where the herd is cut. A
tracklet whose pictures do not tell who it is says nothing by its likeness either: it goes with the animal
of its visit that it is most like and could be, and makes one of its own only where it could be none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.meet.fitness import TELLS_MIN
from thumper_core.identify.space.similarity import IntArray
from thumper_core.identify.tree.cluster import part_linkage
from thumper_core.identify.tree.dendrogram import canonical


def animals_of_visits(
    means: FloatArray,
    event: IntArray,
    links: Constraints,
    cut: float,
    tells: npt.NDArray[np.float64],
) -> IntArray:
    """(T,) int32 animal of each tracklet, dense; no animal is of two visits.

    means: (T, d) float32; event: (T,) codes; links: between them; cut: a similarity; tells: (T,) chance
    that some picture of the tracklet shows who it is.
    """
    label = np.arange(len(event), dtype=np.int64)
    order = np.argsort(event, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(event[order])) + 1):
        if len(rows) < 2:
            continue
        rows = np.sort(rows)
        inside = links.among(rows)
        label[rows] = rows[part_linkage(means, rows, links).cut(cut).astype(np.int64)]
        for poor in np.flatnonzero(tells[rows] < TELLS_MIN):
            label[rows] = _joined(label[rows], int(poor), means[rows], inside, tells[rows])
    return canonical(label)


def _joined(
    label: npt.NDArray[np.int64],
    poor: int,
    means: FloatArray,
    links: Constraints,
    tells: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """The labels with a poor tracklet that stands alone put with the likeliest animal that it may be."""
    if (label == label[poor]).sum() > 1:
        return label
    barred = links.cannot[(links.cannot == poor).any(axis=1)].ravel()
    groups = links.group
    best, home = -np.inf, -1
    for other in np.unique(label[(label != label[poor]) & (tells >= TELLS_MIN)]):
        members = np.flatnonzero(label == other)
        sexes = set(groups[members].tolist()) - {0}
        clash = groups[poor] and sexes - {int(groups[poor])}
        if np.isin(members, barred).any() or clash:
            continue
        alike = float((means[members] @ means[poor]).mean())
        if alike > best:
            best, home = alike, int(other)
    return np.where(np.arange(len(label)) == poor, home, label) if home >= 0 else label
