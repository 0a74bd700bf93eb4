"""What the herd does: by moon and month, from camera to camera, and in company.

Functions over plain frames; visits are set against effort, because a camera that stood twice as
long sees twice as much.
"""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import Any, Final

import polars as pl

from thumper_core.language import mark
from thumper_core.questions.effort import counted_days, judged_days
from thumper_core.questions.scope import Scope
from thumper_core.views.times import dated, timed

MOON_PHASES: Final = (mark("New moon"), mark("Waxing"), mark("Full moon"), mark("Waning"))
_LUNAR_DAYS: Final = 28.0  # astral's scale: 0 new, 7 first quarter, 14 full, 21 last quarter


def camera_days(
    photos: pl.DataFrame, scope: Scope, said: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Every day on which a camera is held to have worked: camera, day (`effort.judged_days`).

    photos: `source.media`; scope: what of the workspace is shown; said: `effort.said_days`, None: people
    said nothing.
    """
    return counted_days(judged_days(photos, scope, said))


def effort_by_camera(
    photos: pl.DataFrame, days: pl.DataFrame, visits: pl.DataFrame
) -> pl.DataFrame:
    """How much each camera worked and saw: camera, latitude, longitude, camera_days, n_photos,
    silent_days (longest run of days without a photo that count as worked: not of days between two stays, nor
    of a silence that does not count), n_visits, n_individuals, per_100_days
    (visits).

    photos: `source.media`; days: `camera_days`; visits: `tables.sightings`.
    """
    where = photos.group_by("camera").agg(
        pl.col("latitude").drop_nulls().median(),
        pl.col("longitude").drop_nulls().median(),
        pl.len().alias("n_photos"),
    )
    taken = dated(photos).select("camera", pl.col("taken_at").dt.date().alias("day")).unique()
    quiet = days.select("camera", "day").unique().join(taken, on=["camera", "day"], how="anti")
    goes_on = (pl.col("day").diff().dt.total_days() == 1).over("camera").fill_null(False)
    shot = (
        quiet.sort("camera", "day")
        .with_columns((~goes_on).cum_sum().over("camera").alias("run"))
        .group_by("camera", "run")
        .len("n")
        .group_by("camera")
        .agg(pl.col("n").max().cast(pl.Int64).alias("silent_days"))
    )
    seen = visits.group_by("camera").agg(
        pl.len().alias("n_visits"), pl.col("individual_id").n_unique().alias("n_individuals")
    )
    return (
        where.join(days.group_by("camera").len("camera_days"), on="camera", how="left")
        .join(shot, on="camera", how="left")
        .join(seen, on="camera", how="left")
        .with_columns(
            pl.col("camera_days", "silent_days", "n_visits", "n_individuals").fill_null(0)
        )
        .with_columns(_rate("n_visits", "camera_days"))
        .sort("per_100_days", "camera", descending=[True, False], nulls_last=True)
    )


def by_moon(days: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Visits by phase of the moon: phase, camera_days, n_visits, per_100_days; all four phases.

    A phase is the week round new moon, first quarter (waxing), full moon, last quarter (waning).
    """
    visits = dated(visits)
    dates = sorted({*days["day"].to_list(), *visits["started_at"].dt.date().to_list()})
    phases = pl.DataFrame(
        [(day, moon_phase(day)) for day in dates],
        schema={"day": pl.Date, "phase": pl.String},
        orient="row",
    )
    return _against_effort(days, visits, phases, "phase", MOON_PHASES)


def by_month(days: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Visits by calendar month, oldest first: month (`2026-10`), camera_days, n_visits,
    per_100_days.
    """
    visits = dated(visits)
    dates = sorted({*days["day"].to_list(), *visits["started_at"].dt.date().to_list()})
    months = pl.DataFrame(
        [(day, f"{day:%Y-%m}") for day in dates],
        schema={"day": pl.Date, "month": pl.String},
        orient="row",
    )
    return _against_effort(days, visits, months, "month", tuple(months["month"].unique().sort()))


def moon_phase(day: date) -> str:
    """One of MOON_PHASES, by the moon's age at midnight (astral)."""
    from astral import moon

    quarter = _LUNAR_DAYS / 4
    return MOON_PHASES[int((moon.phase(day) + quarter / 2) // quarter) % 4]


def movements(visits: pl.DataFrame) -> pl.DataFrame:
    """Who went from camera to camera: origin, goal, n_moves, n_individuals, median_hours,
    fastest_hours; the commonest first.

    visits: `tables.sightings`. A move is two visits of one animal that follow each other at
    different cameras; its hours run from the end of the one to the beginning of the other.
    """
    moves = (
        timed(visits)
        .sort("individual_id", "started_at", "event_id")
        .with_columns(
            pl.col("camera").shift(1).over("individual_id").alias("origin"),
            pl.col("ended_at").shift(1).over("individual_id").alias("left_at"),
        )
        .filter(pl.col("origin").is_not_null() & (pl.col("origin") != pl.col("camera")))
        .with_columns(
            ((pl.col("started_at") - pl.col("left_at")).dt.total_seconds() / 3600)
            .clip(lower_bound=0)
            .alias("hours")
        )
    )
    return (
        moves.group_by("origin", pl.col("camera").alias("goal"))
        .agg(
            pl.len().alias("n_moves"),
            pl.col("individual_id").n_unique().alias("n_individuals"),
            pl.col("hours").median().alias("median_hours"),
            pl.col("hours").min().alias("fastest_hours"),
        )
        .sort("n_moves", "origin", "goal", descending=[True, False, False])
    )


def together(visits: pl.DataFrame) -> pl.DataFrame:
    """Who comes with whom: first, second (IDs), first_label, second_label, n_together, n_first,
    n_second, index; the closest pairs first.

    Together are two animals of one event. index: simple ratio, n_together over the events in which
    either was seen (Cairns & Schwager 1987, Animal Behaviour 35: 1454-1469), in (0, 1].
    """
    names = dict(visits.select("individual_id", "label").iter_rows())
    events: dict[str, set[str]] = {}
    own: dict[str, set[str]] = {}
    for who, event in visits.select("individual_id", "event_id").iter_rows():
        events.setdefault(event, set()).add(who)
        own.setdefault(who, set()).add(event)
    counted: dict[tuple[str, str], int] = {}
    for present in events.values():
        for pair in combinations(sorted(present), 2):
            counted[pair] = counted.get(pair, 0) + 1
    rows: list[tuple[Any, ...]] = [
        (a, b, names[a], names[b], n, len(own[a]), len(own[b]), n / (len(own[a]) + len(own[b]) - n))
        for (a, b), n in counted.items()
    ]
    columns = ("first", "second", "first_label", "second_label")
    schema: dict[str, Any] = dict.fromkeys(columns, pl.String)
    schema |= dict.fromkeys(("n_together", "n_first", "n_second"), pl.Int64)
    return pl.DataFrame(rows, schema=schema | {"index": pl.Float64}, orient="row").sort(
        "n_together", "index", "first", "second", descending=[True, True, False, False]
    )


def _against_effort(
    days: pl.DataFrame, visits: pl.DataFrame, kinds: pl.DataFrame, kind: str, order: tuple[str, ...]
) -> pl.DataFrame:
    """Camera-days and visits of each kind of day, zeros included, in the given order."""
    effort = days.join(kinds, on="day").group_by(kind).len("camera_days")
    counted = (
        visits.select(pl.col("started_at").dt.date().alias("day"))
        .join(kinds, on="day")
        .group_by(kind)
        .len("n_visits")
    )
    frame = pl.DataFrame({kind: list(order)}, schema={kind: pl.String})
    for part in (effort, counted):
        frame = frame.join(part, on=kind, how="left", maintain_order="left")
    return frame.with_columns(
        pl.col("camera_days", "n_visits").fill_null(0).cast(pl.Int64)
    ).with_columns(_rate("n_visits", "camera_days"))


def _rate(visits: str, days: str) -> pl.Expr:
    """Visits for 100 camera-days; null without any."""
    return pl.when(pl.col(days) > 0).then(100 * pl.col(visits) / pl.col(days)).alias("per_100_days")
