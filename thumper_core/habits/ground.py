"""The ground of one deer, from the cameras that saw it: its hull, and where it is likely to be.

Cameras stand still, so what is drawn is the part of a range that cameras watch: the hull of those that saw
the deer (minimum convex polygon, Mohr 1947, American Midland Naturalist 37: 223-249), and a kernel density
over them (Worton 1989, Ecology 70: 164-168), each camera weighted by visits for its days. The kernel is as
wide as cameras can tell: its standard deviation is half the median distance of a camera to the next. Below
CAMERAS_MIN cameras neither says anything of a range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]

CAMERAS_MIN: Final = 5
CAMERAS_FEW: Final = 10
"""With fewer than this the area is drawn, and said to be rough."""
SHARES: Final = (0.5, 0.95)
"""Of the time that a deer is held to spend within: its core, and its range."""
_CELLS: Final = 120
_REACH: Final = 3.0
_HA_M2: Final = 1e4


@dataclass(frozen=True)
class Ground:
    """hull_m: (K, 2) metres, in order; hull_ha; xs_m, ys_m: (_CELLS,) a grid's axes; share: (_CELLS, _CELLS)
    of each of its cells, by row of y, the smallest share of time whose area takes it in, (0, 1]; areas_ha:
    by SHARES.
    """

    hull_m: Array
    hull_ha: float
    xs_m: Array
    ys_m: Array
    share: Array
    areas_ha: tuple[float, ...]
    n_cameras: int


def ground(places_m: Array, visits: Array, days: Array) -> Ground | None:
    """The ground of a deer; None where fewer than CAMERAS_MIN cameras saw it, or they stand in one line.

    places_m: (K, 2) metres of cameras; visits: (K,) of the deer; days: (K,) that each worked, above 0.
    """
    from scipy import spatial  # here: half a second, and most who import this never ask

    saw = visits > 0
    if saw.sum() < CAMERAS_MIN:
        return None
    at, weights = places_m[saw], visits[saw] / days[saw]
    try:
        hull = spatial.ConvexHull(at)
    except spatial.QhullError:
        return None
    next_m, _ = spatial.cKDTree(at).query(at, k=2)
    width_m = max(float(np.median(next_m[:, 1])) / 2, 1.0)
    reach_m = _REACH * width_m
    xs, ys = (
        np.linspace(at[:, axis].min() - reach_m, at[:, axis].max() + reach_m, _CELLS)
        for axis in (0, 1)
    )
    east, north = (
        np.exp(-(((axis[:, None] - at[None, :, n]) / width_m) ** 2) / 2)
        for n, axis in ((0, xs), (1, ys))
    )
    cells = ((north * weights) @ east.T).ravel()
    cells /= cells.sum()
    order = np.argsort(-cells, kind="stable")
    share = np.empty_like(cells)
    share[order] = np.cumsum(cells[order])
    cell_ha = (xs[1] - xs[0]) * (ys[1] - ys[0]) / _HA_M2
    return Ground(
        hull_m=at[hull.vertices],
        hull_ha=float(hull.volume) / _HA_M2,
        xs_m=xs,
        ys_m=ys,
        share=share.reshape(_CELLS, _CELLS),
        areas_ha=tuple(float((share <= part).sum() * cell_ha) for part in SHARES),
        n_cameras=int(saw.sum()),
    )


def of_frame(cameras: pl.DataFrame, places_m: Array) -> Ground | None:
    """The same from `n_visits` and `camera_days` of cameras, in the order of places_m."""
    return ground(
        places_m,
        cameras["n_visits"].to_numpy().astype(np.float64),
        np.maximum(cameras["camera_days"].to_numpy().astype(np.float64), 1.0),
    )
