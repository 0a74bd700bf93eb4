"""Scores of partitions and rankings against slow plain ones and scikit-learn."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, average_precision_score, roc_auc_score

from thumper_core.evaluate.metrics import (
    Contingency,
    balanced_accuracies,
    metric,
    partition_scores,
    resampled_mean,
    resamples,
)
from thumper_core.evaluate.retrieval import pair_auc, rank, retrieval_scores
from thumper_core.identify.links.pairs import weighted_auc

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=25)


def plain(truth: list[int], found: list[int]) -> dict[str, float]:
    """Pairwise and B-cubed scores by counting."""
    joined = [
        (truth[i] == truth[j], found[i] == found[j])
        for i, j in itertools.combinations(range(len(truth)), 2)
    ]
    tp = sum(t and f for t, f in joined)
    said, true = sum(f for _, f in joined), sum(t for t, _ in joined)
    each = range(len(truth))
    precision = recall = 0.0
    for i in each:
        mates = [j for j in each if found[j] == found[i]]
        kin = [j for j in each if truth[j] == truth[i]]
        both = len(set(mates) & set(kin))
        precision += both / len(mates) / len(truth)
        recall += both / len(kin) / len(truth)
    return {
        "pairwise_precision": tp / said if said else math.nan,
        "pairwise_recall": tp / true if true else math.nan,
        "pairwise_f1": 2 * tp / (said + true) if said + true else math.nan,
        "bcubed_precision": precision,
        "bcubed_recall": recall,
    }


@given(LABELS)
@settings(max_examples=100, deadline=None)
def test_partition_equals_plain_counting(labels: list[tuple[int, int]]) -> None:
    truth, found = (list(side) for side in zip(*labels, strict=True))
    scores = partition_scores(
        np.array(truth), np.array(found), np.arange(len(truth)), n_resamples=0
    )
    for name, value in plain(truth, found).items():
        got = scores[name]["value"]
        assert (got is None) if math.isnan(value) else got == pytest.approx(value), name
    assert scores["ari"]["value"] == pytest.approx(adjusted_rand_score(truth, found))


@given(LABELS, st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_redrawn_units_count_as_plainly_said(labels: list[tuple[int, int]], seed: int) -> None:
    """Pairs across units count w x w', within one unit w; B-cubed by the same rule."""
    truth, found = (np.array(side) for side in zip(*labels, strict=True))
    rng = np.random.default_rng(seed)
    units = rng.integers(0, 4, len(truth))
    table = Contingency(truth, found, units)
    weight = rng.integers(0, 3, table.n_units).astype(float)
    unit = np.unique(units, return_inverse=True)[1]
    counts = {(t, f): 0.0 for t in (True, False) for f in (True, False)}
    for i, j in itertools.combinations(range(len(truth)), 2):
        w = weight[unit[i]] if unit[i] == unit[j] else weight[unit[i]] * weight[unit[j]]
        counts[bool(truth[i] == truth[j]), bool(found[i] == found[j])] += w
    got = table.pairs(weight)
    assert got.both == pytest.approx(counts[True, True])
    assert got.found_only == pytest.approx(counts[False, True])
    assert got.truth_only == pytest.approx(counts[True, False])
    assert got.neither == pytest.approx(counts[False, False])
    total = weight[unit].sum()
    if total == 0:
        return
    shares = np.zeros(2)
    for i in range(len(truth)):
        met = np.where(unit == unit[i], 1.0, weight[unit])
        both = met[(truth == truth[i]) & (found == found[i])].sum()
        sizes = np.array([met[found == found[i]].sum(), met[truth == truth[i]].sum()])
        shares += weight[unit[i]] * both / sizes / total if weight[unit[i]] else 0
    assert table.bcubed(weight) == pytest.approx(tuple(shares))


