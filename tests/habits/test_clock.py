"""How far cameras' clocks are ahead of UTC: the setting, this computer, the longitude."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from thumper_core.habits.clock import clock_of

AT = datetime(2025, 7, 1, 12)


@pytest.fixture
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("setting", "longitude", "known_by", "ahead_h", "said"),
    [
        ("America/Chicago", -99.0, "setting", -5, "UTC-5, as the settings say"),
        ("+05:30", None, "setting", 5.5, "UTC+5.5,"),
        ("auto", None, "computer", 0, "this computer's time (UTC+0)"),
        ("auto", 10.0, "computer", 0, "this computer's time"),
        ("auto", -99.2, "longitude", -6, "keep UTC-6, the time of their longitude"),
        ("auto", -84.4, "longitude", -5, "UTC-5"),
    ],
)
def test_the_zone_of_clocks(
    in_utc: None, setting: str, longitude: float | None, known_by: str, ahead_h: float, said: str
) -> None:
    clock = clock_of(setting, longitude, AT)
    assert (clock.known_by, clock.ahead(AT)) == (known_by, timedelta(hours=ahead_h))
    assert said in clock.sentence(AT)
    assert clock.wall(AT) == AT + timedelta(hours=ahead_h)
