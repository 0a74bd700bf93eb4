"""Constrained average linkage against scipy, against a plain slow rule, and by its properties."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from tests.identify.random_tracklets import random_means, random_pairs, random_sides
from thumper_core.contracts import UsageError
from thumper_core.identify.space.similarity import check_vectors, group_means, pair_similarity
from thumper_core.identify.tree.cluster import NO_PAIRS, average_linkage
from thumper_core.identify.tree.dendrogram import canonical


def plain_rule(
    x: np.ndarray, cannot: np.ndarray, must: np.ndarray, side: np.ndarray
) -> list[tuple[float, list[set[int]]]]:
    """The rule as the module tells it: (similarity of the merge, groups after it), in order."""
    s = x.astype(float) @ x.astype(float).T
    foes = {frozenset(p) for p in cannot.tolist()}
    groups = [{i} for i in range(len(x))]

    def barred(a: set[int], b: set[int]) -> bool:
        return any(frozenset((i, j)) in foes or side[i] + side[j] == 3 for i in a for j in b)

    def join(a: set[int], b: set[int]) -> None:
        groups.remove(a)
        groups.remove(b)
        groups.append(a | b)

    for i, j in must.tolist():
        a = next(g for g in groups if i in g)
        b = next(g for g in groups if j in g)
        if a is not b and not barred(a, b):
            join(a, b)
    states = [(np.inf, [set(g) for g in groups])]
    while True:
        best, pick = -np.inf, None
        for at, a in enumerate(groups):
            for b in groups[:at]:
                mean = np.mean([s[i, j] for i in a for j in b])
                if mean > best and not barred(a, b):
                    best, pick = mean, (a, b)
        if pick is None:
            return states
        join(*pick)
        states.append((best, [set(g) for g in groups]))


def as_sets(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == g).tolist()) for g in np.unique(labels)}


@pytest.mark.parametrize("count", [2, 3, 7, 25, 60])
@pytest.mark.parametrize("seed", range(4))
def test_equals_scipy_at_every_threshold(count: int, seed: int) -> None:
    x = random_means(count, 6, seed)
    s = x.astype(float) @ x.astype(float).T
    distance = 1.0 - s[np.triu_indices(count, 1)]
    tree = linkage(distance, "average")
    dendrogram = average_linkage(x).dendrogram
    np.testing.assert_allclose(dendrogram.similarity, 1.0 - tree[:, 2], atol=1e-9)
    heights = np.sort(1.0 - tree[:, 2])
    for t in [heights[0] - 0.1, *(heights[1:] + heights[:-1]) / 2, heights[-1] + 0.1]:
        want = fcluster(tree, 1.0 - t, "distance")
        np.testing.assert_array_equal(dendrogram.cut(t), canonical(want))


@pytest.mark.parametrize("seed", range(25))
def test_equals_the_plain_rule_with_constraints(seed: int) -> None:
    count = 4 + seed % 15
    x = random_means(count, 5, seed)
    cannot = random_pairs(count, seed % 12, seed + 100)
    must = random_pairs(count, seed % 4, seed + 200)
    side = random_sides(count, seed) if seed % 2 else np.zeros(count, np.int8)
    states = plain_rule(x, cannot, must, side)
    result = average_linkage(x, cannot, must, side)
    heights = [h for h, _ in states]
    assert heights == sorted(heights, reverse=True)
    got = result.dendrogram.similarity
    np.testing.assert_allclose(got[np.isfinite(got)], heights[1:], atol=1e-9)
    for (height, groups), below in zip(states, [*heights[1:], -np.inf], strict=True):
        t = (min(height, 2.0) + max(below, -2.0)) / 2
        assert as_sets(result.dendrogram.cut(t)) == {frozenset(g) for g in groups}


@pytest.mark.parametrize("matrix_bytes", [0, 4 * 20**2])
def test_small_memory_gives_the_same_dendrogram(matrix_bytes: int) -> None:
    x = random_means(120, 6, 3)
    cannot, must = random_pairs(120, 60, 4), random_pairs(120, 5, 5)
    side = random_sides(120, 6)
    whole = average_linkage(x, cannot, must, side)
    rounds = average_linkage(x, cannot, must, side, matrix_bytes=matrix_bytes)
    np.testing.assert_allclose(rounds.dendrogram.similarity, whole.dendrogram.similarity, atol=1e-5)
    for t in np.linspace(-0.3, 1.0, 40):
        a, b = rounds.dendrogram.cut(t), whole.dendrogram.cut(t)
        if np.abs(whole.dendrogram.similarity - t).min() > 1e-5:
            np.testing.assert_array_equal(a, b)


def test_a_must_link_across_a_cannot_link_is_refused_and_reported() -> None:
    x = random_means(4, 3, 0)
    cannot = np.array([[0, 2]], np.int32)
    must = np.array([[0, 1], [1, 2], [2, 3]], np.int32)
    result = average_linkage(x, cannot, must)
    assert result.refused_must.tolist() == [1]
    assert as_sets(result.dendrogram.cut(5.0)) == {frozenset({0, 1}), frozenset({2, 3})}
    assert len(np.unique(result.dendrogram.cut(-5.0))) == 2


@pytest.mark.parametrize(
    ("count", "groups_at_bottom"), [(0, 0), (1, 1)], ids=["empty", "one tracklet"]
)
def test_nothing_to_join(count: int, groups_at_bottom: int) -> None:
    result = average_linkage(np.zeros((count, 4), np.float32))
    assert len(np.unique(result.dendrogram.cut(-1.0))) == groups_at_bottom
    assert len(result.dendrogram.similarity) == 0


def test_all_in_one_photo_stay_apart() -> None:
    count = 6
    pairs = np.column_stack(np.triu_indices(count, 1)).astype(np.int32)
    for matrix_bytes in (0, 10**6):
        result = average_linkage(np.ones((count, 3), np.float32), pairs, matrix_bytes=matrix_bytes)
        assert result.dendrogram.cut(-9.0).tolist() == list(range(count))


def test_identical_vectors_end_in_one_group() -> None:
    for matrix_bytes in (0, 10**6):
        result = average_linkage(np.ones((9, 3), np.float32), matrix_bytes=matrix_bytes)
        assert result.dendrogram.cut(2.9).tolist() == [0] * 9


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = draw(st.integers(2, 24))
    seed = draw(st.integers(0, 10_000))
    x = random_means(count, draw(st.integers(2, 8)), seed)
    cannot = random_pairs(count, draw(st.integers(0, 20)), seed + 1)
    must = random_pairs(count, draw(st.integers(0, 3)), seed + 2)
    return x, cannot, must


@settings(max_examples=120, deadline=None)
@given(problems(), st.lists(st.floats(-1, 1), min_size=2, max_size=6))
def test_properties(
    problem: tuple[np.ndarray, np.ndarray, np.ndarray], thresholds: list[float]
) -> None:
    x, cannot, must = problem
    side = random_sides(len(x), len(cannot))
    result = average_linkage(x, cannot, must, side)
    tree = result.dendrogram
    assert (np.diff(tree.similarity[np.isfinite(tree.similarity)]) <= 0).all()
    assert sorted(tree.order.tolist()) == list(range(len(x)))
    cuts = [tree.cut(t) for t in sorted(thresholds)]
    kept = np.delete(must, result.refused_must, axis=0)
    for labels in cuts:
        assert (labels[cannot[:, 0]] != labels[cannot[:, 1]]).all()
        assert (labels[kept[:, 0]] == labels[kept[:, 1]]).all()
        assert not set(labels[side == 1]) & set(labels[side == 2])
    for coarse, fine in itertools.pairwise(cuts):  # each fine group inside one coarse one
        assert len(np.unique(np.column_stack([coarse, fine]), axis=0)) == len(np.unique(fine))


@settings(max_examples=60, deadline=None)
@given(problems(), st.randoms(use_true_random=False), st.floats(-0.5, 0.9))
def test_the_order_of_rows_does_not_matter(problem, random, threshold: float) -> None:
    x, cannot, _ = problem
    shuffled = list(range(len(x)))
    random.shuffle(shuffled)
    place = np.argsort(shuffled)
    first = average_linkage(x, cannot).dendrogram
    second = average_linkage(x[shuffled], place[cannot].reshape(-1, 2)).dendrogram
    np.testing.assert_allclose(first.similarity, second.similarity, atol=1e-9)
    if not len(first.similarity) or np.abs(first.similarity - threshold).min() > 1e-9:
        assert as_sets(first.cut(threshold)) == as_sets(second.cut(threshold)[place])


def test_group_means_and_pairs_against_plain_loops() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(12, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = np.array([0, 1, 1, 2, 2, 2, 0, 3, 3, 3, 3, 0], np.int32)
    means = group_means(vectors, index)
    pairs = np.array([[0, 1], [1, 3], [2, 3]], np.int32)
    want = [
        np.mean(
            [
                vectors[i] @ vectors[j]
                for i in np.flatnonzero(index == a)
                for j in np.flatnonzero(index == b)
            ]
        )
        for a, b in pairs
    ]
    np.testing.assert_allclose(pair_similarity(means, means, pairs), want, atol=1e-6)
    assert group_means(np.zeros((0, 5), np.float32), NO_PAIRS[:, 0]).shape == (0, 5)


@pytest.mark.parametrize("bad", [np.zeros(3), np.full((2, 2), np.nan), np.full((2, 2), np.inf)])
def test_bad_vectors_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(UsageError):
        check_vectors(bad)
