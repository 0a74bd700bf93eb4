"""Where an animal that a camera can see may live: points of a grid around the cameras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

HA_M2: Final = 10_000.0
CELLS: Final = 64
"""Cells along the longer side, as `make.mask` of the R package secr has them along x."""


@dataclass(frozen=True)
class Mask:
    """Candidate centres of activity.

    points: (M, 2) float64, metres east and north; cell_ha: area that each stands for, hectares.
    """

    points: npt.NDArray[np.float64]
    cell_ha: float

    @property
    def area_ha(self) -> float:
        """What all points stand for, hectares."""
        return len(self.points) * self.cell_ha


def buffer_mask(
    traps: npt.NDArray[np.float64], buffer_m: float, cell_m: float | None = None
) -> Mask:
    """All cells whose middle is within `buffer_m` of a camera.

    traps: (K, 2) float64, metres; cell_m: side of a cell, metres, default: CELLS of them along the
    longer side of the cameras' rectangle with the buffer around it, and no more than that in any
    case. Raises ValueError without a camera or a buffer.
    """
    if len(traps) == 0 or buffer_m <= 0:
        raise ValueError("a mask needs cameras and a buffer")
    low, high = traps.min(axis=0) - buffer_m, traps.max(axis=0) + buffer_m
    side_m = max(float((high - low).max()) / CELLS, cell_m or 0.0)
    axes = [np.arange(low[i] + side_m / 2, high[i], side_m) for i in (0, 1)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    near = squared_distances(grid, traps).min(axis=1) <= buffer_m**2
    return Mask(grid[near], side_m**2 / HA_M2)


def squared_distances(
    a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(N, 2) and (M, 2) points -> (N, M) squared distances."""
    between: npt.NDArray[np.float64] = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)
    return between
