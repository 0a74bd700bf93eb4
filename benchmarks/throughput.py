"""Photos a second of the chain, of its stages alone, and of `ultralytics` with a plain loop.

Every part runs in a process of its own, because two model runtimes in one process fight for the
cores. The bound is what the stages' own work allows: cores / (sum of their core-seconds a photo).

    python benchmarks/throughput.py [--photos 720] [--memory 2000 20000] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
DETECTOR, EMBEDDER, BATCH = "demo", "efficientnet_lite2_gem", 16


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=720)
    parser.add_argument("--memory", type=int, nargs="*", default=[2000, 20000])
    parser.add_argument("--rounds", type=int, default=2, help="The best round counts.")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(PARTS[options.part](options.folder, options.photos)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        render(folder, options.photos)
        report = measure(folder, options.photos, options.rounds)
        report["memory"] = [memory(folder, n) for n in options.memory]
    show(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2))


def render(folder: Path, n: int) -> None:
    from thumper_core.demo import DemoPlan, render_demo

    render_demo(DemoPlan(seed=4242, n_photos=n), folder, faulty=False)


def measure(folder: Path, n: int, rounds: int) -> dict[str, Any]:
    """Run every part, `rounds` times in turn; the fastest round of each counts."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for part in ("decode", "detect", "embed", "predict", "plain", "chain"):
            result = run_part(part, folder, n)
            if part not in best or result["seconds"] < best[part]["seconds"]:
                best[part] = result
    photos = best["chain"]["photos"]
    core_seconds = {
        "decode": best["decode"]["seconds"] / best["decode"]["photos"],  # one thread
        "detect": best["detect"]["seconds"] / best["detect"]["photos"] * CORES,
        "embed": best["embed"]["seconds"] / photos * CORES,
    }
    rates = {part: result["photos"] / result["seconds"] for part, result in best.items()}
    bound = CORES / sum(core_seconds.values())
    return {
        "cores": CORES,
        "photos": photos,
        "crops": best["embed"]["crops"],
        "photos_per_s": rates,
        "core_seconds_per_photo": core_seconds,
        "bound_photos_per_s": bound,
        "chain_over_bound": rates["chain"] / bound,
        "chain_over_plain": rates["chain"] / rates["plain"],
        "chain_over_predict": rates["chain"] / rates["predict"],
        "chain_over_detector_only": rates["chain"] / rates["detect"],
    }


def run_part(part: str, folder: Path, n: int) -> dict[str, Any]:
    command = [
        sys.executable,
        __file__,
        "--part",
        part,
        "--folder",
        str(folder),
        "--photos",
        str(n),
    ]
    environment = os.environ | {"YOLO_CONFIG_DIR": str(folder), "YOLO_VERBOSE": "false"}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def memory(folder: Path, n: int) -> dict[str, Any]:
    """Peak memory of the chain over `n` photos made by repeating the rendered files."""
    return {"photos": n, "peak_mib": run_part("repeat", folder, n)["peak_mib"]}


# --- the parts ---------------------------------------------------------------------------------


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "photos").rglob("*.jpg"))


def _models() -> Any:
    from thumper_core.pipeline.launch import open_models
    from thumper_core.workspace import Workspace

    workspace = Workspace.create(Path(tempfile.mkdtemp()))
    settings = workspace.settings.replace("detect", detector=DETECTOR).replace(
        "engine", batch_size=BATCH
    )
    return workspace, settings, open_models(workspace, settings)


def _timed(work: Callable[[], int]) -> dict[str, float]:
    started = time.perf_counter()
    photos = work()
    return {"photos": photos, "seconds": time.perf_counter() - started}


def _decoded(folder: Path, settings: Any, models: Any) -> list[Any]:
    from thumper_core.pipeline.decode import Decoder
    from thumper_core.pipeline.records import PhotoTask

    decode = Decoder(models.detector, settings.detect.max_pixels)
    return [decode(PhotoTask("x", (os.fsencode(f),), content=False)) for f in _files(folder)]


def decode(folder: Path, n: int) -> dict[str, float]:
    """Read, decode and letterbox on one thread."""
    _, settings, models = _models()
    return _timed(lambda: len(_decoded(folder, settings, models)))


def _batches(items: list[Any], batch: int) -> list[Any]:
    import numpy as np

    full = [items[i : i + batch] for i in range(0, len(items) - batch + 1, batch)]
    return [np.stack(part) for part in full]


def detect(folder: Path, n: int) -> dict[str, float]:
    """The detector alone, on canvases that are ready, in full batches of one shape."""
    _, settings, models = _models()
    canvases = [item.canvas for item in _decoded(folder, settings, models)]
    shapes = {canvas.shape for canvas in canvases}
    batches = [
        batch
        for shape in shapes
        for batch in _batches([c for c in canvases if c.shape == shape], BATCH)
    ]
    for shape in shapes:  # compile outside the time
        models.detector.detect(next(b for b in batches if b.shape[1:] == shape))

    def work() -> int:
        return sum(len(models.detector.detect(batch)) for batch in batches)

    return _timed(work)


