"""Candidate centres around cameras."""

from __future__ import annotations

import math

import numpy as np
import pytest

from thumper_core.survey.mask import buffer_mask, squared_distances


def test_one_camera_makes_a_disc() -> None:
    mask = buffer_mask(np.zeros((1, 2)), 100.0)
    assert mask.area_ha == pytest.approx(math.pi, rel=0.01)
    assert np.hypot(*mask.points.T).max() <= 100


def test_a_square_of_cameras_has_rounded_corners() -> None:
    """The area that secr prints for the hares of its first example: 104.595 ha."""
    axis = np.arange(10) * 60.96
    traps = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    assert buffer_mask(traps, 250.0).area_ha == pytest.approx(104.595, abs=0.001)


@pytest.mark.parametrize(("cell_m", "side_m"), [(None, 200 / 64), (1.0, 200 / 64), (20.0, 20.0)])
def test_cells_are_no_smaller_than_asked_and_no_more_than_many(
    cell_m: float | None, side_m: float
) -> None:
    assert buffer_mask(np.zeros((1, 2)), 100.0, cell_m).cell_ha == pytest.approx(side_m**2 / 1e4)


@pytest.mark.parametrize(("n", "buffer_m"), [(0, 100.0), (1, 0.0)])
def test_a_mask_needs_cameras_and_a_buffer(n: int, buffer_m: float) -> None:
    with pytest.raises(ValueError, match="cameras and a buffer"):
        buffer_mask(np.zeros((n, 2)), buffer_m)


def test_squared_distances() -> None:
    found = squared_distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [1.0, 0.0]]))
    assert found.tolist() == [[25.0, 1.0]]
