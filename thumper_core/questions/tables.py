"""The questions that reports and pages ask of a workspace, each answered by one polars frame.

Every function takes a `Workspace` and asks its views, so the answers are about the promoted run and
herd. Times are the cameras' wall clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import polars as pl

from thumper_core.boxes.overlap import SAME_BOX_IOU, SAME_FRAME_MS
from thumper_core.contracts import NOT_ANIMALS
from thumper_core.decisions.kinds import BestPhoto
from thumper_core.questions.categories import category
from thumper_core.questions.herd_size import HerdSize, herd_size
from thumper_core.questions.source import scope_of
from thumper_core.theme import CATEGORIES
from thumper_core.views.pictures import PICTURE_SCORE

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_DATED: Final = "p.taken_at_precision <> 'unknown'"
_SPAN: Final = f"""
    min(p.taken_at) filter (where {_DATED}) as first_at,
    max(p.taken_at) filter (where {_DATED}) as last_at
"""
# A file without a time has only that at which it was copied: it says nothing about the herd.


@dataclass(frozen=True)
class Totals:
    """The herd and the photos in numbers; counts are of photos, deer or visits."""

    n_photos: int
    n_cameras: int
    n_with_animals: int
    n_with_deer: int
    n_failed: int  # no pixel could be used
    n_partial: int  # what decoded was used
    n_pending: int  # no outcome in the promoted run yet
    first_photo_at: datetime | None
    last_photo_at: datetime | None
    n_bucks: int
    n_does: int
    n_fawns: int
    n_unknown: int
    n_seen_once: int
    n_visits: int
    size: HerdSize  # what is known of the number of deer

    @property
    def n_deer(self) -> int:
        """Individuals in the herd: groups of pictures, see `size`."""
        return self.n_bucks + self.n_does + self.n_fawns + self.n_unknown


def span(workspace: Workspace) -> tuple[datetime | None, datetime | None]:
    """When the first and the last photo were taken, of those whose time is known."""
    first, last = workspace.sql(f"select {_SPAN} from photos p").row(0)
    return first, last


def totals(
    workspace: Workspace, effort: pl.DataFrame | None = None, cards: pl.DataFrame | None = None
) -> Totals:
    """Photos, failures and animals of the whole workspace.

    effort, cards: of `camera_effort` and `herd_cards`, where they were asked for already.
    """
    effort = camera_effort(workspace) if effort is None else effort
    known = herd_cards(workspace) if cards is None else cards
    cards = known.filter(pl.col("n_visits") > 0)
    count = dict(cards.group_by("category").len().iter_rows())
    names = (
        "n_photos",
        "n_with_animals",
        "n_with_deer",
        "n_failed",
        "n_partial",
        "n_pending",
    )
    sums = effort.select(pl.col(name).sum() for name in names).row(0, named=True)
    first, last = span(workspace)
    return Totals(
        **sums,
        n_cameras=effort.height,
        first_photo_at=first,
        last_photo_at=last,
        n_bucks=count.get("buck", 0),
        n_does=count.get("doe", 0),
        n_fawns=count.get("fawn", 0),
        n_unknown=count.get("unknown", 0),
        n_seen_once=cards.filter(pl.col("n_visits") == 1).height,
        n_visits=int(cards["n_visits"].sum()),
        size=size_of(workspace, cards.height),
    )


def size_of(workspace: Workspace, n_groups: int) -> HerdSize:
    """What the shown herd, or the part of it that is asked about, says of the number of its deer."""
    herd = workspace.ledger.promoted_herd()
    is_part = scope_of(workspace).is_part
    return herd_size(herd.summary if herd else None, n_groups, is_part=is_part)


def herd_cards(workspace: Workspace) -> pl.DataFrame:
    """One row per individual of the herd, and per named or watched one that the herd has no profile of.

    Columns: individual_id, name (null: none given), label (name, else ID), category, sex,
    age_class, status, status_on (date), status_by, watched (on the hit list), notes, n_visits,
    n_detections, first_seen, last_seen, cameras (list, most visited first).
    Bucks first, then does, fawns and unknown; the most seen first among each.
    """
    cards = workspace.sql(
        """
        with places as (
            select individual_id, camera, count(*) as n_visits
            from sightings group by individual_id, camera
        ),
        cameras as (
            select individual_id, list(camera order by n_visits desc, camera) as cameras
            from places group by individual_id
        ),
        seen as (
            select individual_id, cast(sum(n_detections) as integer) as n_detections
            from sightings group by individual_id
        )
        select i.individual_id, nullif(trim(i.name), '') as name,
            i.label, i.sex, i.age_class, i.status, i.status_on, i.status_by, i.watched, i.notes,
            cast(coalesce(i.n_events, 0) as integer) as n_visits,
            coalesce(s.n_detections, 0) as n_detections, i.first_seen, i.last_seen,
            coalesce(c.cameras, []) as cameras
        from individuals i
        left join cameras c using (individual_id) left join seen s using (individual_id)
        where coalesce(i.n_events, 0) > 0 or nullif(trim(i.name), '') is not null
            or (i.watched and i.merged_into is null)
        """
    )
    order = pl.col("category").replace_strict(
        list(CATEGORIES), list(range(len(CATEGORIES))), return_dtype=pl.Int32
    )
    return cards.with_columns(category()).sort(
        order, "n_visits", "individual_id", descending=[False, True, False]
    )


def sightings(workspace: Workspace) -> pl.DataFrame:
    """One row per individual and visit, oldest first, with what figures need.

    Columns: individual_id, label, category, camera, event_id, started_at, ended_at, n_detections,
    is_time_evidence, taken_at_precision.
    """
    rows = workspace.sql(
        """
        select s.individual_id, s.label, i.sex, i.age_class,
            s.camera, s.event_id, s.started_at, s.ended_at, s.n_detections, s.is_time_evidence,
            s.taken_at_precision
        from sightings s left join individuals i using (individual_id)
        order by s.started_at, s.individual_id
        """
    )
    return rows.with_columns(category()).drop("sex", "age_class")


_CHOSEN: Final = f"""
    with said as (
        select decision_id, json_extract_string(payload, '$.individual_id') as individual_id,
            json_extract_string(payload, '$.photo_id') as photo_id,
            cast(json_extract(payload, '$.box') as float[]) as box,
            cast(json_extract(payload, '$.frame_ms') as integer) as said_ms
        from decisions where kind = '{BestPhoto.kind}' and not undone
        qualify row_number() over (partition by individual_id order by decision_id desc) = 1
    ),
    fits as (
        select s.individual_id, d.detection_id,
            greatest(least(d.x2, s.box[3]) - greatest(d.x1, s.box[1]), 0)
                * greatest(least(d.y2, s.box[4]) - greatest(d.y1, s.box[2]), 0) as shared,
            (d.x2 - d.x1) * (d.y2 - d.y1)
                + (s.box[3] - s.box[1]) * (s.box[4] - s.box[2]) - shared as whole
        from said s join detections d using (photo_id)
        where coalesce(abs(d.frame_ms - s.said_ms), 0) < {SAME_FRAME_MS}
    )
    select individual_id, detection_id from fits where shared >= {SAME_BOX_IOU} * whole and whole > 0
    qualify row_number() over (
        partition by individual_id order by shared / whole desc, detection_id) = 1
