"""Simulated seasons for `habits.py`: weather that lasts, deer with hours, spells and places of their own.

Nothing that is drawn for weather enters the deer's rates but what a case plants. A deer comes by its own
hours (two peaks), to its own cameras, and more on some days than on others: its own spells and those of the
whole herd last for days, as weather does, so that the two agree by chance now and then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from thumper_core.habits.weather_hours import hourly

Array = NDArray[np.float64]
FIRST = date(2025, 9, 1)


@dataclass(frozen=True)
class Season:
    """days: camera, day; visits: individual_id, camera, started_at; weather: of `hourly`, those hours."""

    days: pl.DataFrame
    visits: pl.DataFrame
    weather: pl.DataFrame


def lasting(random: np.random.Generator, n: int, hold: float) -> Array:
    """(n,) standard normal values of which each holds on to a share of the one before."""
    drawn = random.standard_normal(n)
    for at in range(1, n):
        drawn[at] = hold * drawn[at - 1] + np.sqrt(1 - hold**2) * drawn[at]
    return drawn


def weather_table(random: np.random.Generator, n_days: int) -> pl.DataFrame:
    """Hourly weather from a day before FIRST: columns of `WEATHER`."""
    n = 24 * (n_days + 1)
    hour = np.arange(n) % 24
    warm = 18 + 6 * np.sin(2 * np.pi * (hour - 9) / 24) + 4 * lasting(random, n, 0.985)
    tide = 0.8 * np.cos(4 * np.pi * (hour - 10) / 24)
    pressure = 1015 + 6 * lasting(random, n, 0.99) + tide
    wind = np.exp(0.8 + 0.5 * lasting(random, n, 0.95) + 0.3 * np.sin(2 * np.pi * (hour - 9) / 24))
    begin = datetime.combine(FIRST, datetime.min.time()) - timedelta(days=1)
    return pl.DataFrame(
        {
            "time": [begin + timedelta(hours=k) for k in range(n)],
            "temperature_c": warm,
            "pressure_hpa": pressure,
            "wind_m_s": wind,
        }
    )


def season(
    seed: int,
    *,
    n_days: int = 60,
    n_cameras: int = 6,
    n_deer: int = 8,
    visits_a_day: float = 0.7,
    planted: dict[str, float] | None = None,
) -> Season:
    """One season. visits_a_day: of a deer, on average; planted: of a column of `hourly`, how many times as
    many visits where it is 0.7 standard deviations or more below its mean.
    """
    random = np.random.default_rng(seed)
    table = weather_table(random, n_days)
    days = [FIRST + timedelta(days=k) for k in range(n_days)]
    at = [
        datetime.combine(day, datetime.min.time()) + timedelta(hours=h)
        for day in days
        for h in range(24)
    ]
    weather = hourly(table, pl.Series(at))
    factor = np.ones(len(at))
    for column, times in (planted or {}).items():
        values = weather[column].to_numpy()
        factor *= np.where(values < values.mean() - 0.7 * values.std(), times, 1.0)
    herd = np.exp(0.35 * lasting(random, n_days, 0.7))
    cameras = [f"C{k}" for k in range(n_cameras)]
    rows = []
    for number in range(n_deer):
        peaks = random.normal([6.5, 19.0], 0.7)
        by_hour = 0.15 + sum(
            np.exp(2.5 * (np.cos(2 * np.pi * (np.arange(24) - p) / 24) - 1)) for p in peaks
        )
        spells = np.exp(0.6 * lasting(random, n_days, 0.7))
        homes = random.dirichlet(np.full(n_cameras, 0.5))
        rate = np.repeat(herd * spells, 24) * np.tile(by_hour, n_days) * factor
        rate *= visits_a_day * n_days / rate.sum()
        for place, camera in enumerate(cameras):
            for hour in np.flatnonzero(random.random(len(at)) < rate * homes[place]):
                rows.append(
                    (
                        f"D{number}",
                        camera,
                        at[hour] + timedelta(minutes=float(random.uniform(0, 60))),
                    )
                )
    schema = {"individual_id": pl.String, "camera": pl.String, "started_at": pl.Datetime("us")}
    visits = pl.DataFrame(rows, schema=schema, orient="row").sort("started_at")
    stood = pl.DataFrame({"camera": cameras}).join(pl.DataFrame({"day": days}), how="cross")
    return Season(stood, visits, weather)
