"""Boxes out of raw outputs: against a plain loop, against ultralytics, and with no time limit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.contracts import Boxes
from thumper_core.vision.nms import CANDIDATES_MAX, select_boxes, suppress, with_candidates
from thumper_core.vision.ultralytics_guard import alone

LIMITS = {"canvas": (64, 96), "conf_min": 0.25, "iou_nms": 0.5, "max_detections": 100}


def plain_iou(a: np.ndarray, b: np.ndarray) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / union if union > 0 else 0.0


def plain_suppress(xyxy: np.ndarray, confidence: np.ndarray, iou_nms: float) -> list[int]:
    kept: list[int] = []
    for i in sorted(range(len(xyxy)), key=lambda i: -confidence[i]):
        if all(plain_iou(xyxy[i], xyxy[k]) <= iou_nms for k in kept):
            kept.append(i)
    return kept


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(0, 40)] * 4), max_size=25),
    st.sampled_from([0.31, 0.57, 0.83]),
)
def test_suppress_agrees_with_a_plain_loop(rows: list[tuple[int, ...]], iou_nms: float) -> None:
    table = np.array(rows, np.float32).reshape(-1, 4)
    xyxy = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:] + 1], axis=1)
    confidence = np.linspace(1, 0.1, len(table), dtype=np.float32)[::-1].copy()
    assert suppress(xyxy, confidence, iou_nms).tolist() == plain_suppress(xyxy, confidence, iou_nms)


def test_suppress_agrees_with_torchvision() -> None:
    import torch
    from torchvision.ops import nms

    rng = np.random.default_rng(4)
    for count in (0, 1, 7, 400):
        centre, half = rng.uniform(0, 300, (count, 2)), rng.uniform(2, 100, (count, 2))
        xyxy = np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)
        confidence = rng.integers(0, 20, count).astype(np.float32) / 20  # many are the same
        theirs = nms(torch.from_numpy(xyxy), torch.from_numpy(confidence), 0.6)
        assert suppress(xyxy, confidence, 0.6).tolist() == theirs.tolist()


def dense(*boxes: tuple[float, float, float, float, int, float], n_classes: int = 2) -> np.ndarray:
    """One image's (4 + classes, N) output of (cx, cy, w, h, class, score) rows."""
    output = np.zeros((4 + n_classes, len(boxes)), np.float32)
    for column, (*place, class_id, score) in enumerate(boxes):
        output[:4, column] = place
        output[4 + class_id, column] = score
    return output


@pytest.mark.parametrize(
    ("output", "confidences"),
    [
        (dense(), []),
        (dense((10, 10, 4, 4, 0, 0.2)), []),
        (dense((10, 10, 4, 4, 0, 0.25)), [0.25]),
        (dense((10, 10, 8, 8, 0, 0.5), (10, 10, 8, 8, 0, 0.9)), [0.9]),
        (dense((10, 10, 8, 8, 0, 0.5), (10, 10, 8, 8, 1, 0.9)), [0.9]),
        (dense((np.nan, 10, 8, 8, 0, 0.9), (30, 30, 8, 8, 0, 0.4)), [0.4]),
    ],
    ids=["none", "weak", "just enough", "same class", "other class", "not a number"],
)
def test_dense_output(output: np.ndarray, confidences: list[float]) -> None:
    (boxes,) = select_boxes(output[None], "dense", **LIMITS)
    assert boxes.confidence.tolist() == pytest.approx(confidences)
    assert (boxes.xyxy.dtype, boxes.confidence.dtype, boxes.class_id.dtype) == (
        np.float32, np.float32, np.int64,
    )  # fmt: skip
    assert boxes.xyxy.shape == (len(confidences), 4)


def test_final_outputs_are_sorted_and_scaled() -> None:
    rows = np.array([[1, 2, 3, 4, 0.3, 1], [5, 6, 7, 8, 0.9, 0], [0, 0, 1, 1, 0.1, 0]], np.float32)
    (boxes,) = select_boxes(rows[None], "final", **LIMITS)
    assert boxes.xyxy.tolist() == [[5, 6, 7, 8], [1, 2, 3, 4]]
    assert boxes.class_id.tolist() == [0, 1]
    centred = np.array([[0.5, 0.5, 0.5, 0.25, 0.8, 1]], np.float32)
    (boxes,) = select_boxes(centred[None], "final_normalised", **LIMITS)
    assert boxes.xyxy.tolist() == [[24, 24, 72, 40]]


