"""Several looks at one animal as one probability."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_core.heads.votes import combined


@pytest.mark.parametrize(
    ("p", "correlation", "expected"),
    [
        ([], 0.5, np.nan),
        ([np.nan], 0.5, np.nan),
        ([0.7], 0.5, 0.7),
        ([0.7, np.nan], 0.5, 0.7),
        ([0.7, 0.7], 0.0, 0.7**2 / (0.7**2 + 0.3**2)),
        ([0.7, 0.7], 1.0, 0.7),
        ([0.7, 0.3], 0.5, 0.5),
        ([1.0, 1.0], 0.5, 1.0),
    ],
)
def test_cases(p: list[float], correlation: float, expected: float) -> None:
    found = combined(p, np.zeros(len(p), int), 1, correlation=correlation)
    np.testing.assert_allclose(found, [expected], atol=1e-8)


def test_a_hundred_frames_are_not_a_hundred_witnesses() -> None:
    found = combined([0.7] * 100, np.zeros(100, int), 1)[0]
    assert 0.7 < found < 0.7**2 / (0.7**2 + 0.3**2) + 1e-9
    assert combined([0.9, 0.2], np.array([1, -1]), 2).tolist() == pytest.approx(
        [np.nan, 0.9], nan_ok=True
    )
