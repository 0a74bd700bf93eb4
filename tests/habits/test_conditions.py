"""Hours by sun, moon and weather: every hour worked is counted once, and every visit where it belongs."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from thumper_core.habits.clock import clock_of
from thumper_core.habits.conditions import (
    TITLES,
    by_light,
    by_moon,
    by_weather,
    camera_hours,
    visits_by_light,
)
from thumper_core.habits.sun import LIGHTS, sun_of_days
from thumper_core.habits.weather_hours import CHANGE_COLUMNS

DAYS = [date(2025, 9, 1) + timedelta(days=k) for k in range(4)]
WORKED = pl.DataFrame({"camera": ["A"] * 4 + ["B"] * 2, "day": DAYS + DAYS[:2]})
CLOCK = clock_of("-06:00", -99.0, datetime(2025, 9, 1))
SUNS = WORKED.join(sun_of_days(DAYS, 30.0, -99.0, CLOCK), on="day")


def visits(*rows: tuple[str, int, float]) -> pl.DataFrame:
    """(camera, day, hour)."""
    made = [
        (camera, datetime.combine(DAYS[0], datetime.min.time()) + timedelta(days=day, hours=hour))
        for camera, day, hour in rows
    ]
    schema = {"camera": pl.String, "started_at": pl.Datetime("us")}
    return pl.DataFrame(made, schema=schema, orient="row")


def totals(cells: pl.DataFrame) -> dict[str, tuple[float, int]]:
    """Hours and visits of each level."""
    summed = cells.group_by("level").agg(pl.col("hours").sum(), pl.col("visits").sum())
    return {level: (hours, n) for level, hours, n in summed.iter_rows()}


def test_every_hour_of_every_day_worked() -> None:
    found = camera_hours(WORKED, visits(("A", 0, 7.5), ("A", 0, 7.9), ("B", 3, 7.0), ("X", 0, 1.0)))
    assert found.height == 6 * 24
    assert found.filter(pl.col("visits") > 0).select("camera", "visits").rows() == [("A", 2)]


def test_light() -> None:
    seen = visits(("A", 0, 12.0), ("A", 1, 1.0), ("B", 0, 5.95), ("B", 3, 12.0))
    factor = by_light(WORKED, seen, SUNS)
    told = totals(factor.cells)
    assert set(told) == set(LIGHTS)
    assert sum(hours for hours, _ in told.values()) == pytest.approx(6 * 24)
    # The last is of a day on which its camera did not work.
    assert [told[level][1] for level in LIGHTS] == [1, 1, 1]
    assert visits_by_light(seen, SUNS)["level"].to_list() == ["Daylight", "Dark", "Twilight"]


def test_moon() -> None:
    phases = pl.DataFrame({"day": DAYS, "phase": ["New moon"] * 3 + ["Waxing"]})
    factor = by_moon(WORKED, visits(("A", 3, 5.0)), phases)
    assert factor.levels == ("New moon", "Waxing")
    told = factor.cells.group_by("level").agg(pl.col("hours").sum(), pl.col("visits").sum())
    assert sorted(told.rows()) == [("New moon", 120, 0), ("Waxing", 24, 1)]


def weather(**columns: list[float | None]) -> pl.DataFrame:
    start = datetime.combine(DAYS[0], datetime.min.time())
    n = len(DAYS) * 24
    names = ("temperature_c", "pressure_hpa", "wind_m_s", *CHANGE_COLUMNS)
    told = {name: pl.Series(columns.get(name, [None] * n), dtype=pl.Float64) for name in names}
    return pl.DataFrame({"at": [start + timedelta(hours=k) for k in range(n)], **told})


def test_weather_that_is_not_told_is_no_factor() -> None:
    assert by_weather(WORKED, visits(), weather()) == []
    assert by_weather(WORKED, visits(), weather(wind_m_s=[3.0] * 96)) == []  # never another


def test_wind_in_thirds_of_the_hours_and_pressure_by_its_change() -> None:
    table = weather(
        wind_m_s=[float(k % 24) for k in range(96)],
        pressure_change_3h_hpa=[-2.0] * 48 + [0.5] * 47 + [None],
    )
    change, wind = by_weather(WORKED, visits(("A", 0, 2.5), ("A", 3, 23.5)), table)
    assert (change.key, wind.key) == ("pressure_change_3h", "wind")
    assert wind.levels == ("Below 8.0 m/s", "8.0 to 15.0 m/s", "Above 15.0 m/s")
    counted = dict(wind.cells.group_by("level").agg(pl.col("hours").sum()).iter_rows())
    assert set(counted.values()) == {48}
    assert change.levels[0] == "Falling more than 1 hPa"
    by_level = totals(change.cells)
    # The last hour is not told: neither it nor the visit in it counts.
    assert by_level == {"Falling more than 1 hPa": (96, 1), "Steady": (47, 0)}


def test_temperature_is_beside_what_is_usual_at_that_time_of_day() -> None:
    """Nights are colder than days, and the second pair of days than the first: only that counts."""
    day = [5.0 if 9 <= k % 24 < 18 else -5.0 for k in range(96)]
    warm = [20.0 + by_day + (2.0 if k < 48 else -2.0) + k / 1000 for k, by_day in enumerate(day)]
    one = WORKED.filter(pl.col("camera") == "A")
    [factor] = by_weather(one, visits(), weather(temperature_c=warm))
    cold = factor.cells.filter(pl.col("level") == "Colder than usual")
    assert set(cold["day"]) <= set(DAYS[2:])
    assert set(TITLES) >= {factor.key}
