"""Train a detector: YOLO from its yaml, on rendered herds of other seeds or on a user's own dataset.

Everything runs offline: no weights, fonts or data sets are fetched. Training goes through ultralytics (AGPL-3.0).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MAX_BYTES = 8_000_000
TRAIN_ASPECT = (640, 360)  # one shape for all training pictures, so that ultralytics can shuffle rectangular batches
LICENCE = "AGPL-3.0 License (https://ultralytics.com/license)"


@dataclass(frozen=True)
class ClassScore:
    """Average precision of one class on the validation herds, 0..1."""

    map50: float
    map50_95: float
    n_boxes: int


@dataclass(frozen=True)
class TrainResult:
    """What came out of a training: the weights' file and its scores on photos that it did not see."""

    weights: Path
    sha256: str
    n_bytes: int
    imgsz: int
    n_train: int
    n_val: int
    map50: float
    map50_95: float
    per_class: dict[str, ClassScore] = field(default_factory=dict)

    def to_json(self) -> str:
        """The result as JSON, the path as a plain name."""
        record = asdict(self)
        record["weights"] = self.weights.name
        return json.dumps(record, indent=2, sort_keys=True)


def train_detector(
    out: Path,
    *,
    dataset: Path | None = None,
    seeds: Sequence[int] = tuple(range(1001, 1023)),
    photos_per_seed: int = 66,
    val_seeds: int = 2,
    epochs: int = 12,
    imgsz: int = 448,
    batch: int = 16,
    model_yaml: str = "yolo11n.yaml",
    device: str = "cpu",
    workers: int | None = None,
    work_dir: Path | None = None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> TrainResult:
    """Train a detector and write it, stripped and in half precision, to ``out`` (a ``.pt`` file).

    ``dataset``: a YOLO dataset yaml; None renders herds instead, one per seed, the last ``val_seeds`` of them for
    validation. ``imgsz``: longer side in pixels. ``workers``: processes for rendering, default one per core.
    ``work_dir``: where the rendered pictures and the training's own files go (default a temporary folder, removed
    afterwards). ``on_progress(stage, done, total)`` with stage ``render`` or ``epoch``.

    Raises ValueError for unusable arguments, FileNotFoundError for a missing dataset, RuntimeError when the weights
    would be 8 MB or more.
    """
    out = Path(out)
    if out.suffix != ".pt":
        raise ValueError(f"the weights' file must end in .pt, not {out.name!r}")
    for name, value in (("epochs", epochs), ("batch", batch), ("photos_per_seed", photos_per_seed), ("val_seeds", val_seeds)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}")
    if imgsz < 32 or imgsz % 32:
        raise ValueError(f"imgsz must be a multiple of 32, not {imgsz}")
    if dataset is not None and not Path(dataset).is_file():
        raise FileNotFoundError(f"there is no dataset yaml at {dataset}")
    if dataset is None and len(set(seeds)) <= val_seeds:
        raise ValueError(f"{val_seeds} seeds are kept for validation: give at least {val_seeds + 1} different seeds")
    out.parent.mkdir(parents=True, exist_ok=True)
    with _folder(work_dir) as folder:
        if dataset is None:
            dataset = render_dataset(folder / "herds", list(dict.fromkeys(seeds)), photos_per_seed, val_seeds, workers, on_progress)
        settings = {
            "data": str(Path(dataset).resolve()), "epochs": epochs, "imgsz": imgsz, "batch": batch, "device": device,
        }  # fmt: skip
        return _train(out, folder, settings, model_yaml, on_progress)


@contextmanager
def _folder(work_dir: Path | None) -> Iterator[Path]:
    if work_dir is not None:
        Path(work_dir).mkdir(parents=True, exist_ok=True)
        yield Path(work_dir).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="thumper-train-") as name:
        yield Path(name).resolve()


