"""In what hours cameras worked and deer came: by sun, moon and weather, as `effects` compares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from thumper_core.habits.effects import STRETCH_DAYS, Effect, effects
from thumper_core.habits.sun import LIGHTS, light
from thumper_core.habits.weather_hours import CHANGE_COLUMNS, CHANGES_H
from thumper_core.language import mark, say

TITLES: Final = {
    "light": mark("Light"),
    "moon": mark("Moon"),
    "temperature": mark("Temperature"),
    "pressure": mark("Air pressure"),
    "pressure_change_3h": mark("Pressure's change in 3 hours"),
    "pressure_change_12h": mark("Pressure's change in 12 hours"),
    "wind": mark("Wind"),
}
BLOCK_H: Final = 3
"""Hours of a day that are compared with each other only: eight blocks."""
STEADY_HPA: Final = {3: 1.0, 12: 3.0}
"""A change of pressure over so many hours up to which it counts as steady."""


@dataclass(frozen=True)
class Factor:
    """A condition: its key in TITLES, its levels as they are read, and what `effects` takes of them."""

    key: str
    levels: tuple[str, ...]
    cells: pl.DataFrame
    stretch_days: int = STRETCH_DAYS

    @property
    def effects(self) -> list[Effect]:
        """An effect for each level."""
        return effects(self.cells, self.key, self.levels, self.stretch_days)


def by_light(days: pl.DataFrame, visits: pl.DataFrame, suns: pl.DataFrame) -> Factor:
    """Daylight, twilight and dark.

    days: `camera, day` that cameras worked; visits: `camera, started_at`; suns: `camera, day` and what
    `sun_of_days` tells of them.
    """
    worked = days.join(suns, on=["camera", "day"])
    daylight, civil = 2 * pl.col("daylight_h"), 2 * pl.col("civil_h")
    spans = (daylight, civil - daylight, 24 - civil)
    effort = pl.concat(
        [
            worked.select("camera", "day", level=pl.lit(name), hours=span, visits=pl.lit(0))
            for name, span in zip(LIGHTS, spans, strict=True)
        ]
    )
    seen = visits_by_light(visits, suns).join(worked, on=["camera", "day"], how="semi")
    counted = seen.group_by("camera", "day", "level").agg(visits=pl.len().cast(pl.Int32))
    cells = effort.drop("visits").join(counted, on=["camera", "day", "level"], how="left")
    stratum = pl.format("{} {}", "camera", pl.col("day").dt.strftime("%Y-%m"))
    return Factor(
        "light",
        LIGHTS,
        cells.with_columns(stratum.alias("stratum"), pl.col("visits").fill_null(0)),
        stretch_days=1,
    )


def visits_by_light(visits: pl.DataFrame, suns: pl.DataFrame) -> pl.DataFrame:
    """Visits with their `day` and `level` of light: those whose camera and day have a sun."""
    clock = pl.col("started_at").dt
    hour = clock.hour() + clock.minute() / 60 + clock.second() / 3600
    known = visits.with_columns(day=clock.date(), hour=hour).join(
        suns, on=["camera", "day"], maintain_order="left"
    )
    columns = ("hour", "noon_h", "daylight_h", "civil_h")
    which = light(*(known[name].to_numpy() for name in columns))
    levels = pl.Series("level", [LIGHTS[n] for n in which], pl.String)
    return known.drop("noon_h", "daylight_h", "civil_h").with_columns(levels)


def by_moon(days: pl.DataFrame, visits: pl.DataFrame, phases: pl.DataFrame) -> Factor:
    """Phases of the moon, all hours. phases: `day, phase`, in the order of the phases."""
    hours = camera_hours(days, visits)
    cells = hours.join(phases.rename({"phase": "level"}), on="day")
    levels = tuple(phases["phase"].unique(maintain_order=True))
    return Factor("moon", levels, _cells(cells))


def by_weather(days: pl.DataFrame, visits: pl.DataFrame, weather: pl.DataFrame) -> list[Factor]:
    """Temperature, pressure, its changes and wind; a factor that the table tells nothing of is left out.

    weather: of `weather_hours.hourly`, by the cameras' clock. Hours without weather are not counted.
    """
    hours = camera_hours(days, visits).join(weather, on="at", how="left")
    block = [pl.col("at").dt.strftime("%Y-%m"), pl.col("at").dt.hour() // BLOCK_H]
    usual = pl.col("temperature_c").mean().over(block)
    hours = hours.with_columns(away=pl.col("temperature_c") - usual)
    found = [
        _thirds(
            hours,
            "temperature",
            "away",
            (mark("Colder than usual"), mark("As usual"), mark("Warmer than usual")),
        ),
        _thirds(
            hours,
            "pressure",
            "pressure_hpa",
            (
                mark("Below {low:.0f} hPa"),
                mark("{low:.0f} to {high:.0f} hPa"),
                mark("Above {high:.0f} hPa"),
            ),
        ),
        *(
            _changes(hours, f"pressure_change_{n}h", column, n)
            for n, column in zip(CHANGES_H, CHANGE_COLUMNS, strict=True)
        ),
        _thirds(
            hours,
            "wind",
            "wind_m_s",
            (
                mark("Below {low:.1f} m/s"),
                mark("{low:.1f} to {high:.1f} m/s"),
                mark("Above {high:.1f} m/s"),
            ),
        ),
    ]
    return [one for one in found if one is not None]


def camera_hours(days: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Every hour of every day that a camera worked: camera, day, at, visits (that began in it)."""
    at = pl.col("day").cast(pl.Datetime("us"))
    grid = days.with_columns(pl.datetime_ranges(at, at + pl.duration(hours=23), "1h").alias("at"))
    began = visits.group_by("camera", pl.col("started_at").dt.truncate("1h").alias("at"))
    return (
        grid.explode("at")
        .join(began.agg(visits=pl.len()), on=["camera", "at"], how="left")
        .with_columns(pl.col("visits").fill_null(0))
    )