EDGES = {
    "perfect": ([0, 0, 1], [5, 5, 7], {"ari": 1, "pairwise_f1": 1, "bcubed_f1": 1, "ami": 1}),
    "one giant profile": (
        [0, 0, 1, 1], [0, 0, 0, 0], {"ari": 0, "pairwise_precision": 1 / 3, "pairwise_recall": 1},
    ),
    "all alone": ([0, 0, 1, 1], [0, 1, 2, 3], {"pairwise_precision": None, "pairwise_recall": 0}),
    "one row": ([0], [0], {"ari": 1, "pairwise_f1": None, "bcubed_f1": 1}),
    "empty": ([], [], {"ari": None, "ami": None, "pairwise_f1": None, "bcubed_f1": None}),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_partition_edges(name: str) -> None:
    truth, found, expected = EDGES[name]
    scores = partition_scores(np.array(truth), np.array(found), np.arange(len(truth)))
    for key, value in expected.items():
        got = scores[key]["value"]
        assert got is None if value is None else got == pytest.approx(value), key


def test_intervals_hold_the_value_and_narrow_with_more_events() -> None:
    rng = np.random.default_rng(0)

    def scores(n: int) -> dict:
        truth = rng.integers(0, 10, n)
        found = np.where(rng.random(n) < 0.8, truth, rng.integers(0, 10, n))
        return partition_scores(truth, found, np.arange(n) // 3)

    few, many = scores(150), scores(1500)
    for key in few:
        assert few[key]["low"] <= few[key]["value"] <= few[key]["high"], key
        width = [s[key]["high"] - s[key]["low"] for s in (few, many)]
        assert width[1] < width[0] * 0.6, key


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for trial in range(60):
        values = (rng.random(40) < 0.3).repeat(3)  # three rows of an event say the same
        got = resampled_mean(values, np.arange(120) // 3, seed=trial)
        covered += got["low"] <= 0.3 <= got["high"]
    assert covered >= 51


def test_metric_and_resamples() -> None:
    assert metric(math.nan) == {"value": None, "low": None, "high": None}
    assert metric(0.5, [math.nan, 0.4, 0.6])["low"] == pytest.approx(0.405)
    assert list(resamples(np.zeros(0))) == []
    for weight in resamples(np.array(["b", "a", "b"]), 5):
        assert weight[0] == weight[2]
        assert weight[:2].sum() == 2
    assert resampled_mean([], np.zeros(0))["value"] is None


def test_balanced_accuracies_by_hand() -> None:
    truth = np.array(["a", "a", "a", "b", "x", "x", "y"])
    said = np.array(["a", "a", "b", "new", "new", "a", "new"])
    got = balanced_accuracies(truth, said, np.array(["x", "y"]), "new", np.arange(7))
    assert got["baks"]["value"] == pytest.approx((2 / 3 + 0) / 2)
    assert got["baus"]["value"] == pytest.approx((1 / 2 + 1) / 2)
    none = balanced_accuracies(truth[:3], said[:3], np.array(["x"]), "new", np.arange(3))
    assert none["baus"]["value"] is None


def sample(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 8, n)
    vectors = rng.normal(size=(8, 6))[labels] + rng.normal(size=(n, 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), labels, labels * 100 + rng.integers(0, 4, n)


@pytest.mark.parametrize("seed", range(5))
def test_ranking_equals_scikit_learn_per_query(seed: int) -> None:
    vectors, labels, sighting = sample(seed)
    got = rank(vectors, labels, sighting)
    at = 0
    for i in range(len(labels)):
        others = sighting != sighting[i]
        similarity = vectors[others] @ vectors[i]
        match = labels[others] == labels[i]
        if not match.any():
            assert i not in got.query
            continue
        assert got.query[at] == i
        assert got.average_precision[at] == pytest.approx(
            average_precision_score(match, similarity)
        )
        assert got.first[at] == 1 + (similarity > similarity[match].max()).sum()
        at += 1
    i, j = np.triu_indices(len(labels), 1)
    apart = sighting[i] != sighting[j]
    i, j = i[apart], j[apart]
    expected = roc_auc_score(labels[i] == labels[j], np.einsum("ij,ij->i", vectors[i], vectors[j]))
    got_auc = pair_auc(vectors, labels, sighting, labels)
    assert got_auc["value"] == pytest.approx(expected, abs=1e-6)
    assert got_auc["low"] < expected < got_auc["high"]


def test_ranking_in_blocks_is_ranking_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, labels, sighting = sample(9)
    whole = retrieval_scores(vectors, labels, sighting, sighting)
    monkeypatch.setattr("thumper_core.evaluate.retrieval.BLOCK_ROWS", 7)
    parts = retrieval_scores(vectors, labels, sighting, sighting)
    for key, entry in whole.items():
        assert parts[key] == pytest.approx(entry, abs=1e-6)


def test_ranking_edges() -> None:
    none = retrieval_scores(np.zeros((0, 4), np.float32), *[np.zeros(0, int)] * 3)
    assert all(entry["value"] is None for entry in none.values())
    one = retrieval_scores(np.ones((1, 1), np.float32), *[np.zeros(1, int)] * 3)
    assert all(entry["value"] is None for entry in one.values())
    # only pairs of one sighting: nothing to measure
    twins = retrieval_scores(np.ones((2, 1), np.float32), *[np.zeros(2, int)] * 3)
    assert all(entry["value"] is None for entry in twins.values())


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 3)), min_size=1, max_size=20
    )
)
@settings(deadline=None)
def test_weighted_auc_equals_repeating_rows(rows: list[tuple[int, bool, int]]) -> None:
    score, positive, weight = (np.array(column) for column in zip(*rows, strict=True))
    got = weighted_auc(score.astype(float), positive, weight.astype(float))
    s, p = np.repeat(score, weight), np.repeat(positive, weight)
    if p.all() or not p.any():
        assert math.isnan(got)
    else:
        assert got == pytest.approx(roc_auc_score(p, s))
