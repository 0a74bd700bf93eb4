"""What the parts of `throughput.py` share: photos, models, settings and the clock."""

from __future__ import annotations

import os
import tempfile
import time
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
        workspace.settings.replace("detect", detector="demo", conf_min=CONF_MIN, iou_nms=IOU_NMS)
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
