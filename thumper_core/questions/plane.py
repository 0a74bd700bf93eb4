"""A flat map of a ranch without map tiles: metres east and north of a point, to degrees and back."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Final

from thumper_core.contracts import UsageError

METRES_A_DEGREE: Final = 111_195.0
"""Of latitude, on a sphere of 6,371 km radius."""
Place = tuple[float, float]
"""Degrees north and east."""
_NUMBER: Final = r"([+-]?\d{1,3}(?:\.\d+)?)"
_PLACE: Final = re.compile(
    rf"\s*{_NUMBER}\s*°?\s*([NS]?)\s*[,; ]\s*{_NUMBER}\s*°?\s*([EW]?)\s*", re.I
)
_WIDTHS_M: Final = (500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0, 32_000.0)


def place_of(text: str) -> Place:
    """A place as people write or paste it: `30.12, -98.41`, or `30.12° N, 98.41° W`.

    Raises UsageError where it is none on earth.
    """
    found = _PLACE.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{text.strip()!r} is no place. Write latitude and longitude: 30.1234, -98.5678"
        )
    north, south, east, west = found.groups()
    latitude = -abs(float(north)) if south.upper() == "S" else float(north)
    longitude = -abs(float(east)) if west.upper() == "W" else float(east)
    if abs(latitude) > 89 or abs(longitude) > 180:
        raise UsageError(
            f"{text.strip()!r} is no place on earth: latitude is -89 to 89, longitude -180 to 180."
        )
    return latitude, longitude


def metres(centre: Place, place: Place) -> tuple[float, float]:
    """How far a place lies east and north of the centre; good to a thousandth within 50 km."""
    east = (place[1] - centre[1] + 180) % 360 - 180
    return (
        east * METRES_A_DEGREE * math.cos(math.radians(centre[0])),
        (place[0] - centre[0]) * METRES_A_DEGREE,
    )


def degrees(centre: Place, east_m: float, north_m: float) -> Place:
    """The place so far east and north of the centre, rounded to a tenth of a metre."""
    longitude = centre[1] + east_m / (METRES_A_DEGREE * math.cos(math.radians(centre[0])))
    return round(centre[0] + north_m / METRES_A_DEGREE, 6), round((longitude + 180) % 360 - 180, 6)


def middle(places: Collection[Place]) -> Place:
    """The middle between the outermost of some places, at least one."""
    north, east = zip(*places, strict=True)
    return (min(north) + max(north)) / 2, (min(east) + max(east)) / 2


def width_m(centre: Place, places: Collection[Place]) -> float:
    """How wide a map has to be to show them all with a margin; 4,000 m for none or one."""
    far = max((abs(d) for place in places for d in metres(centre, place)), default=0.0)
    if far == 0:
        return 4000.0
    return next((width for width in _WIDTHS_M if width >= 2.6 * far), 2.6 * far)
