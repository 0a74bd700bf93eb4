"""Rows drawn by whole groups."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.identify.sampling import whole_groups

CASES = {
    "empty": ([], 5, 0, 0),
    "one": ([0], 5, 1, 1),
    "as many as asked for": ([0, 0, 1, 1], 4, 4, 4),
    "whole groups of three": ([0, 0, 0, 1, 1, 1, 2, 2, 2], 7, 6, 6),
    "one group, larger than asked for": ([0] * 9, 5, 9, 9),
    "the first drawn is too large, or the other is": ([0] * 9 + [1], 5, 1, 9),
    "a code that is not used": ([0, 0, 5, 5, 5], 3, 2, 3),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", range(6))
def test_whole_groups(name: str, seed: int) -> None:
    codes, most, least, highest = CASES[name]
    group = np.array(codes, np.int32)
    used = whole_groups(group, most, np.random.default_rng(seed))
    assert least <= used.sum() <= highest
    assert all(used[group == g].all() or not used[group == g].any() for g in set(codes))


def test_every_group_is_drawn_some_time() -> None:
    group = np.arange(40) // 4
    times = sum(whole_groups(group, 8, np.random.default_rng(k)).astype(int) for k in range(200))
    assert (times[::4] > 10).all()
