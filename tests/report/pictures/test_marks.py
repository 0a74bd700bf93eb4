from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from tests.workspaces import Deer
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import MissedAnimal
from thumper_core.decisions.record import record
from thumper_core.report.pictures.crops import crop_window, placeholder
from thumper_core.report.pictures.marks import marked, marks
from thumper_core.workspace import Workspace


def test_the_animal_that_is_meant_is_marked_alone_or_not(
    build: Callable[..., Workspace],
) -> None:
    workspace = build([Deer("buck", 1, lefts=(100,))], n_blank=0)
    one = workspace.sql("from detections join photos using (photo_id)").row(0, named=True)
    found = marks(workspace, [one["detection_id"], "none"])
    assert found.keys() == {one["detection_id"]}
    left, top, right, bottom = found[one["detection_id"]]
    box = tuple(one[c] for c in ("x1", "y1", "x2", "y2"))
    window = crop_window(box, one["width"], one["height"])
    size = window[2] - window[0], window[3] - window[1]
    there = (left * size[0] + window[0], top * size[1] + window[1])
    assert there == pytest.approx(box[:2]) and 0 < left < right < 1 and 0 < top < bottom < 1
    wide = one["x2"] - one["x1"]
    beside = (one["x1"] + 0.7 * wide, one["y1"], one["x2"] + 0.7 * wide, one["y2"])
    record(workspace.ledger, MissedAnimal(BoxKey(one["photo_id"], beside), "elk"), "Ann")
    assert marks(workspace, [one["detection_id"]]) == found


def test_what_stands_in_place_of_a_photo_is_not_marked() -> None:
    assert marked(placeholder(240), (0.25, 0.25, 0.75, 0.75)) == placeholder(240)


@pytest.mark.parametrize("grey", [0, 255])
def test_corners_are_seen_at_night_and_on_snow(grey: int) -> None:
    raw = io.BytesIO()
    Image.new("RGB", (240, 180), (grey, grey, grey)).save(raw, "JPEG")
    with Image.open(io.BytesIO(marked(raw.getvalue(), (0.25, 0.25, 0.75, 0.75)))) as picture:
        shown = np.asarray(picture.convert("L"), int)
    differs = np.abs(shown - grey) > 100
    assert differs[45 - 2 : 45 + 3, 60:72].any() and differs[135 - 3 : 138, 168:180].any()
    middle = differs[70:110, 90:150], differs[:30], differs[43:48, 100:140]
    assert not any(part.any() for part in middle)