def embed(folder: Path, n: int) -> dict[str, float]:
    """The embedder alone, on the crops that the detector finds."""
    import numpy as np

    from thumper_core.vision.images import boxes_to_image, boxes_to_photo, crop_resize

    _, settings, models = _models()
    crops = []
    for item in _decoded(folder, settings, models):
        boxes = models.detector.detect(item.canvas[None])[0]
        on_photo = boxes_to_photo(boxes.xyxy, item.ratio_xy, item.pad_xy, item.photo)
        for box in boxes_to_image(on_photo, item.photo):
            crops.append(crop_resize(item.photo.image, box, models.embedder.size, 0.05))
    n_crops = len(crops)
    crops += [np.zeros_like(crops[0])] * (-n_crops % BATCH)
    batches = _batches(crops, BATCH)
    models.embedder.embed(batches[0])
    result = _timed(lambda: sum(len(models.embedder.embed(batch)) for batch in batches))
    return {"photos": n, "crops": n_crops, "seconds": result["seconds"]}


def predict(folder: Path, n: int) -> dict[str, float]:
    """`ultralytics.YOLO.predict` over the folder, as its documentation shows it."""
    from ultralytics import YOLO

    from thumper_core.vision.registry import models_dir

    model = YOLO(models_dir() / "demo-detector.pt")
    files = [str(f) for f in _files(folder)]
    model.predict(files[0], imgsz=448, verbose=False)
    return _timed(lambda: len(list(model.predict(files, imgsz=448, stream=True, verbose=False))))


def plain(folder: Path, n: int) -> dict[str, float]:
    """`predict`, then for each photo: crop its boxes and embed them with timm in torch."""
    import torch
    from PIL import Image
    from ultralytics import YOLO

    from thumper_core.vision.embedders import open_embedder
    from thumper_core.vision.images import crop_resize
    from thumper_core.vision.registry import load_registry, models_dir

    model = YOLO(models_dir() / "demo-detector.pt")
    embedder = open_embedder(EMBEDDER, registry=load_registry(None), device="torch")
    torch.set_num_threads(CORES)
    files = [str(f) for f in _files(folder)]
    model.predict(files[0], imgsz=448, verbose=False)

    def work() -> int:
        import numpy as np

        for result in model.predict(files, imgsz=448, stream=True, verbose=False):
            image = np.asarray(Image.open(result.path).convert("RGB"))
            boxes = result.boxes.xyxy.numpy()
            crops = [crop_resize(image, box, embedder.size, 0.05) for box in boxes]
            if crops:
                embedder.embed(np.stack(crops))
        return len(files)

    return _timed(work)


def chain(folder: Path, n: int) -> dict[str, float]:
    """Everything: read, decode, detect, crop, embed, write shards. Models are warm."""
    return _chain(folder, None)


def repeat(folder: Path, n: int) -> dict[str, float]:
    """The chain over `n` paths that repeat the rendered files."""
    return _chain(folder, n)


def _chain(folder: Path, repeated: int | None) -> dict[str, float]:
    import threading

    import numpy as np

    from thumper_core.pipeline.decode import Decoder
    from thumper_core.pipeline.engine import Engine
    from thumper_core.pipeline.progress import Meter
    from thumper_core.pipeline.records import PhotoTask
    from thumper_core.pipeline.writer import ShardWriter, WriterThread

    workspace, settings, models = _models()
    files = _files(folder)
    count = repeated or len(files)
    tasks = (
        PhotoTask(f"{i:032x}", (os.fsencode(files[i % len(files)]),), content=False)
        for i in range(count)
    )
    for width, height in ((1280, 720), (1024, 768)):  # compile outside the time
        shape = (BATCH, *models.detector.input_size(width, height), 3)
        models.detector.detect(np.zeros(shape, np.uint8))
    models.embedder.embed(
        np.zeros((BATCH, models.embedder.size, models.embedder.size, 3), np.uint8)
    )
    meter = Meter(count)
    engine = Engine(
        models.detector,
        models.embedder,
        Decoder(models.detector, settings.detect.max_pixels, meter=meter),
        batch_size=BATCH,
        decode_threads=CORES,
        queue_photos=settings.engine.queue_photos,
        margin=settings.embed.margin,
        gray=settings.embed.gray,
        meter=meter,
    )
    writer = ShardWriter(workspace.lake, "r1", EMBEDDER, shard_photos=512, shard_seconds=20.0)

    def work() -> int:
        done = 0
        with WriterThread(writer, 64, meter) as writing:
            for result in engine.run(tasks, threading.Event()):
                if result is not None:
                    writing.put(result)
                    done += 1
        return done

    timed = _timed(work)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return timed | {"peak_mib": peak} | {f"{k}_s": v for k, v in meter.progress().busy_s.items()}


PARTS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    f.__name__: f for f in (decode, detect, embed, predict, plain, chain, repeat)
}


def show(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "part", "photos/s", "chain / part", box=None, title="Throughput", title_justify="left"
    )
    words = {
        "decode": "decode, one thread",
        "detect": "detector only",
        "embed": "embedder only (crops of a photo)",
        "predict": "ultralytics predict",
        "plain": "predict + crop and embed in a loop",
        "chain": "the chain, end to end",
    }
    chain_rate = report["photos_per_s"]["chain"]
    for part, text in words.items():
        rate = report["photos_per_s"][part]
        table.add_row(text, f"{rate:.1f}", f"{chain_rate / rate:.2f}")
    bound = report["bound_photos_per_s"]
    table.add_row("bound set by the stages", f"{bound:.1f}", f"{report['chain_over_bound']:.2f}")
    console = Console()
    console.print(table)
    console.print(f"{report['photos']} photos, {report['crops']} crops, {report['cores']} cores")
    for entry in report["memory"]:
        console.print(f"{entry['photos']:,} photos: peak memory {entry['peak_mib']:.0f} MiB")


if __name__ == "__main__":
    main()
