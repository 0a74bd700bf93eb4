"""The background-leak test."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.identify_b.frames import unit
from thumper_core.identify.background import background_leak, mask_animal


def test_masking_blanks_the_middle_with_the_rims_mean() -> None:
    crops = np.random.default_rng(0).integers(0, 256, (3, 20, 20, 3), dtype=np.uint8)
    masked = mask_animal(crops, 0.8)
    assert (masked[:, 2:18, 2:18] == masked[:, 2:3, 2:3]).all()
    rim = np.ones((20, 20), bool)
    rim[2:18, 2:18] = False
    assert (masked[:, rim] == crops[:, rim]).all()
    assert masked[:, 5, 5] == pytest.approx(crops[:, rim].mean(axis=1), abs=0.51)
    assert mask_animal(crops[:0]).shape == (0, 20, 20, 3)
    tiny = np.zeros((1, 2, 2, 3), np.uint8)
    assert (mask_animal(tiny) == tiny).all()


def world(leak: float) -> tuple[np.ndarray, ...]:
    """40 deer that each keep to one spot of one camera; the spot shows through by `leak`."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(40), 6)
    spot = rng.normal(size=(40, 16))[who]
    deer = rng.normal(size=(40, 16))[who]
    event = np.arange(len(who)) // 2
    whole = unit(deer + leak * spot + 0.8 * rng.normal(size=(len(who), 16)))
    masked = unit(leak * spot + 0.8 * rng.normal(size=(len(who), 16)))
    return whole, masked, who, who % 4, event


def test_a_leak_is_seen_and_its_absence_too() -> None:
    clean, leaky = (background_leak(*world(leak)) for leak in (0.0, 1.5))
    assert clean.whole_auc["value"] > 0.9
    assert clean.masked_auc["value"] == pytest.approx(0.5, abs=0.05)
    assert clean.share < 0.1
    assert leaky.masked_auc["value"] > 0.9
    assert leaky.share > 0.8
    assert clean.n_crops == 240


def test_nothing_to_compare() -> None:
    none = background_leak(
        np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32), *[np.zeros(0, int)] * 3
    )
    assert none.whole_auc["value"] is None
    assert math.isnan(none.share)
