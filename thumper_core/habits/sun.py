"""The sun at the cameras: daylight, civil twilight and dark of each day, and hours by the sun.

Sunrise and sunset: the sun's middle 0.833 degrees below the horizon; civil twilight: down to 6 degrees
below it (astral, after Meeus). Where the sun does not pass through such a height, as in polar summers,
the day has no dark, or no daylight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from thumper_core.habits.clock import Clock
from thumper_core.language import mark

Array = NDArray[np.float64]

LIGHTS: Final = (mark("Daylight"), mark("Twilight"), mark("Dark"))
RISE_DEG: Final = -0.833
CIVIL_DEG: Final = -6.0
SUN: Final = pl.Schema(
    {"day": pl.Date(), "noon_h": pl.Float64(), "daylight_h": pl.Float64(), "civil_h": pl.Float64()}
)


def sun_of_days(
    days: Sequence[date], latitude: float, longitude: float, clock: Clock
) -> pl.DataFrame:
    """The sun of each day at a place: day, noon_h (of the clock, when the sun is highest), daylight_h and
    civil_h (hours from noon to sunset, and to the end of civil twilight; 0 to 12).

    latitude, longitude: degrees, north and east positive.
    """
    rows = []
    for day in days:
        ahead_h = clock.ahead(datetime.combine(day, time(12))).total_seconds() / 3600
        noon_h, daylight_h = _noon_and_half(day, latitude, longitude, RISE_DEG)
        _, civil_h = _noon_and_half(day, latitude, longitude, CIVIL_DEG)
        rows.append((day, noon_h + ahead_h, daylight_h, max(civil_h, daylight_h)))
    return pl.DataFrame(rows, schema=SUN, orient="row")


def light(hour: Array, noon_h: Array, daylight_h: Array, civil_h: Array) -> NDArray[np.int64]:
    """Which of LIGHTS it is, 0 to 2: (N,); hour: of the clock, the others as `sun_of_days`, all (N,)."""
    away = np.abs(_from_noon(hour, noon_h))
    found: NDArray[np.int64] = (away >= daylight_h).astype(np.int64) + (away >= civil_h)
    return found


def sun_time(hour: Array, noon_h: Array, daylight_h: Array) -> Array:
    """Times by the sun, radians in [0, 2 pi): sunrise at pi/2, noon at pi, sunset at 3 pi/2, (N,).

    So that days of other lengths can be laid on one another (Nouvellet et al. 2012, Journal of Zoology
    286: 179-186). Where the sun never rises or sets, hours from noon count alike.
    """
    away = _from_noon(hour, noon_h)
    half = np.where((daylight_h <= 0) | (daylight_h >= 12), 6.0, daylight_h)
    by_day = np.abs(away) / half
    by_night = 1 + (np.abs(away) - half) / (12 - half)
    turned = np.sign(away) * np.where(by_day <= 1, by_day, by_night) * math.pi / 2
    found: Array = (math.pi + turned) % (2 * math.pi)
    return found


def _from_noon(hour: Array, noon_h: Array) -> Array:
    """Hours from the sun's noon, [-12, 12)."""
    away: Array = (hour - noon_h + 12) % 24 - 12
    return away


@lru_cache(maxsize=20_000)  # a filter asks for the same days again and again
def _noon_and_half(
    day: date, latitude: float, longitude: float, elevation_deg: float
) -> tuple[float, float]:
    """The sun's noon, hours of UTC, and hours from it until the sun passes through a height."""
    from astral import Observer, SunDirection
    from astral.sun import elevation, noon, time_at_elevation

    place = Observer(latitude, longitude)
    highest = noon(place, day)
    noon_h = _hours(highest)
    try:
        rises, sets = (
            _hours(time_at_elevation(place, elevation_deg, day, way))
            for way in (SunDirection.RISING, SunDirection.SETTING)
        )
    except ValueError:  # it never gets there
        return noon_h, 12.0 if elevation(place, highest) > elevation_deg else 0.0
    return noon_h, ((sets - rises) % 24) / 2


def _hours(at: datetime) -> float:
    at = at.astimezone(UTC)
    return at.hour + at.minute / 60 + at.second / 3600