def crowd(images: int, boxes: int) -> np.ndarray:
    """Outputs with many boxes that do not overlap: all of them must come out."""
    side = int(np.ceil(np.sqrt(boxes)))
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)[:boxes]
    rng = np.random.default_rng(1)
    output = np.zeros((images, 6, boxes), np.float32)
    output[:, :2] = grid.T * 10
    output[:, 2:4] = 8
    output[:, 4] = rng.uniform(0.3, 1, (images, boxes))
    return output


class SlowClock:
    """A clock by which a second passes between any two looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        self.now += 1.0
        return self.now


def test_no_image_of_a_large_batch_loses_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    output = crowd(images=64, boxes=900)
    clock = SlowClock()
    for name in ("time", "monotonic", "perf_counter"):
        monkeypatch.setattr(time, name, clock.time)
    found = select_boxes(output, "dense", **LIMITS | {"max_detections": 1000})
    assert [len(boxes) for boxes in found] == [900] * 64


def test_ultralytics_loses_boxes_when_time_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # The reason for a function of our own. When this fails, theirs has been mended.
    import torch

    with alone():
        from ultralytics.utils import nms

    monkeypatch.setattr(nms, "time", SlowClock())
    monkeypatch.setattr(nms.LOGGER, "warning", lambda *_: None)
    theirs = nms.non_max_suppression(torch.from_numpy(crowd(64, 900)), 0.25, 0.5, max_det=1000)
    assert len(theirs[0]) == 900
    assert len(theirs[-1]) == 0


def test_agrees_with_ultralytics_while_time_lasts() -> None:
    import torch
    import torchvision  # noqa: F401  # without it, ultralytics suppresses other boxes

    with alone():
        from ultralytics.utils import nms

    rng = np.random.default_rng(2)
    output = np.concatenate(
        [
            rng.uniform(0, 640, (3, 2, 500)),
            rng.uniform(5, 200, (3, 2, 500)),
            rng.uniform(0, 1, (3, 4, 500)),
        ],
        axis=1,
    ).astype(np.float32)
    limits = {"conf_min": 0.6, "iou_nms": 0.5, "max_detections": 50, "canvas": (640, 640)}
    ours: list[Boxes] = select_boxes(output, "dense", **limits)
    theirs = nms.non_max_suppression(
        torch.from_numpy(output.copy()), 0.6, 0.5, max_det=50, agnostic=True
    )
    for boxes, table in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(boxes.xyxy, table[:, :4].numpy(), atol=1e-3)
        np.testing.assert_allclose(boxes.confidence, table[:, 4].numpy())
        assert boxes.class_id.tolist() == table[:, 5].int().tolist()


@pytest.mark.parametrize("n", [50, 3000])
def test_candidates_hold_all_that_dense_output_does(n: int) -> None:
    import torch

    rng = np.random.default_rng(n)
    places = [rng.uniform(0, 640, (3, 2, n)), rng.uniform(5, 200, (3, 2, n))]
    scores = rng.uniform(0, 1, (3, 4, n)) * (rng.uniform(0, 1, (3, 1, n)) < 0.2)
    output = np.concatenate([*places, scores], axis=1).astype(np.float32)
    output[1, 2, 7] = np.nan
    module = with_candidates(torch.nn.Identity())
    candidates = module(torch.from_numpy(output)).numpy()
    assert candidates.shape == (3, min(n, CANDIDATES_MAX), 6)
    limits = {"conf_min": 0.3, "iou_nms": 0.5, "max_detections": 40, "canvas": (640, 640)}
    whole = select_boxes(output, "dense", **limits)
    for ours, theirs in zip(select_boxes(candidates, "candidates", **limits), whole, strict=True):
        assert len(ours)
        np.testing.assert_allclose(ours.xyxy, theirs.xyxy, atol=1e-4)
        np.testing.assert_array_equal(ours.confidence, theirs.confidence)
        np.testing.assert_array_equal(ours.class_id, theirs.class_id)
