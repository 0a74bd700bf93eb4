"""Which sides of each animal are seen: markings of the left flank are not those of the right one."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.contracts import Flank
from thumper_core.identify.space.similarity import IntArray

Sides = npt.NDArray[np.uint8]

BIT: Final = {str(Flank.LEFT): 1, str(Flank.RIGHT): 2}


def sides_of(frame: pl.DataFrame) -> Sides:
    """(N,) uint8: 1 where a detection shows the left flank, 2 the right one, 0 where that is not known.

    frame: with `flank`; without it nothing is known.
    """
    if "flank" not in frame.columns:
        return np.zeros(frame.height, np.uint8)
    bits = frame["flank"].replace_strict(BIT, default=0, return_dtype=pl.UInt8)
    return np.asarray(bits.to_numpy(), np.uint8)


def sides_seen(sides: Sides, index: IntArray, count: int) -> Sides:
    """(count,) uint8: the sides that any member of each group shows, 3 for both; index: (N,) the groups."""
    seen = np.zeros(count, np.uint8)
    np.bitwise_or.at(seen, index, sides)
    return seen


def are_opposite(a: Sides, b: Sides) -> npt.NDArray[np.bool_]:
    """Whether one shows the left flank only, and the other the right one only."""
    left, right = BIT[Flank.LEFT], BIT[Flank.RIGHT]
    return np.asarray(((a == left) & (b == right)) | ((a == right) & (b == left)))
