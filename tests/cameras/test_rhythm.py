"""A clock that is hours off is found by the light of its photos, and nothing else is found."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from thumper_core.cameras.rhythm import Doubt, find_doubt, find_slips, half_day_h

SCHEMA = {"taken_at": pl.Datetime("us"), "is_infrared": pl.Boolean}
AUTUMN = datetime(2024, 9, 20)


def season(
    hours_off: float = 0.0,
    *,
    days: int = 30,
    start: datetime = AUTUMN,
    latitude: float = 35.0,
    ahead_h: float = 1.0,
    per_day: int = 8,
    seed: int = 0,
) -> pl.DataFrame:
    """A camera's photos at all hours, infrared when the sun is down, with a clock that is off."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in range(days):
        here = start + timedelta(days=day)
        number = np.array([float(here.timetuple().tm_yday)])
        half = half_day_h(number, latitude, 0.0)[0]
        for hour in sorted(rng.uniform(0, 24, per_day)):
            is_dark = abs(hour - 12) > half
            at = here + timedelta(hours=float(hour) + ahead_h - hours_off)
            rows.append((at, is_dark))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def lit(frame: pl.DataFrame, is_infrared: bool) -> pl.DataFrame:
    return frame.with_columns(pl.lit(is_infrared).alias("is_infrared"))


