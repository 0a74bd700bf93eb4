"""What a score says, and how strangers bound it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from thumper_core.identify.witness.evidence import BEGIN, FLOOR, MOST, SLOPE, log_odds

NONE = np.zeros(0)


def raw(logarithm: npt.ArrayLike) -> np.ndarray:
    """The raw score of a logarithm."""
    return FLOOR * np.expm1(np.clip(np.asarray(logarithm, float), 0, None))


@pytest.mark.parametrize(
    ("score", "said"),
    [(0.0, 0.0), (BEGIN, 0.0), (BEGIN + 1, SLOPE), (9.0, MOST), (np.nan, 0.0)],
)
def test_without_strangers_the_line_is_believed(score: float, said: float) -> None:
    alike = raw(np.random.default_rng(0).normal(size=1000))
    assert log_odds(raw([score]), alike, NONE)[0] == pytest.approx(said)


def test_strangers_bound_what_is_believed() -> None:
    rng = np.random.default_rng(0)
    chance = rng.exponential(0.4, 3000)
    alike = raw(np.concatenate([chance[:900], rng.normal(3, 0.5, 100)]))
    asked = raw(np.linspace(0, 5, 40))
    free = log_odds(asked, alike, NONE)
    clean = log_odds(asked, alike, raw(chance[1000:]))
    fooled = log_odds(asked, alike, alike.copy())  # strangers match as those do that look alike
    assert (np.diff(free) >= 0).all() and (np.diff(clean) >= 0).all()
    assert (clean <= free + 1e-12).all() and (fooled <= clean + 1e-12).all()
    assert clean.max() > 0.8 * free.max()
    assert fooled.max() < 0.1


def test_nobody_is_loud() -> None:
    quiet = np.zeros(100)
    assert not log_odds(quiet, quiet, quiet).any()
    assert log_odds(NONE, NONE, NONE).size == 0
