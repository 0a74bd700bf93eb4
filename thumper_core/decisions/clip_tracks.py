"""Boxes along a clip's tracks, of which only the best are detections.

Which of them are kept differs from run to run. What a person said that a kept one is (its class, or no
animal) is found again by its track's box in the same frame, and is then said of the track's detection
nearest in time. Who it is, its flank and where its box was moved wait for a run that kept a box near that
frame.
"""

from __future__ import annotations

import json
from typing import Final

import polars as pl

from thumper_core.boxes.overlap import BOX

SCHEMA: Final = pl.Schema(
    {
        "run_id": pl.String(),
        "detection_id": pl.String(),
        "photo_id": pl.String(),
        "confidence": pl.Float32(),
        "frame_ms": pl.Int32(),
        **dict.fromkeys(BOX, pl.Float32()),
        "track": pl.Int32(),
    }
)


def along_tracks(detections: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """`SCHEMA`, a row for each box of a clip that is no detection, with the nearest one of its track.

    detections: `run_id, detection_id, photo_id, frame_ms, track`; outcomes: `run_id, photo_id, clip` (JSON,
    as `pipeline.clip` writes it; null: a photo). A track without a detection has no rows.
    """
    kept: dict[tuple[str, str, int], list[tuple[int, str]]] = {}
    named = detections.drop_nulls("track").select(
        "run_id", "photo_id", "track", "frame_ms", "detection_id"
    )
    for run_id, photo_id, track, ms, name in named.iter_rows():
        kept.setdefault((run_id, photo_id, track), []).append((ms, name))
    if not kept:
        return pl.DataFrame(schema=SCHEMA)
    rows = []
    found = outcomes.drop_nulls("clip").select("run_id", "photo_id", "clip")
    for run_id, photo_id, clip in found.iter_rows():
        for track in json.loads(clip)["tracks"]:
            own = kept.get((run_id, photo_id, track["track"]), [])
            times = {ms for ms, _ in own}
            for ms, *box, confidence in track["boxes"] if own else []:
                if ms not in times:
                    _, name = min((abs(at - ms), name) for at, name in own)
                    where = (run_id, name, photo_id, confidence, ms)
                    rows.append((*where, *box, track["track"]))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