def _thirds(hours: pl.DataFrame, key: str, column: str, levels: Sequence[str]) -> Factor | None:
    """A condition cut into thirds of the cameras' hours; None where it does not vary enough for that."""
    told = hours.drop_nulls(column)
    low, high = (told[column].quantile(share) for share in (1 / 3, 2 / 3))
    if low is None or high is None or low >= high:
        return None
    return _cut(told, key, column, (float(low), float(high)), levels)


def _changes(hours: pl.DataFrame, key: str, column: str, change_h: int) -> Factor | None:
    told, steady = hours.drop_nulls(column), STEADY_HPA[change_h]
    if told.is_empty():
        return None
    levels = (
        mark("Falling more than {high:.0f} hPa"),
        mark("Steady"),
        mark("Rising more than {high:.0f} hPa"),
    )
    return _cut(told, key, column, (-steady, steady), levels)


def _cut(
    told: pl.DataFrame, key: str, column: str, ends: tuple[float, float], levels: Sequence[str]
) -> Factor:
    low, high = ends
    named = tuple(say(level, low=low, high=high) for level in levels)
    value = pl.col(column)
    level = (
        pl.when(value < low)
        .then(pl.lit(named[0]))
        .when(value > high)
        .then(pl.lit(named[2]))
        .otherwise(pl.lit(named[1]))
    )
    return Factor(key, named, _cells(told.with_columns(level=level)))


def _cells(hours: pl.DataFrame) -> pl.DataFrame:
    """Camera-hours with a `level`, summed over days and strata: camera, time of day and month."""
    stratum = pl.format(
        "{} {} {}",
        "camera",
        pl.col("at").dt.hour() // BLOCK_H,
        pl.col("day").dt.strftime("%Y-%m"),
    )
    return (
        hours.with_columns(stratum=stratum)
        .group_by("day", "stratum", "level", maintain_order=True)
        .agg(hours=pl.len(), visits=pl.col("visits").sum())
    )
