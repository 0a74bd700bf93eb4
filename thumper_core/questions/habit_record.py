"""What habits are read from: timed visits, days worked, sun and weather, and what is missing of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.habits import weather_hours
from thumper_core.habits.clock import Clock
from thumper_core.habits.weather_keep import weather_of
from thumper_core.language import say
from thumper_core.questions import habits, source, tables
from thumper_core.questions.effort import said_days
from thumper_core.questions.herd_size import HerdSize
from thumper_core.questions.suns import clock_at, suns_of
from thumper_core.views.times import timed

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

THERMOMETER_HOURS_MIN: Final = 30
TOGETHER_MIN: Final = 0.5
"""Correlation of cameras' thermometers with the table below which one of the two is held to be wrong."""
LONG_DAYS: Final = 14
"""Without a photo, for which a camera may have stood still."""
SILENT_SHARE: Final = 0.25
"""Of the camera-days, above which a rate by day, month or moon would mislead."""
_WARMTH: Final = """
select date_trunc('hour', taken_at) as at, median(temperature_c) as said_c
from photos where temperature_c is not null and is_time_evidence group by 1 order by 1
"""


@dataclass(frozen=True)
class Record:
    """visits: of `tables.sightings` whose time of day is known; seen: all of them; days: camera, day, as
    worked; cameras: of `habits.effort_by_camera`; suns: camera, day and the sun, None where no camera has
    coordinates; weather: of `weather_hours.hourly`, None where there is no table; gap_s: of events.
    """

    visits: pl.DataFrame
    seen: pl.DataFrame
    days: pl.DataFrame
    cameras: pl.DataFrame
    suns: pl.DataFrame | None
    weather: pl.DataFrame | None
    clock: Clock
    gap_s: float
    size: HerdSize
    is_silent: bool  # cameras may have stood still for so long that days cannot be compared
    missing: tuple[str, ...]  # what is not there, and how to give it
    remarks: tuple[str, ...]  # what is taken for granted

    def of(self, who: str) -> pl.DataFrame:
        """Timed visits of one individual."""
        return self.visits.filter(pl.col("individual_id") == who)


def record_of(workspace: Workspace) -> Record:
    """The record of a workspace, or of the part that `scope.scoped` narrows it to.

    A `weather.csv` that cannot be read is one of the things that are missing.
    """
    photos = source.media(workspace)
    seen = tables.sightings(workspace)
    days = habits.camera_days(photos, source.scope_of(workspace), said_days(workspace))
    cameras = habits.effort_by_camera(photos, days, seen)
    placed = cameras.drop_nulls(["latitude", "longitude"])
    clock, noon = clock_at(workspace, cameras, days["day"].max())
    suns = suns_of(days, cameras, clock)
    missing, remarks = [], []
    if suns is None:
        missing.append(
            say(
                "Where the cameras stand is not known, so sunrise and sunset are not: give latitude and "
                "longitude on the page Settings (Cameras), or in `cameras.csv`."
            )
        )
    elif placed.height < cameras.height:
        remarks.append(
            say(
                "{cameras} have no coordinates; the sun of the others is taken for them.",
                cameras=counted(cameras.height - placed.height, "camera"),
            )
        )
    weather, said = _weather(workspace, days, clock)
    missing += [] if weather is not None else [said]
    remarks += [said] if weather is not None and said else []
    if suns is not None or weather is not None:
        remarks.append(clock.sentence(noon))
    still = silence(cameras)
    if still:
        missing.append(still)
    untimed = seen.height - timed(seen).height
    if untimed:
        remarks.append(
            say(
                "{n:,} of {total:,} visits have no time of day and are left out.",
                n=untimed,
                total=seen.height,
            )
        )
    return Record(
        visits=timed(seen),
        seen=seen,
        days=days,
        cameras=cameras,
        suns=suns,
        weather=weather,
        clock=clock,
        gap_s=workspace.settings.ingest.event_gap_s,
        size=tables.size_of(workspace, seen["individual_id"].n_unique()),
        is_silent=bool(still),
        missing=tuple(missing),
        remarks=tuple(remarks),
    )


def silence(effort: pl.DataFrame) -> str:
    """Why days cannot be compared where cameras may have stood still for much of them; else nothing.

    effort: of `habits.effort_by_camera`.
    """
    silent, stood = int(effort["silent_days"].sum()), int(effort["camera_days"].sum())
    longest = int(str(effort["silent_days"].max() or 0))
    if longest < LONG_DAYS or silent <= SILENT_SHARE * stood:
        return ""
    return say(
        "The longest silences of the cameras are {silent:,} days together, {longest} the longest, against "
        "{stood:,} camera-days that count as worked, and whether they worked then is not known. Where "
        "`cameras.csv` says from when to when each stood, visits can be set against the days.",
        silent=silent,
        stood=stood,
        longest=counted(longest, "day"),
    )


def _weather(
    workspace: Workspace, days: pl.DataFrame, clock: Clock
) -> tuple[pl.DataFrame | None, str]:
    """Hourly weather of the days worked, and what there is to say of it; no weather: why, and what to do."""
    try:
        told = weather_of(workspace)
    except UsageError as error:
        return None, str(error)
    if told is None:
        return None, say(
            "There is no weather: `thumper weather FILE` takes a table of hours (Open-Meteo, Meteostat, or "
            "your own), `thumper weather fetch` asks a service when you say so."
        )
    rows = weather_hours.by_clock(told, clock)
    day = pl.col("day").cast(pl.Datetime("us"))
    hours = (
        days.select("day")
        .unique()
        .select(at=pl.datetime_ranges(day, day + pl.duration(hours=23), "1h"))
        .explode("at")["at"]
    )
    found = weather_hours.hourly(rows, hours)
    known = found.drop_nulls("temperature_c")
    if found.select(pl.exclude("at").is_null().all()).row(0) == (True,) * (found.width - 1):
        first, last = weather_hours.span(rows)
        return None, say(
            "weather.csv tells of {first} to {last}, and no camera worked then.",
            first=first.date().isoformat(),
            last=last.date().isoformat(),
        )
    return found, _thermometers(workspace, known)


def _thermometers(workspace: Workspace, weather: pl.DataFrame) -> str:
    """How the cameras' own thermometers agree with the table; nothing where photos hold too few of them."""
    said = workspace.sql(_WARMTH).with_columns(pl.col("at").cast(pl.Datetime("us")))
    both = said.join(weather.select("at", "temperature_c"), on="at").drop_nulls()
    if both.height < THERMOMETER_HOURS_MIN:
        return ""
    off = float((both["said_c"] - both["temperature_c"]).median())  # type: ignore[arg-type]
    together = both.select(pl.corr("said_c", "temperature_c")).item()
    if together is None or not together >= TOGETHER_MIN:
        return say(
            "The cameras' own thermometers hardly go with weather.csv: are its place and its zone right?"
        )
    return say(
        "The cameras' own thermometers read {off:+.1f} °C beside weather.csv, in {n:,} hours; they stand in "
        "the sun at times, and weather.csv is used.",
        off=off,
        n=both.height,
    )