def by_night(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter("is_infrared")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("latitude", [-45.0, 0.0, 30.0, 52.0])
@pytest.mark.parametrize("ahead_h", [-0.5, 1.0, 2.0])
@pytest.mark.parametrize("start", [datetime(2024, 1, 5), datetime(2024, 6, 10), AUTUMN])
def test_a_clock_that_is_right_is_no_finding(
    start: datetime, ahead_h: float, latitude: float, seed: int
) -> None:
    is_summer = (4 <= start.month <= 10) == (latitude >= 0)
    ahead_h = ahead_h if is_summer else min(ahead_h, 1.0)
    photos = season(start=start, latitude=latitude, ahead_h=ahead_h, seed=seed)
    assert find_slips(photos) == []
    assert find_slips(by_night(photos)) == []
    longitude = -84.0 if ahead_h < 0 else -97.0  # where the zone's time is behind the sun's, ahead
    assert find_slips(photos, latitude, longitude) == []
    for few in (photos, photos.head(40), photos.tail(20)):
        assert find_doubt(few) is find_doubt(few, latitude, longitude) is None


@pytest.mark.parametrize("latitude", [-45.0, 30.0, 52.0])
@pytest.mark.parametrize("hours_off", [12.0, 9.0, -6.0])
def test_a_season_with_a_wrong_clock(hours_off: float, latitude: float) -> None:
    photos = season(hours_off, latitude=latitude)
    for place in ((None, None), (latitude, -97.0)):
        [slip] = find_slips(photos, *place)
        assert slip.low_h <= hours_off <= slip.high_h
        assert slip.offset_h == 12 if hours_off == 12 else abs(slip.offset_h - hours_off) <= 2
        assert slip.begins == photos["taken_at"].min()
        assert slip.ends == photos["taken_at"].max()


def test_infrared_alone_tells_it_too() -> None:
    [slip] = find_slips(by_night(season(12.0)))
    assert slip.offset_h == 12.0


def test_a_part_of_a_season() -> None:
    """Set to the wrong half of the day when the batteries were changed, and put right again."""
    parts = [
        season(seed=1),
        season(12.0, start=AUTUMN + timedelta(days=30), seed=2),
        season(start=AUTUMN + timedelta(days=60), seed=3),
    ]
    [slip] = find_slips(pl.concat(parts))
    assert slip.offset_h == 12.0
    assert abs(slip.begins - parts[1]["taken_at"].min()) < timedelta(days=1)  # type: ignore[operator]
    assert abs(slip.ends - parts[1]["taken_at"].max()) < timedelta(days=1)  # type: ignore[operator]


@pytest.mark.parametrize(
    "photos",
    [
        season().clear(),
        season(12.0).head(4),
        lit(season(), True),  # its filter is stuck
        lit(season(), False),  # it has a white flash
        season().with_columns(pl.lit(None, pl.Boolean).alias("is_infrared")),
        season(1.0),  # summer time
        season(-1.0),
        pl.concat([season(), lit(season(days=1, start=AUTUMN + timedelta(days=30)), True)]),
    ],
    ids=["none", "few", "stuck", "flash", "unknown", "an hour", "an hour back", "a day stuck"],
)
def test_what_is_no_finding(photos: pl.DataFrame) -> None:
    assert find_slips(photos) == []


def test_a_long_visit_is_one_look() -> None:
    """Two hundred pictures of one herd of deer at one hour say no more than one."""
    at = [AUTUMN + timedelta(hours=12, seconds=10 * k) for k in range(200)]
    photos = pl.DataFrame({"taken_at": at, "is_infrared": [True] * 200}, schema=SCHEMA)
    assert find_slips(photos) == []


@pytest.mark.parametrize("latitude", [-40.0, 0.0, 35.0, 55.0])
@pytest.mark.parametrize("day", [date(2024, 1, 10), date(2024, 3, 20), date(2024, 6, 21)])
def test_the_sun_is_astral_s(latitude: float, day: date) -> None:
    from astral import Observer
    from astral.sun import SunDirection, noon, time_at_elevation

    place = Observer(latitude, 0.0)
    for elevation in (-6.0, 10.0):
        rises = time_at_elevation(place, elevation, day, SunDirection.RISING)
        hours = (noon(place, day) - rises).total_seconds() / 3600
        number = np.array([float(day.timetuple().tm_yday)])
        assert half_day_h(number, latitude, elevation)[0] == pytest.approx(hours, abs=0.12)


def test_real_cameras(shared_dir: Path) -> None:
    """Of eight real cameras one had a wrong clock for two nights: 14 hours, by its neighbours."""
    from thumper_core.ingest.read import read_facts

    found = {}
    for folder in sorted((shared_dir / "deer").glob("camera-*")):
        facts = [read_facts(bytes(path)) for path in sorted(folder.glob("*.JPG"))]
        rows = [(fact.exif_taken_at, fact.is_infrared) for fact in facts if fact]
        slips = find_slips(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
        if slips:
            found[folder.name] = slips
    assert list(found) == ["camera-002"]
    [slip] = found["camera-002"]
    assert slip.begins == datetime(2018, 7, 26, 14, 54, 58)
    assert slip.ends == datetime(2018, 7, 27, 11, 33, 40)
    assert slip.offset_h == 12.0 and slip.low_h <= 14.0 <= slip.high_h


MORNING = datetime(2018, 7, 27)


@pytest.mark.parametrize(
    ("hours", "is_infrared", "expected"),
    [
        ([], True, None),
        ([12.0], True, None),  # one hour is a cloud, or a hand before the lens
        ([9.4, 10.8, 11.05], True, (3, 2)),  # of winter in the far south the first could be
        ([9.4, 10.8, 11.05], False, None),
        ([10.8, 11.05, 22.0, 23.1, 0.5], True, None),  # most are by night
        ([21.2, 0.7, 4.0], True, None),
        ([None, None, None], True, None),
    ],
)
def test_infrared_by_day_in_too_few_hours_is_a_doubt(
    hours: list[float | None], is_infrared: bool, expected: tuple[int, int] | None
) -> None:
    rows = [(None if h is None else MORNING + timedelta(hours=h), is_infrared) for h in hours]
    photos = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    assert find_slips(photos) == []
    found = find_doubt(photos)
    if expected is None:
        assert found is None
        return
    assert found == Doubt(
        MORNING + timedelta(hours=10.8), MORNING + timedelta(hours=11.05), *expected
    )
    here = find_doubt(photos, 35.0, -97.0)
    assert here is not None and here.n_by_day == 3
