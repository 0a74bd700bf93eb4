"""Clocks that are hours off: infrared frames by day, frames in colour at night.

A trail camera lights its photos with infrared when it is dark. Where its clock says noon over a
season of infrared frames, the clock is wrong. What the sun allows is known where the camera's place
is known; elsewhere every latitude up to 50 degrees is thought of, north and south, and that a clock
is up to two and a half hours ahead of the sun's in summer. What is possible so is no finding.

Sun: declination after Cooper (1969), hour angle by the sunrise equation; the equation of time (up
to 16 minutes) is left out, for the limits are wider than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
Hours = NDArray[np.float64]

DARK_ELEVATION_DEG: Final = -8.0  # below it no camera has colour without a flash
LIGHT_ELEVATION_DEG: Final = 10.0  # above it no camera that works needs infrared, in a wood too
LATITUDES_DEG: Final = (-50.0, -35.0, -20.0, 0.0, 20.0, 35.0, 50.0)  # where the place is not known
AHEAD_OF_SUN_H: Final = (-1.0, 2.5)  # of a clock that is set right, by laws and summer time
AHEAD_OF_ZONE_H: Final = (-0.75, 1.75)  # the same beyond the longitude's own zone
SUMMER_TIME_H: Final = 1.0
STEP_H: Final = 0.5
CHANGE_COST: Final = 2.0  # looks that must speak for it before a clock is held to have changed
LOOKS_MIN: Final = 6
INFRARED_MIN: Final = 3  # looks
GAIN_MIN: Final = 4.0  # looks that no right clock explains
WRONG_SHARE_MIN: Final = 0.15
LEFT_SHARE_MAX: Final = 0.1
SPAN_MIN: Final = timedelta(days=2)
"""Of a stretch in one light alone. A day of a camera whose filter is stuck is shorter."""
HALF_DAY_H: Final = 12.0
DOUBT_MIN: Final = 2  # looks
DOUBT_SHARE_MIN: Final = 0.5  # of the looks in infrared


@dataclass(frozen=True)
class Slip:
    """A stretch of a camera's photos whose clock is hours off.

    offset_h: to be added, (-12, 12]; low_h, high_h: what the photos allow, as hours to be added,
    low_h <= high_h; begins, ends: the first and the last photo's time, by the camera's clock;
    n_looks: of them n_wrong cannot be as the clock says.
    """

    begins: datetime
    ends: datetime
    offset_h: float
    low_h: float
    high_h: float
    n_looks: int
    n_wrong: int


@dataclass(frozen=True)
class Doubt:
    """Infrared photos by day, by the camera's clock, from begins to ends: in n_by_day of n_infrared
    looks it was day wherever the camera stands, if its clock is right.
    """

    begins: datetime
    ends: datetime
    n_infrared: int
    n_by_day: int


def find_slips(
    photos: pl.DataFrame, latitude: float | None = None, longitude: float | None = None
) -> list[Slip]:
    """Stretches of one camera's photos whose clock is hours off, in their order.

    photos: `taken_at` (Datetime), `is_infrared` (nullable), in any order. latitude, longitude: of
    the camera, degrees; None: not known. All photos of one light within an hour are one look: deer
    that stay at a feeder say no more about the clock than one that passes.
    """
    looks = _looks(photos)
    if looks.height < LOOKS_MIN:
        return []
    shifts = np.arange(-12.0 + STEP_H, 12.0 + STEP_H / 2, STEP_H)
    low, high = _ahead(longitude)
    places = np.array(LATITUDES_DEG if latitude is None else (latitude,))
    wrong = _wrong(looks, shifts, places)
    right = _wrong(looks, -np.arange(low, high + STEP_H / 2, STEP_H), places, high - SUMMER_TIME_H)
    slips = []
    for first, last in _stretches(right, wrong):
        n, n_right = last - first, right[:, first:last].sum(axis=1).min()
        by_shift = wrong[:, first:last].sum(axis=1).min(axis=0)
        least, gain = by_shift.min(), n_right - by_shift.min()
        if n < LOOKS_MIN or gain < max(GAIN_MIN, WRONG_SHARE_MIN * n) or least > LEFT_SHARE_MAX * n:
            continue
        part = looks[first:last]
        begins, ends = part["first_at"].min(), part["last_at"].max()
        if part["is_infrared"].sum() < INFRARED_MIN:
            continue  # colour at night alone is a flash, or a lamp that fails
        if part["is_infrared"].n_unique() < 2 and ends - begins < SPAN_MIN:  # type: ignore[operator]
            continue
        offset, at_least, at_most = _offset(shifts, by_shift <= least, low, high)
        slips.append(Slip(begins, ends, offset, at_least, at_most, n, int(n_right)))  # type: ignore[arg-type]
    return slips


def find_doubt(
    photos: pl.DataFrame, latitude: float | None = None, longitude: float | None = None
) -> Doubt | None:
    """Infrared photos by day, of one camera, that are too few for `find_slips` to say more.

    Arguments as for it. None: there are none, or they are the smaller part of the infrared ones.
    """
    looks = _looks(photos).filter(pl.col("is_infrared").cast(pl.Boolean))
    if looks.height < DOUBT_MIN:
        return None
    low, high = _ahead(longitude)
    places = np.array(LATITUDES_DEG if latitude is None else (latitude,))
    right = _wrong(looks, -np.arange(low, high + STEP_H / 2, STEP_H), places, high - SUMMER_TIME_H)
    totals = right.sum(axis=1)
    place, shift = np.unravel_index(totals.argmin(), totals.shape)
    by_day = looks.filter(pl.Series(right[place, :, shift] > 0))
    if by_day.height < max(DOUBT_MIN, DOUBT_SHARE_MIN * looks.height):
        return None
    begins, ends = by_day["first_at"].min(), by_day["last_at"].max()
    return Doubt(begins, ends, looks.height, by_day.height)  # type: ignore[arg-type]


def half_day_h(day_of_year: Hours, latitude_deg: float, elevation_deg: float) -> Hours:
    """Hours from the sun's noon to its passing through an elevation, 0 to 12: (N,) float64.

    12: it stays above all day; 0: it never gets there.
    """
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day_of_year) / 365)
    phi, at = np.radians(latitude_deg), np.radians(elevation_deg)
    cosine = (np.sin(at) - np.sin(phi) * np.sin(declination)) / (np.cos(phi) * np.cos(declination))
    hours: Hours = np.degrees(np.arccos(np.clip(cosine, -1, 1))) / 15
    return hours


def _looks(photos: pl.DataFrame) -> pl.DataFrame:
    """`at` (the middle of an hour's photos), `is_infrared`, `first_at, last_at`, by time."""
    known = photos.filter(pl.col("is_infrared").is_not_null() & pl.col("taken_at").is_not_null())
    at = pl.col("taken_at")
    return (
        known.group_by(at.dt.truncate("1h").alias("hour"), "is_infrared")
        .agg(at.median().alias("at"), at.min().alias("first_at"), at.max().alias("last_at"))
        .sort("first_at", "is_infrared")
    )


def _wrong(
    looks: pl.DataFrame,
    shifts: Hours,
    places: Hours,
    winter_max_h: float = np.inf,
) -> Hours:
    """Whether a look cannot be, by the sun, with its clock shifted: (places, looks, shifts), 0 or 1.

    shifts: hours to the sun's time; places: latitudes, degrees; winter_max_h: a clock that is more
    than this ahead of the sun's keeps summer time, and is an hour less ahead in winter.
    """
    at = looks["at"]
    hour = (at.dt.hour() + at.dt.minute() / 60).to_numpy()
    day = at.dt.ordinal_day().to_numpy().astype(np.float64)
    light = np.stack([half_day_h(day, place, LIGHT_ELEVATION_DEG) for place in places])
    dark = np.stack([12 - half_day_h(day, place, DARK_ELEVATION_DEG) for place in places])
    is_winter = ((day < 91) | (day > 304)) == (places[:, None] >= 0)
    shifted = np.where(
        is_winter[:, :, None] & (-shifts > winter_max_h), shifts + SUMMER_TIME_H, shifts
    )
    from_noon = np.abs((hour[:, None] + shifted) % 24 - 12)
    infrared = looks["is_infrared"].to_numpy()[:, None]
    by_day = infrared & (from_noon < light[:, :, None])
    by_night = ~infrared & (12 - from_noon < dark[:, :, None])
    cannot_be: Hours = (by_day | by_night).astype(np.float64)
    return cannot_be


def _ahead(longitude: float | None) -> tuple[float, float]:
    """How far a clock that is set right may be ahead of the sun's, hours."""
    if longitude is None:
        return AHEAD_OF_SUN_H
    zone = round(longitude / 15) - longitude / 15
    return zone + AHEAD_OF_ZONE_H[0], zone + AHEAD_OF_ZONE_H[1]


def _stretches(right: Hours, wrong: Hours) -> list[tuple[int, int]]:
    """(first, last) looks of the stretches that a wrong clock explains better than a right one.

    The cheapest way through all looks, each right or off by one and the same shift; a change costs
    CHANGE_COST. Of all places, all shifts, and all ways in which the clock may be right.
    """
    totals = right.sum(axis=1)
    if totals.min() < GAIN_MIN:
        return []
    best = totals.argmin(axis=1)
    as_is = right[np.arange(len(right)), :, best]
    costs, is_new = _cheapest(as_is[:, :, None], wrong)
    least = costs.min(axis=0)
    place, shift = np.unravel_index(least.argmin(), least.shape)
    if least[place, shift] >= totals.min():
        return []
    is_off = _way_back(int(costs[:, place, shift].argmin()), is_new[:, :, place, shift])
    found = np.concatenate([[False], is_off, [False]])
    edges = np.flatnonzero(np.diff(found.astype(int)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _cheapest(as_is: Hours, shifted: Hours) -> tuple[Hours, BoolArray]:
    """The cheapest ways to end right (0) and off (1): Viterbi, for all places and shifts at once.

    Returns (costs (2, places, shifts), whether a look came from the other state
    (looks, 2, places, shifts)).
    """
    n = shifted.shape[1]
    here = np.stack(np.broadcast_arrays(as_is, shifted))
    costs = np.stack([np.zeros_like(shifted[:, 0]), np.full_like(shifted[:, 0], CHANGE_COST)])
    is_new = np.zeros((n, *costs.shape), bool)
    for row in range(n):
        change = costs[::-1] + CHANGE_COST
        is_new[row] = change < costs
        costs = np.minimum(costs, change) + here[:, :, row]
    return costs, is_new


def _way_back(state: int, is_new: BoolArray) -> BoolArray:
    """Whether each look is off, of the way that ends in `state`; is_new: (looks, 2). (looks,)."""
    is_off = np.zeros(len(is_new), bool)
    for row in range(len(is_new) - 1, -1, -1):
        is_off[row] = state == 1
        if is_new[row, state]:
            state = 1 - state
    return is_off


def _offset(
    shifts: Hours, is_best: BoolArray, low: float, high: float
) -> tuple[float, float, float]:
    """(offset, least, most) hours to add, of the shifts to the sun's time that are best.

    Twelve hours wherever they are possible: morning taken for evening is the usual slip.
    """
    best = shifts[is_best]
    # The longest run of neighbours round the clock, from its beginning.
    begin = max(best, key=lambda shift: _run(shift, best))
    end = begin + _run(begin, best) * STEP_H
    least, most = begin + low, end + high
    middle = (begin + end + low + high) / 2
    for turn in (-24.0, 0.0, 24.0):
        if least <= HALF_DAY_H + turn <= most:
            return HALF_DAY_H, float(least - turn), float(most - turn)
    offset = round(middle * 2) / 2
    turn = 24 * np.ceil((offset - 12) / 24)
    return float(offset - turn), float(least - turn), float(most - turn)


def _run(start: float, best: Hours) -> int:
    steps = 0
    values = {round(float(b) % 24, 3) for b in best}
    while steps < len(values) - 1 and round((start + (steps + 1) * STEP_H) % 24, 3) in values:
        steps += 1
    return steps
