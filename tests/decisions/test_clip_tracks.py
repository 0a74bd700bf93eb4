"""What was said of one box of a clip's track is found by the track, whichever of its boxes a run kept."""

from __future__ import annotations

import json

import polars as pl

from tests.decisions.in_views import BOX, FAR, NEAR, in_clip, said, words
from thumper_core.decisions.box_contents import corrections, drawn_animals
from thumper_core.decisions.clip_tracks import SCHEMA, along_tracks

KEPT = in_clip(("r1", 0, 0, BOX), ("r1", 1, 3000, BOX)).with_columns(pl.lit(7).alias("track"))
TRACE = {
    "frames": [0, 1000, 2000, 3000],
    "tracks": [
        {"track": 7, "class": "doe", "boxes": [[t, *BOX, 0.9] for t in (0, 1000, 2000, 3000)]},
        {"track": 8, "class": "doe", "boxes": [[1000, *FAR, 0.3]]},
    ],
}
OUTCOMES = pl.DataFrame(
    {"run_id": ["r1", "r1"], "photo_id": ["p1", "p2"], "clip": [json.dumps(TRACE), None]}
)


def test_each_box_stands_for_the_nearest_detection_of_its_track() -> None:
    rows = along_tracks(KEPT, OUTCOMES)
    assert rows.schema == SCHEMA
    found = rows.select("detection_id", "frame_ms", "track", "x1").rows()
    assert found == [("p1-0", 1000, 7, BOX[0]), ("p1-1", 2000, 7, BOX[0])]
    assert along_tracks(KEPT.clear(), OUTCOMES).is_empty()
    assert along_tracks(KEPT, OUTCOMES.clear()).is_empty()


def test_a_class_holds_where_another_box_of_the_track_was_kept() -> None:
    along = along_tracks(KEPT, OUTCOMES)
    rows = said(("class", "p1", NEAR, words() | {"frame_ms": 2000}, False))
    assert corrections(KEPT, rows).is_empty()
    assert corrections(KEPT, rows, along)["detection_id"].to_list() == ["p1-1"]
    exact = said(("not_animal", "p1", NEAR, {"frame_ms": 3000}, False))
    assert corrections(KEPT, exact, along)["detection_id"].to_list() == ["p1-1"]


def test_an_animal_that_is_drawn_on_a_track_is_of_it() -> None:
    along = along_tracks(KEPT, OUTCOMES)
    rows = said(
        ("missed_animal", "p1", NEAR, words() | {"frame_ms": 1000}, False),
        ("missed_animal", "p1", (300, 10, 400, 110), words() | {"frame_ms": 1000}, False),
    )
    drawn = drawn_animals(KEPT, rows, OUTCOMES, along)
    assert drawn.select("detection_id", "track").rows() == [("p1-h1", 7), ("p1-h2", None)]
    assert corrections(KEPT, rows, along).is_empty(), "it says nothing of the others"
