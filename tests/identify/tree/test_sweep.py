"""The scale, the sweep and what is recommended, against plain recomputation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from tests.identify.synthetic_herd import pair_rates, synthetic_herd
from thumper_core.identify.census import Census, census
from thumper_core.identify.chain import identify_frame
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.scale.probability import expected_errors, merge_sizes
from thumper_core.identify.scale.random_effects import Scale
from thumper_core.identify.tree.cluster import average_linkage
from thumper_core.identify.tree.sweep import COLUMNS, Facts, empty_sweep, probe, sweep
from thumper_core.settings import IdentifySettings

SCALE = Scale(0.06, 0.5, 0.02, 0.0, 0.015, 0.008)


@pytest.fixture(scope="module")
def found():  # type: ignore[no-untyped-def]
    herd = synthetic_herd(animals=9, events=90, moment=0.8, seed=3)
    return herd, identify_frame(herd.frame, herd.vectors, IdentifySettings())


def test_the_scale_rises_and_inverts() -> None:
    s = np.linspace(-1, 1, 400)
    p = SCALE.probability(s)
    assert (np.diff(p) > 0).all()
    assert p[0] == pytest.approx(0, abs=1e-9)
    assert p[-1] == pytest.approx(1)
    for wanted in (0.02, 0.3, 0.5, 0.6, 0.9, 0.99):
        assert SCALE.probability(SCALE.similarity(wanted)) == pytest.approx(wanted, abs=1e-12)
    for cut in np.random.default_rng(0).uniform(-0.5, 0.8, 50):
        again = SCALE.similarity(float(SCALE.probability(cut)))
        assert cut - 1e-9 <= again <= cut  # so a merge at the cut itself is made again


def test_the_recommended_threshold_asked_for_by_number_gives_the_same_herd(found) -> None:  # type: ignore[no-untyped-def]
    herd, automatic = found
    asked = IdentifySettings(threshold=automatic.cut.threshold)
    by_number = identify_frame(herd.frame, herd.vectors, asked)
    assert by_number.cut.similarity == pytest.approx(automatic.cut.similarity, abs=1e-9)
    np.testing.assert_array_equal(by_number.cut.labels, automatic.cut.labels)


@pytest.mark.parametrize(("similarity", "towards"), [(0.0, -1), (0.4, 1)])
def test_more_sightings_make_the_judgement_firmer(similarity: float, towards: int) -> None:
    p = [float(SCALE.posterior(similarity, size, size)) for size in (1, 3, 10, 30)]
    assert (np.diff(p) * towards > 0).all()
    assert all((one - 0.5) * towards > 0 for one in p)


def test_the_posterior_is_bayes_rule() -> None:
    from scipy.stats import norm

    h, a, b = 0.3, 2, 5
    share = (1 / a + 1 / b) / 2
    same = norm.pdf(h, 0.5, np.sqrt(0.02))
    different = norm.pdf(h, 0.0, np.sqrt(0.008 + 0.007 * share))
    want = 0.06 * same / (0.06 * same + 0.94 * different)
    assert float(SCALE.posterior(h, a, b)) == pytest.approx(want)


def test_expected_errors_of_certain_merges() -> None:
    wrong, missed, error = expected_errors(np.array([1.0, 1.0, 0.0]), np.array([4.0, 6, 10]), 5.0)
    np.testing.assert_allclose(wrong, [0, 0, 0, 0.4])
    np.testing.assert_allclose(missed, [10 / 15, 6 / 15, 0, 0])
    np.testing.assert_allclose(error, [10 / 20, 6 / 24, 0, 10 / 40])


def test_merge_sizes_add_up_to_all_pairs() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 5, 30)
    tree = average_linkage(rng.normal(size=(30, 4)).astype(np.float32)).dendrogram
    left, right, pairs = merge_sizes(tree, sizes)
    n = sizes.sum()
    assert pairs.sum() + (sizes * (sizes - 1) / 2).sum() == n * (n - 1) / 2
    assert (left * right).sum() == 30 * 29 / 2


def test_every_column_against_plain_recomputation(found) -> None:  # type: ignore[no-untyped-def]
    herd, result = found
    assert tuple(result.thresholds.sweep.columns) == COLUMNS
    assert result.thresholds.sweep.height == 100
    index, frame = result.clustering.index, herd.frame
    cuts = [result.clustering.tree.cut(s)[index] for s in result.thresholds.sweep["similarity"]]
    for row, labels in zip(result.thresholds.sweep.iter_rows(named=True), cuts, strict=True):
        groups = {g: np.flatnonzero(labels == g) for g in np.unique(labels)}
        events = {g: frame["event_id"][rows.tolist()].n_unique() for g, rows in groups.items()}
        again = sum(len(groups[g]) for g in groups if events[g] >= 2)
        assert row["profiles"] == len(groups)
        assert row["assignment_rate"] == pytest.approx(again / len(labels))
        assert row["singletons"] == sum(len(np.unique(index[r])) == 1 for r in groups.values())
        assert row["mixed_sex"] == sum(
            frame["sex"][rows.tolist()].n_unique() > 1 for rows in groups.values()
        )
    for k in range(0, 99, 7):
        want = adjusted_rand_score(cuts[k], cuts[k + 1])
        assert result.thresholds.sweep["ari_next"][k] == pytest.approx(want, abs=1e-9)
    assert result.thresholds.sweep["profiles"].is_sorted()
    assert result.thresholds.sweep["threshold"].is_sorted()


def test_the_recommendation_is_the_least_expected_error_and_near_the_truth(found) -> None:  # type: ignore[no-untyped-def]
    herd, result = found
    least = result.thresholds.sweep["expected_pairwise_error"].min()
    row = result.thresholds.sweep.filter(
        (result.thresholds.sweep["similarity"] - result.cut.similarity).abs()
        == (result.thresholds.sweep["similarity"] - result.cut.similarity).abs().min()
    )
    assert row["expected_pairwise_error"][0] <= least + 0.02
    precision, recall, f1 = pair_rates(result.cut.labels[result.clustering.index], herd.truth)
    assert f1 > 0.95
    assert row["expected_false_merge"][0] == pytest.approx(1 - precision, abs=0.05)
    assert row["expected_false_split"][0] == pytest.approx(1 - recall, abs=0.05)
    said = f"of the pairs joined there, {row['expected_false_merge'][0]:.1%} are expected to be two"
    assert said in result.thresholds.recommendation.reason


def test_the_probe_sees_splits_above_and_merges_below(found) -> None:  # type: ignore[no-untyped-def]
    _, result = found
    split, merged = (
        result.thresholds.sweep["must_split_rate"],
        result.thresholds.sweep["cannot_merged_rate"],
    )
    assert split.is_sorted()
    assert merged.is_sorted(descending=True)
    assert split[0] == 0
    assert merged[0] > 0.1
    assert merged[-1] == 0


def test_a_probe_without_pairs_says_nothing() -> None:
    x = np.eye(4, dtype=np.float32)
    index = event = np.arange(4, dtype=np.int32)
    checks = probe(x, index, event, np.zeros((0, 2), np.int32))
    assert np.isnan(checks.rates(0.5)).all()


def test_thresholds_can_be_asked_for(found) -> None:  # type: ignore[no-untyped-def]
    _, result = found
    facts = Facts(
        np.bincount(result.clustering.index),
        np.arange(len(result.cut.labels), dtype=np.int32),
        np.zeros(len(result.cut.labels), np.int8),
    )
    checks = probe(
        result.clustering.means,
        np.arange(len(result.cut.labels), dtype=np.int32),
        facts.event,
        np.zeros((0, 2), np.int32),
    )
    table = sweep(
        result.clustering.tree, facts, result.thresholds.judgement, checks, (), [0.9, 0.1]
    )
    assert table["similarity"].to_list() == [0.1, 0.9]
    assert table["stability"].is_nan().all()  # without draws
    assert empty_sweep().columns == table.columns


def test_the_census_discounts_scraps_and_counts_the_pairs_they_miss() -> None:
    rng = np.random.default_rng(1)
    identity = np.linalg.qr(rng.normal(size=(40, 40)))[0][:6]
    who = np.repeat(np.arange(6), 20)
    means = (identity[who] * 0.7 + rng.normal(size=(120, 40)) * 0.05).astype(np.float32)
    event = np.arange(120, dtype=np.int32)
    labels = who.astype(np.int32)
    links = Constraints.none(120)
    detections = np.full(120, 3)
    firm = replace(SCALE, same_var=0.005, different_tau2=0.001)
    whole = census(means, labels, event, detections, links, firm)
    assert whole.animals == pytest.approx(6, abs=0.05)
    assert whole.missed_pairs == pytest.approx(0, abs=60)
    torn = labels.copy()
    torn[:2] = 6  # two sightings of the first animal end in a profile of their own
    scrap = census(means, torn, event, detections, links, firm)
    assert scrap.animals == pytest.approx(6, abs=0.1)
    assert scrap.missed_pairs == pytest.approx(2 * 3 * 18 * 3, abs=60)
    torn[:10] = 6  # as many as in the other half, and just as similar
    halves = census(means, torn, event, detections, links, firm)
    assert halves.animals == pytest.approx(6, abs=0.1)
    assert halves.missed_pairs == pytest.approx(30 * 30, abs=60)
    parted = replace(
        links,
        cannot=np.array([[0, 15]], np.int32),
        cannot_kind=np.array(["same_photo"]),
        cannot_trust=np.ones(1, np.float32),
    )
    assert census(means, torn, event, detections, parted, firm).animals == pytest.approx(7, abs=0.1)
    nobody = np.zeros(0, np.int32)
    none = census(means[:0], nobody, nobody, nobody, Constraints.none(0), firm)
    assert none == Census(0.0, 0.0)
