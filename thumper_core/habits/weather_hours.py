"""Weather by the hour of the cameras' clocks, with how pressure changed before it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from thumper_core.habits.clock import Clock
from thumper_core.habits.weather_read import Weather

NEAR: Final = timedelta(minutes=95)
"""A row of the table speaks for hours no further off: a table of every third hour leaves none out."""
CHANGES_H: Final = (3, 12)
CHANGE_COLUMNS: Final = tuple(f"pressure_change_{hours}h_hpa" for hours in CHANGES_H)
_USED: Final = ("temperature_c", "pressure_hpa", "wind_m_s")


def by_clock(weather: Weather, clock: Clock) -> pl.DataFrame:
    """The table's rows by the cameras' clock: columns of `WEATHER`, each time once."""
    if not weather.is_utc:
        return weather.rows
    at = [clock.wall(moment) for moment in weather.rows["time"]]
    times = weather.rows.with_columns(pl.Series("time", at, pl.Datetime("us")))
    return times.unique("time", keep="first").sort("time")


def hourly(rows: pl.DataFrame, hours: pl.Series) -> pl.DataFrame:
    """Weather of whole hours: at, temperature_c, pressure_hpa, wind_m_s, pressure_change_3h_hpa,
    pressure_change_12h_hpa; null where the table tells nothing near.

    rows: of `by_clock`; hours: Datetime, each once. A change is the hour's pressure less that so many
    hours before.
    """
    grid = pl.DataFrame({"at": hours.cast(pl.Datetime("us")).sort()}).set_sorted("at")
    found = grid
    for name in _USED:
        found = found.with_columns(_near(rows, name, grid["at"]))
    for change_h, column in zip(CHANGES_H, CHANGE_COLUMNS, strict=True):
        before = _near(rows, "pressure_hpa", grid["at"] - timedelta(hours=change_h))
        found = found.with_columns((pl.col("pressure_hpa") - before).alias(column))
    return found


def span(rows: pl.DataFrame) -> tuple[datetime, datetime]:
    """The first and the last time of a table that has rows."""
    times = rows["time"].to_list()
    return min(times), max(times)


def _near(rows: pl.DataFrame, name: str, at: pl.Series) -> pl.Series:
    """The values of a column that are nearest to sorted times."""
    told = rows.select("time", name).drop_nulls().sort("time").set_sorted("time")
    times = pl.DataFrame({"at": at}).set_sorted("at")
    joined = times.join_asof(
        told, left_on="at", right_on="time", strategy="nearest", tolerance=NEAR
    )
    return joined[name]
