"""Antlers of one buck from year to year: beams and spread repeat best, points worst; young ones are small."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_demo.antlers import grow_antlers, in_velvet, regrow_antlers, size_at
from thumper_demo.noise import rng_for


def _repeats(values: np.ndarray) -> float:
    """Intraclass correlation of (bucks, years), one-way."""
    k = values.shape[1]
    between = k * values.mean(axis=1).var(ddof=1)
    within = values.var(axis=1, ddof=1).mean()
    return float((between - within) / (between + (k - 1) * within))


def test_what_repeats_is_what_was_published() -> None:
    """Foley et al. 2012: 0.42 to 0.82, points lowest, spread and beams highest."""
    rng = rng_for(1, "herd")
    bucks = [grow_antlers(rng, slot, 1.0) for slot in rng.random(400)]
    years = [[regrow_antlers(rng, buck, 5, 1.0) for _ in range(4)] for buck in bucks]
    found = {
        name: _repeats(np.array([[getattr(a, name) for a in worn] for worn in years]))
        for name in ("beam_m", "spread_m", "mass_m", "points")
    }
    assert found["beam_m"] == pytest.approx(0.82, abs=0.06)
    assert found["spread_m"] == pytest.approx(0.82, abs=0.06)
    assert found["points"] == pytest.approx(0.42, abs=0.08)
    assert found["points"] < found["mass_m"] < found["spread_m"]


def test_a_young_buck_wears_less_and_nobody_wears_nonsense() -> None:
    rng = rng_for(2, "herd")
    grown = [grow_antlers(rng, slot, 1.0) for slot in rng.random(100)]
    young = [regrow_antlers(rng, a, 1, 1.0) for a in grown]
    old = [regrow_antlers(rng, a, 6, 1.0) for a in grown]
    assert np.mean([a.beam_m for a in young]) < 0.7 * np.mean([a.beam_m for a in old])
    assert np.mean([a.points for a in young]) < np.mean([a.points for a in old])
    for antlers in (*young, *old):
        assert 2 <= antlers.points <= 14
        assert 0.1 < antlers.beam_m < 0.9
        assert 0.08 <= antlers.spread_m <= 0.34
    assert size_at(1) < size_at(3) < size_at(5) == size_at(9) == 1.0


def test_velvet_is_thicker_and_blunter() -> None:
    hard = grow_antlers(rng_for(3, "herd"), 0.8, 1.0)
    soft = in_velvet(hard)
    assert soft.mass_m > hard.mass_m
    assert soft.points == hard.points
    assert soft.tines[0][0][1] < hard.tines[0][0][1]
