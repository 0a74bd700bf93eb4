"""One deer by deer year, and its pictures of a year, to judge its age and antlers on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.questions.judged import judged, states_worn
from thumper_core.questions.named import individual_named, picture_named
from thumper_core.questions.seasons import seen_by_year
from thumper_core.questions.stages import staged
from thumper_core.seasons.ages import ages
from thumper_core.views.pictures import PICTURE_SCORE

if TYPE_CHECKING:
    from thumper_core.decisions.keys import BoxKey
    from thumper_core.workspace import Workspace

_OF_PICTURE: Final = """
d.detection_id, d.photo_id, p.root, p.path_bytes, p.width, p.height, d.x1, d.y1, d.x2, d.y2, d.frame_ms,
d.flank, p.camera, p.taken_at, p.taken_at_precision, p.is_infrared
"""
_PICTURES: Final = f"""
select {_OF_PICTURE}
from assignments a join detections d using (detection_id) join photos p using (photo_id)
where a.individual_id = ? and p.taken_at_precision <> 'unknown' and {{year}} = ?
qualify row_number() over (partition by p.event_id order by {PICTURE_SCORE} desc, d.detection_id) = 1
order by {PICTURE_SCORE} desc, d.detection_id limit ?
"""
_PICTURE: Final = f"""
select {_OF_PICTURE}, a.individual_id, l.label,
    cast(case when p.taken_at_precision <> 'unknown' then {{year}} end as integer) as year
from detections d join photos p using (photo_id) left join assignments a using (detection_id)
left join labels l using (individual_id)
where d.detection_id = ?
"""
_DAY: Final = """
select case when p.taken_at_precision <> 'unknown' then {year} end as year
from detections d join photos p using (photo_id) where d.detection_id = ?
"""


def deer_years(workspace: Workspace, individual_id: str) -> pl.DataFrame:
    """A row for each deer year in which the individual was seen, the newest first.

    Columns: year, season (`2026/27`), first_seen, last_seen, n_visits, age_class, in_doubt, velvet, hard,
    shed, and those of `judged`.
    """
    deer_year = workspace.settings.seasons
    seen = seen_by_year(workspace, individual_id)
    seasons = [deer_year.label(year) for year in seen["year"]]
    return (
        seen.with_columns(pl.Series("season", seasons, pl.String))
        .select("individual_id", "year", "season", "first_seen", "last_seen", "n_visits")
        .join(staged(workspace, seen).drop("birth_year", "age_by"), on=["individual_id", "year"])
        .join(states_worn(workspace), on=["individual_id", "year"], how="left")
        .join(judged(workspace, ages(seen)), on=["individual_id", "year"], how="left")
        .sort("year", descending=True)
    )


def pictures_of_year(
    workspace: Workspace, individual_id: str, year: int, limit: int
) -> pl.DataFrame:
    """The best picture of each visit of a deer year, the best first.

    Columns: detection_id, photo_id, root, path_bytes,
    width, height, x1, y1, x2, y2, frame_ms, flank, camera, taken_at, taken_at_precision, is_infrared.
    """
    of_year = _PICTURES.format(year=workspace.settings.seasons.sql("p.taken_at"))
    return workspace.sql(of_year, [individual_id, year, limit])


def judged_on(workspace: Workspace, text: str, season: str | None = None) -> tuple[BoxKey, str]:
    """The picture that a word about a deer in a year is said of, and what year that is (`2026/27`).

    text: a detection's ID, or an individual's ID or name: then its best picture of the year; season:
    `2026/27` or `2026`, the last in which it was seen where none is given. Raises ThumperError where there
    is none.
    """
    deer_year = workspace.settings.seasons
    own = workspace.sql(_DAY.format(year=deer_year.sql("p.taken_at")), [text])
    if own.height:
        year = own["year"].item()
        label = deer_year.label(year) if year is not None else "a year that is not known"
        if season is not None and season not in (label, str(year)):
            raise ThumperError(f"{text} is a picture of {label}, not of {season}.")
        return picture_named(workspace, text), label
    who = individual_named(workspace, text)
    years = {deer_year.label(year): year for year in seen_by_year(workspace, who)["year"].sort()}
    wanted = [
        label for label, year in years.items() if season is None or season in (label, str(year))
    ]
    if not wanted:
        seen = f"it was seen in {', '.join(years)}" if years else "no day of its photos is known"
        raise ThumperError(
            f"{text} was not seen in {season}: {seen}." if season else f"{text}: {seen}."
        )
    best = pictures_of_year(workspace, who, years[wanted[-1]], 1)
    return picture_named(workspace, best["detection_id"].item()), wanted[-1]


def around_antlers(rows: pl.DataFrame) -> pl.DataFrame:
    """The same pictures with boxes that reach further up and aside: what a detector cut off is seen."""
    wide, high = pl.col("x2") - pl.col("x1"), pl.col("y2") - pl.col("y1")
    return rows.with_columns(
        (pl.col("x1") - 0.1 * wide).clip(0),
        (pl.col("y1") - 0.2 * high).clip(0),
        pl.min_horizontal(pl.col("x2") + 0.1 * wide, pl.col("width").cast(pl.Float64)),
    )


def judged_picture(workspace: Workspace, detection_id: str) -> pl.DataFrame:
    """A picture to judge: no row where the shown run has no such detection.

    Columns: those of `pictures_of_year`, individual_id and label (null: of no known deer), year (null: the
    day is not known).
    """
    return workspace.sql(
        _PICTURE.format(year=workspace.settings.seasons.sql("p.taken_at")), [detection_id]
    )
