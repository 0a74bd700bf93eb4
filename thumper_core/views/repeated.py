"""The table `repeats`: detections that come back at one place, for the view `all_detections`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from thumper_core.decisions.kinds import STANDING
from thumper_core.repeats.found import SCHEMA, repeats
from thumper_core.repeats.rule import BY_PIXELS, BY_PLACE, MEMBER_ALIKE_MIN
from thumper_core.views.tables import quoted, register

_DETECTIONS: Final = """
select d.run_id, d.detection_id, d.photo_id, p.camera, coalesce(p.is_infrared, false) as is_infrared,
    p.event_id, case when p.is_time_evidence then p.taken_at end as taken_at,
    d.x1, d.y1, d.x2, d.y2, d.patch
from (
    from kept_detections
    union all by name  -- shards written before this column lack it
    select null::blob as patch where false
) d join photos p using (photo_id) join runs r using (run_id) where r.state <> 'discarded'
"""
_PHOTOS: Final = """
select o.run_id, p.camera, coalesce(p.is_infrared, false) as is_infrared,
    case when p.is_time_evidence then p.taken_at end as taken_at
from lake_outcomes o join photos p using (photo_id)
"""


RULES: Final = repr((BY_PIXELS, BY_PLACE, MEMBER_ALIKE_MIN))
"""By what the table is made: one that was kept is of these rules."""


def standing(db: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The decisions that the table depends on, of the table `decisions`."""
    found = db.sql(
        "select decision_id, kind, payload, undone from decisions "
        "where list_contains($1, kind) order by decision_id",
        params=[list(STANDING)],
    )
    return pl.DataFrame(found.to_arrow_table())


def no_repeats(db: duckdb.DuckDBPyConnection) -> None:
    """An empty table: for views without photos, which know no cameras."""
    register(db, "repeats", pl.DataFrame(schema=SCHEMA))


def load_repeats(db: duckdb.DuckDBPyConnection, decisions: pl.DataFrame, kept: Path) -> bool:
    """Make the table, from `kept` where it is there; whether it was made anew.

    db: with kept_detections, lake_outcomes, photos and runs; decisions: `standing`.
    """
    try:
        source = f"read_parquet({quoted(kept)}, hive_partitioning = false)"
        db.execute(f"create or replace temp table repeats as from {source}")
        return False
    except duckdb.Error:  # it is not there, or damaged: a cache is never needed
        pass
    spoken = [json.loads(payload)["photo_id"] for payload in decisions["payload"]]
    camera_of = dict(
        db.execute(
            "select photo_id, camera from photos where list_contains($1, photo_id)", [spoken]
        ).fetchall()
    )
    cameras = pl.Series("camera", [camera_of.get(photo_id) for photo_id in spoken], pl.String)
    found = repeats(
        pl.DataFrame(db.sql(_DETECTIONS).to_arrow_table()),
        pl.DataFrame(db.sql(_PHOTOS).to_arrow_table()),
        decisions.with_columns(cameras),
    )
    register(db, "repeats", found)
    return True
