"""How many animals there are for certain: those of whom each two are known to be two."""

from __future__ import annotations

from typing import Final

import numpy as np

from thumper_core.identify.links.constraint_set import Constraints

SURE: Final = ("same_photo", "human")
TRIED: Final = 200


def surely_apart(links: Constraints) -> int:
    """A lower bound of the number of animals: tracklets of which each two share a photo, or were called two.

    The largest such set is hard to find; it is grown greedily from the TRIED tracklets that are known
    to differ from most others. 0 of no tracklets.
    """
    if not links.n:
        return 0
    foes: dict[int, set[int]] = {}
    for a, b in links.cannot[np.isin(links.cannot_kind, SURE)].tolist():
        foes.setdefault(a, set()).add(b)
        foes.setdefault(b, set()).add(a)
    largest = 1
    for start in sorted(foes, key=lambda t: (-len(foes[t]), t))[:TRIED]:
        largest = max(largest, _grown(start, foes, largest))
    return largest


def _grown(start: int, foes: dict[int, set[int]], most: int) -> int:
    """How large the set grows that begins with `start`; given up when it cannot be larger than `most`."""
    size, left = 1, set(foes[start])
    while left and size + len(left) > most:
        best = max(left, key=lambda t: (len(foes[t] & left), -t))
        size, left = size + 1, left & foes[best]
    return size
