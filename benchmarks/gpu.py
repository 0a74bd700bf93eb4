"""The chain on a CUDA GPU, over what its models alone reach there.

The chain is what `thumper run --turbo` does with rendered trail-camera JPEGs, 0.7 animals a photo:
read, decode, detect, cut out, embed, write. The models alone are fed from memory, as many batches at
once as the chain has under way. Utilisation and memory are NVML's, sampled during the chain. The
large detector has MegaDetector's size (YOLO11x at 1280 pixels; weights drawn at random, which takes
as long) and hands on the boxes of the small one. With torchcodec, photos are also decoded on the GPU.

    python benchmarks/gpu.py [--photos 192] [--seconds 12] [--cases SMALL ...] [--json FILE]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from _throughput_parts import CORES, files_of, open_all, tasks_of, work_through
from throughput import make_sets

CASES = {  # title, set, whether the detector is large, whether the GPU decodes
    "small": ("YOLO11n at 640, 1080p photos", "1080p", False, False),
    "large": ("YOLO11x at 1280, 1080p photos", "1080p", True, False),
    "12mp": ("YOLO11n at 640, 12-megapixel photos", "12 MP", False, False),
    "small-decode": ("YOLO11n at 640, 1080p photos decoded on the GPU", "1080p", False, True),
    "12mp-decode": ("YOLO11n at 640, 12-megapixel photos decoded on the GPU", "12 MP", False, True),
}
LARGE_SIZE = 1280
SAMPLE_S = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=192, help="Files of a set; they repeat.")
    parser.add_argument(
        "--seconds", type=float, default=12.0, help="About as long each chain runs."
    )
    parser.add_argument("--cases", nargs="*", choices=list(CASES), default=possible())
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    import torch

    if not torch.cuda.is_available():
        raise SystemExit("No CUDA GPU here: nothing to measure.")
    report: dict[str, Any] = {"gpu": torch.cuda.get_device_name(0), "cores": CORES, "cases": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_sets(folder, options.photos, sorted({CASES[case][1] for case in options.cases}))
        for case in options.cases:
            report["cases"][case] = measure(case, folder, options.seconds)
            show(report, case)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2))


def possible() -> list[str]:
    """The cases for which this environment has what they need."""
    has_codec = importlib.util.find_spec("torchcodec") is not None
    return [case for case, (*_, on_gpu) in CASES.items() if has_codec or not on_gpu]


def measure(case: str, folder: Path, seconds: float) -> dict[str, Any]:
    """Models alone, decoding alone, and the chain, on one set."""
    import numpy as np

    from thumper_core.pipeline.decode import Decoder
    from thumper_core.pipeline.effort import with_effort
    from thumper_core.pipeline.local import batches_in_flight
    from thumper_core.vision.gpu_jpeg import THREADS, GpuJpegs

    _, which, is_large, on_gpu = CASES[case]
    workspace, settings, models = open_all()
    if is_large:
        models = replace(models, detector=with_large(models.detector))
    settings = with_effort(settings, models.detector, turbo=True)
    settings = settings.replace("engine", gpu_decode=on_gpu)
    batch, at_once = settings.engine.batch_size, batches_in_flight(settings.engine.device)
    tasks = tasks_of(files_of(folder / which, len(list((folder / which).glob("*.jpg")))))
    jpegs = GpuJpegs() if on_gpu else None
    decode = Decoder(models.detector, settings.detect.max_pixels, jpegs=jpegs)
    with ThreadPoolExecutor(THREADS if on_gpu else settings.engine.decode_threads) as pool:
        decoded = list(pool.map(decode, tasks))  # the disk's cache is warm from here on
        decoding = rate_of(lambda: len(list(pool.map(decode, tasks))), 2.0)
    canvases = np.stack([decoded[i % len(decoded)].canvas for i in range(batch)])
    boxes = sum(len(found) for found in models.detector.detect(canvases)) / len(canvases)
    size = models.embedder.size
    crops = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), dtype=np.uint8)

    def models_alone() -> int:
        n_crops = round(rounds * boxes)
        with ThreadPoolExecutor(2 * at_once) as pool:
            work = [pool.submit(models.detector.forward, canvases) for _ in range(rounds)]
            work += [pool.submit(models.embedder.forward, crops) for _ in range(n_crops)]
            for each in work:
                each.result()
        return rounds * batch

    rounds = 4
    alone = rate_of(models_alone, 0.0)
    rounds = max(8, round(2.0 * alone / batch))
    alone = rate_of(models_alone, 4.0)
    n = max(4 * batch, round(seconds * min(alone, decoding)))
    chain(workspace, settings, models, tasks_of(files_of(folder / which, 4 * batch)))
    with Sampled() as gpu:
        done = chain(workspace, settings, models, tasks_of(files_of(folder / which, n)))
    return done | {
        "batch": batch,
        "photos": n,
        "crops_per_photo": boxes,
        "decoding_per_s": decoding,
        "models_per_s": alone,
        "chain_over_models": done["photos_per_s"] / alone,
        "chain_over_bound": done["photos_per_s"] / min(alone, decoding),
        "utilisation": float(np.mean(gpu.utilisation)),
        "peak_mib": max(gpu.mib),
    }


def rate_of(work: Callable[[], int], seconds: float) -> float:
    """Things a second, over calls that take at least so long together."""
    started, n = time.perf_counter(), 0
    while True:
        n += work()
        spent = time.perf_counter() - started
        if spent >= seconds:
            return n / spent


def with_large(detector: Any) -> Any:
    """The detector with a large network before its own, whose output goes nowhere."""
    from ultralytics.nn.tasks import DetectionModel

    from thumper_core.vision.backends import as_pictures_module, torch_forward
    from thumper_core.vision.nms import with_candidates

    network = DetectionModel("yolo11x.yaml", nc=3, verbose=False).eval().fuse()
    network.model[-1].export, network.model[-1].format = True, "torchscript"
    large = torch_forward(
        as_pictures_module(with_candidates(network), (0.0,) * 3, (1.0,) * 3), "cuda"
    )
    small = detector.forward

    def both(batch: Any) -> Any:
        large(batch)
        return small(batch)

    return replace(detector, forward=both, form=replace(detector.form, imgsz=LARGE_SIZE))


def chain(workspace: Any, settings: Any, models: Any, tasks: list[Any]) -> dict[str, Any]:
    """Everything, as `thumper run --turbo` does it."""
    from thumper_core.pipeline.limits import limit_of

    started = time.perf_counter()
    progress = work_through(workspace, settings, models, tasks)
    spent = time.perf_counter() - started
    limit = limit_of(progress.as_dict())
    return {
        "photos_per_s": len(tasks) / spent,
        "detections": progress.detections,
        "busy": {stage: s / spent for stage, s in sorted(progress.busy_s.items())},
        "waiting": {wait: s / spent for wait, s in sorted(progress.waiting_s.items())},
        "cores_used": progress.cpu_s["process"] / spent,
        "limit": limit.sentence if limit else None,
    }


class Sampled:
    """Samples the first GPU while the block runs: utilisation 0..1, and memory in use, MiB."""

    def __enter__(self) -> Sampled:
        import pynvml

        pynvml.nvmlInit()
        self._device = pynvml.nvmlDeviceGetHandleByIndex(0)
        self.utilisation: list[float] = []
        self.mib: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        import pynvml

        while not self._over.wait(SAMPLE_S):
            self.utilisation.append(pynvml.nvmlDeviceGetUtilizationRates(self._device).gpu / 100)
            self.mib.append(pynvml.nvmlDeviceGetMemoryInfo(self._device).used / 2**20)


def show(report: dict[str, Any], case: str) -> None:
    from rich.console import Console
    from rich.table import Table

    found = report["cases"][case]
    console = Console()
    table = Table(
        "part", "photos/s", "a minute", "chain / part", box=None, title_justify="left",
        title=f"{CASES[case][0]}, {report['gpu']}, {report['cores']} cores",
    )  # fmt: skip
    for part, name in (
        ("chain", "photos_per_s"),
        ("models", "models_per_s"),
        ("decoding", "decoding_per_s"),
    ):
        rate = found[name]
        table.add_row(
            part if part == "chain" else f"{part} alone", f"{rate:,.0f}", f"{60 * rate:,.0f}",
            f"{found['photos_per_s'] / rate:.2f}",
        )  # fmt: skip
    console.print(table)
    for name in ("busy", "waiting"):
        shares = ", ".join(f"{stage} {share:.2f}" for stage, share in found[name].items())
        console.print(f"{name.capitalize()}, threads on average: {shares}")
    console.print(
        f"{found['photos']:,} photos in batches of {found['batch']}, {found['crops_per_photo']:.2f} "
        f"crops a photo; GPU utilisation {found['utilisation']:.0%}; {found['cores_used']:.1f} cores "
        f"used; peak GPU memory {found['peak_mib']:,.0f} MiB.\n{found['limit']}\n"
    )


if __name__ == "__main__":
    main()
