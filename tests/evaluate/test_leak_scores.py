"""The background-leak test: what blanked crops still tell apart."""

from __future__ import annotations

import numpy as np
import pytest

from tests.identify.links.frames import unit
from thumper_core.evaluate.leak_scores import SceneLeak, in_words, scene_leak
from thumper_core.evaluate.metrics import metric


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
    clean, leaky = (scene_leak(*world(leak)) for leak in (0.0, 1.5))
    assert clean.whole_auc["value"] > 0.9
    assert clean.masked_auc["value"] == pytest.approx(0.5, abs=0.05)
    assert clean.share["value"] < 0.1
    assert leaky.masked_auc["value"] > 0.9
    assert leaky.share["low"] < leaky.share["value"] < leaky.share["high"]
    assert leaky.share["low"] > 0.7
    assert clean.n_crops == 240
    assert clean.n_same == 40 * (6 * 5 // 2 - 3)  # pairs of one visit do not count


def test_nothing_to_compare() -> None:
    none = scene_leak(
        np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32), *[np.zeros(0, int)] * 3
    )
    assert none.whole_auc["value"] is None
    assert none.share == {"value": None, "low": None, "high": None}
    assert none.n_same == 0
    assert "Too few deer" in in_words(none)


@pytest.mark.parametrize(
    ("whole", "share", "word"),
    [
        (0.9, 0.1, "hardly the place"),
        (0.9, 0.3, "check groups that one camera alone"),
        (0.9, 0.8, "do not trust"),
        (0.45, float("nan"), "no better than chance"),
    ],
)
def test_the_sentence_follows_the_share(whole: float, share: float, word: str) -> None:
    leak = SceneLeak(metric(whole), metric(0.5), metric(share, [share, share]), 9, 9)
    text = in_words(leak)
    assert word in text
    assert (f"{share:.0%} (" in text) == (share == share)
