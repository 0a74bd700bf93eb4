"""Finding animals: whatever `ultralytics.YOLO` loads, behind one small protocol.

Pre- and post-processing are done here, so that they are the same for every backend, and no image of
a batch is skipped for lack of time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from thumper_core.contracts import Boxes, ImageArray, ThumperError
from thumper_core.vision.backends import (
    BackendName,
    Forward,
    Precision,
    as_pictures_module,
    choose_backend,
    chosen_fields,
    halving,
    torch_forward,
)
from thumper_core.vision.named import find_detector, require_detector
from thumper_core.vision.nms import Layout, select_boxes, with_candidates
from thumper_core.vision.openvino_forward import Later, OpenVinoForward
from thumper_core.vision.pickled import checked_copy, is_pickled
from thumper_core.vision.quantise import Calibration
from thumper_core.vision.registry import ModelSpec, Registry, load_registry
from thumper_core.vision.weights import sha256_of
from thumper_core.vision.yolo_files import (
    Form,
    form_of_file,
    keep_form,
    load_pt,
    model_file_of,
    read_form,
)


class Detector(Protocol):
    """Finds animals in a batch of letterboxed pictures."""

    @property
    def name(self) -> str:
        """The registry's name, or the weights file's."""

    @property
    def weights_sha256(self) -> str:
        """SHA-256 of the weights, 64 hex digits."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The model's own class names, by class index."""

    @property
    def stride(self) -> int:
        """The sides of a canvas are multiples of this, pixels."""

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """The canvas (h, w), pixels, for an upright photo of width x height."""

    def detect(self, batch: ImageArray) -> list[Boxes]:
        """Boxes of each of the (B, H, W, 3) uint8 RGB letterboxed pictures, in their pixels."""

    def fingerprint_fields(self) -> dict[str, Any]:
        """What decides the results: enters the run's fingerprint."""


@dataclass(frozen=True)
class YoloDetector:
    """A detector in one of ultralytics' output layouts on one backend."""

    name: str
    weights_sha256: str
    form: Form
    rect: bool
    forward: Forward
    conf_min: float
    iou_nms: float
    max_detections: int
    precision: Mapping[str, str] = field(default_factory=dict)  # what was chosen: `chosen_fields`
    file: str = ""  # the weights' whole path, where no entry of the registry is of that name

    @property
    def class_names(self) -> tuple[str, ...]:
        """The model's own class names, by class index."""
        return self.form.class_names

    @property
    def stride(self) -> int:
        """The sides of a canvas are multiples of this, pixels."""
        return self.form.stride

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """The canvas (h, w): the longer side is the model's size, the other as short as fits."""
        if self.form.fixed_size is not None:
            return self.form.fixed_size
        size = self.form.imgsz
        if not self.rect:
            return size, size
        ratio = size / max(width, height)
        # Rounded first: 360.0000001 would cost another stride.
        h, w = (
            max(1, math.ceil(round(side * ratio, 3) / self.stride)) * self.stride
            for side in (height, width)
        )
        return h, w

    def detect(self, batch: ImageArray) -> list[Boxes]:
        """Boxes of each of the (B, H, W, 3) uint8 RGB letterboxed pictures, in their pixels.

        Confidence falls; two boxes of one class overlap by at most iou_nms. Raises ThumperError
        where the model's output is in no known layout.
        """
        if len(batch) == 0:
            return []
        output = self.forward(batch)
        layout = self.form.layout or _layout_of(output.shape, len(self.class_names))
        return select_boxes(
            output,
            layout,
            canvas=(batch.shape[1], batch.shape[2]),
            conf_min=self.conf_min,
            iou_nms=self.iou_nms,
            max_detections=self.max_detections,
        )

    def fingerprint_fields(self) -> dict[str, Any]:
        """Weights and all that decides boxes. The device is left out on purpose, and so is the
        precision unless one was chosen.

        A run may go on on another machine; bfloat16 moves boxes by less than people see.
        """
        return {
            **self.precision,
            "weights_sha256": self.weights_sha256,
            "imgsz": self.form.imgsz,
            "fixed_size": self.form.fixed_size,
            "rect": self.rect,
            "conf_min": self.conf_min,
            "iou_nms": self.iou_nms,
            "max_detections": self.max_detections,
        }


