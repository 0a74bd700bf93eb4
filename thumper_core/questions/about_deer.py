"""One deer to know: its best pictures by side and season, what was decided about it, where it is unsure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from thumper_core.boxes.overlap import BOX, SAME_BOX_IOU, iou_with, is_same_frame
from thumper_core.decisions import kinds
from thumper_core.language import capital, mark, say
from thumper_core.views.pictures import PICTURE_SCORE
from thumper_core.workspace import Workspace

_PICTURE: Final = (
    "d.detection_id, d.photo_id, p.root, p.path_bytes, p.width, p.height, d.x1, d.y1, d.x2, d.y2, "
    "d.frame_ms, d.flank, p.camera, p.taken_at, p.taken_at_precision, p.is_infrared"
)
_OF_BOX: Final = pl.Schema(
    {
        "decision_id": pl.Int64(),
        "photo_id": pl.String(),
        "said_frame_ms": pl.Int64(),
        **{f"said_{side}": pl.Float64() for side in BOX},
    }
)
_TOLD: Final = pl.Schema(
    {
        "decision_id": pl.Int64(),
        "what": pl.String(),
        "about": pl.String(),
        "author": pl.String(),
        "made_at": pl.Datetime("us", "UTC"),
    }
)
_SEASONS: Final = {
    "spring": mark("spring"),
    "summer": mark("summer"),
    "autumn": mark("autumn"),
    "winter": mark("winter"),
}


def by_side_and_season(workspace: Workspace, individual_id: str) -> pl.DataFrame:
    """The best picture of each side in each season, the newest season first, sides as they are named.

    A season is three months from March, June, September or December on, and the other way round south of
    the equator; one over New Year is of the year in which it begins. A picture whose day is not known is
    of none, and comes last. Columns: season (null: not known), season_year, is_over_new_year, flank,
    n_pictures (of that side and season), and those of a picture: detection_id, photo_id, root,
    path_bytes, width, height, x1, y1, x2, y2, frame_ms, camera, taken_at, taken_at_precision, is_infrared.
    """
    return workspace.sql(
        f"""
        with own as (
            select {_PICTURE}, {PICTURE_SCORE} as score,
                case when p.taken_at_precision <> 'unknown' then p.taken_at end as day,
                -- from March on three months each are 0 to 3; the south is half a year ahead
                (month(day) + 9) % 12 // 3 as quarter,
                (quarter + case when p.latitude < 0 then 2 else 0 end) % 4 as nth,
                year(day) - case when month(day) < 3 then 1 else 0 end as season_year
            from assignments a join detections d using (detection_id) join photos p using (photo_id)
            where a.individual_id = ?
        )
        select case nth when 0 then 'spring' when 1 then 'summer' when 2 then 'autumn'
                when 3 then 'winter' end as season, season_year::integer as season_year,
                quarter = 3 as is_over_new_year,
            count(*) over (partition by nth, season_year, flank) as n_pictures,
            * exclude (score, day, nth, quarter, season_year)
        from own
        qualify row_number() over (
            partition by nth, season_year, flank order by score desc, detection_id
        ) = 1
        order by season_year desc nulls last, quarter desc, flank
        """,
        [individual_id],
    )


def season_of(row: Mapping[str, Any]) -> str:
    """`Autumn 2026`, `Winter 2026/27`, `Day not known`, of a row of `by_side_and_season`."""
    if row["season"] is None:
        return say("Day not known")
    year = row["season_year"]
    over = f"/{(year + 1) % 100:02d}" if row["is_over_new_year"] else ""
    return f"{capital(say(_SEASONS[row['season']]))} {year}{over}"


def chance(p: float) -> str:
    """A probability in [0, 1] in words: `73%`, and never 100% of what is only calibrated: `over 99%`."""
    return say("over 99%") if p > 0.99 else f"{p:.0%}" if p >= 0.01 else say("under 1%")


def least_sure(workspace: Workspace, individual_id: str, limit: int) -> pl.DataFrame:
    """The pictures that are this deer with the lowest probability, the least sure first.

    Of a burst only the least sure picture. Columns: p_same, and those of a picture as
    `by_side_and_season` has them, with flank.
    """
    return workspace.sql(
        f"""
        select a.p_same, {_PICTURE}
        from assignments a join detections d using (detection_id) join photos p using (photo_id)
        where a.individual_id = ? and a.p_same is not null
        qualify row_number() over (partition by a.tracklet_id order by a.p_same, d.detection_id) = 1
        order by a.p_same, d.detection_id limit ?
        """,
        [individual_id, limit],
    )


def decided_about(workspace: Workspace, individual_id: str) -> pl.DataFrame:
    """Decisions that stand about this deer or about one of its pictures, newest first.

    Columns: decision_id, what (in words), about (in words; empty where the picture says it), author,
    made_at (UTC).
    """
    own = workspace.sql(
        "select d.photo_id, d.frame_ms, d.x1, d.y1, d.x2, d.y2 from assignments a "
        "join detections d using (detection_id) where a.individual_id = ?",
        [individual_id],
    )
    rows = workspace.sql(
        """
        with said as (
            select decision_id, kind, payload, author, made_at,
                list_contains([payload->>'$.individual_id', payload->>'$.into', payload->>'$.to'], $1)
                    or list_contains(payload->>'$.from[*]', $1) as is_named,
                list_concat(
                    [payload->>'$.photo_id', payload->>'$.a.photo_id', payload->>'$.b.photo_id'],
                    payload->>'$.boxes[*].photo_id') as photo_ids
            from decisions where not undone and kind <> $2
        )
        select * exclude (photo_ids) from said
        where is_named or list_has_any(photo_ids, $3) order by decision_id desc
        """,
        [individual_id, kinds.Undo.kind, own["photo_id"].unique().to_list()],
    )
    opened = [(*row, json.loads(row[2])) for row in rows.iter_rows()]
    boxes = [
        (number, key["photo_id"], key.get("frame_ms"), *key["box"])
        for number, *_, payload in opened
        for key in _keys(payload)
    ]
    said = pl.DataFrame(boxes, schema=_OF_BOX, orient="row")
    shown = own.join(said, on="photo_id").filter(
        iou_with("said_{}") >= SAME_BOX_IOU, is_same_frame("frame_ms", "said_frame_ms")
    )
    meant = {*shown["decision_id"]}
    found = [
        (number, say(kinds.label(kind)), kinds.about(kind, payload), author, made_at)
        for number, kind, _, author, made_at, is_named, payload in opened
        if is_named or number in meant
    ]
    return pl.DataFrame(found, schema=_TOLD, orient="row")


def _keys(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The boxes that a decision speaks of, not those that it was compared with."""
    here = [payload] if "photo_id" in payload else []
    both = [payload[side] for side in ("a", "b") if side in payload]
    return [*here, *both, *payload.get("boxes", [])]
