"""Tables for the R package camtrapR (Niedballa et al. 2016, Methods in Ecology and Evolution 7:
1457-1462): record tables, station table, camera operation matrix.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from thumper_core.contracts import PEOPLE, VEHICLES
from thumper_core.export.files import csv_text, write_folder
from thumper_core.questions import source
from thumper_core.views.times import timed

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace


def camtrapr(workspace: Workspace, out: Path) -> Path:
    """Write the folder with all four tables and return where it is."""
    photos, animals = (
        source.media(workspace),
        source.one_a_track(source.without_fixtures(source.animals(workspace))),
    )
    stays = source.deployments(photos, source.scope_of(workspace))
    independent_s = workspace.settings.ingest.event_gap_s
    tables = {
        "record_table.csv": records(photos, animals, independent_s),
        "record_table_individual.csv": records(photos, animals, independent_s, by_individual=True),
        "station_table.csv": stations(stays),
        "camera_operation.csv": operation(stays),
    }
    files = {name: csv_text(frame) for name, frame in tables.items()}
    return write_folder(out, files, "camtrapr")


def records(
    photos: pl.DataFrame,
    animals: pl.DataFrame,
    independent_s: float,
    *,
    by_individual: bool = False,
) -> pl.DataFrame:
    """CamtrapR's `recordTable`, or `recordTableIndividual`: independent records of animals.

    A record is the first photo of a species (or individual) at a station that comes more than
    independent_s seconds after the last record of it (`deltaTimeComparedTo = "lastRecord"`: after
    the photo before). delta columns: time since the photo before at the station, 0 at the first.
    """
    who = ["Station", "Species", *(["Individual"] if by_individual else [])]
    seen = (
        timed(photos)
        .join(animals, on="photo_id")
        .filter(~pl.col("species").is_in([*PEOPLE, *VEHICLES]))
        .with_columns(
            pl.col("camera").alias("Station"),
            pl.col("species").alias("Species"),
            pl.col("individual_id").alias("Individual"),
        )
    )
    if by_individual:
        seen = seen.filter(pl.col("Individual").is_not_null())
    each = seen.group_by(*who, "photo_id").agg(
        pl.col("taken_at").first(), pl.col("file").first(), pl.len().alias("n_animals")
    )
    gap = pl.col("taken_at").diff().over(who, order_by=["taken_at", "photo_id"])
    in_order = each.sort(*who, "taken_at", "photo_id").with_columns(gap.alias("gap"))
    kept = in_order.filter(
        pl.col("gap").is_null()
        | (pl.col("gap") > pl.duration(microseconds=int(independent_s * 1e6)))
    )
    seconds = pl.col("gap").fill_null(timedelta()).dt.total_seconds()
    at = pl.col("taken_at")
    return kept.select(
        *who,
        at.dt.strftime("%Y-%m-%d %H:%M:%S").alias("DateTimeOriginal"),
        at.dt.strftime("%Y-%m-%d").alias("Date"),
        at.dt.strftime("%H:%M:%S").alias("Time"),
        seconds.alias("delta.time.secs"),
        (seconds / 60).round(1).alias("delta.time.mins"),
        (seconds / 3600).round(2).alias("delta.time.hours"),
        (seconds / 86400).round(3).alias("delta.time.days"),
        pl.col("file").str.replace(r"/?[^/]*$", "").alias("Directory"),
        pl.col("file").str.extract(r"([^/]+)$").alias("FileName"),
        pl.col("n_animals"),
    )


def stations(stays: pl.DataFrame) -> pl.DataFrame:
    """CamtrapR's station table: Station, x, y (degrees), Setup_date, Retrieval_date, one row each.

    A camera that stood in several places has a row for each stay, a session of camtrapR's.
    """
    day = "%Y-%m-%d"
    return stays.select(
        pl.col("camera").alias("Station"),
        pl.col("deployment").alias("Session"),
        pl.col("longitude").alias("x"),
        pl.col("latitude").alias("y"),
        pl.col("begins").dt.strftime(day).alias("Setup_date"),
        pl.col("ends").dt.strftime(day).alias("Retrieval_date"),
    )


def operation(stays: pl.DataFrame) -> pl.DataFrame:
    """CamtrapR's camera operation matrix: Station, then a column per day: 1 working, empty not.

    The days of setting up and retrieving count as whole ones.
    """
    if stays.is_empty():
        return pl.DataFrame({"Station": []}, schema={"Station": pl.String})
    worked: dict[str, set[date]] = {}
    for camera, begins, ends in stays.select("camera", "begins", "ends").iter_rows():
        worked.setdefault(camera, set()).update(_days(begins.date(), ends.date()))
    every = [day for days in worked.values() for day in (min(days), max(days))]
    columns: dict[str, list[Any]] = {"Station": sorted(worked)}
    for day in _days(min(every), max(every)):
        columns[day.isoformat()] = [1 if day in worked[name] else None for name in sorted(worked)]
    # A column that no camera worked on would have no type of its own.
    return pl.DataFrame(columns, schema_overrides=dict.fromkeys(list(columns)[1:], pl.Int32))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
