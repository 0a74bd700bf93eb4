"""The column `bounding_boxes` of a Wildlife Insights table of images: JSON, a list of boxes.

How its boxes are written is not documented. Those are understood whose numbers are named, so that they can
mean one thing alone: `xmin, ymin, xmax, ymax`, `x, y, width, height`, or `bbox` as MegaDetector writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_CORNERS: Final = ("xmin", "ymin", "xmax", "ymax")
_SIDES: Final = ("x", "y", "width", "height")
_SURE: Final = ("conf", "confidence", "score", "detectionscore")
_LABELS: Final = ("label", "categoryname", "class")
_SLACK: Final = 0.02  # of a photo's side, by which a box may stand out of it


class MachineBox(NamedTuple):
    """box_xywh: shares of the photo; confidence: in [0, 1], None: nothing is said; label: "": the same."""

    box_xywh: tuple[float, float, float, float]
    confidence: float | None
    label: str


def boxes_of(text: str) -> list[MachineBox] | None:
    """The boxes of a photo; None where any of them could be meant in another way."""
    if not text or text.upper() in ("NA", "NULL"):
        return []
    try:
        listed = json.loads(text)
    except ValueError:
        return None
    if not isinstance(listed, list):
        return None
    found = [_box(one) for one in listed]
    return None if None in found else [box for box in found if box is not None]


def _box(value: Any) -> MachineBox | None:
    if not isinstance(value, Mapping):
        return None
    said = {re.sub(r"[^a-z]", "", str(name).lower()): part for name, part in value.items()}
    bbox = said.get("bbox")
    if isinstance(bbox, Mapping):
        said |= {re.sub(r"[^a-z]", "", str(name).lower()): part for name, part in bbox.items()}
        bbox = None
    try:
        if all(name in said for name in _CORNERS):
            x1, y1, x2, y2 = (float(said[name]) for name in _CORNERS)
            place = (x1, y1, x2 - x1, y2 - y1)
        elif all(name in said for name in _SIDES):
            x, y, w, h = (float(said[name]) for name in _SIDES)
            place = (x, y, w, h)
        elif isinstance(bbox, list):
            x, y, w, h = (float(part) for part in bbox)
            place = (x, y, w, h)
        else:
            return None
        sure = next((float(said[name]) for name in _SURE if said.get(name) is not None), None)
    except (TypeError, ValueError):
        return None
    x, y, w, h = place
    is_inside = min(x, y) >= -_SLACK and max(x + w, y + h) <= 1 + _SLACK and min(w, h) > 0
    if not is_inside or not (sure is None or 0 <= sure <= 1):
        return None
    label = next((str(said[name]) for name in _LABELS if said.get(name)), "")
    return MachineBox(place, sure, label)
