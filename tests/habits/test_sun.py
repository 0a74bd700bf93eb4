"""Sunrise, sunset and twilight by the clock, and hours by the sun."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest

from thumper_core.habits.clock import clock_of
from thumper_core.habits.sun import light, sun_of_days, sun_time


def sun(day: date, latitude: float, longitude: float, zone: str) -> tuple[float, float, float]:
    frame = sun_of_days([day], latitude, longitude, clock_of(zone, longitude, datetime(2025, 1, 1)))
    return frame.select("noon_h", "daylight_h", "civil_h").row(0)


@pytest.mark.parametrize(
    ("day", "zone", "rises", "sets"),
    [  # of Austin, Texas, by the US Naval Observatory's tables
        (date(2025, 6, 21), "America/Chicago", 6 + 30 / 60, 20 + 36 / 60),
        (date(2025, 12, 21), "America/Chicago", 7 + 23 / 60, 17 + 35 / 60),
        (date(2025, 12, 21), "UTC", 13 + 23 / 60, 23 + 35 / 60),
    ],
)
def test_sunrise_and_sunset(day: date, zone: str, rises: float, sets: float) -> None:
    noon_h, daylight_h, civil_h = sun(day, 30.27, -97.74, zone)
    assert noon_h - daylight_h == pytest.approx(rises, abs=0.05)
    assert noon_h + daylight_h == pytest.approx(sets, abs=0.05)
    assert 0.35 < civil_h - daylight_h < 0.5  # civil twilight, hours


def test_where_the_sun_does_not_set_or_rise() -> None:
    assert sun(date(2025, 6, 21), 70, 25, "UTC")[1:] == (12.0, 12.0)
    _, daylight_h, civil_h = sun(date(2025, 12, 21), 70, 25, "UTC")
    assert daylight_h == 0 < civil_h


def test_light_of_an_hour() -> None:
    hours = np.array([12.0, 6.5, 6.2, 5.5, 23.9, 18.3, 0.1])
    n = np.ones(len(hours))
    assert light(hours, 12.4 * n, 6.0 * n, 6.4 * n).tolist() == [0, 0, 1, 2, 2, 0, 2]


def test_hours_by_the_sun() -> None:
    """Sunrise is a quarter round, noon half, whatever the day's length; a full turn comes back."""
    hours = np.array([8.0, 13.0, 18.0, 1.0, 10.5])
    n = np.ones(len(hours))
    quarters = sun_time(hours, 13 * n, 5 * n) / (np.pi / 2)
    assert quarters == pytest.approx([1, 2, 3, 0, 1.5])
    assert sun_time(np.array([6.0]), np.array([12.0]), np.array([12.0])) == pytest.approx(np.pi / 2)
