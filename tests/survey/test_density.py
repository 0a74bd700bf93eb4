"""Density with identification errors counted in."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.herd.abundance.estimate import Estimate, Refused
from thumper_core.store.herd_summary import Interval
from thumper_core.survey.density import density
from thumper_core.survey.misidentified import Errors

DAYS = 10.0
AXIS = np.arange(4) * 500.0
TRAPS = np.stack(np.meshgrid(AXIS, AXIS), axis=-1).reshape(-1, 2)
EFFORT = np.full(len(TRAPS), DAYS)


def herd(seed: int, split: float = 0.0, per_km2: float = 8.0) -> np.ndarray:
    """Counts (n, K) of a herd whose visits are split off with a chance."""
    rng = np.random.default_rng(seed)
    side_m = 4500.0
    centres = rng.uniform(-1500, side_m - 1500, (rng.poisson(per_km2 * (side_m / 1000) ** 2), 2))
    distance2 = ((centres[:, None] - TRAPS) ** 2).sum(axis=2)
    counts = rng.binomial(int(DAYS), 0.2 * np.exp(-distance2 / (2 * 300.0**2)))
    ghosts = rng.binomial(counts, split)
    alone = np.repeat(np.eye(len(TRAPS)), ghosts.sum(axis=0), axis=0)
    kept = np.concatenate([counts - ghosts, alone])
    return kept[kept.sum(axis=1) > 0]


def estimate(counts: np.ndarray, errors: Errors) -> Estimate:
    found = density(counts, TRAPS, EFFORT, errors)
    assert isinstance(found, Estimate)
    return found


def test_a_herd_is_found_again_in_deer_per_square_kilometre() -> None:
    found = estimate(herd(1), Errors())
    assert found.low < 8 < found.high
    assert found.estimate == pytest.approx(8, rel=0.3)


def test_ghosts_are_not_counted_as_deer() -> None:
    counts = herd(2, split=0.1)
    believed = estimate(counts, Errors())
    told = estimate(counts, Errors(split=Interval(0.1, 0.05, 0.15)))
    assert told.estimate < believed.estimate
    assert told.low < 8 < told.high
    assert told.high / told.low > believed.high / believed.low


def test_hidden_deer_are_added() -> None:
    counts = herd(3)
    plain, merged = (
        estimate(counts, Errors()),
        estimate(counts, Errors(merged=Interval(0.2, 0.1, 0.3))),
    )
    assert merged.estimate == pytest.approx(plain.estimate / 0.8)
    assert merged.high / merged.low > plain.high / plain.low


def test_the_range_is_said() -> None:
    assert any("sigma" in a for a in estimate(herd(1), Errors()).assumptions)


@pytest.mark.parametrize(
    ("counts", "traps", "reason"),
    [
        (herd(1)[:, :3], TRAPS[:3], "Only 3 cameras"),
        (np.zeros((0, len(TRAPS))), TRAPS, "0 times only"),
        (np.eye(len(TRAPS)), TRAPS, "0 times only"),
    ],
)
def test_too_little_is_refused(counts: np.ndarray, traps: np.ndarray, reason: str) -> None:
    found = density(counts, traps, EFFORT[: len(traps)], Errors())
    assert isinstance(found, Refused)
    assert reason in found.reason
