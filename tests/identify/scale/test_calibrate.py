"""Pairs, the two-groups fit and the calibration report, against truth and plain loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from tests.identify.synthetic_herd import synthetic_herd
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.links.pairs import (
    d_prime,
    equal_error_rate,
    pairs_within,
    roc_points,
    sample_pairs,
    weighted_auc,
)
from thumper_core.identify.scale.calibrate import calibrate, reliability_curve
from thumper_core.identify.scale.mixture import PairScores, fit_two_groups
from thumper_core.identify.space.similarity import group_means

NOTHING = np.zeros(0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=25))
def test_pairs_within_equals_the_double_loop(groups: list[int]) -> None:
    found = pairs_within(np.array(groups, np.int32))
    want = [
        (i, j)
        for i in range(len(groups))
        for j in range(i + 1, len(groups))
        if groups[i] == groups[j]
    ]
    assert [tuple(p) for p in found.tolist()] == want


def test_sampled_pairs_are_what_they_say() -> None:
    herd = synthetic_herd(events=20)
    photo = np.unique(herd.frame["photo_id"].to_numpy().astype(str), return_inverse=True)[1]
    pairs = sample_pairs(herd.tracklet, photo.astype(np.int32), pairs_max=30)
    assert len(pairs.must) == 30
    assert (herd.truth[pairs.must[:, 0]] == herd.truth[pairs.must[:, 1]]).all()
    assert (photo[pairs.must[:, 0]] != photo[pairs.must[:, 1]]).all()
    assert (herd.truth[pairs.cannot[:, 0]] != herd.truth[pairs.cannot[:, 1]]).all()
    assert (photo[pairs.cannot[:, 0]] == photo[pairs.cannot[:, 1]]).all()


@pytest.mark.parametrize(
    ("same", "different", "want"),
    [
        ([0.9, 0.8], [0.1, 0.2], 0.0),
        ([0.1, 0.2], [0.9, 0.8], 1.0),
        ([0.2, 0.8], [0.1, 0.7], 0.5),
        ([0.5, 0.5], [0.5, 0.5], 0.5),
    ],
)
def test_equal_error_rate(same: list[float], different: list[float], want: float) -> None:
    assert equal_error_rate(np.array(same), np.array(different)) == pytest.approx(want)


def test_equal_error_rate_of_normal_scores() -> None:
    rng = np.random.default_rng(0)
    same, different = rng.normal(2, 1, 60_000), rng.normal(0, 1, 60_000)
    assert equal_error_rate(same, different) == pytest.approx(0.1587, abs=0.004)  # Phi(-1)
    assert d_prime(same, different) == pytest.approx(2.0, abs=0.02)


def test_weights_count_as_repeats() -> None:
    rng = np.random.default_rng(1)
    same, different = rng.normal(1, 1, 40), rng.normal(0, 1, 50)
    times = rng.integers(1, 4, 50)
    weighted = equal_error_rate(same, different, (np.ones(40), times.astype(float)))
    assert weighted == pytest.approx(equal_error_rate(same, np.repeat(different, times)))


def test_roc_against_plain_counting_and_sklearn() -> None:
    rng = np.random.default_rng(2)
    same, different = np.round(rng.normal(1, 1, 80), 1), np.round(rng.normal(0, 1, 90), 1)
    for t, false, missed in zip(*roc_points(same, different), strict=True):
        assert false == pytest.approx((different >= t).mean())
        assert missed == pytest.approx((same < t).mean())
    truth = np.repeat([1, 0], [80, 90])
    want = roc_auc_score(truth, np.concatenate([same, different]))
    both = np.concatenate([same, different])
    assert weighted_auc(both, truth == 1) == pytest.approx(want)
    assert np.isnan(weighted_auc(same, np.ones(80, bool)))
    assert np.isnan(equal_error_rate(NOTHING, same))
    assert np.isnan(d_prime(NOTHING, same))


@pytest.mark.parametrize("prior", [0.03, 0.1, 0.3])
def test_the_mixture_finds_the_prior_under_biased_labels(prior: float) -> None:
    rng = np.random.default_rng(3)
    n = 40_000
    is_same = rng.random(n) < prior
    far = np.where(is_same, rng.normal(0.5, 0.08, n), rng.normal(0.1, 0.09, n))
    scores = PairScores(
        far,
        rng.normal(0.85, 0.05, 500),  # bursts: far easier than what is asked for
        rng.normal(0.15, 0.09, 300),  # one photo: a little more alike
        np.ones(300),
    )
    found = fit_two_groups(scores, 2_000)
    assert found is not None
    assert found.prior == pytest.approx(prior, rel=0.15)
    assert found.same_mean == pytest.approx(0.5, abs=0.03)
    assert found.different_mean == pytest.approx(0.1, abs=0.02)
    assert (np.diff(found.p) >= 0).all()
    likely = np.interp(far, found.grid, found.p)
    for low, high in ((0.0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 1.01)):  # calibrated in bins
        rows = (likely >= low) & (likely < high)
        assert is_same[rows].mean() == pytest.approx(likely[rows].mean(), abs=0.12)


def test_no_spread_is_no_fit() -> None:
    flat = np.full(50, 0.7)
    assert fit_two_groups(PairScores(flat, flat, flat, flat), 10) is None


def calibration_of(herd_events: int, resamples: int = 0, doubled: str = "", **changes: float):  # type: ignore[no-untyped-def]
    """doubled: the kind of a few more cannot-links whose two sides are one animal's pictures."""
    herd = synthetic_herd(events=herd_events, **changes)  # type: ignore[arg-type]
    means = group_means(herd.vectors, herd.tracklet)
    event = np.unique(herd.frame["event_id"].to_numpy().astype(str), return_inverse=True)[1]
    event_of = np.zeros(len(means), np.int32)
    event_of[herd.tracklet] = event
    cannot = np.array(
        [(i, i + 1) for i in range(len(means) - 1) if event_of[i] == event_of[i + 1]], np.int32
    ).reshape(-1, 2)
    animal = np.zeros(len(means), np.int64)
    animal[herd.tracklet] = herd.truth
    twice = np.column_stack(np.triu_indices(len(means), 1)).astype(np.int32)
    twice = twice[animal[twice[:, 0]] == animal[twice[:, 1]]][: len(cannot) // 4 if doubled else 0]
    links = replace(
        Constraints.none(len(means)),
        cannot=np.concatenate([cannot, twice]),
        cannot_kind=np.repeat(["same_photo", doubled], [len(cannot), len(twice)]),
        cannot_trust=np.ones(len(cannot) + len(twice), np.float32),
    )
    found = calibrate(herd.vectors, herd.tracklet, means, event_of, links, resamples=resamples)
    return found, means, event_of, animal


def test_calibration_of_a_herd() -> None:
    found, means, event, animal = calibration_of(90, resamples=12)
    assert found.reason is None
    assert found.eer < 0.02
    i, j = np.triu_indices(len(means), 1)
    far = event[i] != event[j]
    truth = (animal[i] == animal[j])[far]
    p = found.probability(np.einsum("kd,kd->k", means[i], means[j])[far])
    assert found.groups is not None
    assert found.groups.prior == pytest.approx(truth.mean(), rel=0.35)
    assert p[truth].mean() > 0.7
    assert p[~truth].mean() < 0.05
    assert set(found.intervals) == {"eer", "auc", "dprime", "prior", "ece"}
    low, high = found.intervals["prior"]
    assert low <= found.groups.prior * 1.2
    assert high >= found.groups.prior * 0.8
    assert found.roc["miss_rate"].is_sorted()
    assert found.reliability["n"].sum() == found.n_must + found.n_cannot
    assert any("burst pairs are easier" in w for w in found.warnings)


def test_boxes_over_each_other_do_not_say_what_two_animals_look_like() -> None:
    plain, *_ = calibration_of(60)
    assert plain.groups is not None
    for kind in ("mingled", "nested"):
        found, *_ = calibration_of(60, doubled=kind)
        assert found.n_cannot == plain.n_cannot
        assert found.groups is not None
        assert np.array_equal(found.groups.p, plain.groups.p)
    misled, *_ = calibration_of(60, doubled="same_photo")
    assert misled.groups is not None
    assert misled.n_cannot > plain.n_cannot
    assert not np.array_equal(misled.groups.p, plain.groups.p)


@pytest.mark.parametrize(
    ("events", "word"), [(1, "too few photos"), (2, "too few photos"), (3, "too few photos")]
)
def test_too_little_is_said(events: int, word: str) -> None:
    found, *_ = calibration_of(events)
    assert found.groups is None
    assert found.reason is not None
    assert word in found.reason
    assert np.isnan(found.probability([0.5])).all()


def test_without_cannot_links_it_works_and_warns() -> None:
    herd = synthetic_herd(events=60)
    means = group_means(herd.vectors, herd.tracklet)
    event = np.arange(len(means), dtype=np.int32)
    found = calibrate(
        herd.vectors, herd.tracklet, means, event, Constraints.none(len(means)), resamples=2
    )
    assert found.groups is not None
    assert np.isnan(found.eer)
    assert any("no cannot-link" in w for w in found.warnings)


def test_one_event_says_so() -> None:
    herd = synthetic_herd(events=40)
    means = group_means(herd.vectors, herd.tracklet)
    event = np.zeros(len(means), np.int32)
    found = calibrate(herd.vectors, herd.tracklet, means, event, Constraints.none(len(means)))
    assert found.reason is not None
    assert "photos of other days" in found.reason


def test_reliability_curve_by_hand() -> None:
    ece, table = reliability_curve(np.array([0.05, 0.05, 0.95, 0.95]), np.array([0.0, 1, 1, 1]))
    assert ece == pytest.approx((0.45 * 2 + 0.05 * 2) / 4)
    assert table["n"].to_list() == [2, 2]
    assert np.isnan(reliability_curve(NOTHING, NOTHING)[0])
