"""Habits of a whole workspace: the herd, one deer, two deer, and what is missing of each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.workspaces import copied
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.habits.following import Following, TooFew
from thumper_core.questions import habit_words as said
from thumper_core.questions.deer_habits import deer_habits, ground_of, habits_in
from thumper_core.questions.habit_record import Record, record_of, silence
from thumper_core.questions.pair_habits import follow_words, pair_habits, pair_in
from thumper_core.workspace import Workspace

WHO, OTHER = "deer-001", "deer-002"


def hours(first: datetime, n_days: int) -> Iterator[str]:
    yield "time,temperature_c,pressure_hpa,wind_m_s"
    for k in range(24 * n_days):
        at = first + timedelta(hours=k)
        yield f"{at:%Y-%m-%d %H:%M},{10 + 5 * math.sin(k / 30):.1f},{1010 + 8 * math.sin(k / 50):.1f},{k % 7}"


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory, six_deer: Workspace) -> Workspace:
    """Six deer at three cameras with coordinates, weather, and a zone of their own."""
    made = copied(six_deer, tmp_path_factory.mktemp("placed"))
    made.settings.replace("clock", zone="-06:00").save(made.settings_file)
    first = record_of(made).days["day"].min()
    assert first is not None
    text = "\n".join(hours(datetime.combine(first, datetime.min.time()), 60))  # type: ignore[arg-type]
    made.weather_csv.write_text(text, "utf-8")
    return Workspace.open(made.root)


def test_the_herd(placed: Workspace) -> None:
    found = deer_habits(placed)
    assert (found.who, found.ground) == (None, None)
    assert found.lights is not None
    counts = found.lights.select("n_daylight", "n_twilight", "n_dark").sum_horizontal()
    assert counts.to_list() == found.lights["n_visits"].to_list()
    assert found.lights["n_visits"].sum() == found.n_visits == found.record.visits.height
    factors = list(dict.fromkeys(one.factor for one in found.effects))
    assert factors[:3] == ["light", "moon", "temperature"]
    assert found.record.missing == ()
    assert "UTC-6, as the settings say" in found.record.remarks[0]
    # Eleven visits: a sentence with the rule, and no ratio.
    assert found.told == []
    assert said.many_looked_at(found).startswith("There are too few visits to compare anything.")
    assert "10 expected visits" in said.rule() and "6 stretches" in said.rule()
    assert said.too_little(found) == "" and said.standing_out(found) == []


def test_one_deer(placed: Workspace) -> None:
    found = deer_habits(placed, WHO)
    assert found.label == "Old Crooked"
    assert found.n_visits == 4 == int(found.cameras["n_visits"].sum())
    assert said.of_light(found) == "Its share by daylight is told from 5 visits on; there are 4."
    assert "too few for an area: it takes 5 cameras" in said.of_ground(found)
    with pytest.raises(ThumperError, match="in no photo"):
        deer_habits(placed, "deer-999")


def test_where_nothing_is_known_nothing_is_compared(small: Workspace) -> None:
    """Cameras may have stood still for long, and neither sun nor weather is known."""
    found = habits_in(Record(**{**vars(record_of(small)), "is_silent": True}))
    assert found.effects == ()
    assert said.many_looked_at(found).startswith("Nothing can be compared yet")


def test_what_is_missing_is_said_with_the_way_to_give_it(small: Workspace) -> None:
    found = deer_habits(small, WHO)
    assert found.lights is None
    assert said.of_light(found) == ""
    places, weather = found.record.missing
    assert "page Settings (Cameras)" in places
    assert "`thumper weather FILE`" in weather
    assert said.of_ground(found).endswith("Where they stand is not known.")
    assert {one.factor for one in found.effects} == {"moon"}


def test_a_weather_csv_that_cannot_be_read_is_missing(six_deer: Workspace, tmp_path: Path) -> None:
    made = copied(six_deer, tmp_path)
    made.weather_csv.write_text("time,temperature_c\n2026-01-01 01:00,hot\n")
    assert "line 2" in record_of(made).missing[0]
    made.weather_csv.write_text("time,temperature_c\n2001-01-01 01:00,5\n")
    assert "no camera worked then" in record_of(made).missing[0]


def busy(record: Record, n_days: int = 60) -> Record:
    """The record with two deer that come to one camera for many days, by day and by night."""
    start = datetime(2026, 9, 1)
    rows = []
    for day in range(n_days):
        for who, label, hour in ((WHO, "Hook", 7.0), (OTHER, "Clover", 9.0), (WHO, "Hook", 22.0)):
            if day % 5 or who == WHO:
                at = start + timedelta(days=day, hours=hour + (day % 7) / 10)
                rows.append({"individual_id": who, "label": label, "category": "buck", "camera": "Creek",
                             "event_id": f"{day}-{hour}", "started_at": at, "ended_at": at,
                             "n_detections": 1, "is_time_evidence": True,
                             "taken_at_precision": "second"})  # fmt: skip
    seen = pl.DataFrame(rows, schema=record.seen.schema)
    days = pl.DataFrame({"day": [start.date() + timedelta(days=k) for k in range(n_days)]})
    worked = days.select(camera=pl.lit("Creek"), day="day")
    return Record(
        visits=seen, seen=seen, days=worked, cameras=record.cameras, suns=None, weather=None,
        clock=record.clock, gap_s=1800.0, size=record.size, is_silent=False, missing=(), remarks=(),
    )  # fmt: skip


def test_two_deer(placed: Workspace) -> None:
    found = pair_in(busy(record_of(placed)), WHO, OTHER)
    assert found.overlap is not None and not found.by_sun
    assert found.n_together == 0 and found.n_shared == 1
    assert isinstance(found.follows, Following)
    hours_, met, follows, leads = found.sentences
    assert hours_.startswith("Their hours overlap by ") and "by the clock" in hours_
    assert met == "Hook and Clover were never at a camera in one visit; 1 camera saw both."
    assert follows.startswith("After 48 of 120 visits of Hook, Clover came")
    assert leads.startswith("After 0 of 48 visits of Clover, Hook came")
    assert leads.endswith("That is no more than chance may do.")


def test_two_deer_of_whom_little_is_known(placed: Workspace) -> None:
    found = pair_habits(placed, WHO, OTHER)
    assert found.overlap is None
    assert isinstance(found.follows, TooFew)
    assert len(found.sentences) == 3
    assert "takes 10 visits of each" in found.sentences[-1]
    with pytest.raises(UsageError, match="these are one"):
        pair_habits(placed, WHO, WHO)


def test_a_follower_in_words() -> None:
    told = follow_words(Following(50, 14, 6.1, 59, 1 / 60, 2.4), "Hook", "Clover")
    assert "14 of 50 visits of Hook" in told and "in 1.7% of all such moves" in told
    assert "the same feed or weather draws both" in told


def test_what_stands_out_and_what_does_not(placed: Workspace) -> None:
    """Two visits by day and one at night, every day: day stands out, in words and with its interval."""
    record = record_of(placed)
    one = busy(record)
    suns = record.suns
    assert suns is not None
    sun = suns.head(1).drop("camera", "day")
    lit = Record(**{**vars(one), "suns": one.days.join(sun, how="cross")})
    found = habits_in(lit, None)
    told = {one.level: one for one in found.of("light")}
    assert told["Daylight"].stands_out and told["Daylight"].ratio > 1  # type: ignore[operator]
    assert told["Twilight"].ratio is None
    many = said.many_looked_at(found)
    assert f"Comparisons made: {len(found.told)}." in many and "1 in 20 may be chance" in many
    assert any(line.startswith("Light, daylight: ") for line in said.standing_out(found))
    assert said.verdict(told["Daylight"]) == "stands out"
    assert "too few" in said.verdict(told["Twilight"])
    assert found.n_outside_by_chance == pytest.approx(0.05 * len(found.told))


def test_the_ground_is_in_hectares(placed: Workspace) -> None:
    degrees = 1 / 111.19  # of latitude, a kilometre
    corners = [(0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0.5)]
    cameras = pl.DataFrame({
        "camera": list("abcde"), "latitude": [degrees * y for _, y in corners],
        "longitude": [degrees * x for x, _ in corners], "n_visits": [1] * 5, "camera_days": [10] * 5,
    })  # fmt: skip
    found = ground_of(cameras)
    assert found is not None
    assert found.hull_ha == pytest.approx(100, rel=0.01)
    assert ground_of(cameras.head(4)) is None
    deer = deer_habits(placed, WHO)
    told = said.of_ground(type(deer)(**{**vars(deer), "ground": found, "cameras": cameras}))
    assert told.startswith("The hull of the 5 cameras that saw it is 100 ha.")
    assert "With fewer than 10 cameras the areas are rough." in told


@pytest.mark.parametrize(
    ("silent", "days", "is_still"),
    [(20, 60, True), (20, 100, False), (13, 20, False), (0, 0, False)],
)
def test_cameras_that_may_have_stood_still(silent: int, days: int, is_still: bool) -> None:
    effort = pl.DataFrame({"silent_days": [silent], "camera_days": [days]})
    assert bool(silence(effort)) == is_still
