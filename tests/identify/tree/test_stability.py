"""Which profiles are found again when bursts are drawn anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.identify.synthetic_herd import synthetic_herd
from thumper_core.identify.chain import cut_again, identify_frame
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.sampling import whole_groups
from thumper_core.identify.tree import stability as resampling
from thumper_core.identify.tree.cluster import average_linkage
from thumper_core.identify.tree.stability import UNSTABLE, draw_bursts, stability
from thumper_core.settings import IdentifySettings


@pytest.fixture(scope="module")
def found():  # type: ignore[no-untyped-def]
    herd = synthetic_herd(animals=9, events=90, moment=0.8, seed=3)
    return herd, identify_frame(herd.frame, herd.vectors, IdentifySettings())


def blobs(animals: int, each: int, noise: float, seed: int = 0) -> np.ndarray:
    """Unit vectors (T, 32): `animals` directions, `each` tracklets of one with so much noise."""
    rng = np.random.default_rng(seed)
    centre = np.linalg.qr(rng.normal(size=(32, 32)))[0][:animals]
    x = np.repeat(centre, each, axis=0) + noise * rng.normal(size=(animals * each, 32))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def codes(n: int) -> np.ndarray:
    return np.arange(n, dtype=np.int32)


def test_clear_animals_are_stable_and_arbitrary_cuts_are_not() -> None:
    x = blobs(6, 12, 0.08)
    tree = average_linkage(x).dendrogram
    draws = draw_bursts(x, codes(72), codes(72), Constraints.none(72))
    firm = stability(tree.cut(0.5), draws, 0.5)
    assert firm.profile.shape == (6,)
    assert firm.mean == pytest.approx(1, abs=1e-9)
    assert (firm.profiles_low, firm.profiles_high) == pytest.approx((6, 6))
    chance = np.random.default_rng(0).integers(0, 6, 72)
    assert stability(chance, draws, 0.5).mean < 0.4
    one = blobs(1, 60, 0.3)  # a single animal, cut into eleven pieces
    tree = average_linkage(one).dendrogram
    draws = draw_bursts(one, codes(60), codes(60), Constraints.none(60))
    pieces = tree.cut(float(tree.similarity[-11:-9].mean()))
    assert pieces.max() + 1 == 11
    loose = stability(pieces, draws, float(tree.similarity[-11:-9].mean()))
    assert loose.mean < UNSTABLE
    assert loose.profiles_low < 9 < 11 < loose.profiles_high


def test_stability_against_a_plain_recomputation() -> None:
    x = blobs(5, 8, 0.3, seed=2)
    burst = codes(40) // 2
    cannot = np.array([[0, 1], [3, 20], [8, 30]], np.int32)
    links = replace(
        Constraints.none(40),
        cannot=cannot,
        cannot_kind=np.full(3, "same_photo"),
        cannot_trust=np.ones(3, np.float32),
    )
    draws = draw_bursts(x, burst, burst, links, resamples=6, seed=3)
    labels = average_linkage(x, cannot).dendrogram.cut(0.4)
    got = stability(labels, draws, 0.4)
    found: dict[int, list[float]] = {}
    for draw in draws:
        kept = {int(r) for r in draw.rows}
        assert all((r ^ 1) in kept for r in kept)  # whole bursts
        mine = [p for p in cannot.tolist() if set(p) <= kept]
        place = {int(r): i for i, r in enumerate(draw.rows)}
        pairs = np.array([[place[a], place[b]] for a, b in mine], np.int32).reshape(-1, 2)
        again = average_linkage(x[draw.rows], pairs).dendrogram.cut(0.4)
        groups = [{int(r) for r in draw.rows[again == g]} for g in range(again.max() + 1)]
        for profile in range(labels.max() + 1):
            old = {int(r) for r in draw.rows[labels[draw.rows] == profile]}
            if len(old) >= 2:
                best = max(len(old & g) / len(old | g) for g in groups)
                found.setdefault(profile, []).append(best)
    want = [np.mean(found[p]) if p in found else np.nan for p in range(labels.max() + 1)]
    np.testing.assert_allclose(got.profile, want)


def test_single_tracklets_have_no_stability() -> None:
    x = blobs(4, 5, 0.2)
    draws = draw_bursts(x, codes(20), codes(20), Constraints.none(20))
    alone = stability(codes(20), draws, 1.1)
    assert np.isnan(alone.profile).all()
    assert np.isnan(alone.mean)
    assert alone.profiles_low == alone.profiles_high == 20
    none = draw_bursts(x[:0], codes(0), codes(0), Constraints.none(0))
    assert np.isnan(stability(codes(0), none, 0.5).mean)
    assert np.isnan(stability(codes(20), (), 0.5).profile).all()


def test_of_many_tracklets_whole_events_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    event = codes(100) // 7
    rng = np.random.default_rng(0)
    used = whole_groups(event, 30, rng)
    assert 24 <= used.sum() <= 30
    assert all(used[event == e].all() or not used[event == e].any() for e in np.unique(event))
    assert whole_groups(event, 100, rng).all()
    assert whole_groups(np.zeros(50, np.int32), 30, rng).all()  # one event is the least
    monkeypatch.setattr(resampling, "DRAW_TRACKLETS", 30)
    draws = draw_bursts(blobs(10, 10, 0.1), event, codes(100), Constraints.none(100))
    assert all(8 <= len(draw.rows) <= 30 for draw in draws)
    assert len(np.unique(np.concatenate([draw.rows for draw in draws]))) > 80


def test_the_sweep_and_the_profiles_carry_it(found) -> None:  # type: ignore[no-untyped-def]
    herd, result = found
    at = int((result.thresholds.sweep["similarity"] - result.cut.similarity).abs().arg_min())
    column = result.thresholds.sweep["stability"]
    assert column[at] == pytest.approx(result.cut.stability.mean, abs=0.1)
    assert result.cut.stability.mean > 0.9
    assert column.drop_nans().is_between(0, 1 + 1e-9).all()
    assert result.tables.profiles["stability"].to_list() == pytest.approx(
        result.cut.stability.profile
    )
    finer = cut_again(result, herd.frame, float(result.thresholds.judgement.scale.probability(0.7)))
    assert finer.cut.stability.mean < result.cut.stability.mean
    assert finer.tables.profiles["stability"].null_count() > 0
    settings = IdentifySettings(method="greedy", threshold=0.5)
    greedy = identify_frame(herd.frame, herd.vectors, settings)
    assert greedy.tables.profiles["stability"].null_count() == greedy.tables.profiles.height
