"""A detector whose answer is a file: boxes that another program found are embedded, not looked for again.

The file was read into a run of its own (state `imported`, `export.md_run`). A run of this detector is like
any other: fingerprinted, resumed, topped up. It is about the photos that the file names, and no others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from thumper_core.contracts import Boxes, ErrorCode, ImageArray, Status
from thumper_core.pipeline.choice import choose_detector
from thumper_core.pipeline.reuse import KnownPhoto, known_photos
from thumper_core.store.records import TOLD, RunRow
from thumper_core.vision.registry import load_registry
from thumper_core.workspace import Workspace

_INPUT_SIZE = 640  # of a detector that nobody knows, pixels


@dataclass(frozen=True)
class ToldDetector:
    """Stands where a network would; it has no answer of its own.

    weights_sha256: hash of the file; conf_min: weakest box that is embedded; side: photos are decoded
    as for a detector of this size, pixels, so that crops are those that it would give.
    """

    name: str
    weights_sha256: str
    class_names: tuple[str, ...]
    conf_min: float
    side: int = _INPUT_SIZE
    stride: int = 32

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """The canvas (h, w) for a photo of width x height, pixels."""
        ratio = self.side / max(width, height)
        h, w = (
            max(1, -(-round(side * ratio) // self.stride)) * self.stride for side in (height, width)
        )
        return h, w

    def detect(self, batch: ImageArray) -> list[Boxes]:
        """Never asked: every photo of its run is known."""
        raise NotImplementedError("these boxes come from a file")

    def fingerprint_fields(self) -> dict[str, Any]:
        """The file and the threshold: another file or threshold is another run."""
        return {
            "source": TOLD,
            "weights_sha256": self.weights_sha256,
            "conf_min": round(self.conf_min, 6),
            "imgsz": self.side,
        }


def told_detector(workspace: Workspace, source: RunRow) -> ToldDetector:
    """The detector that answers with a run that was imported, at the threshold that holds for it."""
    found = workspace.sql(
        'select distinct "class" from lake_detections where run_id = ? order by 1', [source.run_id]
    )
    return ToldDetector(
        source.detector,
        str(source.config.get("blake2b", source.fingerprint)),
        tuple(found["class"]),
        workspace.ledger.conf_min(source.run_id) or 0.0,
        _usual_side(workspace),
    )


def _usual_side(workspace: Workspace) -> int:
    """The size of the detector that would look at these photos, pixels."""
    registry = load_registry(workspace.root / "registry.toml")
    spec = registry.models.get(choose_detector(workspace, registry=registry).detector)
    return spec.input_size if spec is not None and spec.input_size else _INPUT_SIZE


def answers_of(
    workspace: Workspace, source: RunRow, detector: ToldDetector
) -> dict[str, KnownPhoto]:
    """What a run that was imported says of each photo: the boxes that count, or why it has none."""
    known: dict[str, KnownPhoto] = {}
    for photo_id, photo in known_photos(workspace, source.run_id, detector.class_names).items():
        strong = photo.boxes.confidence >= detector.conf_min
        boxes = Boxes(
            photo.boxes.xyxy[strong], photo.boxes.confidence[strong], photo.boxes.class_id[strong]
        )
        known[photo_id] = replace(photo, boxes=boxes)
    failed = workspace.sql(
        "select photo_id, error_code, error_message from all_outcomes "
        "where run_id = ? and status = 'error'",
        [source.run_id],
    )
    for photo_id, code, message in failed.iter_rows():
        known[photo_id] = KnownPhoto(
            Status.ERROR, ErrorCode(code) if code else None, message, Boxes.empty()
        )
    return known
