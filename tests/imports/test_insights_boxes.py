from __future__ import annotations

import json
from typing import Any

import pytest

from thumper_core.imports.insights_boxes import MachineBox, boxes_of

PLACE = (0.1, 0.2, 0.3, 0.4)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ([], []),
        ([{"xmin": 0.1, "ymin": 0.2, "xmax": 0.4, "ymax": 0.6}], [MachineBox(PLACE, None, "")]),
        ([{"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4, "score": 0.9}],
         [MachineBox(PLACE, 0.9, "")]),
        ([{"bbox": [0.1, 0.2, 0.3, 0.4], "conf": 0.8, "label": "animal", "category": "1"}],
         [MachineBox(PLACE, 0.8, "animal")]),
        ([{"bbox": {"x_min": "0.1", "y_min": 0.2, "x_max": 0.4, "y_max": 0.6}}],
         [MachineBox(PLACE, None, "")]),
        ([[0.1, 0.2, 0.3, 0.4]], None),  # corners or sides, x or y first: nobody says
        ([{"detectionBox": [0.1, 0.2, 0.3, 0.4]}], None),
        ([{"xmin": 10, "ymin": 20, "xmax": 40, "ymax": 60}], None),  # pixels of what size?
        ([{"xmin": 0.4, "ymin": 0.2, "xmax": 0.1, "ymax": 0.6}], None),
        ([{"bbox": [0.1, 0.2, 0.3]}], None),
        ([{"bbox": [0.1, 0.2, 0.3, 0.4], "conf": 80}], None),
        ({"bbox": [0.1, 0.2, 0.3, 0.4]}, None),
        (["x"], None),
    ],
)  # fmt: skip
def test_boxes_whose_numbers_have_names_are_understood(
    value: Any, found: list[MachineBox] | None
) -> None:
    got = boxes_of(json.dumps(value))
    if not found:
        assert got == found
        return
    assert got is not None
    assert [box[1:] for box in got] == [box[1:] for box in found]
    assert [box.box_xywh for box in got] == [pytest.approx(box.box_xywh) for box in found]


@pytest.mark.parametrize(("text", "found"), [("", []), ("NA", []), ("no json", None)])
def test_what_is_empty_and_what_is_no_json(text: str, found: list[MachineBox] | None) -> None:
    assert boxes_of(text) == found
