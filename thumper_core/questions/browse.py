"""The questions of the pages that browse: photos by filter, one photo, one animal's pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import polars as pl

from thumper_core.contracts import FIXTURE
from thumper_core.questions.categories import category
from thumper_core.workspace import Workspace

_CROP = (
    "d.detection_id, d.photo_id, p.root, p.path_bytes, p.width, p.height, d.x1, d.y1, d.x2, d.y2, "
    "d.picture_id, d.frame_ms, d.track, d.flank, d.flank_source"
)
Show = Literal["all", "buck", "doe", "fawn", "deer", "other", "nothing", "failed", "waiting"]
SHOWS: Final[dict[str, str]] = {
    "all": "Everything",
    "deer": "Any deer",
    "buck": "Bucks",
    "doe": "Does",
    "fawn": "Fawns",
    "other": "Other animals, people",
    "nothing": "Nothing found",
    "failed": "Not readable",
    "waiting": "Not looked at yet",
}


@dataclass(frozen=True)
class PhotoFilter:
    """Which photos to list; None: any."""

    show: Show = "all"
    camera: str | None = None
    first: date | None = None
    last: date | None = None
    individual_id: str | None = None


@dataclass(frozen=True)
class PhotoList:
    """One page of photos and how many there are in all."""

    total: int
    rows: pl.DataFrame
    """photo_id, camera, taken_at, taken_at_precision, path, root, path_bytes, width, height, status,
    n_detections.
    """


def photos(workspace: Workspace, chosen: PhotoFilter, offset: int, limit: int) -> PhotoList:
    """Photos that pass the filter, newest first, `limit` of them from `offset` on.

    Those whose day is not known come last, and are of no day that was asked for.
    """
    where, params = ["true"], list[Any]()
    for clause, value in (
        ("p.camera = ?", chosen.camera),
        ("p.taken_at_precision <> 'unknown' and p.taken_at >= ?::timestamp", chosen.first),
        (
            "p.taken_at_precision <> 'unknown' and p.taken_at < ?::timestamp + interval 1 day",
            chosen.last,
        ),
        (
            "p.photo_id in (select d.photo_id from assignments a join detections d "
            "using (detection_id) where a.individual_id = ?)",
            chosen.individual_id,
        ),
    ):
        if value is not None:
            where.append(clause)
            params.append(value)
    clause, values = _shown(chosen.show)
    text = f"""
        from photos p left join outcomes o using (photo_id)
        where {" and ".join([*where, clause])}
    """
    params += values
    total = workspace.sql(f"select count(*) as n {text}", params)["n"][0]
    rows = workspace.sql(
        "select p.photo_id, p.camera, p.taken_at, p.taken_at_precision, p.path, p.root, "
        # The date of a copy, or a broken clock's year 9999, would lead every list.
        f"p.path_bytes, p.width, p.height, p.duration_s, o.status, o.n_detections {text} order by "
        "p.taken_at_precision = 'unknown', p.taken_at desc, p.photo_id limit ? offset ?",
        [*params, limit, offset],
    )
    return PhotoList(int(total), rows)


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


def boxes(workspace: Workspace, photo_id: str) -> pl.DataFrame:
    """A photo's detections: those of `_CROP`, confidence, class, species, sex, age_class, source,
    is_deer, individual_id, label, category; the most confident first.
    """
    rows = workspace.sql(
        f"""
        select {_CROP}, d.confidence, d."class", d.species, d.sex, d.age_class, d.source, d.is_deer,
            a.individual_id, coalesce(l.label, a.individual_id) as label
        from detections d join photos p using (photo_id)
        left join assignments a using (detection_id) left join labels l using (individual_id)
        where d.photo_id = ? order by d.ordinal
        """,
        [photo_id],
    )
    return rows.with_columns(category())


def choices(workspace: Workspace) -> dict[str, Any]:
    """What filters offer: cameras, first and last day (or None)."""
    row = workspace.sql(
        "select list(distinct camera order by camera) as cameras, "
        "min(taken_at) filter (where taken_at_precision <> 'unknown')::date as first, "
        "max(taken_at) filter (where taken_at_precision <> 'unknown')::date as last from photos"
    ).row(0, named=True)
    return {**row, "cameras": row["cameras"] or []}


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

    Columns as of `members`, with species, and label (the individual's name or ID, null: none).
    """
    rows = workspace.sql(
        f"""
        select {_CROP}, a.individual_id, a.tracklet_id, p.camera, p.taken_at,
            p.taken_at_precision, p.event_id, p.is_infrared,
            d.confidence, d."class", d.species, d.sex, d.age_class, d.source,
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


def _shown(show: Show) -> tuple[str, list[Any]]:
    """SQL condition and its values for `show`."""
    found = "p.photo_id in (select photo_id from detections where {})"
    adult = "is_deer and age_class <> 'fawn' and sex = ?"
    conditions: dict[str, tuple[str, list[Any]]] = {
        "all": ("true", []),
        "deer": (found.format("is_deer"), []),
        "buck": (found.format(adult), ["male"]),
        "doe": (found.format(adult), ["female"]),
        "fawn": (found.format("is_deer and age_class = 'fawn'"), []),
        "other": (found.format("not is_deer and species <> ?"), [FIXTURE]),
        "nothing": (
            "o.status is not null and o.status <> 'error' and "
            "p.photo_id not in (select photo_id from detections where species <> ?)",
            [FIXTURE],
        ),
        "failed": ("o.status in ('error', 'partial')", []),
        "waiting": ("o.photo_id is null", []),
    }
    return conditions[show]
