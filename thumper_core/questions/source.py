"""What every format is made from: photos, the animals in them, and where cameras stood when."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

import polars as pl

from thumper_core.contracts import FIXTURE
from thumper_core.decisions.box_contents import match_decisions
from thumper_core.decisions.table import decisions_frame
from thumper_core.deer import DEER_NAMES
from thumper_core.questions.scope import Scope, ScopedWorkspace
from thumper_core.views.times import IS_DATED

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

SCIENTIFIC: Final = {
    **DEER_NAMES,
    "deer": "Cervidae",
    "coyote": "Canis latrans",
    "raccoon": "Procyon lotor",
    "turkey": "Meleagris gallopavo",
    "wild turkey": "Meleagris gallopavo",
    "cattle": "Bos taurus",
    "cow": "Bos taurus",
    "horse": "Equus caballus",
    "dog": "Canis familiaris",
    "cat": "Felis catus",
    "bobcat": "Lynx rufus",
    "black bear": "Ursus americanus",
    "bear": "Ursus americanus",
    "wild boar": "Sus scrofa",
    "wild pig": "Sus scrofa",
    "red fox": "Vulpes vulpes",
    "gray fox": "Urocyon cinereoargenteus",
    "rabbit": "Leporidae",
    "squirrel": "Sciuridae",
    "opossum": "Didelphis virginiana",
    "striped skunk": "Mephitis mephitis",
    "armadillo": "Dasypus novemcinctus",
    "person": "Homo sapiens",
    "human": "Homo sapiens",
    "bird": "Aves",
}
"""Species words -> scientific names; other words have none."""

_MEDIA: Final = """
with clocks as (
    select *, to_microseconds(cast(coalesce(clock_offset_s, 0) * 1e6 as bigint)) as ahead
    from cameras
),
placed as (
    select p.*, o.status, o.error_code, o.error_message, o.processed_at, o.n_frames,
        coalesce(c."from", timestamp '0001-01-01') as place_from, c."from" as camera_from,
        c."to" as camera_to, coalesce(c.clock_offset_s, 0) as offset_s
    from photos p left join outcomes o using (photo_id)
    left join clocks c on c.name = p.camera and (
        p.taken_at_precision = 'unknown'
        or ((c."from" is null or p.taken_at - c.ahead >= c."from")
            and (c."to" is null or p.taken_at - c.ahead < c."to"))
    )
    qualify row_number() over (partition by p.photo_id order by c."from" desc nulls last) = 1
)
select photo_id, root, path, path_bytes, camera, taken_at, taken_at_source, width, height, format,
    make, model, is_infrared, latitude, longitude, burst_id, event_id, taken_at_precision,
    is_time_evidence, status, error_code, error_message, processed_at, camera_from, camera_to, offset_s,
    duration_s, fps, n_frames
from placed order by camera, taken_at, photo_id
"""

_ANIMALS: Final = """
select d.detection_id, d.photo_id, d.ordinal, d.x1, d.y1, d.x2, d.y2,
    coalesce(d.confidence, 1) as confidence, d."class", d.species, d.sex, d.age_class, d.source,
    d.is_deer, a.individual_id, a.tracklet_id, a.p_same, nullif(trim(i.name), '') as name,
    d.repeated, d.repeated_first, d.repeated_last, d.picture_id, d.frame_ms, d.track
