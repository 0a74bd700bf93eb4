"""Pictures in rows, and what stands below one: when and where it was taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import streamlit as st
import ui
from cached import Pages

from thumper_core import say
from thumper_core.questions import words

CROP_PX = 360


def picture_rows(
    source: Pages,
    rows: pl.DataFrame,
    caption: Callable[[dict[str, Any]], str],
    *,
    columns: int = 6,
    size: int = CROP_PX,
    below: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """Crops side by side, each with a caption (Markdown; escape what people typed)."""
    if rows.is_empty():
        st.caption(say("No pictures."))
        return
    jpegs = source.jpegs(rows, size)
    found = list(zip(rows.to_dicts(), jpegs, strict=True))
    for start in range(0, len(found), columns):
        for column, (row, jpeg) in zip(
            st.columns(columns, gap="small"), found[start : start + columns], strict=False
        ):
            with column:
                st.image(
                    jpeg,
                    width="stretch",
                    alt=say("A picture from {camera}", camera=row.get("camera") or "\N{EN DASH}"),
                )
                st.caption(caption(row))
                if below:
                    below(row)


def whole_photos(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of photos as `Pages.jpegs` takes them: each photo as one crop of all of it."""
    return rows.with_columns(
        pl.col("photo_id").alias("detection_id"),
        pl.lit(0.0).alias("x1"),
        pl.lit(0.0).alias("y1"),
        pl.col("width").fill_null(1).cast(pl.Float64).alias("x2"),
        pl.col("height").fill_null(1).cast(pl.Float64).alias("y2"),
    )


def short_moment(row: dict[str, Any]) -> str:
    """Time and place of a picture, for a caption."""
    return f"{words.when(row['taken_at'], row['taken_at_precision'])}  \n{ui.plain(row['camera'])}"


def time_source(facts: dict[str, Any]) -> str:
    """Where a photo's time comes from, and what it says where it is not believed."""
    told = {
        "exif": say("time from EXIF"),
        "maker_note": say("time from the maker note"),
        "container": say("time from the clip's container"),
        "stamp": say("time printed into the picture"),
        "gps": say("time from GPS"),
        "filename": say("time from the file's name"),
        "person": say("time given by a person"),
        "file_mtime": say("no time but the file's date, "),
        "implausible": say("not believed: the camera says "),
    }[facts["taken_at_source"]]
    unknown = facts["taken_at_precision"] == "unknown"
    return told + words.moment(facts["taken_at"]) if unknown else told
