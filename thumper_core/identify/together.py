"""How many animals there are for certain: those of whom each two are known to be two."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.identify.links.constraint_set import Constraints

SURE: Final = ("same_photo", "mingled", "human")
TRIED: Final = 200


def surely_apart(links: Constraints) -> int:
    """A lower bound of the number of animals: tracklets of which each two share a photo, or were called two.

    The largest such set is hard to find; it is grown greedily from the TRIED tracklets that are known
    to differ from most others. 0 of no tracklets.
    """
    if not links.n:
        return 0
    apart = links.cannot[np.logical_or.reduce([links.cannot_kind == kind for kind in SURE])]
    both = np.concatenate([apart, apart[:, ::-1]])
    foes = _Foes(both[np.argsort(both[:, 0], kind="stable")])
    largest = 1
    for start in foes.most_first()[:TRIED].tolist():
        largest = max(largest, _grown(start, foes, largest))
    return largest


class _Foes(dict[int, set[int]]):
    """Of a tracklet those known to differ from it, looked up when asked for; pairs: sorted by it."""

    def __init__(self, pairs: npt.NDArray[np.int32]) -> None:
        super().__init__()
        self._others = pairs[:, 1]
        self._who, self._first, self._count = np.unique(
            pairs[:, 0], return_index=True, return_counts=True
        )

    def most_first(self) -> npt.NDArray[np.int32]:
        """Tracklets that differ from some, those that differ from most first."""
        return np.asarray(self._who[np.argsort(-self._count, kind="stable")])

    def __missing__(self, tracklet: int) -> set[int]:
        at = int(np.searchsorted(self._who, tracklet))
        start = int(self._first[at])
        found = self[tracklet] = set(self._others[start : start + int(self._count[at])].tolist())
        return found


def _grown(start: int, foes: _Foes, most: int) -> int:
    """How large the set grows that begins with `start`; given up when it cannot be larger than `most`."""
    size, left = 1, set(foes[start])
    while left and size + len(left) > most:
        best = max(left, key=lambda t: (len(foes[t] & left), -t))
        size, left = size + 1, left & foes[best]
    return size
