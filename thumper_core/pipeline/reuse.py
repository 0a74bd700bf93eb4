"""Detections that another run has found with the same detector: only the embeddings are new.

A photo without animals is not even opened again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from thumper_core.contracts import Boxes, ErrorCode, Status
from thumper_core.pipeline.clip import ClipTask
from thumper_core.pipeline.records import Decoded, PhotoResult, PhotoTask
from thumper_core.store.ledger import RunRow
from thumper_core.workspace import Workspace

_DECISIVE = ("engine", "detector", "detect", "clips")


@dataclass(frozen=True)
class KnownPhoto:
    """What a run knows of one photo. boxes: upright photo pixels; class_id is an index into the
    detector's class names. A clip with boxes is looked through again: its frames have to be decoded anyway.
    """

    status: Status
    error_code: ErrorCode | None
    error_message: str | None
    boxes: Boxes
    is_clip: bool = False


def reusable_run(workspace: Workspace, config: Mapping[str, Any]) -> RunRow | None:
    """The run whose detections a run of this configuration may take, or None.

    Its detector, settings of detection and engine are the same. The shown run comes before others,
    newer ones before older.
    """
    shown = workspace.ledger.promoted("run")
    found = [
        row
        for row in workspace.ledger.runs()
        if row.state != "discarded" and all(row.config.get(k) == config.get(k) for k in _DECISIVE)
    ]
    return max(found, key=lambda row: (row.run_id == shown, row.run_id), default=None)


def known_photos(
    workspace: Workspace, run_id: str, class_names: tuple[str, ...]
) -> dict[str, KnownPhoto]:
    """Every photo that the run has an outcome for, but failed ones, by photo ID."""
    outcomes = workspace.sql(
        "select photo_id, status, error_code, error_message, n_frames from all_outcomes "
        "where run_id = ? and status <> 'error'",
        [run_id],
    )
    # The lake's own rows: what people said of them lies over every run anyway.
    found = workspace.sql(
        "select * from lake_detections where run_id = ? order by photo_id, ordinal", [run_id]
    )
    index = {name: i for i, name in enumerate(class_names)}
    by_photo = {
        str(key[0]): Boxes(
            frame.select("x1", "y1", "x2", "y2").to_numpy().astype(np.float32),
            frame["confidence"].to_numpy().astype(np.float32),
            np.array([index[name] for name in frame["class"]], np.int64),
        )
        for key, frame in found.partition_by("photo_id", as_dict=True).items()
    }
    return {
        photo_id: KnownPhoto(
            Status(status),
            ErrorCode(code) if code else None,
            message,
            by_photo.get(photo_id, Boxes.empty()),
            n_frames is not None,
        )
        for photo_id, status, code, message, n_frames in outcomes.iter_rows()
    }


@dataclass(frozen=True)
class KnowingDecoder:
    """A decoder that hands known boxes on. Safe for several threads."""

    decode: Callable[[PhotoTask], Decoded | ClipTask | PhotoResult]
    known: Mapping[str, KnownPhoto]

    def __call__(self, task: PhotoTask) -> Decoded | ClipTask | PhotoResult:
        """The picture with its boxes, or the finished result of a photo without any."""
        known = self.known.get(task.photo_id)
        if known is None or (known.is_clip and len(known.boxes)):
            return self.decode(task)
        if not len(known.boxes):
            return PhotoResult(task.photo_id, known.status, known.error_code, known.error_message)
        decoded = self.decode(task)
        return replace(decoded, known=known.boxes) if isinstance(decoded, Decoded) else decoded
