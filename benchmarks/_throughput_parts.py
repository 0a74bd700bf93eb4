"""What `throughput.py` measures, each part in a process of its own: `PART FOLDER PHOTOS`.

A part prints one line of JSON. FOLDER holds the photos of one set.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
EMBEDDER, BATCH, SIZE = "efficientnet_lite0", 16, 640
CONF_MIN, IOU_NMS = 0.25, 0.6
STAGE_PHOTOS = 160  # decoded pictures that are held at once
CACHE = Path(tempfile.gettempdir()) / f"thumper-bench-cache-{os.getuid()}"


def files_of(folder: Path, n: int) -> list[Path]:
    """`n` paths; the set's files repeat where it has fewer."""
    files = sorted(folder.glob("*.jpg"))
    return [files[i % len(files)] for i in range(n)]


def open_all() -> Any:
    """A new workspace, its settings, and the models; the detector takes `SIZE` pixels."""
    from thumper_core.pipeline.launch import models_of
    from thumper_core.vision.registry import load_registry
    from thumper_core.workspace import Workspace

    workspace = Workspace.create(Path(tempfile.mkdtemp()))
    settings = (
        workspace.settings.replace("detect", conf_min=CONF_MIN, iou_nms=IOU_NMS)
        .replace("embed", embedder=EMBEDDER)
        .replace("engine", batch_size=BATCH)
    )
    models = models_of(load_registry(None), settings, CACHE)
    form = replace(models.detector.form, imgsz=SIZE)  # type: ignore[attr-defined]
    return workspace, settings, replace(models, detector=replace(models.detector, form=form))


def timed(work: Callable[[], int]) -> dict[str, float]:
    """What was worked on, seconds, and the core-seconds of this process."""
    started, cpu = time.perf_counter(), time.process_time()
    n = work()
    return {
        "n": n,
        "seconds": time.perf_counter() - started,
        "core_seconds": time.process_time() - cpu,
    }


def tasks_of(files: Sequence[Path]) -> list[Any]:
    from thumper_core.pipeline.records import PhotoTask

    return [
        PhotoTask(f"{i:032x}", (os.fsencode(file),), content=False) for i, file in enumerate(files)
    ]


def stages(folder: Path, n: int) -> dict[str, Any]:
    """Every stage alone, one after the other: those of one thread first, then the networks."""
    import numpy as np

    from thumper_core.pipeline.decode import Decoder
    from thumper_core.pipeline.engine import Engine
    from thumper_core.pipeline.progress import Meter
    from thumper_core.pipeline.writer import ShardWriter
    from thumper_core.store.jobs import start_job

    workspace, settings, models = open_all()
    decode = Decoder(models.detector, settings.detect.max_pixels)
    tasks = tasks_of(files_of(folder, min(n, STAGE_PHOTOS)))
    decode(tasks[0])
    decoded: list[Any] = []
    found: dict[str, Any] = {
        "decode": timed(lambda: len(decoded.extend(map(decode, tasks)) or tasks))
    }

    shape = Counter(item.canvas.shape for item in decoded).most_common(1)[0][0]
    canvases = [item.canvas for item in decoded if item.canvas.shape == shape]
    batches = [
        np.stack(canvases[i : i + BATCH]) for i in range(0, len(canvases) - BATCH + 1, BATCH)
    ]
    models.detector.detect(batches[0])  # compiled outside the time
    found["detect"] = timed(lambda: sum(len(models.detector.detect(b)) for b in batches))

    size = models.embedder.size
    cut: list[Any] = []

    class Keeping:
        """An embedder that keeps what it is given."""

        def __getattr__(self, name: str) -> Any:
            return getattr(models.embedder, name)

        def embed(self, crops: Any) -> Any:
            cut.extend(crop for crop in crops if crop.any())
            return np.ones((len(crops), models.embedder.dim), np.float32)

    meter = Meter(len(tasks))
    engine = Engine(
        models.detector, Keeping(), decode, batch_size=BATCH, decode_threads=1, queue_photos=48,
        margin=settings.embed.margin, gray=settings.embed.gray, meter=meter,
    )  # fmt: skip
    import threading

    results = [r for r in engine.run(tasks, threading.Event()) if r is not None]
    progress = meter.progress()
    found["crop"] = {
        "n": len(tasks), "seconds": progress.busy_s["crop"], "core_seconds": progress.cpu_s["crop"],
    }  # fmt: skip

    crops = np.stack(cut + [np.zeros((size, size, 3), np.uint8)] * (-len(cut) % BATCH))
    parts = [crops[i : i + BATCH] for i in range(0, len(crops), BATCH)]
    models.embedder.embed(parts[0])
    found["embed"] = timed(
        lambda: len(tasks) * bool(sum(len(models.embedder.embed(p)) for p in parts))
    )
    claim = start_job(workspace.ledger, f"benchmark-{time.time_ns()}", "benchmark")
    writer = ShardWriter(
        workspace.lake, "r1", EMBEDDER, claim=claim, shard_photos=512, shard_seconds=20.0
    )

    def write() -> int:
        for i in range(512):  # one shard, as full as in a long run
            writer.add(results[i % len(results)])
        return 512

    found["write"] = timed(write)
    return {"stages": found, "crops_per_photo": len(cut) / len(tasks)}


