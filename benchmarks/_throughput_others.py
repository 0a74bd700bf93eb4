"""What `throughput.py` compares with: `ultralytics` predict and the `megadetector` package."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from _throughput_common import (
    CONF_MIN,
    CORES,
    EMBEDDER,
    IOU_NMS,
    SIZE,
    files_of,
    open_all,
    tasks_of,
    timed,
)


def _yolo() -> Any:
    from ultralytics import YOLO

    from thumper_core.vision.registry import models_dir

    return YOLO(models_dir() / "demo-detector.pt")


def plain(folder: Path, n: int) -> dict[str, Any]:
    """`ultralytics` predict(stream=True), then for each photo: crop its boxes and embed them."""
    import numpy as np
    import torch
    from PIL import Image

    from thumper_core.vision.embedders import open_embedder
    from thumper_core.vision.images import crop_resize
    from thumper_core.vision.registry import load_registry

    model = _yolo()
    embedder = open_embedder(EMBEDDER, registry=load_registry(None), device="torch")
    torch.set_num_threads(CORES)
    files = [str(f) for f in files_of(folder, n)]
    options = {
        "imgsz": SIZE,
        "conf": CONF_MIN,
        "iou": IOU_NMS,
        "agnostic_nms": True,
        "verbose": False,
    }
    model.predict(files[0], **options)

    def work() -> int:
        for result in model.predict(files, stream=True, **options):
            image = np.asarray(Image.open(result.path).convert("RGB"))
            crops = [crop_resize(image, b, embedder.size, 0.05) for b in result.boxes.xyxy.numpy()]
            if crops:
                embedder.embed(np.stack(crops))
        return len(files)

    return timed(work)


def agreement(folder: Path, n: int) -> dict[str, Any]:
    """Shares of clear boxes that the chain's detector and `predict` both have, at IoU >= 0.5.

    `canvases`: both get the same picture; `photos`: each reads and resizes the photo in its way
    (`predict` without smoothing). On photos as they were rendered, at the size that the weights
    were trained at: of anything else such a network is unsure, and then a hair decides.
    """
    import numpy as np

    from thumper_core.contracts import Boxes
    from thumper_core.pipeline.decode import Decoder
    from thumper_core.upkeep.precisions import agreement_of_boxes

    _, settings, models = open_all()
    own = 448
    detector = replace(models.detector, form=replace(models.detector.form, imgsz=own))
    decode = Decoder(detector, settings.detect.max_pixels)
    every = sorted(folder.rglob("*.jpg"))
    files = every[:: max(1, len(every) // n)][:n]
    model = _yolo()

    def predicted(source: Any, size: Any) -> Boxes:
        found = model.predict(
            source, imgsz=size, conf=CONF_MIN, iou=IOU_NMS, agnostic_nms=True, verbose=False
        )
        b = found[0].boxes.data.numpy()
        return Boxes(b[:, :4], b[:, 4], b[:, 5].astype(int))

    on_canvas, on_photo = [], []
    for file, task in zip(files, tasks_of(files), strict=True):
        item = decode(task)
        boxes = detector.detect(item.canvas[None])[0]
        bgr = np.ascontiguousarray(item.canvas[..., ::-1])  # as OpenCV, and `predict`, have it
        on_canvas.append((boxes, predicted(bgr, item.canvas.shape[:2])))
        on_photo.append((item.on_photo(boxes), predicted(str(file), own)))
    shares = {
        name: agreement_of_boxes([a for a, _ in pairs], [b for _, b in pairs], CONF_MIN)
        for name, pairs in (("canvases", on_canvas), ("photos", on_photo))
    }
    return {name: {"share": share, "n_boxes": n_boxes} for name, (share, n_boxes) in shares.items()}


def megadetector(folder: Path, n: int) -> dict[str, Any]:
    """The `megadetector` package's batch runner with the same weights: it only detects."""
    import contextlib
    import io

    from megadetector.detection.run_detector_batch import load_and_run_detector_batch

    from thumper_core.vision.registry import models_dir

    weights = str(models_dir() / "demo-detector.pt")
    classes = Path(tempfile.mkdtemp()) / "classes.json"
    classes.write_text(json.dumps({str(i): name for i, name in _yolo().names.items()}))
    files = [str(f) for f in files_of(folder, n)]

    def run(some: list[str]) -> int:
        # Its text goes elsewhere: the last line of the output is this part's result.
        with contextlib.redirect_stdout(io.StringIO()):
            done = load_and_run_detector_batch(
                weights, some, confidence_threshold=CONF_MIN, quiet=True, image_size=SIZE,
                use_image_queue=True, use_threads_for_queue=True, loader_workers=CORES,
                class_mapping_filename=str(classes), detector_options={"model_type": "ultralytics"},
            )  # fmt: skip
        failed = [r["failure"] for r in done if r.get("failure")]
        if failed:
            raise RuntimeError(f"the runner failed: {failed[0]}")
        return len(done)

    run(files[:2])
    loading = timed(lambda: run(files[:1]))["seconds"]
    result = timed(lambda: run(files))
    return result | {"seconds": result["seconds"] - loading}
