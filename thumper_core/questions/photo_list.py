"""Photos by filter: how many they are, a page of them, what stands before and after one, and as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from thumper_core.contracts import FIXTURE, NOT_ANIMALS, PEOPLE, VEHICLES
from thumper_core.questions.photo_filter import PhotoFilter
from thumper_core.questions.photo_where import (
    BY_SUN_SQL,
    COUNTS,
    boxes_where,
    least_that_counts,
    photos_where,
    sun_rows,
)
from thumper_core.workspace import Workspace

_FROM: Final = "from photos p left join outcomes o using (photo_id)"
_LATEST_FIRST: Final = "p.taken_at_precision = 'unknown', p.taken_at desc, p.photo_id"
"""The date of a copy, or a broken clock's year 9999, would lead every list."""
_LISTED: Final = (
    "p.photo_id, p.camera, p.taken_at, p.taken_at_precision, p.path, p.root, p.path_bytes, p.width, "
    "p.height, p.duration_s, p.is_infrared, o.status"
)


@dataclass(frozen=True)
class PhotoCounts:
    """How many pass a filter. n_events: those that they lie in; n_boxes: boxes that are meant, of them n_weak
    below the confidence that counts.
    """

    n_photos: int
    n_events: int
    n_boxes: int
    n_weak: int


def photo_counts(workspace: Workspace, chosen: PhotoFilter) -> PhotoCounts:
    """How many photos pass the filter, in how many events they lie, and how many boxes are meant."""
    where, values = photos_where(workspace, chosen)
    boxes, box_values = boxes_where(chosen)
    row = workspace.sql(
        f"""
        with listed as (select p.photo_id, p.event_id {_FROM} where {where}),
        meant as (
            select {COUNTS} as counts from detections d left join assignments a using (detection_id)
            where {boxes} and d.photo_id in (select photo_id from listed)
        )
        select count(*), count(distinct event_id), (select count(*) from meant),
            (select count(*) from meant where not counts) from listed
        """,
        [*values, least_that_counts(workspace), *box_values],
    ).row(0)
    return PhotoCounts(*row)


def photos(workspace: Workspace, chosen: PhotoFilter, offset: int, limit: int) -> pl.DataFrame:
    """Photos that pass the filter, newest first, `limit` of them from `offset` on.

    Those whose day is not known come last, and are of no day or hour that was asked for. Columns:
    photo_id, camera, taken_at, taken_at_precision, path, root, path_bytes, width, height, duration_s,
    is_infrared, status, n_animals, n_others (boxes of them, and of people and vehicles, after decisions),
    n_weak (boxes of either that are too weak to count, and are not among them).
    """
    where, values = photos_where(workspace, chosen)
    return workspace.sql(
        f"""
        with listed as (
            select {_LISTED} {_FROM} where {where} order by {_LATEST_FIRST} limit ? offset ?
        ),
        shown as (
            select photo_id, count(*) filter (where counts and not list_contains(?, species)) as n_animals,
                count(*) filter (where counts and list_contains(?, species)) as n_others,
                count(*) filter (where not counts and species <> ?) as n_weak
            from (select d.*, {COUNTS} as counts from detections d)
            where photo_id in (select photo_id from listed) group by photo_id
        )
        select p.*, coalesce(n_animals, 0) as n_animals, coalesce(n_others, 0) as n_others,
            coalesce(n_weak, 0) as n_weak
        from listed p left join shown using (photo_id) order by {_LATEST_FIRST}
        """,
        [
            *values,
            *(limit, offset, list(NOT_ANIMALS), [*PEOPLE, *VEHICLES], FIXTURE),
            least_that_counts(workspace),
        ],
    )


def photo_ids(workspace: Workspace, chosen: PhotoFilter, limit: int) -> list[str]:
    """IDs of the photos that pass the filter, in their order, at most `limit`."""
    where, values = photos_where(workspace, chosen)
    rows = workspace.sql(
        f"select p.photo_id {_FROM} where {where} order by {_LATEST_FIRST} limit ?",
        [*values, limit],
    )
    return rows["photo_id"].to_list()


@dataclass(frozen=True)
class Beside:
    """Where a photo stands among those that pass a filter.

    place: 1 is the first; newer, older: photo_id of the one before and after it, None at an end.
    """

    place: int
    total: int
    newer: str | None
    older: str | None


