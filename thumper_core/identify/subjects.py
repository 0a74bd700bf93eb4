"""From what a person pointed at to the detections of this run.

A decision names a photo by its content hash and a box in it, never a detection id, so that it finds
its animal again whatever the detector of the run was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from thumper_core.identify.boxes import boxes_of, iou_matrix
from thumper_core.store.moved import moved_boxes
from thumper_core.store.overlap import BOX, SAME_BOX_IOU

MUST_KINDS: Final = frozenset({"same", "merge", "move"})
CANNOT_KINDS: Final = frozenset({"different", "split"})


@dataclass(frozen=True)
class SaidPair:
    """Two detections that a person called one animal, or two."""

    decision_id: int
    same: bool
    a: int  # rows of the frame
    b: int
    made_at: Any  # sortable: datetime or ISO text
    author: str


@dataclass(frozen=True)
class Resolved:
    """Decisions about pairs, found again, and a sentence for each that was not."""

    pairs: list[SaidPair]
    warnings: list[str]


class SubjectFinder:
    """Finds detections by photo and box.

    frame: one row per detection with `photo_id, x1, y1, x2, y2`; decisions: those that moved boxes
    are looked up, so that a detection is found by the box it had before, too.
    """

    def __init__(self, frame: pl.DataFrame, decisions: pl.DataFrame | None = None) -> None:
        """Index the frame's boxes by photo."""
        places = _places(frame, decisions)
        self._boxes = np.concatenate([boxes_of(frame), boxes_of(places)])
        self._row_of = [*range(frame.height), *places["detection_id"].to_list()]
        found: dict[str, list[int]] = {}
        photos = frame["photo_id"].to_list() + places["photo_id"].to_list()
        for place, photo in enumerate(photos):
            found.setdefault(photo, []).append(place)
        self._places = found

    def find(self, subject: Any) -> int | None:
        """The row of `{"photo_id": ..., "box": [x1, y1, x2, y2]}`, best overlap, or None.

        None where the photo has gone, no box reaches an IoU of 0.5, or the subject is malformed.
        """
        try:
            places = self._places[subject["photo_id"]]
            box = np.asarray(subject["box"], np.float64).reshape(1, 4)
        except (KeyError, TypeError, ValueError):
            return None
        overlap = iou_matrix(box, self._boxes[places])[0]
        best = int(overlap.argmax())
        return self._row_of[places[best]] if overlap[best] >= SAME_BOX_IOU else None


def _places(frame: pl.DataFrame, decisions: pl.DataFrame | None) -> pl.DataFrame:
    """Further boxes by which decisions may name a detection; `detection_id` is its row."""
    rows = frame.select(
        pl.lit("").alias("run_id"),
        pl.int_range(pl.len(), dtype=pl.Int64).alias("detection_id"),
        "photo_id",
        pl.lit(1.0).alias("confidence"),
        *BOX,
    )
    if decisions is None:
        return rows.clear()
    return moved_boxes(rows, decisions).places


def resolve(decisions: pl.DataFrame | None, frame: pl.DataFrame) -> Resolved:
    """Find the detections of every standing decision about pairs, in the order they were made.

    Kinds same, merge, move: payload `a` and `b` are one animal; different, split: two. Any of them
    may also hold lists `must` and `cannot` of `{"a": ..., "b": ...}`: a move says at once where a
    detection belongs and where it does not. Undone decisions and other kinds are passed over. A
    decision that no longer finds both boxes becomes a warning, never an error.
    """
    if decisions is None or decisions.is_empty():
        return Resolved([], [])
    finder = SubjectFinder(frame, decisions)
    pairs: list[SaidPair] = []
    warnings: list[str] = []
    for row in decisions.sort("made_at", "decision_id").iter_rows(named=True):
        if row.get("undone") or row["kind"] not in MUST_KINDS | CANNOT_KINDS:
            continue
        try:
            said = list(_said(row["kind"], json.loads(row["payload"])))
        except (json.JSONDecodeError, TypeError, KeyError, AttributeError):
            warnings.append(f"decision {row['decision_id']} ({row['kind']}) cannot be read")
            continue
        for same, a_subject, b_subject in said:
            a, b = finder.find(a_subject), finder.find(b_subject)
            if a is None or b is None:
                lost = a_subject if a is None else b_subject
                photo = lost.get("photo_id", "?") if isinstance(lost, dict) else "?"
                warnings.append(
                    f"decision {row['decision_id']} ({row['kind']}): no deer found at its box in "
                    f"photo {photo}; it is kept and applies again when the photo is back"
                )
            elif a != b:
                author = row.get("author") or ""
                pairs.append(SaidPair(int(row["decision_id"]), same, a, b, row["made_at"], author))
    return Resolved(pairs, warnings)


def _said(kind: str, payload: dict[str, Any]) -> Iterator[tuple[bool, Any, Any]]:
    """(same, a, b) for every pair in a payload."""
    if "a" in payload or "b" in payload:
        yield kind in MUST_KINDS, payload["a"], payload["b"]
    for name, same in (("must", True), ("cannot", False)):
        for pair in payload.get(name, []):
            yield same, pair["a"], pair["b"]