def _layout_of(shape: tuple[int, ...], n_classes: int) -> Layout:
    if len(shape) == 3 and shape[1] == 4 + n_classes:
        return "dense"
    if len(shape) == 3 and shape[2] == 6:
        return "final"
    raise ThumperError(
        f"The detector's output has the shape {shape}, which no YOLO detection model with "
        f"{n_classes} classes gives. Is it a model for another task (segment, pose, classify)?"
    )


def open_detector(
    name_or_path: str,
    *,
    device: str = "auto",
    trust: bool = False,
    conf_min: float = 0.25,
    iou_nms: float = 0.6,
    max_detections: int = 100,
    cache_dir: Path | None = None,
    registry: Registry | None = None,
    precision: Precision = "auto",
    streams: int = 0,
    calibration: Calibration | None = None,
    trusted: Collection[str] = (),
) -> YoloDetector:
    """Open a detector by its name in the registry or by a .pt or .onnx file or OpenVINO folder.

    trust: load a pickled file that the user has not trusted yet, and remember that; trusted: hashes that
    the caller vouches for. cache_dir: keeps converted networks. streams: as `OpenVinoForward` takes
    them. calibration: for the precision int8. Raises UsageError (unknown name) and ThumperError (no
    weights, wrong weights, a pickle that is not trusted), each naming the next step.

    >>> import numpy as np
    >>> from thumper_core import open_detector
    >>> detector = open_detector("demo")
    >>> height, width = detector.input_size(1920, 1080)
    >>> (boxes,) = detector.detect(np.zeros((1, height, width, 3), np.uint8))
    >>> boxes.xyxy.shape
    (0, 4)
    """
    registry = registry if registry is not None else load_registry()
    spec, path = require_detector(name_or_path, registry, trust=trust, trusted=trusted)
    sha256 = sha256_of(path)
    backend = choose_backend(device)
    openvino = partial(
        OpenVinoForward,
        precision=precision,
        cache_dir=cache_dir,
        key=sha256,
        streams=streams,
        calibration=calibration,
    )
    kept_form = cache_dir / f"{sha256}.form1.json" if cache_dir else None
    forward, form = _load(path, sha256, backend, spec, openvino, kept_form)
    return YoloDetector(
        name=spec.name,
        weights_sha256=sha256,
        form=form,
        rect=spec.rect and form.layout != "final_normalised",
        forward=halving(forward),
        conf_min=conf_min,
        iou_nms=iou_nms,
        max_detections=max_detections,
        precision=chosen_fields(precision, "auto", backend, calibration),
        file="" if spec.name in registry.models else str(path.absolute()),
    )


def weights_file(name_or_path: str, registry: Registry) -> Path:
    """Where a detector's weights are, by its name in the registry or by a file of its own."""
    return find_detector(name_or_path, registry)[1]


def _load(
    path: Path,
    sha256: str,
    backend: BackendName,
    spec: ModelSpec,
    openvino: Callable[[Any], OpenVinoForward],
    kept_form: Path | None,
) -> tuple[Forward, Form]:
    if is_pickled(path):
        known = read_form(kept_form) if kept_form and backend == "openvino" else None
        if known is not None:
            # The network is most likely kept converted: importing ultralytics takes seconds.
            form = known
            forward: Forward = openvino(Later(lambda: _pictures(_load_checked(path, sha256)[0])))
        else:
            network, form = _load_checked(path, sha256)
            if backend == "openvino":
                forward = openvino(_pictures(network))
                if kept_form:
                    keep_form(kept_form, form)
            else:
                if backend == "cuda" and form.layout == "dense":
                    network, form = with_candidates(network), replace(form, layout="candidates")
                forward = torch_forward(_pictures(network), backend)
    else:
        model_file = model_file_of(path)
        # These files run on OpenVINO whatever the device: torch cannot read them.
        forward = openvino(model_file)
        form = form_of_file(path, model_file)
    if spec.input_size and form.fixed_size is None:
        form = replace(form, imgsz=spec.input_size)
    return forward, form


def _load_checked(path: Path, sha256: str) -> tuple[Any, Form]:
    """Unpickle the very bytes whose hash was looked at, however late."""
    with checked_copy(path, sha256) as copy:
        return load_pt(copy, path)


def _pictures(network: Any) -> Any:
    return as_pictures_module(network, (0.0,) * 3, (1.0,) * 3)
