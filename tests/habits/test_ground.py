"""The ground of one deer: areas that are known, and cameras that are too few."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from thumper_core.habits.ground import ground, of_frame

SQUARE = np.array([[0, 0], [1000, 0], [1000, 1000], [0, 1000], [500, 500.0]])
EVEN = np.ones(5)


def test_the_hull_of_a_square_is_its_area() -> None:
    found = ground(SQUARE, EVEN, EVEN)
    assert found is not None
    assert found.hull_ha == pytest.approx(100.0)
    assert {tuple(corner) for corner in found.hull_m} == {tuple(map(float, c)) for c in SQUARE[:4]}
    core, whole = found.areas_ha
    assert 0 < core < whole
    assert found.share.max() == pytest.approx(1.0)
    assert (found.share <= 0.95).sum() > (found.share <= 0.5).sum() > 0


def test_where_it_comes_often_it_is_likely_to_be() -> None:
    """Visits are for days worked: a camera that stood twice as long saw twice as much."""
    even = ground(SQUARE, np.array([2.0, 1, 1, 1, 1]), np.array([2.0, 1, 1, 1, 1]))
    plain = ground(SQUARE, EVEN, EVEN)
    corner = ground(SQUARE, np.array([50.0, 1, 1, 1, 1]), EVEN)
    assert even is not None and plain is not None and corner is not None
    assert even.areas_ha == pytest.approx(plain.areas_ha)
    y, x = np.unravel_index(corner.share.argmin(), corner.share.shape)
    assert (corner.xs_m[x], corner.ys_m[y]) == pytest.approx((0, 0), abs=50)


@pytest.mark.parametrize(
    ("places", "visits"),
    [
        (SQUARE[:4], EVEN[:4]),
        (SQUARE, np.array([1, 1, 1, 1, 0.0])),  # that did not see it
        (np.array([[k, 2 * k] for k in range(6)], float), np.ones(6)),
    ],
    ids=["four", "four that saw it", "in one line"],
)
def test_too_few_cameras_have_no_area(places: np.ndarray, visits: np.ndarray) -> None:
    assert ground(places, visits, np.ones(len(places))) is None


def test_of_a_frame() -> None:
    frame = pl.DataFrame({"n_visits": [1] * 5, "camera_days": [1, 1, 1, 1, 0]})
    found = of_frame(frame, SQUARE)
    assert found is not None
    assert found.n_cameras == 5
