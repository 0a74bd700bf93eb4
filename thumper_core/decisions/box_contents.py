"""What each detection is after decisions: the model's word, unless a person said otherwise.

The model's raw class is stored and never changed; the mapping to species, sex and age class and
the decisions on top of it are a view over it. A decision finds its detection by photo and overlap
(IoU >= 0.5), in a clip by its frame too, in every run that the frame holds, and the youngest decision
about a box wins. A box
that a person moved answers to its old place and to its new one (`box_places`).
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

import polars as pl

from thumper_core.boxes.overlap import (
    BOX,
    SAME_BOX_IOU,
    best_overlaps,
    iou_with,
    is_same_frame,
)
from thumper_core.decisions import box_places
from thumper_core.decisions.kinds import CONTENT, MissedAnimal, NotAnimal

_WORDS: Final = ("species", "sex", "age_class")

_SAID_SCHEMA = pl.Schema(
    {
        "decision_id": pl.Int64(),
        "kind": pl.String(),
        "photo_id": pl.String(),
        "said_frame_ms": pl.Int32(),
        **{f"said_{c}": pl.Float32() for c in BOX},
        **{f"said_{c}": pl.String() for c in _WORDS},
    }
)


class Matches(NamedTuple):
    """Which decision speaks of which detection."""

    found: pl.DataFrame
    """decision_id, run_id, detection_id, iou: at most one detection per decision and run."""
    lost: pl.DataFrame
    """decision_id, kind, photo_id of decisions that find no detection in any run."""


def corrections(
    detections: pl.DataFrame, decisions: pl.DataFrame, along: pl.DataFrame | None = None
) -> pl.DataFrame:
    """What people said of stored detections, one row for each detection they spoke of.

    along: other boxes of clips' tracks by which they may be found (`clip_tracks.along_tracks`).

    Returns `run_id, detection_id, species, sex, age_class, is_animal`; the words are null where a
    person only said that the box holds no animal. Detections of photos without a decision may be
    left out of `detections`: they change nothing.
    """
    said = _said(decisions)
    known, _ = _known(detections, _drawn(detections, said, None), decisions)
    if along is not None:
        known = pl.concat([known, along.select(known.columns)])
    words = _words(known, said)
    return words.join(detections, on=["run_id", "detection_id"], how="semi", nulls_equal=True).sort(
        "run_id", "detection_id"
    )


def drawn_animals(
    detections: pl.DataFrame,
    decisions: pl.DataFrame,
    processed: pl.DataFrame | None = None,
    along: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Animals that people drew, as rows of each run that did not find them.

    detections: those of photos with a decision are enough; processed: `run_id, photo_id` of the
    photos that each run has looked at (None: every run in `detections` has looked at every photo);
    along: as for `corrections`; an animal that is drawn on a track's box is of that `track`.

    Returns `run_id, detection_id` (`<photo_id>-h<decision_id>`), `photo_id, ordinal, x1, y1, x2,
    y2, frame_ms` (of a clip), `confidence` (1), `class` and `source` (`human`), `species, sex,
    age_class, is_animal`, with what later decisions said of the drawn box, and where they moved it.
    """
    said = _said(decisions)
    drawn = _drawn(detections, said, processed)
    known, boxes = _known(detections, drawn, decisions)
    drawn = box_places.with_boxes(_with_words(drawn, _words(known, said)), boxes)
    return _on_tracks(drawn, said, along)


def match_decisions(detections: pl.DataFrame, decisions: pl.DataFrame) -> Matches:
    """Find the detection that each standing decision about what a box holds speaks of.

    A decision on a photo that has gone, or on a box that no run has any more, is in `lost`; an
    animal that a person drew is never lost, for it needs no detection.
    """
    said = _said(decisions)
    known, _ = _known(detections, _drawn(detections, said, None), decisions)
    found = best_overlaps(known, said, "decision_id")
    lost = said.filter(pl.col("kind") != MissedAnimal.kind).join(
        found, on="decision_id", how="anti"
    )
    return Matches(found, lost.select("decision_id", "kind", "photo_id"))


