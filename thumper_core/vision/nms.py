"""From a detector's raw output to boxes: decode, threshold, non-maximum suppression, sort.

Every image of a batch is processed to its end. (Ultralytics' own function stops after 2 s + 0.05 s
per image and returns no boxes for the images it did not reach.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from thumper_core.contracts import Boxes, FloatArray

if TYPE_CHECKING:
    import torch

Layout = Literal["dense", "candidates", "final", "final_normalised"]
"""What a detector puts out for a batch of B.

dense: (B, 4 + classes, N): centre x, centre y, width, height in canvas pixels, then class scores.
candidates: (B, N, 6): x1, y1, x2, y2 in canvas pixels, score, class; of each place many.
final: (B, N, 6): the same, and nothing overlaps by design.
final_normalised: (B, N, 6): centre x, centre y, width, height in 0..1, score, class.
"""
CANDIDATES_MAX: Final = 1024
"""Boxes of a picture that leave the GPU, the surest; an animal in sight makes some ten or twenty."""


def with_candidates(network: torch.nn.Module) -> torch.nn.Module:
    """A network whose first output is `dense`, with the surest of it as `candidates` in float32.

    So a thousand boxes of 6 numbers leave the GPU in place of 8400 with a number for each class.
    """
    import torch

    class Candidates(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            output = self.network(pixels)
            dense = (output[0] if isinstance(output, (tuple, list)) else output).float()
            score, class_id = dense[:, 4:].max(dim=1)
            score, index = score.topk(min(CANDIDATES_MAX, score.shape[1]), dim=1)
            centred = dense[:, :4].gather(2, index[:, None].expand(-1, 4, -1))
            centre, half = centred[:, :2], centred[:, 2:] / 2
            rest = torch.stack([score, class_id.gather(1, index).float()], dim=1)
            return torch.cat([centre - half, centre + half, rest], dim=1).transpose(1, 2)

    return Candidates()


def select_boxes(
    output: FloatArray,
    layout: Layout,
    *,
    canvas: tuple[int, int],
    conf_min: float,
    iou_nms: float,
    max_detections: int,
) -> list[Boxes]:
    """The boxes of each image, canvas pixels, falling confidence, at most max_detections.

    output: as `layout` says; canvas: (h, w) pixels. Boxes with a confidence of at least conf_min
    are kept; of two boxes that overlap by more than iou_nms, the weaker is dropped, whatever their
    classes.
    """
    if layout == "dense":
        return [_from_dense(image, conf_min, iou_nms, max_detections) for image in output]
    height, width = canvas
    found = []
    for image in output:
        kept = image[(image[:, 4] >= conf_min) & np.isfinite(image).all(axis=1)]
        kept = kept[np.argsort(-kept[:, 4], kind="stable")]
        if layout == "candidates":
            kept = kept[suppress(kept[:, :4], kept[:, 4], iou_nms)]
        kept = kept[:max_detections]
        xyxy = kept[:, :4]
        if layout == "final_normalised":
            xyxy = _corners(xyxy * np.array([width, height] * 2, np.float32))
        found.append(_boxes(xyxy, kept[:, 4], kept[:, 5].astype(np.int64)))
    return found


def _from_dense(image: FloatArray, conf_min: float, iou_nms: float, max_detections: int) -> Boxes:
    """One image of (4 + classes, N)."""
    scores = image[4:].max(axis=0)
    columns = np.flatnonzero((scores >= conf_min) & np.isfinite(image).all(axis=0))
    if len(columns) == 0:
        return Boxes.empty()
    kept = image[:, columns]
    xyxy, confidence = _corners(kept[:4].T), scores[columns]
    class_id = kept[4:].argmax(axis=0)
    keep = suppress(xyxy, confidence, iou_nms)[:max_detections]
    return _boxes(xyxy[keep], confidence[keep], class_id[keep])


def suppress(xyxy: FloatArray, confidence: FloatArray, iou_nms: float) -> np.ndarray:
    """Indices of the boxes that stay, by falling confidence: greedy NMS over all classes together.

    A doe and a buck in one place are one animal that the model is not sure of. Kept apart, they
    would be two animals in one photo, which identification takes for certain.
    """
    import cv2

    order = np.argsort(-confidence, kind="stable")
    places = xyxy[order].astype(np.float64)
    places[:, 2:] -= places[:, :2]
    # Ranks stand for the confidences, because OpenCV drops boxes whose confidence is 0.
    ranks = np.arange(len(order), 0, -1, dtype=np.float32)
    kept = cv2.dnn.NMSBoxes(places, ranks, 0.0, iou_nms)  # type: ignore[arg-type]
    return order[np.asarray(kept, np.int64).reshape(-1)]


def _corners(centred: FloatArray) -> FloatArray:
    """(N, 4) centre x, centre y, width, height to x1, y1, x2, y2."""
    centre, half = centred[:, :2], centred[:, 2:4] / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def _boxes(xyxy: FloatArray, confidence: FloatArray, class_id: np.ndarray) -> Boxes:
    return Boxes(
        np.ascontiguousarray(xyxy, np.float32),
        np.ascontiguousarray(confidence, np.float32),
        np.ascontiguousarray(class_id, np.int64),
    )
