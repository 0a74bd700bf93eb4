"""The questions of the pages that browse: one photo, what filters offer, one animal's pictures."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from thumper_core.questions.categories import category
from thumper_core.questions.photo_filter import BY_SUN, LIGHTS
from thumper_core.questions.photo_where import COUNTS, least_that_counts
from thumper_core.workspace import Workspace

Box = tuple[float, float, float, float]

_CROP = (
    "d.detection_id, d.photo_id, p.root, p.path_bytes, p.width, p.height, d.x1, d.y1, d.x2, d.y2, "
    "d.picture_id, d.frame_ms, d.track, d.flank, d.flank_source"
)


def photo(workspace: Workspace, photo_id: str) -> dict[str, Any] | None:
    """One photo's facts and outcome, or None."""
    rows = workspace.sql(
        "select p.photo_id, p.path, p.camera, p.taken_at, p.taken_at_source, p.taken_at_precision, "
        "p.width, p.height, p.bytes, p.make, p.model, p.is_infrared, p.duration_s, p.fps, o.n_frames, "
        "p.temperature_c, p.battery_pct, "
        "o.status, o.error_code, o.error_message "
        "from photos p left join outcomes o using (photo_id) where p.photo_id = ?",
        [photo_id],
    )
    return rows.row(0, named=True) if rows.height else None


def clip_frames(workspace: Workspace, photo_id: str) -> dict[int, list[tuple[int, Box]]]:
    """The frames of a clip that the shown run looked at, or a person drew in, by their time in milliseconds;
    and in each the boxes of the clip's tracks (track, x1 to y2 in pixels) that are no detections.
    """
    rows = workspace.sql("select clip from outcomes where photo_id = ?", [photo_id])
    trace = json.loads(rows["clip"][0]) if rows.height and rows["clip"][0] else {}
    kept = workspace.sql("select frame_ms, track from detections where photo_id = ?", [photo_id])
    found: dict[int, list[tuple[int, Box]]] = {
        ms: [] for ms in sorted({*trace.get("frames", ()), *kept["frame_ms"].drop_nulls()})
    }
    there, tracks = set(kept.iter_rows()), set(kept["track"])
    for track in trace.get("tracks", ()):
        for ms, x1, y1, x2, y2, _ in track["boxes"]:
            if track["track"] in tracks and (ms, track["track"]) not in there:
                found[ms].append((track["track"], (x1, y1, x2, y2)))
    return found


def boxes(workspace: Workspace, photo_id: str) -> pl.DataFrame:
    """A photo's detections: those of `_CROP`, confidence, class, species, sex, age_class, source,
    is_deer, individual_id, label, is_weak (too weak to count), category; the most confident first.
    """
    rows = workspace.sql(
        f"""
        select {_CROP}, d.confidence, d."class", d.species, d.sex, d.age_class, d.source, d.is_deer,
            a.individual_id, coalesce(l.label, a.individual_id) as label, not {COUNTS} as is_weak
        from detections d join photos p using (photo_id)
        left join assignments a using (detection_id) left join labels l using (individual_id)
        where d.photo_id = ? order by d.ordinal
        """,
        [least_that_counts(workspace), photo_id],
    )
    return rows.with_columns(category())


def choices(workspace: Workspace) -> dict[str, Any]:
    """What filters offer: cameras, first and last day (or None), species, lights (of `LIGHTS`: those of the
    sun only where the place of some camera is known).
    """
    row = workspace.sql(
        "select list(distinct camera order by camera) as cameras, "
        "min(taken_at) filter (where taken_at_precision <> 'unknown')::date as first, "
        "max(taken_at) filter (where taken_at_precision <> 'unknown')::date as last, "
        "count(latitude) > 0 and count(longitude) > 0 as is_placed, "
        "(select list(distinct species order by species) from detections) as species from photos"
    ).row(0, named=True)
    lights = [one for one in LIGHTS if row["is_placed"] or one not in BY_SUN]
    found = {"cameras": row["cameras"] or [], "species": row["species"] or [], "lights": lights}
    return row | found


def members(workspace: Workspace, individual_id: str | None) -> pl.DataFrame:
    """Detections of one individual (None: of all), oldest first.

    Columns: those of `_CROP`, individual_id, tracklet_id, profile_id, p_same, camera, taken_at,
    taken_at_precision, event_id, is_infrared, confidence, sharpness, class, sex, age_class, source.
    """
    return workspace.sql(
        f"""
        select {_CROP}, a.individual_id, a.tracklet_id, a.profile_id, a.p_same, p.camera,
            p.taken_at, p.taken_at_precision, p.event_id, p.is_infrared, d.confidence, d.sharpness,
            d."class", d.sex, d.age_class, d.source
        from assignments a join detections d using (detection_id) join photos p using (photo_id)
        where a.individual_id is not null and (?::text is null or a.individual_id = ?)
        order by p.taken_at, d.detection_id
        """,
        [individual_id, individual_id],
    )


def detections(workspace: Workspace, detection_ids: tuple[str, ...]) -> pl.DataFrame:
    """Detections by ID, in the order asked for; unknown ones are left out.

    Columns as of `members`, with species, is_deer, and label (the individual's name or ID, null: none).
    """
    rows = workspace.sql(
        f"""
        select {_CROP}, a.individual_id, a.tracklet_id, p.camera, p.taken_at,
            p.taken_at_precision, p.event_id, p.is_infrared,
            d.confidence, d."class", d.species, d.sex, d.age_class, d.source, d.is_deer,
            coalesce(l.label, a.individual_id) as label
        from detections d join photos p using (photo_id)
        left join assignments a using (detection_id) left join labels l using (individual_id)
        where list_contains(?, d.detection_id)
        """,
        [list(detection_ids)],
    )
    order = pl.DataFrame({"detection_id": detection_ids}, schema={"detection_id": pl.String})
    return order.unique(maintain_order=True).join(
        rows, on="detection_id", how="inner", maintain_order="left"
    )


def labels(workspace: Workspace) -> pl.DataFrame:
    """Who each detection of the herd is: detection_id, individual_id, label (name, else ID), p_same
    (chance that it and the rest of its group are one animal; null: nobody can say).
    """
    return workspace.sql(
        "select a.detection_id, a.individual_id, l.label, "
        "case when not isnan(a.p_same) then a.p_same end as p_same from assignments a "
        "join labels l using (individual_id)"
    )


def companions(workspace: Workspace, individual_id: str, limit: int) -> pl.DataFrame:
    """Who was there in the same event: individual_id, label, n_events; the commonest first."""
    return workspace.sql(
        """
        select b.individual_id, b.label, count(*) as n_events
        from sightings a join sightings b using (event_id)
        where a.individual_id = ? and b.individual_id <> a.individual_id
        group by 1, 2 order by n_events desc, 1 limit ?
        """,
        [individual_id, limit],
    )


def runs(workspace: Workspace) -> pl.DataFrame:
    """Every run: run_id, state, detector, embedder, started_at, finished_at, n_photos, n_detections,
    n_failed, is_shown; newest first.
    """
    return workspace.sql(
        """
        select r.run_id, r.state, r.detector, r.embedder, r.started_at, r.finished_at,
            count(o.photo_id) as n_photos,
            coalesce(sum(o.n_detections), 0)::bigint as n_detections,
            count(*) filter (o.status = 'error') as n_failed,
            coalesce(bool_or(r.run_id = shown.run_id), false) as is_shown
        from runs r left join all_outcomes o using (run_id), shown
        group by all order by r.run_id desc
        """
    )
