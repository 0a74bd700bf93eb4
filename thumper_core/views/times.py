"""Which rows' times may be used for what, as the view `photos` says it (photo_table.sql)."""

from __future__ import annotations

import polars as pl


def timed(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows whose time of day is known: for hours, gaps, speeds.

    rows: of photos or sightings; without `is_time_evidence` they are taken to be such rows.
    """
    return rows.filter(pl.col("is_time_evidence")) if "is_time_evidence" in rows.columns else rows


def dated(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows whose day is known: for first and last days, days present, months.

    rows: of photos or sightings; without `taken_at_precision` they are taken to be such rows.

    >>> from thumper_core import Workspace, dated
    >>> photos = Workspace.open("ranch").sql("select * from photos")
    >>> dated(photos).height == photos.height
    True
    """
    return rows.filter(IS_DATED) if "taken_at_precision" in rows.columns else rows


def dated_at(frame: pl.DataFrame) -> pl.Expr:
    """`taken_at` of a frame of photos or detections, null where the day is not known."""
    if "taken_at_precision" not in frame.columns:
        return pl.col("taken_at")
    return pl.when(IS_DATED).then("taken_at").alias("taken_at")


IS_DATED = pl.col("taken_at_precision") != "unknown"