"""
"""The picture that a person chose of each individual, found again by its box."""


def best_detections(workspace: Workspace, per_individual: int) -> pl.DataFrame:
    """The pictures to know each individual by, best first, at most `per_individual` each.

    The picture that a person chose to stand for it comes first. Any other ranks by confidence,
    sharpness and size; it ranks lower where the frame cuts the
    animal and in infrared, which hides the coat. One of each visit comes before a second of any,
    so that the pictures show an animal from several sides and places. Columns:
    individual_id, rank (1, 2, ...), detection_id, photo_id, root, path_bytes, camera, taken_at,
    taken_at_precision, is_infrared, width, height (of the photo), x1, y1, x2, y2, frame_ms.
    """
    return workspace.sql(
        f"""
        with chosen_by_hand as ({_CHOSEN}),
        scored as (
            select a.individual_id, d.detection_id, p.event_id, h.detection_id is not null as by_hand,
                {PICTURE_SCORE} as score
            from assignments a join detections d using (detection_id) join photos p using (photo_id)
            left join chosen_by_hand h
                on h.individual_id = a.individual_id and h.detection_id = d.detection_id
            where a.individual_id is not null
        ),
        -- A picture of a later turn than the limit has as many before it: it cannot be chosen.
        of_visit as (
            select *, row_number() over (
                partition by individual_id, event_id order by by_hand desc, score desc, detection_id
            ) as turn from scored qualify turn <= $1
        ),
        chosen as (
            select individual_id, detection_id, cast(row_number() over (
                partition by individual_id order by by_hand desc, turn, score desc, detection_id
            ) as integer) as rank from of_visit qualify rank <= $1
        )
        select c.individual_id, c.rank, c.detection_id, p.photo_id, p.root, p.path_bytes, p.camera,
            p.taken_at, p.taken_at_precision, p.is_infrared, p.width, p.height, d.x1, d.y1, d.x2, d.y2,
            d.frame_ms
        from chosen c join detections d using (detection_id) join photos p using (photo_id)
        order by c.individual_id, c.rank
        """,
        [per_individual],
    )


def camera_effort(workspace: Workspace) -> pl.DataFrame:
    """One row per camera, the busiest first.

    Columns: camera, n_photos, n_with_animals, n_with_deer, n_failed, n_partial, n_pending,
    first_at, last_at, n_days (calendar days with a photo whose time is known), n_visits,
    n_individuals.
    """
    return workspace.sql(
        f"""
        with found as (
            select photo_id, bool_or(species not in ({_marks(NOT_ANIMALS)})) as animal,
                bool_or(is_deer) as deer
            from detections group by photo_id
        ),
        seen as (
            select camera, count(*) as n_visits, count(distinct individual_id) as n_individuals
            from sightings group by camera
        ),
        effort as (
            select p.camera, count(*) as n_photos,
                count(*) filter (where f.animal) as n_with_animals,
                count(*) filter (where f.deer) as n_with_deer,
                count(*) filter (where o.status = 'error') as n_failed,
                count(*) filter (where o.status = 'partial') as n_partial,
                count(*) filter (where o.photo_id is null) as n_pending,
                {_SPAN},
                count(distinct cast(p.taken_at as date)) filter (where {_DATED}) as n_days
            from photos p left join outcomes o using (photo_id) left join found f using (photo_id)
            group by p.camera
        )
        select e.*, coalesce(s.n_visits, 0) as n_visits,
            coalesce(s.n_individuals, 0) as n_individuals
        from effort e left join seen s using (camera) order by n_photos desc, camera
        """,
        [*NOT_ANIMALS],
    )


def failures_by_reason(workspace: Workspace) -> pl.DataFrame:
    """One row per reason, the commonest first: status, error_code, n_photos, message (of one)."""
    return workspace.sql(
        """
        select status, error_code, count(*) as n_photos, min(error_message) as message
        from outcomes where status <> 'ok'
        group by status, error_code order by n_photos desc, error_code
        """
    )


def failures(workspace: Workspace, limit: int) -> pl.DataFrame:
    """Photos that gave no or not all of their pixels: camera, path, status, error_code, message."""
    return workspace.sql(
        """
        select p.camera, coalesce(p.path, o.photo_id) as path, o.status, o.error_code,
            o.error_message as message
        from outcomes o left join photos p using (photo_id)
        where o.status <> 'ok' order by o.status, p.camera, path limit ?
        """,
        [limit],
    )


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))
