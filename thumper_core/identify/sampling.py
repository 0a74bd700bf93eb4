"""Rows drawn by whole groups: no event, and no tracklet, is cut in two."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def whole_groups(
    group: npt.NDArray[np.integer], most: int, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """(N,) True for the rows of groups drawn at random until `most` rows are reached.

    group: (N,) codes from 0. All rows where there are no more than `most`; at least one group in
    any case, however large.
    """
    if len(group) <= most:
        return np.ones(len(group), bool)
    order = rng.permutation(int(group.max()) + 1)
    taken = np.cumsum(np.bincount(group, minlength=len(order))[order])
    return np.isin(group, order[: max(1, int(np.searchsorted(taken, most, side="right")))])