@contextmanager
def _offline_ultralytics(folder: Path) -> Iterator[None]:
    """Keep ultralytics from writing to the home folder, fetching anything or reporting anything."""
    wanted = {"YOLO_CONFIG_DIR": str(folder / "config"), "YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false"}
    (folder / "config").mkdir(parents=True, exist_ok=True)
    before = {key: os.environ.get(key) for key in wanted}
    os.environ.update(wanted)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ultralytics and torch warn about their own internals
            yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def render_dataset(
    root: Path,
    seeds: Sequence[int],
    photos_per_seed: int,
    val_seeds: int,
    workers: int | None,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Path:
    """Render one herd per seed into YOLO layout under ``root``; returns the dataset yaml.

    Difficulty runs from 0 to 1 over the seeds, so that the detector learns plain deer as well as marked ones. Pictures are
    kept at 640 x 360: all of one shape, and no larger than training needs. 4:3 photos are cut to 16:9.
    """
    from thumper_core.demo import DemoPlan, render_demo
    from thumper_core.demo.truth import CLASSES

    counts = {"train": 0, "val": 0}
    for split in counts:
        (root / "images" / split).mkdir(parents=True, exist_ok=True)
        (root / "labels" / split).mkdir(parents=True, exist_ok=True)
    for k, seed in enumerate(seeds):
        split = "val" if k >= len(seeds) - val_seeds else "train"
        # A stride through the difficulties, so that neighbouring seeds and the validation seeds cover the range.
        difficulty = ((k * 7) % 11) / 10 if split == "train" else 0.3
        plan = DemoPlan(seed, 24, 6, photos_per_seed, difficulty, other_share=0.36, blank_share=0.07, frames=1)
        raw = root / f"raw-{seed}"
        render_demo(plan, raw, workers=workers, faulty=False)
        counts[split] += _to_yolo(raw, root, split, seed)
        shutil.rmtree(raw)
        if on_progress is not None:
            on_progress("render", k + 1, len(seeds))
    names = "\n".join(f"  {i}: {name}" for i, name in enumerate(CLASSES))
    path = root / "herds.yaml"
    path.write_text(f"path: {root}\ntrain: images/train\nval: images/val\nnames:\n{names}\n", encoding="utf-8")
    return path


def _to_yolo(raw: Path, root: Path, split: str, seed: int) -> int:
    """Reduce one herd's photos and write their labels: class, then centre and size as shares of the picture."""
    import cv2
    import pyarrow.parquet as pq

    from thumper_core.demo.truth import CLASSES

    boxes: dict[str, list[dict[str, Any]]] = {}
    for row in pq.read_table(raw / "truth.parquet").to_pylist():
        boxes.setdefault(row["path"], []).append(row)
    photos = pq.read_table(raw / "truth_photos.parquet", columns=["path", "width", "height"]).to_pylist()
    shuffle = random.Random(seed)
    for i, photo in enumerate(photos):
        image = cv2.imread(str(raw / "photos" / photo["path"]))
        if image is None:
            raise RuntimeError(f"a rendered photo cannot be read: {photo['path']}")
        width, height = photo["width"], photo["height"]
        window = round(width * TRAIN_ASPECT[1] / TRAIN_ASPECT[0])
        top = shuffle.randint(round((height - window) * 0.5), height - window) if window < height else 0
        lines = []
        for row in boxes.get(photo["path"], []):
            y1, y2 = max(row["y1"] - top, 0.0), min(row["y2"] - top, float(window))
            if y2 - y1 < 0.5 * (row["y2"] - row["y1"]):
                continue
            x, y = (row["x1"] + row["x2"]) / 2 / width, (y1 + y2) / 2 / window
            w, h = (row["x2"] - row["x1"]) / width, (y2 - y1) / window
            lines.append(f"{CLASSES.index(row['class'])} {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n")
        small = cv2.resize(image[top : top + window], TRAIN_ASPECT, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(root / "images" / split / f"{seed}-{i:05d}.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 93])
        (root / "labels" / split / f"{seed}-{i:05d}.txt").write_text("".join(lines), encoding="utf-8")
    return len(photos)


def _train(
    out: Path,
    folder: Path,
    settings: dict[str, Any],
    model_yaml: str,
    on_progress: Callable[[str, int, int], None] | None,
) -> TrainResult:
    with _offline_ultralytics(folder):
        from ultralytics import YOLO  # type: ignore[attr-defined]

        model = YOLO(model_yaml, task="detect")

        def tick(trainer: Any) -> None:
            if on_progress is not None:
                on_progress("epoch", int(trainer.epoch) + 1, int(settings["epochs"]))

        model.add_callback("on_train_epoch_end", tick)
        model.add_callback("on_train_start", _half_precision_forward)
        # amp=False: its check would fetch a model; the plots would fetch a font. nbs = batch: a step after every batch, as
        # short trainings need the steps.
        model.train(
            **settings, project=str(folder), name="fit", exist_ok=True, pretrained=False, optimizer="AdamW", lr0=0.0016,
            lrf=0.02, cos_lr=True, warmup_epochs=1.0, weight_decay=0.0005, nbs=settings["batch"], rect=True, cache="ram",
            amp=False, mosaic=0.0, close_mosaic=0, mixup=0.0, hsv_h=0.012, hsv_s=0.45, hsv_v=0.30, scale=0.25,
            translate=0.08, fliplr=0.5, erasing=0.0, plots=False, val=False, workers=0, seed=0, deterministic=False,
            save_period=-1, verbose=True,
        )  # fmt: skip
        trained = _snapshot(folder / "fit" / "weights")
        _strip(trained, out, int(settings["imgsz"]))
        scored = YOLO(str(out), task="detect")
        metrics = scored.val(
            data=settings["data"], imgsz=settings["imgsz"], batch=settings["batch"], device=settings["device"], rect=True,
            plots=False, verbose=False, workers=0, project=str(folder), name="val", exist_ok=True, half=False,
        )  # fmt: skip
    return _result(out, metrics, settings)


def _half_precision_forward(trainer: Any) -> None:
    """Run the forward pass in bfloat16 where the processor computes in it; the loss stays in single precision.

    Ultralytics allows bfloat16 on CUDA only. The averaged copy that is saved is made before this and stays as it is.
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
        return type(value)(single(item) for item in value) if isinstance(value, list | tuple) else value

    def loss(batch: dict[str, Any], preds: Any = None) -> Any:
        if network.criterion is None:
            network.criterion = network.init_criterion()
        if preds is None:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                preds = network.forward(batch["img"].contiguous(memory_format=torch.channels_last))
        return network.criterion(single(preds), batch)

    network.criterion = None
    network.loss = loss


def _snapshot(weights: Path) -> Path:
    for name in ("best.pt", "last.pt"):
        if (weights / name).is_file():
            return weights / name
    raise RuntimeError("the training left no weights")


def _strip(source: Path, out: Path, imgsz: int) -> None:
    """Keep the averaged weights alone, in half precision, and nothing that names this machine."""
    import torch

    checkpoint = torch.load(source, map_location="cpu", weights_only=False)
    model = (checkpoint.get("ema") or checkpoint["model"]).half()
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.criterion = None
    model.args = {"imgsz": imgsz, "task": "detect"}
    record = {
        "epoch": -1, "best_fitness": None, "model": model, "ema": None, "updates": None, "optimizer": None,
        "train_args": {"imgsz": imgsz, "task": "detect"}, "version": checkpoint.get("version"), "license": LICENCE,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    partial = out.with_name(out.name + ".partial")
    torch.save(record, partial)
    if partial.stat().st_size >= MAX_BYTES:
        size = partial.stat().st_size
        partial.unlink()
        raise RuntimeError(f"the weights take {size / 1e6:.1f} MB, the limit is {MAX_BYTES / 1e6:.0f} MB: choose a smaller model")
    os.replace(partial, out)


def _result(out: Path, metrics: Any, settings: dict[str, Any]) -> TrainResult:
    import hashlib

    content = out.read_bytes()
    n_boxes = [int(n) for n in metrics.nt_per_class]
    per_class = {}
    for place, index in enumerate(int(i) for i in metrics.box.ap_class_index):
        _, _, ap50, ap = metrics.box.class_result(place)
        per_class[str(metrics.names[index])] = ClassScore(round(float(ap50), 4), round(float(ap), 4), n_boxes[index])
    images = {split: _count_images(Path(settings["data"]), split) for split in ("train", "val")}
    return TrainResult(
        weights=out, sha256=hashlib.sha256(content).hexdigest(), n_bytes=len(content), imgsz=int(settings["imgsz"]),
        n_train=images["train"], n_val=images["val"], map50=round(float(metrics.box.map50), 4),
        map50_95=round(float(metrics.box.map), 4), per_class=per_class,
    )  # fmt: skip


def _count_images(dataset: Path, split: str) -> int:
    """Pictures in a split's folder; 0 where the dataset lists them in another way."""
    import yaml

    record = yaml.safe_load(dataset.read_text(encoding="utf-8"))
    folder = Path(record.get("path") or dataset.parent) / str(record.get(split) or "")
    return sum(1 for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png")) if folder.is_dir() else 0
