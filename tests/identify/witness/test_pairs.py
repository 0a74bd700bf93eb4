"""Which pairs are compared, and which are certain strangers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.space.similarity import unit
from thumper_core.identify.witness import pairs as room
from thumper_core.identify.witness.pairs import certain_strangers, choose_pairs


def links(n: int, cannot: list[tuple[int, int]], group: list[int] | None = None) -> Constraints:
    from dataclasses import replace

    k = len(cannot)
    return replace(
        Constraints.none(n),
        cannot=np.array(cannot, np.int32).reshape(-1, 2),
        cannot_kind=np.full(k, "same_photo", np.dtype("U10")),
        cannot_trust=np.ones(k, np.float32),
        group=np.array(group or [0] * n, np.int8),
    )


@pytest.mark.parametrize("n", [0, 1, 2, 60])
def test_the_most_alike_of_other_events_that_may_be_one(
    n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "ALIKE", 5)
    monkeypatch.setattr(room, "ALIKE_MIN", 5)
    rng = np.random.default_rng(0)
    means = unit(rng.normal(size=(n, 8)))
    event = (np.arange(n) // 2).astype(np.int32)
    group = rng.integers(0, 3, n).tolist()
    barred = [(4, 9), (0, 59)] if n == 60 else []
    chosen = choose_pairs(means, event, links(n, barred, group))
    found = {tuple(pair) for pair in chosen.pairs.tolist()}
    assert len(found) == len(chosen.pairs) == len(chosen.by_lot)
    assert all(a < b and event[a] != event[b] and group[a] + group[b] != 3 for a, b in found)
    assert not found & set(barred)
    alike = {tuple(pair) for pair in chosen.pairs[~chosen.by_lot].tolist()}
    for i in range(n):
        others = [j for j in range(n) if event[j] != event[i] and group[i] + group[j] != 3]
        for j in sorted(others, key=lambda j: -float(means[i] @ means[j]))[:5]:
            pair = (min(i, j), max(i, j))
            assert pair in alike or pair in barred
    assert n < 60 or chosen.by_lot.any()


def test_strangers_are_of_one_photo_or_of_two_sexes_at_one_camera() -> None:
    cameras = pl.DataFrame({"camera": ["a", "b"] * 10})
    group = [1] * 6 + [2] * 6 + [0] * 8
    found = certain_strangers(cameras, links(20, [(18, 19)], group))
    pairs = {tuple(pair) for pair in found.tolist()}
    assert (18, 19) in pairs
    assert pairs - {(18, 19)} == {(i, j) for i in range(6) for j in range(6, 12) if i % 2 == j % 2}
    assert certain_strangers(cameras, links(20, [])).shape == (0, 2)
