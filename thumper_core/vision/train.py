"""Train a detector: YOLO from its yaml, on a data set.

Everything runs offline: no weights, fonts or data sets are fetched. Training goes through
ultralytics (AGPL-3.0).
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from thumper_core.files import write_whole
from thumper_core.vision.ultralytics_guard import data_only, offline_ultralytics

MAX_BYTES = 8_000_000
FIT: dict[str, Any] = {
    "optimizer": "AdamW",
    "cos_lr": True,
    "weight_decay": 0.0005,
    "rect": True,
    "cache": "ram",
    "amp": False,  # its check would fetch a model
    "mosaic": 0.0,
    "close_mosaic": 0,
    "hsv_h": 0.012,
    "hsv_s": 0.45,
    "hsv_v": 0.30,
    "scale": 0.25,
    "translate": 0.08,
    "fliplr": 0.5,
    "erasing": 0.0,
    "plots": False,  # they would fetch a font
    "val": False,
    "workers": 0,
    "seed": 0,
    "deterministic": False,
}  # the batch is also the nominal batch: a step after each, as short trainings need the steps
SMALL_IMGSZ = 256
FIRST_RATES = {"lr0": 0.0015, "lrf": 0.35, "warmup_epochs": 1.0}
LAST_RATES = {"lr0": 0.0009, "lrf": 0.02, "warmup_epochs": 0.2}
LICENCE = "AGPL-3.0 License (https://ultralytics.com/license)"


DatasetMaker = Callable[[Path], Path]
"""Makes a YOLO data set in a folder, and gives its yaml."""


@dataclass(frozen=True)
class ClassScore:
    """Average precision of one class on the validation herds, 0..1."""

    map50: float
    map50_95: float
    n_boxes: int


@dataclass(frozen=True)
class TrainResult:
    """What came out of a training: the weights and their scores on photos they did not see."""

    weights: Path
    sha256: str
    n_bytes: int
    imgsz: int
    n_train: int
    n_val: int
    map50: float
    map50_95: float
    per_class: dict[str, ClassScore] = field(default_factory=dict)


def train_detector(
    out: Path,
    dataset: Path | DatasetMaker,
    *,
    epochs: int = 8,
    imgsz: int = 448,
    small_epochs: int = 14,
    batch: int = 8,
    model_yaml: str = "yolo11n.yaml",
    device: str = "cpu",
    work_dir: Path | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> TrainResult:
    """Train a detector and write it, stripped and in half precision, to ``out`` (a ``.pt`` file).

    ``dataset``: a YOLO dataset yaml, or what makes one in a folder that it is given. ``imgsz``:
    longer side in pixels. ``small_epochs``: epochs at ``SMALL_IMGSZ`` before the ``epochs`` at full
    size: most is learned there, at a third of the cost. ``work_dir``: where pictures and the
    training's own files go (default a temporary folder, removed afterwards).
    ``on_progress(stage, done, total)`` with stage ``epoch``.

    Raises ValueError for unusable arguments, FileNotFoundError for a missing dataset, RuntimeError
    when the weights would be 8 MB or more.
    """
    out = Path(out)
    if out.suffix != ".pt":
        raise ValueError(f"the weights' file must end in .pt, not {out.name!r}")
    for name, value in {"epochs": epochs, "batch": batch}.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}")
    if small_epochs < 0:
        raise ValueError(f"small_epochs must not be negative, but is {small_epochs}")
    if imgsz < 32 or imgsz % 32:
        raise ValueError(f"imgsz must be a multiple of 32, not {imgsz}")
    if isinstance(dataset, Path) and not dataset.is_file():
        raise FileNotFoundError(f"there is no dataset yaml at {dataset}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with _folder(work_dir) as folder:
        made = dataset if isinstance(dataset, Path) else dataset(folder)
        settings = {
            "data": str(made.resolve()),
            "epochs": epochs,
            "imgsz": imgsz,
            "batch": batch,
            "device": device,
        }
        return _train(out, folder, settings, model_yaml, small_epochs, on_progress)


@contextmanager
def _folder(work_dir: Path | None) -> Iterator[Path]:
    if work_dir is not None:
        Path(work_dir).mkdir(parents=True, exist_ok=True)
        yield Path(work_dir).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="thumper-train-") as name:
        yield Path(name).resolve()


def _train(
    out: Path,
    folder: Path,
    settings: dict[str, Any],
    model_yaml: str,
    small_epochs: int,
    on_progress: Callable[[str, int, int], None] | None,
) -> TrainResult:
    with offline_ultralytics(folder), data_only(Path(settings["data"])):
        from ultralytics import YOLO  # type: ignore[attr-defined]

        total, done = small_epochs + settings["epochs"], 0
        source = model_yaml
        model: Any = None
        for name, size, epochs, rates in (
            ("small", min(SMALL_IMGSZ, settings["imgsz"]), small_epochs, FIRST_RATES),
            ("full", settings["imgsz"], settings["epochs"], LAST_RATES),
        ):
            if not epochs:
                continue

            def tick(trainer: Any, done: int = done) -> None:
                if on_progress is not None:
                    on_progress("epoch", done + int(trainer.epoch) + 1, total)

            model = YOLO(source, task="detect")
            model.add_callback("on_train_epoch_end", tick)
            model.add_callback("on_train_start", _half_precision_forward)
            now = {**settings, "imgsz": size, "epochs": epochs, "nbs": settings["batch"]}
            fresh = {"pretrained": source != model_yaml}
            where = {"project": str(folder), "name": name, "exist_ok": True}
            model.train(**now, **FIT, **rates, **fresh, **where)
            source, done = str(model.trainer.last), done + epochs
        trainer = model.trainer
        n_images = (len(trainer.train_loader.dataset), len(trainer.test_loader.dataset))
        _strip(trainer.best if trainer.best.is_file() else trainer.last, out, settings["imgsz"])
        quiet = {"plots": False, "verbose": False, "workers": 0, "exist_ok": True}
        where = {"project": str(folder), "name": "val"}
        same = {key: settings[key] for key in ("data", "imgsz", "batch", "device")}
        metrics = YOLO(str(out), task="detect").val(**same, **where, **quiet, rect=True)
    return _result(out, metrics, settings["imgsz"], n_images)


def _half_precision_forward(trainer: Any) -> None:
    """Run the forward pass in bfloat16 where the processor has it; the loss stays in float32.

    Ultralytics allows bfloat16 on CUDA only. The averaged copy that is saved is made before this
    and stays as it is.
    """
    import torch

    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()
    if trainer.device.type != "cpu" or not supported:
        return
    network = trainer.model.to(memory_format=torch.channels_last)

    def single(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return value.float()
        if isinstance(value, dict):
            return {key: single(item) for key, item in value.items()}
        sequence = isinstance(value, list | tuple)
        return type(value)(single(item) for item in value) if sequence else value

    def loss(batch: dict[str, Any], preds: Any = None) -> Any:
        if network.criterion is None:
            network.criterion = network.init_criterion()
        if preds is None:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                preds = network.forward(batch["img"].contiguous(memory_format=torch.channels_last))
        return network.criterion(single(preds), batch)

    network.criterion = None
    network.loss = loss


def _strip(source: Path, out: Path, imgsz: int) -> None:
    """Keep the averaged weights alone, in half precision, and nothing that names this machine."""
    import torch

    checkpoint = torch.load(source, map_location="cpu", weights_only=False)
    model = (checkpoint.get("ema") or checkpoint["model"]).half()
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.criterion = None
    model.args = {"imgsz": imgsz, "task": "detect"}
    model.pt_path = None  # the file of the first stage, with its folder
    record = {
        "epoch": -1,
        "best_fitness": None,
        "model": model,
        "ema": None,
        "updates": None,
        "optimizer": None,
        "train_args": {"imgsz": imgsz, "task": "detect"},
        "version": checkpoint.get("version"),
        "license": LICENCE,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    saved = io.BytesIO()  # a file's own name would stand in it
    torch.save(record, saved)
    size = saved.tell()
    if size >= MAX_BYTES:
        raise RuntimeError(
            f"the weights take {size / 1e6:.1f} MB, the limit is {MAX_BYTES / 1e6:.0f} MB: "
            "choose a smaller model"
        )
    write_whole(out, saved.getvalue())


def _result(out: Path, metrics: Any, imgsz: int, n_images: tuple[int, int]) -> TrainResult:
    content = out.read_bytes()
    n_boxes = [int(n) for n in metrics.nt_per_class]
    per_class = {}
    for place, index in enumerate(int(i) for i in metrics.box.ap_class_index):
        _, _, ap50, ap = metrics.box.class_result(place)
        per_class[str(metrics.names[index])] = ClassScore(
            round(float(ap50), 4), round(float(ap), 4), n_boxes[index]
        )
    return TrainResult(
        weights=out,
        sha256=hashlib.sha256(content).hexdigest(),
        n_bytes=len(content),
        imgsz=imgsz,
        n_train=n_images[0],
        n_val=n_images[1],
        map50=round(float(metrics.box.map50), 4),
        map50_95=round(float(metrics.box.map), 4),
        per_class=per_class,
    )
