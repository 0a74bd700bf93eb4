"""Joining level by level: the same dendrogram as from the whole matrix, whatever a level holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identify.random_tracklets import random_means, random_pairs
from thumper_core.identify.tree import cluster, merge_rounds
from thumper_core.identify.tree.cluster import average_linkage
from thumper_core.identify.tree.merge_rounds import Groups, between, strongest_pairs

TIGHT = {"PAIRS_MIN": 6, "PAIRS_PER_GROUP": 1, "TILE": 7, "SAMPLE": 30}
"""Levels of very few pairs, small tiles and a small sample: many levels, and all ways through."""


@contextmanager
def tight() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in TIGHT.items():
            patch.setattr(merge_rounds, name, value)
        yield


def groups_of(means: np.ndarray, barred: np.ndarray, side: np.ndarray) -> Groups:
    own = np.arange(len(means))
    return Groups(means.astype(np.float64), np.ones(len(means)), own, between(barred, own), side)


@settings(max_examples=80, deadline=None)
@given(count=st.integers(2, 70), dim=st.integers(2, 9), seed=st.integers(0, 10_000))
def test_levels_make_the_dendrogram_of_the_matrix(count: int, dim: int, seed: int) -> None:
    x = random_means(count, dim, seed, per_centre=6, noise=0.8)
    cannot, must = random_pairs(count, seed % 40, seed + 1), random_pairs(count, seed % 5, seed + 2)
    side = np.random.default_rng(seed + 3).integers(0, 3 if seed % 2 else 1, count).astype(np.int8)
    whole = average_linkage(x, cannot, must, side)
    with tight():
        parts = average_linkage(x, cannot, must, side, matrix_bytes=0)
    want, got = whole.dendrogram, parts.dendrogram
    assert parts.refused_must.tolist() == whole.refused_must.tolist()
    np.testing.assert_allclose(got.similarity, want.similarity, atol=1e-9)
    heights = np.unique(want.similarity[np.isfinite(want.similarity)])
    for t in (heights[1:] + heights[:-1]) / 2:
        if np.abs(heights - t).min() > 1e-8:
            np.testing.assert_array_equal(got.cut(t), want.cut(t))


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0], ids=["all levels", "as in use", "one level"])
def test_float32_and_the_sizes_in_use_give_the_same_cuts(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = random_means(4_000, 24, 5, per_centre=6, noise=0.8)
    cannot = random_pairs(4_000, 2_000, 6)
    whole = average_linkage(x, cannot).dendrogram
    monkeypatch.setattr(cluster, "CHAIN_GROUPS", 500)
    monkeypatch.setattr(cluster, "LEVEL_SHARE", share)
    parts = average_linkage(x, cannot).dendrogram
    np.testing.assert_allclose(parts.similarity, whole.similarity, atol=1e-5)
    for t in np.linspace(-0.2, 0.9, 30):
        if np.abs(whole.similarity - t).min() > 1e-5:
            np.testing.assert_array_equal(parts.cut(t), whole.cut(t))


@pytest.mark.parametrize("most", [1, 10, 60, 10_000])
def test_the_pairs_held_are_all_at_or_above_the_level(most: int) -> None:
    x, barred = random_means(40, 5, 1, per_centre=6, noise=0.8), random_pairs(40, 50, 2)
    side = np.random.default_rng(3).integers(0, 3, 40).astype(np.int8)
    with tight():
        pairs, level = strongest_pairs(groups_of(x, barred, side), most)
    s = x.astype(float) @ x.astype(float).T
    foes = {tuple(p) for p in barred.tolist()}
    want = {
        (i, j)
        for i in range(40)
        for j in range(i + 1, 40)
        if s[i, j] >= level and (i, j) not in foes and side[i] + side[j] != 3
    }
    assert len(pairs)
    assert len(pairs) <= 2 * most
    assert set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == want
    np.testing.assert_allclose(pairs.similarity, s[pairs.left, pairs.right], atol=1e-12)


def test_where_everything_strong_is_barred_the_level_falls() -> None:
    x = np.repeat(np.eye(4, dtype=np.float32), 3, axis=0)  # four looks, three tracklets of each
    barred = np.array([[i, j] for i in range(12) for j in range(i + 1, 12) if i // 3 == j // 3])
    with tight():
        tree = average_linkage(x, barred.astype(np.int32), matrix_bytes=0).dendrogram
    labels = tree.cut(-1.0)
    assert (labels[barred[:, 0]] != labels[barred[:, 1]]).all()
    for a in range(labels.max() + 1):  # it went on until any two groups were barred
        for b in range(a):
            across = {tuple(sorted(p)) for p in labels[barred].tolist()}
            assert (b, a) in across


def test_equal_similarities_join_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = 0
    mutual = merge_rounds._mutual

    def counted(pairs: merge_rounds.Pairs, count: int) -> merge_rounds.Rows:
        nonlocal rounds
        rounds += 1
        return mutual(pairs, count)

    monkeypatch.setattr(merge_rounds, "_mutual", counted)
    tree = average_linkage(np.ones((300, 3), np.float32), matrix_bytes=0).dendrogram
    assert tree.cut(2.9).tolist() == [0] * 300
    assert rounds < 60
