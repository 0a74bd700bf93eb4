"""MegaDetector's results format (https://lila.science/megadetector-output-format), both ways.

Detections are animal, person or vehicle; the class of the model that found them is their
classification. Boxes are shares of the photo: x of the left edge, y of the top, width, height.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core.contracts import DEER_SPECIES, UsageError
from thumper_core.export import source
from thumper_core.export.files import write_file

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

FORMAT_VERSION: Final = "1.5"
_CATEGORIES: Final = {"animal": "1", "human": "2", "vehicle": "3"}
_NAMES: Final = {"1": "animal", "2": "person", "3": "vehicle"}
_DIGITS: Final = 7  # of a share: a hundredth of a pixel of the largest photo is kept
_VIDEOS: Final = (".mp4", ".avi", ".mpeg", ".mpg", ".mov", ".mkv", ".flv")


@dataclass(frozen=True)
class MdDetection:
    """One box of one image; box_xywh: shares of the image, confidence in [0, 1]."""

    box_xywh: tuple[float, float, float, float]
    confidence: float
    label: str  # the best classification's name, else the detection category's


@dataclass(frozen=True)
class MdImage:
    """One image of a results file; failure: why it has no detections, None where it was read."""

    file: str
    detections: tuple[MdDetection, ...]
    failure: str | None = None


@dataclass(frozen=True)
class MdResults:
    """A results file as far as Thumper uses it."""

    detector: str
    format_version: str
    images: tuple[MdImage, ...]


def md_json(workspace: Workspace, out: Path, *, now: datetime | None = None) -> Path:
    """Write the shown run's detections as a MegaDetector results file; photos not looked at yet
    are left out.
    """
    run_id = workspace.ledger.promoted("run")
    detector = workspace.ledger.run(run_id).detector if run_id else "Thumper"
    found = results(source.media(workspace), source.animals(workspace), detector, now)
    return write_file(out, json.dumps(found, indent=1, ensure_ascii=False))


def results(
    photos: pl.DataFrame, animals: pl.DataFrame, detector: str, now: datetime | None = None
) -> dict[str, Any]:
    """The results file as JSON values. photos, animals: as `source` gives them."""
    names = sorted({label(row) for row in animals.iter_rows(named=True)})
    numbers = {name: str(number) for number, name in enumerate(names)}
    boxes: dict[str, list[dict[str, Any]]] = {}
    by_photo = animals.join(photos.select("photo_id", "width", "height"), on="photo_id")
    for row in by_photo.sort("photo_id", "ordinal").iter_rows(named=True):
        if row["width"] and row["height"]:
            boxes.setdefault(row["photo_id"], []).append(_detection(row, numbers))
    images = []
    for row in photos.filter(pl.col("status").is_not_null()).iter_rows(named=True):
        image: dict[str, Any] = {"file": row["file"]}
        if row["status"] == "error":
            reason = row["error_code"] or "unknown"
            image |= {"detections": None, "failure": f"Failure image access: {reason}"}
            if row["file"].lower().endswith(_VIDEOS):  # the format wants these of any video
                image |= {"frame_rate": -1, "frames_processed": []}
        else:
            image["detections"] = boxes.get(row["photo_id"], [])
        if row["width"] and row["height"]:
            image |= {"width": row["width"], "height": row["height"]}
        if row["is_time_evidence"]:
            image["datetime"] = row["taken_at"].isoformat(" ", "seconds")
        images.append(image)
    made = (now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "info": {
            "format_version": FORMAT_VERSION,
            "detector": detector,
            "detection_completion_time": made,
            "classifier": detector,
            "classification_completion_time": made,
        },
        "detection_categories": dict(_NAMES),
        "classification_categories": {number: name for name, number in numbers.items()},
        "images": images,
    }


def label(row: dict[str, Any]) -> str:
    """The class of a detection: the model's own name, or what a person made of it."""
    if row["source"] != "human" and row["class"]:
        return str(row["class"])
    if row["species"] != DEER_SPECIES:
        return str(row["species"])
    if row["age_class"] == "fawn":
        return "fawn"
    return {"male": "buck", "female": "doe"}.get(row["sex"], "deer")


def read_results(path: Path) -> MdResults:
    """Read a results file of format 1.x.

    Raises UsageError, naming the image, where the file does not keep to the format.
    """
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}.") from error
    try:
        return parse(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} is not a MegaDetector results file: {error}.") from error


def parse(data: dict[str, Any]) -> MdResults:
    """The same from JSON values; ValueError, KeyError or TypeError where they are wrong."""
    info, categories = data["info"], data["detection_categories"]
    version = str(info.get("format_version", "1.0"))
    if int(float(version)) != 1:
        raise ValueError(f"format version {version} is not 1.x")
    classes = data.get("classification_categories") or {}
    images = tuple(_image(image, categories, classes) for image in data["images"])
    return MdResults(str(info.get("detector") or "MegaDetector"), version, images)


def _image(image: dict[str, Any], categories: dict[str, str], classes: dict[str, str]) -> MdImage:
    file = image["file"]
    if not isinstance(file, str) or not file:
        raise ValueError("an image has no file name")
    boxes = image.get("detections")
    if boxes is None:
        return MdImage(file, (), str(image.get("failure") or "no detections given"))
    try:
        found = [_parse_detection(box, categories, classes) for box in boxes]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"image {file!r}: {type(error).__name__} {error}") from error
    found.sort(key=lambda d: -d.confidence)
    failure = image.get("failure")
    return MdImage(file, tuple(found), str(failure) if failure else None)


def _parse_detection(
    box: dict[str, Any], categories: dict[str, str], classes: dict[str, str]
) -> MdDetection:
    x, y, w, h = (float(value) for value in box["bbox"])
    confidence = float(box["conf"])
    if not all(math.isfinite(v) for v in (x, y, w, h)) or w < 0 or h < 0:
        raise ValueError(f"bbox {box['bbox']} is no box")
    if not 0 <= confidence <= 1:
        raise ValueError(f"conf {confidence} is not between 0 and 1")
    label = str(categories[box["category"]])
    ranked = sorted(box.get("classifications") or [], key=lambda pair: -float(pair[1]))
    if ranked:
        label = str(classes[ranked[0][0]])
    return MdDetection((x, y, w, h), confidence, label)


def _detection(row: dict[str, Any], numbers: dict[str, str]) -> dict[str, Any]:
    width, height = row["width"], row["height"]
    box = (
        row["x1"] / width,
        row["y1"] / height,
        (row["x2"] - row["x1"]) / width,
        (row["y2"] - row["y1"]) / height,
    )
    confidence = round(float(row["confidence"]), 5)
    return {
        "category": _CATEGORIES[source.kind_of(row["species"])],
        "conf": confidence,
        "bbox": [round(value, _DIGITS) for value in box],
        "classifications": [[numbers[label(row)], confidence]],
    }
