"""Damping of hubs against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.identify.space import hubs
from thumper_core.identify.space.hubs import Cohort, damp_hubs
from thumper_core.identify.space.similarity import group_means, unit


def herd(seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """48 vectors, two of each of 24 tracklets, two tracklets of each of 12 events."""
    vectors = unit(np.random.default_rng(seed).normal(size=(48, 5)).astype(np.float32))
    return vectors, np.arange(48, dtype=np.int32) // 2, np.arange(24) // 2


@pytest.mark.parametrize("names", [False, True])
def test_damping_against_a_plain_loop(names: bool) -> None:
    vectors, index, event = herd()
    said = np.array([f"e{code}" for code in event]) if names else event
    cohort = Cohort.drawn(vectors, index, said, seed=0)
    got = damp_hubs(vectors, index, said, cohort, 0.5)
    means = group_means(vectors, index)
    for row, tracklet in enumerate(index):
        others = np.flatnonzero(event != event[tracklet])
        near = others[np.argsort(-(means[others] @ means[tracklet]))][:6]
        want = vectors[row] - 0.5 * means[near].mean(axis=0)
        np.testing.assert_allclose(got[row], want / np.linalg.norm(want), atol=1e-5)


@pytest.mark.parametrize(("tracklets", "damping"), [(0, 0.5), (1, 0.5), (7, 0.5), (24, 0.0)])
def test_few_tracklets_and_no_damping_change_nothing(tracklets: int, damping: float) -> None:
    vectors, index, event = (
        x[:n] for x, n in zip(herd(), (2 * tracklets, 2 * tracklets, tracklets), strict=True)
    )
    cohort = Cohort.drawn(vectors, index, event, seed=0)
    np.testing.assert_array_equal(damp_hubs(vectors, index, event, cohort, damping), vectors)


def test_later_vectors_are_damped_by_the_tracklets_that_were_there() -> None:
    vectors, index, event = herd()
    cohort = Cohort.drawn(vectors, index, event, seed=0)
    later = unit(np.random.default_rng(2).normal(size=(3, 5)).astype(np.float32))
    got = damp_hubs(later, np.arange(3, dtype=np.int32), np.array([0, 0, 99]), cohort, 0.5)
    for row, own in enumerate((0, 0, 99)):
        others = np.flatnonzero(cohort.event != own)
        near = others[np.argsort(-(cohort.means[others] @ later[row]))][:6]
        want = later[row] - 0.5 * cohort.means[near].mean(axis=0)
        np.testing.assert_allclose(got[row], want / np.linalg.norm(want), atol=1e-5)


def test_of_many_tracklets_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, index, event = herd()
    monkeypatch.setattr(hubs, "COHORT_MAX", 10)
    cohort = Cohort.drawn(vectors, index, event, seed=0)
    means = group_means(vectors, index)
    rows = [int(np.flatnonzero((means == mean).all(axis=1))[0]) for mean in cohort.means]
    assert len(rows) == 10
    assert rows == sorted(set(rows))
    assert cohort.event.tolist() == event[rows].tolist()