from detections d
left join assignments a using (detection_id)
left join individuals i on i.individual_id = a.individual_id
order by d.photo_id, d.ordinal
"""


def media(workspace: Workspace) -> pl.DataFrame:
    """One row per photo, by camera and time, with its outcome in the shown run.

    A photo whose time is unknown belongs to its camera's last stay: its file's date says when it was
    copied, and is no stay of its own.

    Columns: photo_id, root, path, path_bytes, camera, taken_at, taken_at_source, width, height,
    format, make, model, is_infrared, latitude, longitude, burst_id, event_id, taken_at_precision,
    is_time_evidence, status, error_code, error_message, processed_at; of clips duration_s, fps, n_frames;
    deployment (name of the
    camera's stay at one place), camera_from, camera_to (bounds of that stay in `cameras.csv`, null
    where open), offset_s; and `file`: the path relative to the photos' root, below the root's own
    name where there are several roots.
    """
    rows = workspace.sql(_MEDIA)
    stays = rows.group_by("camera").agg(pl.col("camera_from").unique().len().alias("n_stays"))
    several = pl.col("n_stays") > 1
    since = pl.col("camera_from").dt.strftime("%Y-%m-%d").fill_null("first")
    deployment = pl.when(several).then(pl.col("camera") + " " + since).otherwise(pl.col("camera"))
    labels = root_labels(rows["root"].unique().sort().to_list())
    names = [
        f"{labels[root]}/{path}" if labels[root] else path
        for root, path in rows.select("root", "path").iter_rows()
    ]
    return (
        rows.join(stays, on="camera", how="left", maintain_order="left")
        .with_columns(deployment.alias("deployment"), pl.Series("file", names, pl.String))
        .drop("n_stays")
    )


def animals(workspace: Workspace) -> pl.DataFrame:
    """One row per detection of the shown run, with the individual that it shows, if known.

    Columns: detection_id, photo_id, ordinal, x1, y1, x2, y2, confidence, class, species, sex,
    age_class, source, is_deer, individual_id, tracklet_id, p_same, name; repeated (photos in which
    the same was at the same place; null: no fixture), repeated_first, repeated_last; picture_id (the
    photo, or one frame of a clip), frame_ms and track of a clip's boxes.
    """
    return workspace.sql(_ANIMALS)


def one_a_track(animals: pl.DataFrame) -> pl.DataFrame:
    """Of `animals` one row for each animal of a clip, its most confident box, or that of which a person
    spoke; those of photos, and those that people drew, all.
    """
    by_model = (pl.col("source") != "human").alias("by_model")
    rows = animals.sort("photo_id", by_model, "ordinal", maintain_order=True)
    first = pl.int_range(pl.len()).over("photo_id", "track") == 0
    kept = rows.filter(pl.col("track").is_null() | first)
    return kept.sort("photo_id", "ordinal", maintain_order=True)


def without_fixtures(animals: pl.DataFrame) -> pl.DataFrame:
    """Of `animals` those that are no fixture, without the columns that say so: for formats that have
    no word for one.
    """
    kept = animals.filter(pl.col("species") != FIXTURE)
    return kept.drop("repeated", "repeated_first", "repeated_last")


def verdicts(workspace: Workspace) -> pl.DataFrame:
    """Who said last what a box of the shown run holds: detection_id, said_by, said_at (UTC)."""
    decisions = decisions_frame(workspace.ledger)
    shown = pl.DataFrame(
        workspace.sql(
            "select d.run_id, d.detection_id, d.photo_id, d.ordinal, d.confidence, d.x1, d.y1, "
            "d.x2, d.y2, d.frame_ms from kept_detections d join shown on d.run_id = shown.run_id"
        )
    )
    found = match_decisions(shown, decisions).found
    return (
        found.sort("decision_id")
        .unique("detection_id", keep="last", maintain_order=True)
        .join(decisions, on="decision_id")
        .select(
            "detection_id",
            pl.col("author").alias("said_by"),
            pl.col("made_at").alias("said_at"),
        )
    )


def individuals(workspace: Workspace) -> pl.DataFrame:
    """Individuals of the herd and named ones without a photo: as the view `individuals`, by ID."""
    return workspace.sql(
        "select * exclude (label) from individuals where n_events > 0 or nullif(trim(name), '') is not null "
        "order by individual_id"
    )


def deployments(photos: pl.DataFrame, scope: Scope | None = None) -> pl.DataFrame:
    """One row per stay of a camera at a place, from `media`.

    Columns: deployment, camera, latitude, longitude, begins, ends (from `cameras.csv`, else first
    and last photo whose time is known; cut to the scope's period), make, model, n_photos,
    has_untimed (a photo's time is unknown, or only its day is known).
    """
    clock = pl.duration(microseconds=(pl.col("offset_s") * 1e6).cast(pl.Int64))
    known = pl.col("taken_at").filter(IS_DATED)
    begins = pl.coalesce(
        (pl.col("camera_from") + clock).min(), known.min(), pl.col("taken_at").min()
    )
    ends = pl.coalesce((pl.col("camera_to") + clock).max(), known.max(), pl.col("taken_at").max())
    frame = (
        photos.group_by("deployment", "camera")
        .agg(
            pl.col("latitude").drop_nulls().median(),
            pl.col("longitude").drop_nulls().median(),
            begins.alias("begins"),
            ends.alias("ends"),
            *(pl.col(name).drop_nulls().mode().sort().first() for name in ("make", "model")),
            pl.len().alias("n_photos"),
            (~pl.col("is_time_evidence")).any().alias("has_untimed"),
        )
        .sort("deployment")
    )
    low = scope.begins if scope else None
    high = scope.ends if scope else None
    if low is not None:
        frame = frame.with_columns(pl.col("begins").clip(lower_bound=low))
    if high is not None:
        frame = frame.with_columns(pl.col("ends").clip(upper_bound=high))
    return frame.with_columns(pl.max_horizontal("begins", "ends").alias("ends"))


def scope_of(workspace: Workspace) -> Scope:
    """The scope that a workspace was narrowed to; of a whole one, everything."""
    return workspace.scope if isinstance(workspace, ScopedWorkspace) else Scope()


def root_labels(roots: list[str]) -> dict[str, str]:
    """A short distinct name for each root; empty where there is only one."""
    if len(roots) < 2:
        return dict.fromkeys(roots, "")
    labels: dict[str, str] = {}
    for root in roots:
        name = posixpath.basename(root.rstrip("/")) or "root"
        label, number = name, 2
        while label in labels.values():
            label, number = f"{name}-{number}", number + 1
        labels[root] = label
    return labels
