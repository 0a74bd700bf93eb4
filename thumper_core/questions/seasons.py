"""Every deer's history by deer year: what became of it, how old it was, its antlers, its best picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from thumper_core.contracts import Sex
from thumper_core.questions import source
from thumper_core.questions.effort import said_days
from thumper_core.questions.habits import camera_days
from thumper_core.questions.in_no_herd import photos_in_no_herd
from thumper_core.questions.judged import judged, states_worn
from thumper_core.questions.stages import EVIDENCE, staged
from thumper_core.seasons.ages import ages
from thumper_core.seasons.standing import standings
from thumper_core.views.pictures import PICTURE_SCORE
from thumper_core.views.times import dated

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_NO_ANTLERS: Final = 0.2
"""What a buck's picture is worth that does not look like a buck's: another shows its antlers."""
_HISTORY: Final = f"""
select a.individual_id, cast({{year}} as integer) as year, l.label,
    min(p.taken_at) as first_seen, max(p.taken_at) as last_seen,
    cast(count(distinct p.event_id) as integer) as n_visits,
    cast(count(distinct cast(p.taken_at as date)) as integer) as n_days,
    list(distinct p.camera order by p.camera) as cameras,
    any_value(i.sex) as sex, any_value(i.status) as status, any_value(i.status_on) as status_on,
    arg_max(d.detection_id, {PICTURE_SCORE}
        * case when i.sex = '{Sex.MALE}' and d.sex <> i.sex then {_NO_ANTLERS} else 1 end)
        as best_detection_id,
    {EVIDENCE}from assignments a
join detections d using (detection_id) join photos p using (photo_id)
join individuals i using (individual_id) join labels l using (individual_id)
where d.repeated is null and p.taken_at_precision <> 'unknown' and (a.individual_id = $1 or $1 is null)
group by all order by a.individual_id, year
"""
_VISITS: Final = """
select s.individual_id, cast({year} as integer) as year, s.camera, cast(count(*) as integer) as n_visits
from sightings s where s.taken_at_precision <> 'unknown' group by all
"""


def histories(workspace: Workspace, days: pl.DataFrame | None = None) -> pl.DataFrame:
    """A row for each individual of the shown herd and deer year in which it was, or might have been, seen.

    days: `days_of_cameras`, where it was asked for.
    Columns: individual_id, year, season (`2026/27`), label, standing, expected_visits and lost
    (`seasons.standing`), sex, age_class (fawn, yearling, adult, unknown), birth_year, age_by (human, model),
    in_doubt (`seasons.ages`), first_seen, last_seen, n_visits, n_days, cameras, best_detection_id, velvet,
    hard, shed (first and last day on which people noted antlers so, as text; null: never), and what people
    judged of age and antlers, as `questions.judged` has it.
    Photos whose day is not known are left out.

    >>> from thumper_core import Workspace, histories
    >>> histories(Workspace.open("ranch"))["season"].unique().to_list()
    ['2026/27']
    """
    deer_year = workspace.settings.seasons
    seen = seen_by_year(workspace)
    aged = staged(workspace, seen)
    visits = workspace.sql(_VISITS.format(year=deer_year.sql("s.started_at")))
    born = aged.unique("individual_id").select("individual_id", "birth_year")
    said = seen.unique("individual_id").select("individual_id", "status", "status_on")
    days = days_of_cameras(workspace) if days is None else days
    effort = days.group_by("camera", "year").len("camera_days").sort("camera", "year")
    stood = standings(visits, effort, born, said, deer_year)
    # Who is on photos that no identification has looked at is not known: there none is called missing.
    waits = pl.col("year").is_in(
        [year for year in photos_in_no_herd(workspace) if year is not None]
    )
    is_missing = pl.col("standing") == "missing"
    stood = stood.with_columns(
        standing=pl.when(is_missing & waits).then(pl.lit("unseen")).otherwise("standing")
    )
    labels = seen.unique("individual_id").select("individual_id", "label", "sex")
    first = aged.group_by("individual_id").agg(pl.col("birth_year").first().alias("born_in"))
    own = seen.drop(
        "label", "sex", "status", "status_on", "said_fawn", "said_adult", "fawn", "adult"
    )
    years = [deer_year.label(year) for year in stood["year"]]
    return (
        stood.with_columns(pl.Series("season", years, pl.String))
        .join(labels, on="individual_id")
        .join(aged, on=["individual_id", "year"], how="left")
        .join(first, on="individual_id", how="left")
        .with_columns(pl.coalesce("birth_year", "born_in").alias("birth_year"))
        .join(own, on=["individual_id", "year"], how="left")
        .join(states_worn(workspace), on=["individual_id", "year"], how="left")
        .join(judged(workspace, ages(seen)), on=["individual_id", "year"], how="left")
        .with_columns(pl.col("n_visits", "n_days").fill_null(0))
        .drop("born_in")
        .sort("individual_id", "year")
    )


def seen_by_year(workspace: Workspace, individual_id: str | None = None) -> pl.DataFrame:
    """A row for each individual, or only this one, and deer year in which it was seen.

    Columns: individual_id, year, label, first_seen, last_seen, n_visits, n_days, cameras, sex, status,
    status_on, best_detection_id, and the evidence that `seasons.ages` takes.
    """
    year = workspace.settings.seasons.sql("p.taken_at")
    return workspace.sql(_HISTORY.format(year=year), [individual_id])


def days_of_cameras(workspace: Workspace) -> pl.DataFrame:
    """`camera, day, year`: every day on which each camera worked, and the deer year that it is in.

    A stay without bounds in `cameras.csv` reaches from its first to its last photo of a year: nothing says
    that a camera stood from the end of one season to the start of the next.
    """
    seasons, scope = workspace.settings.seasons, source.scope_of(workspace)
    photos, said = source.media(workspace), said_days(workspace)
    is_bounded = pl.col("camera_from").is_not_null() & pl.col("camera_to").is_not_null()
    days = [camera_days(photos.filter(is_bounded), scope, said)]
    at = pl.col("taken_at")
    before = (
        at.dt.month().cast(pl.Int32) * 100 + at.dt.day()
        < seasons.starts_month * 100 + seasons.starts_day
    )
    year = at.dt.year() - before.cast(pl.Int32)
    for _, part in dated(photos.filter(~is_bounded)).group_by(year.alias("of")):
        days.append(camera_days(part, scope, said))
    found = pl.concat(days).unique().sort("camera", "day")
    years = [seasons.of(day) for day in found["day"]]
    return found.with_columns(pl.Series("year", years, pl.Int32))
