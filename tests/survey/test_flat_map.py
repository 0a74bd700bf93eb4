"""Degrees to metres."""

from __future__ import annotations

import pytest

from thumper_core.survey.flat_map import plane


def test_metres_east_and_north_of_the_middle() -> None:
    origin, metres = plane([30.0, 30.01], [-98.0, -98.02])
    assert origin == pytest.approx((30.005, -98.01))
    (x1, y1), (x2, y2) = metres
    assert (x1, y1) == pytest.approx((-x2, -y2))
    assert (y2 - y1, x1 - x2) == pytest.approx((1111.95, 1925.8), rel=1e-3)


def test_nowhere() -> None:
    assert plane([], []) == ((0.0, 0.0), [])
