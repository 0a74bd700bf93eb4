"""Photos by filter: how many they are, a page of them, what stands before and after one, and as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from thumper_core.contracts import FIXTURE, NOT_ANIMALS, PEOPLE, VEHICLES
from thumper_core.decisions.kinds import CORRECTIONS
from thumper_core.questions.photo_filter import NOBODY, PhotoFilter
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
    """How many pass a filter. n_visits: events that they lie in; n_boxes: boxes that are meant."""

    n_photos: int
    n_visits: int
    n_boxes: int


def photo_counts(workspace: Workspace, chosen: PhotoFilter) -> PhotoCounts:
    """How many photos pass the filter, and in how many visits to a camera they were taken."""
    where, values = _photos_where(chosen)
    boxes, box_values = boxes_where(chosen)
    row = workspace.sql(
        f"""
        with listed as (select p.photo_id, p.event_id {_FROM} where {where})
        select count(*), count(distinct event_id), (
            select count(*) from detections d left join assignments a using (detection_id)
            where {boxes} and d.photo_id in (select photo_id from listed)
        ) from listed
        """,
        [*values, *box_values],
    ).row(0)
    return PhotoCounts(*row)


def photos(workspace: Workspace, chosen: PhotoFilter, offset: int, limit: int) -> pl.DataFrame:
    """Photos that pass the filter, newest first, `limit` of them from `offset` on.

    Those whose day is not known come last, and are of no day or hour that was asked for. Columns:
    photo_id, camera, taken_at, taken_at_precision, path, root, path_bytes, width, height, duration_s,
    is_infrared, status, n_animals, n_others (boxes of them, and of people and vehicles, after decisions).
    """
    where, values = _photos_where(chosen)
    return workspace.sql(
        f"""
        with listed as (
            select {_LISTED} {_FROM} where {where} order by {_LATEST_FIRST} limit ? offset ?
        ),
        shown as (
            select photo_id, count(*) filter (where not list_contains(?, species)) as n_animals,
                count(*) filter (where list_contains(?, species)) as n_others
            from detections where photo_id in (select photo_id from listed) group by photo_id
        )
        select p.*, coalesce(n_animals, 0) as n_animals, coalesce(n_others, 0) as n_others
        from listed p left join shown using (photo_id) order by {_LATEST_FIRST}
        """,
        [*values, limit, offset, list(NOT_ANIMALS), [*PEOPLE, *VEHICLES]],
    )


def photo_ids(workspace: Workspace, chosen: PhotoFilter, limit: int) -> list[str]:
    """IDs of the photos that pass the filter, in their order, at most `limit`."""
    where, values = _photos_where(chosen)
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
    where, values = _photos_where(chosen)
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


def visit_strip(workspace: Workspace, photo_id: str, limit: int) -> pl.DataFrame:
    """The photos of the visit that a photo lies in, oldest first: the `limit` nearest to it.

    Columns: those of `photos` but for n_animals and n_others, with same_burst (of one trigger with it),
    n_in_visit, n_in_burst.
    """
    return workspace.sql(
        f"""
        with this as (
            select photo_id, event_id, burst_id, camera from photos where photo_id = $1
        ),
        of_visit as (
            select p.photo_id, p.burst_id = t.burst_id as same_burst,
                row_number() over (order by p.taken_at, p.sequence, p.photo_id) as turn,
                count(*) over () as n_in_visit,
                count(*) filter (where p.burst_id = t.burst_id) over () as n_in_burst
            from photos p join this t on p.event_id = t.event_id and p.camera = t.camera
        ),
        near as (
            select * from of_visit
            order by abs(turn - (select turn from of_visit where photo_id = $1)), turn limit $2
        )
        select {_LISTED}, n.same_burst, n.n_in_visit, n.n_in_burst
        {_FROM} join near n using (photo_id) order by n.turn
        """,
        [photo_id, limit],
    )


def photo_table(workspace: Workspace, chosen: PhotoFilter) -> pl.DataFrame:
    """A row for each photo that passes the filter, newest first, for a spreadsheet.

    Columns: camera, taken_at (null: not known), light, path, status, n_animals, species (with people and
    vehicles), individuals (names or IDs; both joined by `; `), photo_id.
    """
    where, values = _photos_where(chosen)
    return workspace.sql(
        f"""
        with listed as (select p.*, o.status {_FROM} where {where}),
        found as (
            select d.photo_id, count(*) filter (where not list_contains(?, d.species)) as n_animals,
                string_agg(distinct d.species, '; ' order by d.species) as species,
                string_agg(distinct l.label, '; ' order by l.label) as individuals
            from detections d left join assignments a using (detection_id)
            left join labels l using (individual_id)
            where d.species <> ? and d.photo_id in (select photo_id from listed)
            group by d.photo_id
        )
        select p.camera,
            case when p.taken_at_precision <> 'unknown' then p.taken_at end as taken_at,
            case when p.is_infrared then 'infrared' when not p.is_infrared then 'day' end as light,
            p.path, p.status, coalesce(f.n_animals, 0) as n_animals, f.species, f.individuals,
            p.photo_id
        from listed p left join found f using (photo_id) order by {_LATEST_FIRST}
        """,
        [*values, list(NOT_ANIMALS), FIXTURE],
    )


def visit_table(workspace: Workspace, chosen: PhotoFilter) -> pl.DataFrame:
    """A row for each visit to a camera of which a photo passes the filter, newest first.

    Columns: camera, started_at, ended_at (of the photos that pass; null: not known), n_photos (of those),
    individuals (names or IDs in those photos, joined by `; `), event_id.
    """
    where, values = _photos_where(chosen)
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


def boxes_where(chosen: PhotoFilter) -> tuple[str, list[Any]]:
    """SQL condition on a box that is meant (`d`: detections, `a`: assignments), and its values."""
    adult = "d.is_deer and d.age_class <> 'fawn' and d.sex = ?"
    shows: dict[str, tuple[str, list[Any]]] = {
        "deer": ("d.is_deer", []),
        "buck": (adult, ["male"]),
        "doe": (adult, ["female"]),
        "fawn": ("d.is_deer and d.age_class = 'fawn'", []),
        "unsexed": (adult, ["unknown"]),
        "other": ("not d.is_deer and d.species <> ?", [FIXTURE]),
    }
    none_of = ("d.species <> ?", [FIXTURE])  # what stands there is no animal
    parts = [shows.get(chosen.show, none_of if chosen.species != FIXTURE else ("true", []))]
    if chosen.individual_id == NOBODY:
        parts.append(("d.is_deer and a.individual_id is null", []))
    elif chosen.individual_id is not None:
        parts.append(("a.individual_id = ?", [chosen.individual_id]))
    if chosen.species is not None:
        parts.append(("d.species = ?", [chosen.species]))
    if chosen.sure is not None:
        parts.append(("d.confidence between ? and ?", [*chosen.sure]))
    return _all(parts)


def _photos_where(chosen: PhotoFilter) -> tuple[str, list[Any]]:
    """SQL condition on a photo (`p`: photos, `o`: outcomes), and its values."""
    known = "p.taken_at_precision <> 'unknown'"
    parts: list[tuple[str, list[Any]]] = []
    if chosen.camera is not None:
        parts.append(("p.camera = ?", [chosen.camera]))
    if chosen.first is not None:
        parts.append((f"{known} and p.taken_at >= ?::timestamp", [chosen.first]))
    if chosen.last is not None:
        parts.append((f"{known} and p.taken_at < ?::timestamp + interval 1 day", [chosen.last]))
    if chosen.hours is not None:
        first, end = chosen.hours
        over = "or" if first > (end or 24) else "and"  # midnight lies between them
        within = f"(hour(p.taken_at) >= ? {over} hour(p.taken_at) < ?)"
        parts.append((f"p.is_time_evidence and {within}", [first, end or 24]))
    if chosen.light is not None:
        parts.append(("p.is_infrared = ?", [chosen.light == "infrared"]))
    if chosen.corrected:
        said = (
            "p.photo_id in (select json_extract_string(payload, '$.photo_id') from decisions "
            "where not undone and list_contains(?, kind))"
        )
        parts.append((said, [list(CORRECTIONS)]))
    if chosen.show == "nothing":
        without = "p.photo_id not in (select photo_id from detections where species <> ?)"
        parts.append((f"o.status is not null and o.status <> 'error' and {without}", [FIXTURE]))
    elif chosen.show == "failed":
        parts.append(("o.status in ('error', 'partial')", []))
    elif chosen.show == "waiting":
        parts.append(("o.photo_id is null", []))
    if chosen.asks_of_boxes:
        boxes, values = boxes_where(chosen)
        found = (
            "p.photo_id in (select d.photo_id from detections d "
            f"left join assignments a using (detection_id) where {boxes})"
        )
        parts.append((found, values))
    return _all(parts)


def _all(parts: list[tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
    texts = [f"({text})" for text, _ in parts] or ["true"]
    return " and ".join(texts), [value for _, values in parts for value in values]
