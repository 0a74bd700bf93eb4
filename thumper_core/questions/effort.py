"""On which days each camera worked: one rule for rates, density, deer that are missing, and surveys.

`survey.worked` judges, from where cameras stood (`source.deployments`, or the days of a survey that is
kept), when they took photos, and what people said (`decisions.kinds.CameraWorked`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core.decisions.kinds import CameraWorked
from thumper_core.questions import source
from thumper_core.store.cameras.names import camera_key, renames_of
from thumper_core.survey.worked import COUNTED, SAID, SHOT, STAYS, judged
from thumper_core.views.times import dated

if TYPE_CHECKING:
    from thumper_core.questions.scope import Scope
    from thumper_core.workspace import Workspace

AWAY: Final = "away"
LATER: Final = "not yet"
"""States of a survey's days besides those of `survey.worked`: by `cameras.csv` the camera was not there;
and no photo tells of the day yet."""
_SAID: Final = """
select decision_id, json_extract_string(payload, '$.camera') as camera,
    cast(json_extract_string(payload, '$.first') as date) as first,
    cast(json_extract_string(payload, '$.last') as date) as last,
    cast(json_extract(payload, '$.worked') as boolean) as worked, author
from decisions where kind = ? and not undone order by decision_id
"""


@dataclass(frozen=True)
class Span:
    """Days on which a survey had its cameras stand. known_until: by camera, the last day of which photos can
    tell, None: none; cameras: `cameras.csv`, as the view `cameras`; unread: by camera, the day on which a
    photo of its card was last read, where others tell of later days: what lies on it is not known.
    """

    first: date
    last: date
    known_until: dict[str, date | None]
    cameras: pl.DataFrame
    unread: Mapping[str, date] = field(default_factory=dict)


def said_spans(workspace: Workspace) -> pl.DataFrame:
    """What people said of cameras, oldest first, as far as it stands: `decision_id, camera, first, last,
    worked, author`.
    """
    rows = workspace.sql(_SAID, [CameraWorked.kind])
    renames = renames_of(workspace.ledger)
    now = [renames.get(camera_key(name), name) for name in rows["camera"]]
    return rows.with_columns(pl.Series("camera", now, pl.String))


def said_days(workspace: Workspace) -> pl.DataFrame:
    """The same by day: `survey.worked.SAID`; the last word on a day holds."""
    days = (
        said_spans(workspace)
        .with_columns(pl.date_ranges("first", "last").alias("day"))
        .explode("day")
        .unique(["camera", "day"], keep="last", maintain_order=True)
    )
    return days.select(list(SAID)).sort("camera", "day")


def judged_days(
    photos: pl.DataFrame, scope: Scope, said: pl.DataFrame | None = None, span: Span | None = None
) -> pl.DataFrame:
    """Every day on which a camera stood, and whether it worked: `survey.worked.DAYS`.

    photos: `source.media`; said: `said_days`, None: people said nothing; span: the days of a survey, whose
    cameras then stand on all of them of which photos can tell, where `cameras.csv` says nothing else.
    """
    shot = (
        dated(photos)
        .select("deployment", "camera", pl.col("taken_at").dt.date().alias("day"))
        .drop_nulls("day")
        .unique()
    )
    stood = _stays(photos, scope) if span is None else _in_span(photos, span)
    words = pl.DataFrame(schema=SAID) if said is None else said
    return judged(stood, shot.select(list(SHOT)), words)


def counted_days(days: pl.DataFrame) -> pl.DataFrame:
    """`camera, day`: of `judged_days` those on which a camera is held to have worked, at whichever place."""
    worked = days.filter(pl.col("state").is_in(COUNTED))
    return worked.select("camera", "day").unique().sort("camera", "day")


def days_by_camera(days: pl.DataFrame) -> pl.DataFrame:
    """`camera, counted, uncounted`: of `judged_days`, how many count as worked and how many do not."""
    counts = pl.col("state").is_in(COUNTED).any().alias("counts")
    each = days.group_by("camera", "day").agg(counts)
    return (
        each.group_by("camera")
        .agg(
            pl.col("counts").sum().cast(pl.Int64).alias("counted"),
            (~pl.col("counts")).sum().cast(pl.Int64).alias("uncounted"),
        )
        .sort("camera")
    )


def stays_in(
    cameras: pl.DataFrame, camera: str, first: date, last: date
) -> list[tuple[date, date]]:
    """From when to when a camera stood within these days, as `cameras.csv` says it; all of them where it does
    not say.

    cameras: the view `cameras`.
    """
    return [(begins, ends) for _, begins, ends in _rows_of(cameras, camera, first, last)]


def _stays(photos: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    if photos.is_empty():
        return pl.DataFrame(schema=STAYS)
    # A stay ends with the moment from which the camera stood there no more; one that ends with a photo at
    # midnight has that day by the photo.
    return source.deployments(photos, scope).select(
        "deployment",
        "camera",
        pl.col("begins").dt.date().alias("first"),
        pl.col("ends").dt.offset_by("-1us").dt.date().alias("last"),
    )


def _in_span(photos: pl.DataFrame, span: Span) -> pl.DataFrame:
    names: dict[tuple[str, datetime | None], str] = {}
    for camera, begins, name in photos.select("camera", "camera_from", "deployment").iter_rows():
        names[camera, begins] = name
    rows: list[tuple[str, str, date, date]] = []
    for camera, until in span.known_until.items():
        if until is None:
            continue
        last = min(span.last, until)
        for begins, first, ends in _rows_of(span.cameras, camera, span.first, last):
            fallback = f"{camera} {begins:%Y-%m-%d}" if begins else camera
            rows.append((names.get((camera, begins), fallback), camera, first, ends))
    return pl.DataFrame(rows, schema=STAYS, orient="row")


def _rows_of(
    cameras: pl.DataFrame, camera: str, first: date, last: date
) -> list[tuple[datetime | None, date, date]]:
    """(`from` of the row, first day, last day) of the camera's rows that touch these days."""
    own: Sequence[Any] = cameras.filter(pl.col("name") == camera).select("from", "to").rows()
    found = []
    for begins, ends in own or [(None, None)]:
        low = first if begins is None else max(first, begins.date())
        # `to` is the moment from which it stood there no more: at midnight the day before was its last.
        high = last if ends is None else min(last, (ends - timedelta(microseconds=1)).date())
        if low <= high:
            found.append((begins, low, high))
    return found
