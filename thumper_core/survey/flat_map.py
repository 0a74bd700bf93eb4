"""Degrees to metres on a flat map of a ranch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

EARTH_M: Final = 6_371_008.8
"""Mean radius of the earth, metres (IUGG)."""


def plane(
    latitudes: Iterable[float], longitudes: Iterable[float]
) -> tuple[tuple[float, float], list[tuple[float, float]]]:
    """Degrees to metres east and north of the middle: (origin as latitude, longitude; (x, y) each).

    A local equirectangular plane on a sphere; within 50 km its distances are off by less than 0.7%
    (mostly the earth's flattening), far less than what a deer's range is known to.
    """
    lats, lons = list(latitudes), list(longitudes)
    if not lats:
        return (0.0, 0.0), []
    lat0, lon0 = sum(lats) / len(lats), sum(lons) / len(lons)
    per_degree = math.radians(1) * EARTH_M
    narrow = math.cos(math.radians(lat0))
    xy = [
        ((lon - lon0) * per_degree * narrow, (lat - lat0) * per_degree)
        for lat, lon in zip(lats, lons, strict=True)
    ]
    return (lat0, lon0), xy