def _known(
    detections: pl.DataFrame, drawn: pl.DataFrame, decisions: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every box by which a decision may name a detection, and the boxes that people moved."""
    columns = ("run_id", "detection_id", "photo_id", "confidence", "frame_ms", *BOX)
    rows = pl.concat([detections.select(columns), drawn.select(columns)])
    found = box_places.moved_boxes(rows, decisions)
    return pl.concat([rows, found.places]), found.boxes


def _said(decisions: pl.DataFrame) -> pl.DataFrame:
    """The standing decisions about what a box holds, their payloads opened."""
    rows = decisions.filter(pl.col("kind").is_in(CONTENT) & ~pl.col("undone")).sort("decision_id")
    opened = []
    for number, kind, text in rows.select("decision_id", "kind", "payload").iter_rows():
        values = json.loads(text)
        words = (None if kind == NotAnimal.kind else values[word] for word in _WORDS)
        where = (values["photo_id"], values.get("frame_ms"), *values["box"])
        opened.append((number, kind, *where, *words))
    return pl.DataFrame(opened, schema=_SAID_SCHEMA, orient="row")


def _words(detections: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """run_id, detection_id, species, sex, age_class, is_animal by the youngest decision on each."""
    return (
        best_overlaps(detections, said, "decision_id")
        .sort("decision_id")
        .group_by("run_id", "detection_id", maintain_order=True)
        .last()
        .join(said.drop("photo_id"), on="decision_id", how="inner")
        .select(
            "run_id",
            "detection_id",
            *(pl.col(f"said_{word}").alias(word) for word in _WORDS),
            (pl.col("kind") != NotAnimal.kind).alias("is_animal"),
        )
    )


def _with_words(rows: pl.DataFrame, words: pl.DataFrame) -> pl.DataFrame:
    """Rows with what was said of them in place of what they were."""
    joined = rows.join(
        words.rename({w: f"said_{w}" for w in (*_WORDS, "is_animal")}),
        on=["run_id", "detection_id"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    spoken = pl.col("said_is_animal").is_not_null()
    return joined.with_columns(
        *(pl.coalesce(f"said_{w}", w).alias(w) for w in (*_WORDS, "is_animal")),
        pl.when(spoken).then(pl.lit("human")).otherwise(pl.col("source")).alias("source"),
    ).drop(f"said_{w}" for w in (*_WORDS, "is_animal"))


def _drawn(base: pl.DataFrame, said: pl.DataFrame, processed: pl.DataFrame | None) -> pl.DataFrame:
    """Rows for the animals that people drew, in each run that did not find them."""
    drawn = said.filter(pl.col("kind") == MissedAnimal.kind)
    # Two people may draw one animal: the younger box is a word about the older one, not a row.
    drawn = _without_repeats(drawn)
    if processed is not None:
        looked = drawn.join(processed.select("run_id", "photo_id").unique(), on="photo_id")
    else:
        runs = base.select(pl.col("run_id").unique(maintain_order=True))
        if runs.is_empty():
            runs = pl.DataFrame({"run_id": [None]}, schema={"run_id": pl.String})
        looked = drawn.join(runs, how="cross")
    seen = best_overlaps(base, drawn, "decision_id").select("decision_id", "run_id")
    missing = looked.join(seen, on=["decision_id", "run_id"], how="anti", nulls_equal=True)
    last = base.group_by("run_id", "photo_id").agg(pl.col("ordinal").max().alias("last"))
    return (
        missing.join(last, on=["run_id", "photo_id"], how="left", nulls_equal=True)
        .with_columns(
            (
                pl.col("last").fill_null(-1)
                + pl.col("decision_id").rank("ordinal").over("run_id", "photo_id")
            )
            .cast(base.schema["ordinal"])
            .alias("ordinal"),
            pl.format("{}-h{}", "photo_id", "decision_id").alias("detection_id"),
            pl.lit(1.0, pl.Float32).alias("confidence"),
            pl.lit("human").alias("class"),
            pl.lit("human").alias("source"),
            pl.lit(True).alias("is_animal"),
        )
        .rename({f"said_{c}": c for c in ("frame_ms", *BOX, *_WORDS)})
        .sort("decision_id", "run_id")
        .select(
            "run_id",
            "detection_id",
            "photo_id",
            "ordinal",
            *BOX,
            "frame_ms",
            "confidence",
            "class",
            *_WORDS,
            "source",
            "is_animal",
        )
    )


def _on_tracks(drawn: pl.DataFrame, said: pl.DataFrame, along: pl.DataFrame | None) -> pl.DataFrame:
    """The drawn animals with the `track` of a clip that they were drawn on; null: of none."""
    if along is None or along.is_empty():
        return drawn.with_columns(pl.lit(None, pl.Int32).alias("track"))
    # each box of a track is looked for by itself, not the detection that it stands for
    boxes = along.with_row_index("box").with_columns(
        pl.col("box").cast(pl.String).alias("detection_id")
    )
    on = (
        best_overlaps(boxes, said.filter(pl.col("kind") == MissedAnimal.kind), "decision_id")
        .join(boxes.select("detection_id", "track"), on="detection_id")
        .join(said.select("decision_id", "photo_id"), on="decision_id")
        .select(
            "run_id",
            pl.format("{}-h{}", "photo_id", "decision_id").alias("detection_id"),
            "track",
        )
    )
    return drawn.join(on, on=["run_id", "detection_id"], how="left", maintain_order="left")


def _without_repeats(drawn: pl.DataFrame) -> pl.DataFrame:
    """Drawn boxes without those that repeat an older one of the same photo or frame."""
    place = ("frame_ms", *BOX)
    older = drawn.rename({f"said_{c}": c for c in place}).rename({"decision_id": "older_id"})
    pairs = drawn.join(
        older.select("older_id", "photo_id", *place), on="photo_id", how="inner"
    ).filter(
        pl.col("older_id") < pl.col("decision_id"),
        iou_with("said_{}") >= SAME_BOX_IOU,
        is_same_frame("frame_ms", "said_frame_ms"),
    )
    return drawn.join(pairs, on="decision_id", how="anti")
