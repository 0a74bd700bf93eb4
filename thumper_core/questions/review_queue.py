"""What a person has said and what a person should look at: verdicts, doubtful classes, decisions."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from thumper_core.contracts import NOT_ANIMALS
from thumper_core.decisions import kinds
from thumper_core.decisions.box_places import moved_boxes
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.table import decisions_frame
from thumper_core.store.herd_summary import CalibrationFigures
from thumper_core.workspace import Workspace


def asked_pairs(
    workspace: Workspace, of_kinds: tuple[str, ...] = kinds.VERDICTS
) -> set[tuple[str, str]]:
    """Pairs of detection IDs of the shown run on which a verdict of these kinds stands.

    A verdict names photos and boxes; the detection is the one whose box is the verdict's.
    """
    rows = workspace.sql(
        "select payload from decisions where not undone and list_contains(?, kind)",
        [list(of_kinds)],
    )
    keys = [
        (BoxKey.of(value["a"]), BoxKey.of(value["b"])) for value in map(json.loads, rows["payload"])
    ]
    photo_ids = sorted({key.photo_id for pair in keys for key in pair})
    if not photo_ids:
        return set()
    boxes = workspace.sql(
        "select detection_id, photo_id, x1, y1, x2, y2, frame_ms from detections "
        "where list_contains(?, photo_id)",
        [photo_ids],
    )
    # A box that was moved since has another place now; the verdict still names the old one.
    before = moved_boxes(
        boxes.with_columns(pl.lit("").alias("run_id"), pl.lit(1.0).alias("confidence")),
        decisions_frame(workspace.ledger),
    ).places
    known = {
        str(BoxKey.of_row(row)): row["detection_id"]
        for frame in (before, boxes)
        for row in frame.select(boxes.columns).iter_rows(named=True)
    }
    return {(known.get(str(a), ""), known.get(str(b), "")) for a, b in keys}


def doubts(workspace: Workspace, limit: int) -> pl.DataFrame:
    """Detections whose class a person should look at, the most doubtful first.

    Columns: detection_id, reason (words). Detections that a person classed already, or whose photo
    says nothing of an animal (people, vehicles), are left out.
    """
    rows = workspace.sql(
        """
        with votes as (
            select d.detection_id, d."class", d.confidence, d.sex, d.age_class, d.source,
                d.species, coalesce(a.tracklet_id, d.detection_id) as tracklet_id
            from detections d left join assignments a using (detection_id)
        ),
        shares as (
            select tracklet_id, "class", sum(confidence) as weight from votes group by all
        ),
        agreed as (
            select tracklet_id, arg_max("class", weight) as usual,
                max(weight) / sum(weight) as share from shares group by tracklet_id
        )
        select v.detection_id, v."class", v.confidence, a.usual, a.share
        from votes v join agreed a using (tracklet_id)
        where v.source = 'model' and not list_contains(?, v.species)
            and (v."class" <> a.usual or v.confidence < 0.6)
        order by (v."class" <> a.usual) desc, v.confidence, v.detection_id limit ?
        """,
        [list(NOT_ANIMALS), limit],
    )
    reason = (
        pl.when(pl.col("class") != pl.col("usual"))
        .then(pl.format("{} here, {} in the other frames", "class", "usual"))
        .otherwise(
            pl.format(
                "{} with only {}% confidence",
                "class",
                (100 * pl.col("confidence")).round(0).cast(pl.Int32),
            )
        )
    )
    return rows.select("detection_id", reason.alias("reason"))


def decisions_in_force(workspace: Workspace, limit: int) -> pl.DataFrame:
    """Decisions that stand, newest first: decision_id, kind, author, made_at, payload (JSON)."""
    return workspace.sql(
        "select decision_id, kind, author, made_at, payload from decisions where not undone "
        "and kind <> ? order by decision_id desc limit ?",
        [kinds.Undo.kind, limit],
    )


def moved(workspace: Workspace) -> pl.DataFrame:
    """How verdicts moved the calibration: one row per whole identification, oldest first.

    Columns: herd_id, created_at, n_verdicts (that stood when it was made), recommended, profiles,
    equal_error_rate (null: not known).
    """
    decisions = workspace.sql(
        "select made_at::timestamp as made_at from decisions where not undone "
        "and list_contains(?, kind)",
        [list(kinds.COMPARED)],
    )["made_at"]
    rows = []
    for herd in workspace.ledger.herds():
        if herd.summary.answered_on:  # follows answers; nothing was calibrated anew
            continue
        at = herd.created_at.replace(tzinfo=None)
        calibration = herd.summary.calibration or CalibrationFigures()
        rows.append(
            (
                herd.herd_id,
                at,
                int((decisions < at).sum()),
                herd.summary.cut.recommended,
                herd.summary.counts.n_profiles,
                calibration.equal_error_rate,
            )
        )
    return pl.DataFrame(
        rows,
        schema={
            "herd_id": pl.String,
            "created_at": pl.Datetime("us"),
            "n_verdicts": pl.Int64,
            "recommended": pl.Float64,
            "profiles": pl.Int64,
            "equal_error_rate": pl.Float64,
        },
        orient="row",
    )


def verdict_key(row: dict[str, Any]) -> BoxKey:
    """The box of a detection's row as decisions name it."""
    return BoxKey.of_row(row)
