"""A detector's scores: a hand-worked example, a plain reference, and what must not count."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from thumper_core.contracts import ThumperError
from thumper_core.evaluate.detection import (
    IOUS,
    MISSED,
    NOTHING,
    detection_scores,
    size_of,
)

BOXES = {"photo": pl.String, "x1": pl.Float64, "y1": pl.Float64, "x2": pl.Float64, "y2": pl.Float64}
A, B = (0, 0, 100, 100), (200, 0, 300, 100)
HALF_OF_A, NOWHERE = (0, 0, 100, 50), (500, 500, 600, 600)


def found(*rows: tuple) -> pl.DataFrame:
    flat = [(photo, *box, confidence, label) for photo, box, confidence, label in rows]
    return pl.DataFrame(
        flat, schema={**BOXES, "confidence": pl.Float64, "label": pl.String}, orient="row"
    )


def truth(*rows: tuple) -> pl.DataFrame:
    flat = [(r[0], *r[1], r[2], len(r) > 3) for r in rows]
    return pl.DataFrame(
        flat, schema={**BOXES, "label": pl.String, "ignored": pl.Boolean}, orient="row"
    )


def photos(**dark: bool | None) -> pl.DataFrame:
    rows = [(name, name, value, 1000) for name, value in dark.items()]
    schema = {
        "photo": pl.String,
        "unit": pl.String,
        "is_infrared": pl.Boolean,
        "longest_px": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def by_hand(**options: object):
    """Three animals, all found: one of them called `a` though it is `b`; one false alarm."""
    return detection_scores(
        found(
            ("p", A, 0.9, "a"), ("p", B, 0.8, "a"), ("q", HALF_OF_A, 0.7, "a"),
            ("q", NOWHERE, 0.6, "b"),
        ),
        truth(("p", A, "a"), ("p", B, "b"), ("q", A, "a")),
        photos(p=False, q=True),
        **{"conf_min": 0.5, **options},
    )  # fmt: skip


def test_by_hand() -> None:
    scores = by_hand()
    expected = {
        "detection_precision": 3 / 4, "detection_recall": 1, "class_accuracy": 2 / 3,
        "day_detection_precision": 1, "day_detection_recall": 1, "day_class_accuracy": 1 / 2,
        "infrared_detection_precision": 1 / 2, "infrared_detection_recall": 1,
        "infrared_class_accuracy": 1,
        "medium_detection_precision": 3 / 4, "medium_detection_recall": 1,
        "small_detection_recall": None, "large_detection_precision": None,
        # `a`, two true ones: right, wrong, right; precision 1 up to recall 1/2, then 2/3
        "ap50_a": 0.5 + 0.5 * 2 / 3, "ap50_b": 0, "map50": (0.5 + 1 / 3) / 2,
        # above an overlap of 0.5 only the first is right
        "map50_95": ((0.5 + 1 / 3 + 9 * 0.5) / 10) / 2,
    }  # fmt: skip
    for key, value in expected.items():
        close = value if value is None else pytest.approx(value, abs=0.006)
        assert scores.metrics[key]["value"] == close, key
    for entry in scores.metrics.values():
        if entry["value"] is not None and entry["low"] is not None:
            assert entry["low"] - 1e-9 <= entry["value"] <= entry["high"] + 1e-9
    counted = {(t, f): n for t, f, n in scores.confusion.iter_rows() if n}
    assert counted == {("a", "a"): 2, ("b", "a"): 1, (NOTHING, "b"): 1}
    assert scores.labels == ("a", "b")
    assert scores.found.tolist() == [0, 1, 2, -1]
    assert scores.curve["recall"].to_list() == pytest.approx([1 / 3, 2 / 3, 1, 1])
    assert scores.curve["precision"].to_list() == pytest.approx([1, 1, 1, 3 / 4])


def test_weak_boxes_count_for_average_precision_alone() -> None:
    scores = by_hand(conf_min=0.75)
    assert scores.metrics["detection_precision"]["value"] == 1
    assert scores.metrics["detection_recall"]["value"] == pytest.approx(2 / 3)
    assert scores.metrics["ap50_a"]["value"] == pytest.approx(5 / 6, abs=0.006)
    assert scores.found.tolist() == [0, 1, -2, -2]
    missed = scores.confusion.filter((pl.col("found") == MISSED) & (pl.col("n") > 0))
    assert missed.rows() == [("a", MISSED, 1)]


def test_what_is_not_asked_for_is_no_false_alarm_and_no_miss() -> None:
    scores = detection_scores(
        found(("p", A, 0.9, "a"), ("p", B, 0.9, "a")),
        truth(("p", A, "a"), ("p", B, "a", "ignored"), ("p", NOWHERE, "a", "ignored")),
        photos(p=None),
        conf_min=0.5,
    )
    for key in ("detection_precision", "detection_recall", "class_accuracy"):
        assert scores.metrics[key]["value"] == 1, key
    assert scores.metrics["map50_95"]["value"] == pytest.approx(1, abs=0.006)
    assert scores.metrics["day_detection_recall"]["value"] is None  # the light is not known
    assert scores.confusion["n"].sum() == 1


def test_nothing_found_and_nothing_asked() -> None:
    scores = detection_scores(
        found(), truth(("p", A, "a")), photos(p=False, blank=False), conf_min=0.5
    )
    assert scores.metrics["detection_recall"]["value"] == 0
    assert scores.metrics["detection_precision"]["value"] is None
    assert scores.metrics["map50"]["value"] == 0
    for nothing in (truth(), truth(("p", A, "a", "ignored"))):
        with pytest.raises(ThumperError, match="no box to look for"):
            detection_scores(found(("p", A, 1.0, "a")), nothing, photos(p=False), conf_min=0.5)


def test_where_labels_say_nothing_classes_are_not_scored() -> None:
    metrics = by_hand(compare_classes=False).metrics
    assert metrics["class_accuracy"]["value"] is None
    assert not [key for key in metrics if key.startswith("ap50_")]


def test_sizes() -> None:
    sides = [0, 49, 51, 149, 151]
    rows = [(0, 0, side, side, 1000) for side in sides] + [(0, 0, 9, 9, None)]
    frame = pl.DataFrame(rows, schema=["x1", "y1", "x2", "y2", "longest_px"], orient="row")
    assert size_of(frame).tolist() == [0, 0, 1, 1, 2, -1]


def plain_ap(boxes: list, true: list, iou_min: float) -> float:
    """Average precision of one class, every point of the curve. boxes: photo, box, confidence."""

    def iou(a: tuple, b: tuple) -> float:
        w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
        h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
        area = lambda c: (c[2] - c[0]) * (c[3] - c[1])  # noqa: E731
        return w * h / (area(a) + area(b) - w * h)

    taken: set[int] = set()
    points, right = [], 0
    for n, (photo, box, _) in enumerate(sorted(boxes, key=lambda b: -b[2]), 1):
        best = max(
            (k for k, (p, _) in enumerate(true) if p == photo and k not in taken),
            key=lambda k: iou(box, true[k][1]),
            default=None,
        )
        if best is not None and iou(box, true[best][1]) >= iou_min:
            taken.add(best)
            right += 1
        points.append((right / len(true), right / n))
    area, before = 0.0, 0.0
    for k, (recall, _) in enumerate(points):
        area += (recall - before) * max(p for _, p in points[k:])
        before = recall
    return area


@pytest.mark.parametrize("seed", range(4))
def test_average_precision_agrees_with_a_plain_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes, true = [], []
    for k in range(60):
        x, y = rng.integers(0, 800, 2)
        box = (int(x), int(y), int(x) + 100, int(y) + 80)
        photo = f"p{k % 12}"
        true.append((photo, box))
        if rng.uniform() < 0.8:
            moved = tuple(v + int(d) for v, d in zip(box, rng.integers(-20, 21, 4), strict=True))
            boxes.append((photo, moved, float(rng.uniform(0.3, 1))))
        if rng.uniform() < 0.4:
            boxes.append((photo, (5, 5, 60, 60), float(rng.uniform(0, 0.8))))
    scores = detection_scores(
        found(*((p, b, c, "a") for p, b, c in boxes)),
        truth(*((p, b, "a") for p, b in true)),
        photos(**{f"p{k}": False for k in range(12)}),
        conf_min=0.5,
    )
    assert scores.metrics["map50"]["value"] == pytest.approx(plain_ap(boxes, true, 0.5), abs=0.02)
    every = np.mean([plain_ap(boxes, true, iou) for iou in IOUS])
    assert scores.metrics["map50_95"]["value"] == pytest.approx(every, abs=0.02)


def test_ultralytics_says_nothing_and_changes_nothing(tmp_path: Path) -> None:
    code = (
        "import numpy as np; from PIL import Image; was = Image.open; "
        "from thumper_core.evaluate.detection import average_precision as ap; one = np.array([0]); "
        "print(ap(np.array([[True]]), np.array([0.9]), one, one)[0][0] > 0.9, Image.open is was)"
    )
    new_user = {key: value for key, value in os.environ.items() if not key.startswith("YOLO_")}
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=new_user | {"YOLO_CONFIG_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (told.stdout, told.stderr) == ("True True\n", "")
    assert list(tmp_path.rglob("settings.json"))  # it was a first time, with a greeting
