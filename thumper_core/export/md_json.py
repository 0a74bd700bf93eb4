"""MegaDetector's results format (https://lila.science/megadetector-output-format), written.

Detections are animal, person or vehicle; the class of the model that found them is their
classification. Boxes are shares of the photo: x of the left edge, y of the top, width, height.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core.contracts import FIXTURE, kind_of
from thumper_core.export.files import write_file
from thumper_core.export.md_read import CATEGORIES, VIDEOS
from thumper_core.questions import source

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

FORMAT_VERSION: Final = "1.5"
_CATEGORIES: Final = {"animal": "1", "human": "2", "vehicle": "3"}
_DIGITS: Final = 7  # of a share: a hundredth of a pixel of the largest photo is kept


def md_json(workspace: Workspace, out: Path, *, now: datetime | None = None) -> Path:
    """Write the shown run's detections as a MegaDetector results file; photos not looked at yet
    are left out, and so are fixtures, as after MegaDetector's own elimination of repeats.
    """
    run_id = workspace.ledger.promoted("run")
    detector = workspace.ledger.run(run_id).detector if run_id else "Thumper"
    animals = source.without_fixtures(source.animals(workspace))
    found = results(source.media(workspace), animals, detector, now)
    return write_file(out, json.dumps(found, indent=1, ensure_ascii=False))


def results(
    photos: pl.DataFrame, animals: pl.DataFrame, detector: str, now: datetime | None = None
) -> dict[str, Any]:
    """The results file as JSON values. photos, animals: as `source` gives them."""
    names = sorted({label(row) for row in animals.iter_rows(named=True)})
    numbers = {name: str(number) for number, name in enumerate(names)}
    boxes: dict[str, list[dict[str, Any]]] = {}
    by_photo = animals.join(photos.select("photo_id", "width", "height", "fps"), on="photo_id")
    for row in by_photo.sort("photo_id", "ordinal").iter_rows(named=True):
        if row["width"] and row["height"]:
            boxes.setdefault(row["photo_id"], []).append(_detection(row, numbers))
    images = []
    for row in photos.filter(pl.col("status").is_not_null()).iter_rows(named=True):
        image: dict[str, Any] = {"file": row["file"]}
        if row["status"] == "error":
            reason = row["error_code"] or "unknown"
            image |= {"detections": None, "failure": f"Failure image access: {reason}"}
            if row["file"].lower().endswith(VIDEOS):  # the format wants these of any video
                image |= {"frame_rate": -1, "frames_processed": []}
        else:
            image["detections"] = boxes.get(row["photo_id"], [])
            if row["n_frames"] is not None:
                used = sorted({box["frame_number"] for box in image["detections"]})
                image |= {"frame_rate": row["fps"] or -1, "frames_processed": used}
        if row["width"] and row["height"]:
            image |= {"width": row["width"], "height": row["height"]}
        if row["is_time_evidence"]:
            image["datetime"] = row["taken_at"].isoformat(" ", "seconds")
        images.append(image)
    weakest = [box["conf"] for found in boxes.values() for box in found]
    made = (now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "info": {
            "format_version": FORMAT_VERSION,
            "detector": detector,
            "detector_metadata": {
                "megadetector_version": "unknown",
                # All that is in the file counts here, so it does where the file is read.
                "typical_detection_threshold": math.floor(min(weakest, default=0) * 1e4) / 1e4,
            },
            "detection_completion_time": made,
            "classifier": detector,
            "classification_completion_time": made,
        },
        "detection_categories": dict(CATEGORIES),
        "classification_categories": {number: name for name, number in numbers.items()},
        "images": images,
    }


def label(row: dict[str, Any]) -> str:
    """The class of a detection: the model's own name, or what a person made of it."""
    if row["species"] == FIXTURE:
        return FIXTURE
    if row["source"] != "human" and row["class"]:
        return str(row["class"])
    if not row["is_deer"]:
        return str(row["species"])
    if row["age_class"] == "fawn":
        return "fawn"
    return {"male": "buck", "female": "doe"}.get(row["sex"], "deer")


def _detection(row: dict[str, Any], numbers: dict[str, str]) -> dict[str, Any]:
    width, height = row["width"], row["height"]
    box = (
        row["x1"] / width,
        row["y1"] / height,
        (row["x2"] - row["x1"]) / width,
        (row["y2"] - row["y1"]) / height,
    )
    confidence = round(float(row["confidence"]), 5)
    # A frame is known by its time; the format counts them.
    frame = row["frame_ms"]
    of_clip = {} if frame is None else {"frame_number": round(frame * (row["fps"] or 30) / 1000)}
    return of_clip | {
        "category": _CATEGORIES[kind_of(row["species"])],
        "conf": confidence,
        "bbox": [round(value, _DIGITS) for value in box],
        "classifications": [[numbers[label(row)], confidence]],
    }
