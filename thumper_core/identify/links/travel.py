"""Pairs of tracklets that no deer could make: two cameras, too far apart for the time between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

FloatArray = npt.NDArray[np.float64]

EARTH_RADIUS_M: Final = 6_371_008.8
CLOCK_UNCERTAINTY_S: Final = 120.0
"""How far one camera's clock may be out, either way: they are set by hand and drift for months."""
LOCATION_UNCERTAINTY_M: Final = 100.0
"""Coordinates are read off a phone, and a deer stands up to 30 m in front of its camera."""
HORIZON_S: Final = 4 * 3600.0
"""Pairs further apart in time are not listed, however far the cameras: keeps pairs near-linear."""


@dataclass(frozen=True)
class Stays:
    """Where and when each tracklet was: all (T,) float64.

    start_s, end_s: seconds from any common origin, NaN unknown; latitude, longitude: degrees WGS84,
    NaN unknown; camera: (T,) integers.
    """

    start_s: FloatArray
    end_s: FloatArray
    latitude: FloatArray
    longitude: FloatArray
    camera: npt.NDArray[np.integer]


def haversine_m(
    lat1: FloatArray, lon1: FloatArray, lat2: FloatArray, lon2: FloatArray
) -> FloatArray:
    """Great-circle distance, metres; degrees in, arrays that broadcast (Sinnott 1984)."""
    p1, p2 = np.radians(lat1), np.radians(lat2)
    half = (
        np.sin((p2 - p1) / 2) ** 2
        + np.cos(p1) * np.cos(p2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def impossible_pairs(
    stays: Stays,
    speed_max_mps: float,
    *,
    clock_uncertainty_s: float = CLOCK_UNCERTAINTY_S,
    location_uncertainty_m: float = LOCATION_UNCERTAINTY_M,
) -> npt.NDArray[np.int32]:
    """Pairs of tracklets at different cameras that one deer cannot have made.

    A pair is impossible where distance - location uncertainty > speed x (gap + both clocks'
    uncertainty); the gap is 0 where the stays overlap. Returns (K, 2) int32, i < j, sorted.
    Sorted by time and cut at the furthest reach of any two cameras, so it costs what it lists.
    """
    known = np.flatnonzero(
        np.isfinite(stays.start_s) & np.isfinite(stays.latitude) & np.isfinite(stays.longitude)
    )
    if len(known) < 2:
        return np.zeros((0, 2), np.int32)
    slack_s = 2 * clock_uncertainty_s
    span_m = _span_m(stays.latitude[known], stays.longitude[known])
    reach_s = min((span_m - location_uncertainty_m) / speed_max_mps - slack_s, HORIZON_S)
    if reach_s < 0:
        return np.zeros((0, 2), np.int32)
    order = known[np.argsort(stays.start_s[known], kind="stable")]
    start, end = stays.start_s[order], stays.end_s[order]
    longest_s = float(np.max(end - start, initial=0))
    stop = np.searchsorted(start, start + longest_s + reach_s, side="right")
    found: list[npt.NDArray[np.integer]] = []
    for lo in range(0, len(order), 4096):  # bounds the memory of the candidate lists
        rows = np.arange(lo, min(lo + 4096, len(order)))
        width = stop[rows] - rows - 1
        a = np.repeat(rows, width)
        b = a + 1 + np.arange(len(a)) - np.repeat(np.cumsum(width) - width, width)
        i, j = order[a], order[b]
        keep = stays.camera[i] != stays.camera[j]
        a, b, i, j = a[keep], b[keep], i[keep], j[keep]
        gap_s = np.clip(start[b] - end[a], 0, None)
        far_m = haversine_m(
            stays.latitude[i], stays.longitude[i], stays.latitude[j], stays.longitude[j]
        )
        impossible = (gap_s <= HORIZON_S) & (
            far_m - location_uncertainty_m > speed_max_mps * (gap_s + slack_s)
        )
        found.append(np.stack([i[impossible], j[impossible]], axis=1))
    pairs = np.sort(np.concatenate(found), axis=1).astype(np.int32)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _span_m(lat: FloatArray, lon: FloatArray) -> float:
    """Distance of the two places that are furthest apart, metres."""
    places = np.unique(np.stack([lat, lon], axis=1), axis=0)
    if len(places) > 1000:  # not cameras on posts: every pair counts as far
        return float(np.pi * EARTH_RADIUS_M)
    lat, lon = places.T
    return float(haversine_m(lat[:, None], lon[:, None], lat[None], lon[None]).max())


def stays_of(
    frame: pl.DataFrame, index: npt.NDArray[np.integer], n: int, cameras: pl.DataFrame | None
) -> Stays:
    """Where and when each of the `n` tracklets was.

    Coordinates come from the frame's `latitude, longitude` (which follow a camera that was moved),
    else from `cameras` (`camera` or `name`, `latitude`, `longitude`; a camera with several places
    is left out). Times that are no evidence (a file's date, a day alone) are left out.
    """
    if {"latitude", "longitude"} <= set(frame.columns):
        places = frame.select(pl.col("latitude", "longitude").cast(pl.Float64))
    elif cameras is not None and not cameras.is_empty():
        places = _from_cameras(frame, cameras)
    else:
        unknown = pl.Series([None] * frame.height, dtype=pl.Float64)
        places = pl.DataFrame({"latitude": unknown, "longitude": unknown})
    trusted = pl.lit(True)
    if "is_time_evidence" in frame.columns:
        trusted = pl.col("is_time_evidence").fill_null(False)
    rows = frame.select(
        pl.Series("tracklet", index, pl.Int32),
        pl.col("camera"),
        (pl.when(trusted).then(pl.col("taken_at").dt.epoch("us")) / 1e6).alias("s"),
        places["latitude"],
        places["longitude"],
    )
    table = (
        rows.group_by("tracklet")
        .agg(
            pl.col("s").min().alias("start"),
            pl.col("s").max().alias("end"),
            pl.col("latitude", "longitude").mean(),
            pl.col("camera").first(),
        )
        .sort("tracklet")
    )
    columns = {
        name: table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in ("start", "end", "latitude", "longitude")
    }
    camera = table["camera"].fill_null("").rank("dense").to_numpy()
    if table.height != n:
        raise ValueError(f"the index names {table.height} tracklets, the table has {n}")
    return Stays(
        columns["start"], columns["end"], columns["latitude"], columns["longitude"], camera
    )


def _from_cameras(frame: pl.DataFrame, cameras: pl.DataFrame) -> pl.DataFrame:
    key = "camera" if "camera" in cameras.columns else "name"
    places = (
        cameras.select(
            pl.col(key).alias("camera"), pl.col("latitude", "longitude").cast(pl.Float64)
        )
        .unique()
        .filter(pl.len().over("camera") == 1)
    )
    return frame.select("camera").join(places, on="camera", how="left", maintain_order="left")