def beside(workspace: Workspace, chosen: PhotoFilter, photo_id: str) -> Beside | None:
    """Where the photo stands among those that pass the filter; None: it does not pass it."""
    where, values = photos_where(workspace, chosen)
    rows = workspace.sql(
        f"""
        with listed as (
            select p.photo_id, row_number() over by_time as place, count(*) over () as total,
                lag(p.photo_id) over by_time as newer, lead(p.photo_id) over by_time as older
            {_FROM} where {where} window by_time as (order by {_LATEST_FIRST})
        )
        select place, total, newer, older from listed where photo_id = ?
        """,
        [*values, photo_id],
    )
    return Beside(*rows.row(0)) if rows.height else None


def event_strip(workspace: Workspace, photo_id: str, limit: int) -> pl.DataFrame:
    """The photos of the event that a photo lies in, oldest first: the `limit` nearest to it.

    Columns: those of `photos` but for n_animals, n_others and n_weak, with same_burst (of one trigger with
    it), n_in_event, n_in_burst.
    """
    return workspace.sql(
        f"""
        with this as (
            select photo_id, event_id, burst_id, camera from photos where photo_id = $1
        ),
        of_event as (
            select p.photo_id, p.burst_id = t.burst_id as same_burst,
                row_number() over (order by p.taken_at, p.sequence, p.photo_id) as turn,
                count(*) over () as n_in_event,
                count(*) filter (where p.burst_id = t.burst_id) over () as n_in_burst
            from photos p join this t on p.event_id = t.event_id and p.camera = t.camera
        ),
        near as (
            select * from of_event
            order by abs(turn - (select turn from of_event where photo_id = $1)), turn limit $2
        )
        select {_LISTED}, n.same_burst, n.n_in_event, n.n_in_burst
        {_FROM} join near n using (photo_id) order by n.turn
        """,
        [photo_id, limit],
    )


def photo_table(workspace: Workspace, chosen: PhotoFilter) -> pl.DataFrame:
    """A row for each photo that passes the filter, newest first, for a spreadsheet.

    Columns: camera, taken_at (null: not known), light (infrared, colour), sun (daylight, night; both null:
    not known), path, status, n_animals, n_weak (boxes that are too weak to count), species (with people and
    vehicles), individuals (names or IDs; both joined by `; `), photo_id.
    """
    where, values = photos_where(workspace, chosen)
    least = least_that_counts(workspace)
    return workspace.sql(
        f"""
        with listed as (select p.*, o.status {_FROM} where {where}),
        found as (
            select d.photo_id,
                count(*) filter (where not list_contains(?, d.species) and {COUNTS}) as n_animals,
                count(*) filter (where not {COUNTS}) as n_weak,
                string_agg(distinct d.species, '; ' order by d.species) as species,
                string_agg(distinct l.label, '; ' order by l.label) as individuals
            from detections d left join assignments a using (detection_id)
            left join labels l using (individual_id)
            where d.species <> ? and d.photo_id in (select photo_id from listed)
            group by d.photo_id
        )
        select p.camera,
            case when p.taken_at_precision <> 'unknown' then p.taken_at end as taken_at,
            case when p.is_infrared then 'infrared' when not p.is_infrared then 'colour' end as light,
            s.light as sun, p.path, p.status, coalesce(f.n_animals, 0) as n_animals,
            coalesce(f.n_weak, 0) as n_weak, f.species, f.individuals, p.photo_id
        from listed p left join found f using (photo_id) left join ({BY_SUN_SQL}) s using (photo_id)
        order by {_LATEST_FIRST}
        """,
        [*values, list(NOT_ANIMALS), least, least, FIXTURE, sun_rows(workspace)],
    )


def event_table(workspace: Workspace, chosen: PhotoFilter) -> pl.DataFrame:
    """A row for each event of which a photo passes the filter, newest first.

    Columns: camera, started_at, ended_at (of the photos that pass; null: not known), n_photos (of those),
    individuals (names or IDs in those photos, joined by `; `), event_id.
    """
    where, values = photos_where(workspace, chosen)
    return workspace.sql(
        f"""
        with listed as (select p.* {_FROM} where {where}),
        found as (
            select p.event_id, string_agg(distinct l.label, '; ' order by l.label) as individuals
            from detections d join assignments a using (detection_id)
            join labels l using (individual_id) join listed p using (photo_id)
            group by p.event_id
        )
        select p.camera,
            min(p.taken_at) filter (where p.taken_at_precision <> 'unknown') as started_at,
            max(p.taken_at) filter (where p.taken_at_precision <> 'unknown') as ended_at,
            count(*) as n_photos, any_value(f.individuals) as individuals, p.event_id
        from listed p left join found f using (event_id) group by p.event_id, p.camera
        order by started_at desc nulls last, p.event_id
        """,
        values,
    )
