"""What a score says: measured against a tracklet's others, and bounded by strangers."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.identify.witness.evidence import BEGIN, MOST, SLOPE, Standard, log_odds

NONE = np.zeros(0)


def test_scores_are_measured_against_what_a_tracklet_has_with_all() -> None:
    a, b = np.triu_indices(30, 1)
    pairs = np.column_stack([a, b]).astype(np.int32)
    hub = 1 + 9.0 * ((a == 0) | (b == 0))  # one that matches everything ten times as much
    raw = hub * np.random.default_rng(0).exponential(0.02, len(pairs))
    raw[5] = np.nan
    standard = Standard.fit(raw, pairs, 30)
    score = standard.of(raw, pairs)
    assert np.isnan(score[5]) and np.isfinite(np.delete(score, 5)).all()
    ofhub = (a == 0) & ~np.isnan(score)
    assert abs(score[ofhub].mean()) < 0.5
    assert abs(np.nanmean(score)) < 0.2
    assert Standard.fit(NONE, np.zeros((0, 2), np.int32), 0).of(NONE, np.zeros((0, 2), np.int32)).size == 0


@pytest.mark.parametrize(
    ("score", "said"),
    [(-3.0, 0.0), (BEGIN, 0.0), (BEGIN + 1, SLOPE), (99.0, MOST), (np.nan, 0.0)],
)
def test_without_strangers_the_line_is_believed(score: float, said: float) -> None:
    alike = np.random.default_rng(0).normal(size=1000)
    assert log_odds(np.array([score]), alike, NONE)[0] == pytest.approx(said)


def test_strangers_bound_what_is_believed() -> None:
    rng = np.random.default_rng(0)
    alike = np.concatenate([rng.normal(size=900), rng.normal(4, 0.5, 100)])
    asked = np.linspace(-2, 6, 40)
    free = log_odds(asked, alike, NONE)
    clean = log_odds(asked, alike, rng.normal(size=2000))
    fooled = log_odds(asked, alike, alike.copy())  # strangers match as those do that look alike
    assert (np.diff(free) >= 0).all() and (np.diff(clean) >= 0).all()
    assert (clean <= free + 1e-12).all() and (fooled <= clean + 1e-12).all()
    assert clean.max() > 0.8 * free.max()
    assert fooled.max() < 0.7
    few = log_odds(asked, alike, alike[:10])
    assert few == pytest.approx(free)


def test_nobody_is_loud() -> None:
    quiet = np.full(100, -1.0)
    assert not log_odds(quiet, quiet, quiet).any()
    assert log_odds(NONE, NONE, NONE).size == 0
