"""What columns of detections and tracklets mean to identification: pictures, events, codes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

IndexArray = npt.NDArray[np.int32]


def event_names(tracklets: pl.DataFrame) -> npt.NDArray[np.str_]:
    """(T,) the event of each tracklet; one whose event is not known is an event of its own."""
    names = tracklets["event_id"].fill_null(tracklets["tracklet_id"])
    return np.array(names.to_list(), np.str_)


def picture_column(frame: pl.DataFrame) -> str:
    """What names the picture that a box lies in: two boxes of one are two animals."""
    return "picture_id" if "picture_id" in frame.columns else "photo_id"


def column_codes(table: pl.DataFrame, column: str) -> IndexArray:
    """Dense int32 codes of a text column; a null is a value of its own in each row."""
    values = table[column]
    codes = values.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
    missing = codes < 0
    codes = np.where(missing, codes.max(initial=-1) + np.cumsum(missing), codes)
    return codes.astype(np.int32)


def clip_tracks(frame: pl.DataFrame) -> npt.NDArray[np.int64]:
    """(N,) a number for each track of each clip; -1 where a box is of no clip."""
    if "track" not in frame.columns:
        return np.full(frame.height, -1, np.int64)
    named = frame.select((pl.col("photo_id") + "/" + pl.col("track").cast(pl.String)).alias("t"))[
        "t"
    ]
    return named.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1


def order_keys(frame: pl.DataFrame) -> list[str]:
    """What detections are ordered by: time; within a second the frame's number, the file's name."""
    further = [name for name in ("sequence", "path") if name in frame.columns]
    return ["taken_at", *further, "photo_id", "detection_id"]
