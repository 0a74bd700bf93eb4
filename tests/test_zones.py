"""Zones of cameras' clocks: what a setting may say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from thumper_core.contracts import UsageError
from thumper_core.settings import Settings
from thumper_core.zones import zone


@pytest.mark.parametrize(
    ("name", "ahead_h"),
    [("UTC", 0), ("-06:00", -6), ("+0530", 5.5), ("America/Chicago", -5), ("z", 0)],
)
def test_a_zone(name: str, ahead_h: float) -> None:
    kept = Settings().replace("clock", zone=name).clock.zone
    where = zone(kept)
    assert where is not None
    assert where.utcoffset(datetime(2025, 7, 1)) == timedelta(hours=ahead_h)


@pytest.mark.parametrize("name", ["Nowhere/At_all", "6", "+25:00", ""])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="America/Chicago"):
        zone(name)
    with pytest.raises(UsageError, match=r"clock\.zone"):
        Settings().replace("clock", zone=name)


def test_it_is_not_said_by_default() -> None:
    assert Settings().clock.zone == "auto"
    assert zone(None) is None
