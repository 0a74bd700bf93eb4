"""Weather of whole hours, by the cameras' clock, and pressure's change before them."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from thumper_core.habits.clock import clock_of
from thumper_core.habits.weather_hours import by_clock, hourly, span
from thumper_core.habits.weather_read import WEATHER, Weather

START = datetime(2025, 1, 1)


def table(every_h: int, n: int) -> pl.DataFrame:
    rows = [
        (START + timedelta(hours=every_h * k), float(k), 1000.0 + every_h * k, None, None)
        for k in range(n)
    ]
    return pl.DataFrame(rows, schema=WEATHER, orient="row")


def hours(*at: float) -> pl.Series:
    return pl.Series([START + timedelta(hours=one) for one in at])


def test_times_of_utc_are_turned_to_the_clock() -> None:
    clock = clock_of("-06:00", None, START)
    assert by_clock(Weather(table(1, 2), True), clock)["time"][0] == START - timedelta(hours=6)
    assert by_clock(Weather(table(1, 2), False), clock)["time"][0] == START


def test_every_hour_and_its_changes() -> None:
    found = hourly(table(1, 30), hours(1, 13, 29, 40))
    assert found["temperature_c"].to_list() == [1, 13, 29, None]
    assert found["pressure_change_3h_hpa"].to_list() == [None, 3, 3, None]
    assert found["pressure_change_12h_hpa"].to_list() == [None, 12, 12, None]
    assert found["wind_m_s"].null_count() == 4


def test_a_table_of_every_third_hour_leaves_none_out() -> None:
    found = hourly(table(3, 10), hours(*range(27)))
    assert found["temperature_c"].null_count() == 0
    assert found["temperature_c"].to_list()[:5] == [0, 0, 1, 1, 1]


def test_span() -> None:
    assert span(table(1, 5)) == (START, START + timedelta(hours=4))
