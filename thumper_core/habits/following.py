"""Who follows whom: visits of one deer to a camera soon after another left it, against chance.

Chance keeps what each deer does by itself: the second's visits stay at their cameras and their hours, and in
their order, and are moved by the same number of days at all cameras, round the days that each camera worked.
Every number of days is tried, so the p is the share of moves, the true one among them, in which it comes
after the first at least as often (a permutation test by shifts, which keeps spells; after Swihart & Slade
1985, Ecology 66: 1176-1184, on visits that are not independent).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

WITHIN_H: Final = 6.0
"""Later is no following. Fixed before anything was looked at: a window that is chosen finds something."""
DAYS_MIN: Final = 40
"""Days worked at the cameras of both: the least p is 1 in so many, and two ways are looked at."""
P_MAX: Final = 0.025
"""Of either way: so that of pairs that do not follow each other 1 in 20 is said to."""
VISITS_MIN: Final = 10
"""Of each deer, at cameras that both visit."""
_US: Final = 3_600_000_000
_DAY_US: Final = 24 * _US


@dataclass(frozen=True)
class Following:
    """n_followed: of n_visits of the first at shared cameras, after how many the second came within WITHIN_H;
    by_chance: mean of that over all other moves; n_moves: that were tried; p: of chance; median_h: from the
    first's visit to the second's where it followed, null where it never did.
    """

    n_visits: int
    n_followed: int
    by_chance: float
    n_moves: int
    p: float
    median_h: float | None

    @property
    def stands_out(self) -> bool:
        """Whether chance hardly does it."""
        return self.p <= P_MAX


@dataclass(frozen=True)
class TooFew:
    """The record cannot tell. n_first, n_second: visits at shared cameras; n_days: worked there at most."""

    n_first: int
    n_second: int
    n_days: int


def following(
    first: pl.DataFrame, second: pl.DataFrame, days: pl.DataFrame, gap_s: float
) -> Following | TooFew:
    """Whether the second deer comes after the first more often than chance would have it.

    first, second: `camera, started_at` of visits; days: `camera, day` that cameras worked; gap_s: visits
    no further apart are one, in company, and no following.
    """
    shared = sorted(set(first["camera"]) & set(second["camera"]))
    worked = {
        str(camera): np.sort(part["day"].to_numpy().astype("datetime64[D]"))
        for (camera,), part in days.filter(pl.col("camera").is_in(shared)).group_by("camera")
    }
    parts = {
        camera: (_places(first, camera, on), _places(second, camera, on))
        for camera, on in worked.items()
    }
    n_first = sum(len(ones) for ones, _ in parts.values())
    n_second = sum(len(others) for _, others in parts.values())
    n_days = max((len(on) for on in worked.values()), default=0)
    if min(n_first, n_second) < VISITS_MIN or n_days < DAYS_MIN:
        return TooFew(n_first, n_second, n_days)
    counts = np.zeros(n_days, np.int64)
    waits: list[float] = []
    for camera, (ones, others) in parts.items():
        on = worked[camera]
        at = _times(ones, on)
        for shift in range(n_days):
            came = np.sort(_times(others, on, shift))
            wait = _waits(at, came, gap_s)
            counts[shift] += int((wait <= WITHIN_H).sum())
            if shift == 0:
                waits += wait[wait <= WITHIN_H].tolist()
    return Following(
        n_visits=n_first,
        n_followed=int(counts[0]),
        by_chance=float(counts[1:].mean()),
        n_moves=n_days - 1,
        p=float((counts >= counts[0]).mean()),
        median_h=float(np.median(waits)) if waits else None,
    )


def _places(visits: pl.DataFrame, camera: str, on: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """(n, 2): of each visit to a camera the number of the worked day, and microseconds into it."""
    at = visits.filter(pl.col("camera") == camera)["started_at"].to_numpy().astype("datetime64[us]")
    day = at.astype("datetime64[D]")
    which = np.searchsorted(on, day)
    known = which < len(on)
    known[known] = on[which[known]] == day[known]
    into = (at - day.astype("datetime64[us]")).astype(np.int64)
    found: NDArray[np.int64] = np.stack([which, into], axis=1)[known]
    return found


def _times(
    places: NDArray[np.int64], on: NDArray[np.datetime64], shift: int = 0
) -> NDArray[np.int64]:
    """Microseconds of visits that are moved by worked days of their camera, round its days."""
    days = on[(places[:, 0] + shift) % len(on)].astype(np.int64)
    moved: NDArray[np.int64] = days * _DAY_US + places[:, 1]
    return moved


def _waits(at: NDArray[np.int64], came: NDArray[np.int64], gap_s: float) -> NDArray[np.float64]:
    """Hours from each visit to the next of the other that is no company; infinite where there is none.

    at: (N,) microseconds; came: (M,), sorted.
    """
    after = np.searchsorted(came, at + int(gap_s * 1e6), side="right")
    waits = np.full(len(at), np.inf)
    is_next = after < len(came)
    waits[is_next] = (came[after[is_next]] - at[is_next]) / _US
    return waits
