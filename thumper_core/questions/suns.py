"""The sun of every camera and day: at the camera, at the middle of the others, or not known."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core.habits.clock import Clock, clock_of
from thumper_core.habits.sun import SUN, sun_of_days

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_PLACE_DIGITS: Final = 1
"""Of degrees: within such a square the sun is the same to a minute or so."""


def suns_of(days: pl.DataFrame, cameras: pl.DataFrame, clock: Clock) -> pl.DataFrame | None:
    """The sun of every camera and day: that of its square, or of the cameras' middle; camera and `SUN`. None
    where no camera has coordinates.

    days: camera, day; cameras: camera, latitude, longitude (null: not known), a row each.
    """
    placed = cameras.drop_nulls(["latitude", "longitude"])
    if placed.is_empty() or days.is_empty():
        return None
    square = [
        pl.col(axis).fill_null(placed[axis].median()).round(_PLACE_DIGITS)
        for axis in ("latitude", "longitude")
    ]
    places = cameras.select("camera", *square)
    dates = days["day"].unique().sort().to_list()
    parts = [
        sun_of_days(dates, latitude, longitude, clock).with_columns(
            latitude=pl.lit(latitude), longitude=pl.lit(longitude)
        )
        for latitude, longitude in places.select("latitude", "longitude").unique().iter_rows()
    ]
    suns = days.join(places, on="camera").join(
        pl.concat(parts), on=["latitude", "longitude", "day"], maintain_order="left"
    )
    return suns.select("camera", *list(SUN))


def clock_at(workspace: Workspace, cameras: pl.DataFrame, newest: Any) -> tuple[Clock, datetime]:
    """What the cameras' clocks keep, and the noon by which that is judged.

    cameras: as for `suns_of`; newest: the record's last day, None: there is none.
    """
    noon = datetime.combine(newest, time(12)) if newest else datetime(2000, 1, 1, 12)
    placed = cameras.drop_nulls(["latitude", "longitude"])
    longitude = None if placed.is_empty() else float(placed["longitude"].median())  # type: ignore[arg-type]
    return clock_of(workspace.settings.clock.zone, longitude, noon), noon


def suns_of_photos(workspace: Workspace) -> pl.DataFrame | None:
    """The sun of every camera and day of which there is a photo whose time is known; see `suns_of`."""
    cameras = workspace.sql(
        "select camera, median(latitude) as latitude, median(longitude) as longitude from photos "
        "group by camera"
    )
    if cameras.drop_nulls().is_empty():
        return None
    days = workspace.sql(
        "select distinct camera, taken_at::date as day from photos where is_time_evidence order by all"
    )
    clock, _ = clock_at(workspace, cameras, days["day"].max())
    return suns_of(days, cameras, clock)
