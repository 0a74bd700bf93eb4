"""`weather.csv` of a workspace: what is imported is added to it, checked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.files import write_whole
from thumper_core.habits.weather_read import WEATHER, Weather, read_weather

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Kept:
    """What `weather.csv` holds after an import: n_new hours that were not in it, n_changed that it had with
    other values.
    """

    weather: Weather
    n_new: int
    n_changed: int


def weather_of(workspace: Workspace) -> Weather | None:
    """The weather of a workspace; None where it has no `weather.csv`. Raises UsageError as `read_weather`."""
    file = workspace.weather_csv
    return read_weather(file) if file.is_file() else None


def keep_weather(
    workspace: Workspace, file: Path, where: tzinfo | None = None, *, replace: bool = False
) -> Kept:
    r"""Add a table of weather to the workspace's `weather.csv`; what both tell of a time is taken
    from the file.

    where: the zone of the file's times, where it tells none (None: the cameras' clocks); replace: forget
    what was there. Raises UsageError, and then nothing is changed, where the file cannot be read, or its
    times and those that are kept are not by the same clock.

    >>> from pathlib import Path
    >>> from thumper_core import Workspace, keep_weather
    >>> table = Path("autumn.csv")
    >>> _ = table.write_text("time,temperature_c\n2026-10-03 06:00,8.5\n")
    >>> keep_weather(Workspace.open("ranch"), table).n_new
    1
    """
    new = read_weather(file, where)
    old = None if replace else weather_of(workspace)
    if old is not None and old.is_utc != new.is_utc:
        kinds = ("by the cameras' clocks", "of UTC")
        raise UsageError(
            f"Times in {file.name} are {kinds[new.is_utc]}, those in {workspace.weather_csv.name} "
            f"{kinds[old.is_utc]}: say the file's zone with --timezone, or --replace."
        )
    rows, n_new, n_changed = new.rows, new.rows.height, 0
    if old is not None:
        both = new.rows.join(old.rows, on="time", how="left", suffix="_old", maintain_order="left")
        named = [name for name in WEATHER if name != "time"]
        # What the file does not tell of an hour stays as it was.
        rows = both.select("time", *(pl.coalesce(name, f"{name}_old") for name in named))
        n_new = new.rows.join(old.rows, on="time", how="anti").height
        n_same = rows.join(old.rows, on=list(WEATHER), how="semi", nulls_equal=True).height
        n_changed = rows.height - n_new - n_same
        rows = pl.concat([old.rows.join(rows, on="time", how="anti"), rows]).sort("time")
    text = BytesIO()
    told = rows.rename({"time": "time_utc"}) if new.is_utc else rows
    told.write_csv(text, datetime_format="%Y-%m-%dT%H:%M", float_precision=2)
    write_whole(workspace.weather_csv, text.getvalue(), durable=True)
    return Kept(Weather(rows, new.is_utc, new.remarks), n_new, n_changed)