def work_through(workspace: Any, settings: Any, models: Any, tasks: list[Any]) -> Any:
    """Everything, as `thumper run` does it: read, decode, detect, crop, embed, write shards.

    Returns the `Progress` at its end.
    """
    import threading

    from thumper_core.pipeline.local import local_engine
    from thumper_core.pipeline.progress import Meter
    from thumper_core.pipeline.writer import ShardWriter, WriterThread
    from thumper_core.store.jobs import start_job

    meter = Meter(len(tasks))
    engine = local_engine(models.detector, models.embedder, settings, meter, {}, lambda: False)
    claim = start_job(workspace.ledger, f"benchmark-{time.time_ns()}", "benchmark")
    writer = ShardWriter(
        workspace.lake, "r1", EMBEDDER, claim=claim, shard_photos=512, shard_seconds=20.0
    )
    with WriterThread(writer, settings.engine.queue_photos, meter) as writing:
        for result in engine.run(tasks, threading.Event()):
            if result is not None:
                writing.put(result)
                meter.photo(len(result.boxes), result.error_code)
    return meter.progress()


def chain(folder: Path, n: int) -> dict[str, Any]:
    """Everything, end to end, over `n` photos."""
    from thumper_core.pipeline.limits import limit_of

    made = open_all()
    files = files_of(folder, n)
    work_through(*made, tasks_of(files[: 2 * BATCH]))  # networks are compiled outside the time
    ends: list[Any] = []

    def work() -> int:
        ends.append(work_through(*made, tasks_of(files)))
        return int(ends[-1].done)

    done = timed(work)
    progress = ends[-1]
    limit = limit_of(progress.as_dict())
    return done | {
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "busy_s": progress.busy_s,
        "waiting_s": progress.waiting_s,
        "limit": limit.sentence if limit else None,
    }


def startup(folder: Path, n: int) -> dict[str, Any]:
    """From the start of the process to the first batch of results."""
    import threading

    import psutil

    from thumper_core.pipeline.local import local_engine
    from thumper_core.pipeline.progress import Meter

    _, settings, models = open_all()
    tasks = tasks_of(files_of(folder, BATCH))
    engine = local_engine(
        models.detector, models.embedder, settings, Meter(BATCH), {}, lambda: False
    )
    done = sum(r is not None for r in engine.run(tasks, threading.Event()))
    return {"n": done, "seconds": time.time() - psutil.Process().create_time()}


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


if __name__ == "__main__":
    part, where, count = sys.argv[1:]
    print(json.dumps(globals()[part](Path(where), int(count))))
