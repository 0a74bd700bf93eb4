"""Detectors: files that ultralytics writes, pickles that are not trusted, real photos."""

from __future__ import annotations

import pickle
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from thumper_core.contracts import Boxes, ThumperError, UsageError
from thumper_core.vision import detectors
from thumper_core.vision.detectors import YoloDetector, open_detector
from thumper_core.vision.images import boxes_to_photo, decode_photo, letterbox
from thumper_core.vision.registry import Registry, load_registry
from thumper_core.vision.ultralytics_guard import alone
from thumper_core.vision.weights import add_model, sha256_of
from thumper_core.vision.yolo_files import Form, require_classes

FORM = Form(("animal", "person"), 32, 640, None, None)


def fake(form: Form = FORM, output: np.ndarray | None = None, rect: bool = True) -> YoloDetector:
    """A detector whose network puts out what the test says."""
    return YoloDetector(
        "fake",
        "0" * 64,
        form,
        rect,
        lambda batch: output,
        0.25,
        0.6,
        100,  # type: ignore[arg-type,return-value]
    )


@pytest.mark.parametrize(
    ("photo", "changes", "rect", "wanted"),
    [
        ((1920, 1080), {}, True, (384, 640)),
        ((4032, 3024), {}, True, (480, 640)),
        ((1080, 1920), {}, True, (640, 384)),
        ((1000, 1000), {}, True, (640, 640)),
        ((1, 1), {}, True, (640, 640)),
        ((9000, 10), {}, True, (32, 640)),
        ((1920, 1080), {"stride": 64}, True, (384, 640)),
        ((1920, 1080), {}, False, (640, 640)),
        ((1920, 1080), {"fixed_size": (512, 512)}, True, (512, 512)),
    ],
)
def test_input_size(
    photo: tuple[int, int], changes: dict, rect: bool, wanted: tuple[int, int]
) -> None:
    assert fake(replace(FORM, **changes), rect=rect).input_size(*photo) == wanted


def test_detect_reads_the_layout_off_the_output() -> None:
    batch = np.zeros((1, 64, 64, 3), np.uint8)
    row = np.array([[[10, 20, 30, 40, 0.9, 1]]], np.float32)
    (boxes,) = fake(output=row).detect(batch)
    assert boxes.xyxy.tolist() == [[10, 20, 30, 40]] and boxes.class_id.tolist() == [1]
    column = np.array([20, 30, 20, 20, 0.1, 0.9], np.float32).reshape(1, 6, 1)
    (boxes,) = fake(output=column).detect(batch)
    assert boxes.xyxy.tolist() == [[10, 20, 30, 40]]
    with pytest.raises(ThumperError, match="another task"):
        fake(output=np.zeros((1, 9, 9), np.float32)).detect(batch)
    assert fake().detect(batch[:0]) == []


# --- files that ultralytics writes


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small untrained checkpoints as ultralytics saves them, with NMS and without."""
    import torch

    with alone():
        from ultralytics.nn.tasks import DetectionModel

    folder = tmp_path_factory.mktemp("checkpoints")
    files = {}
    torch.manual_seed(0)
    for name, config, end2end in (
        ("v8", "yolov8n.yaml", False),
        ("v11", "yolo11n.yaml", False),
        ("v26", "yolo26n.yaml", True),
        ("v10", "yolov10n.yaml", True),
    ):
        model = DetectionModel(config, nc=3, verbose=False)
        model.names = {0: "doe", 1: "buck", 2: "fawn"}
        model.args = {"imgsz": 96, "task": "detect"}
        if end2end:
            model.end2end = True
        files[name] = folder / f"{name}.pt"
        torch.save({"model": model, "train_args": {"imgsz": 96}}, files[name])
    return files


CANVAS = np.random.default_rng(5).integers(0, 256, (3, 64, 96, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "name", ["v8", "v26", *(pytest.param(name, marks=pytest.mark.slow) for name in ("v11", "v10"))]
)  # of each layout one is enough for every day
def test_checkpoints_give_what_ultralytics_gives(checkpoints: dict[str, Path], name: str) -> None:
    import torch
    import torchvision  # noqa: F401  # without it, ultralytics suppresses other boxes

    with alone():
        from ultralytics.nn.tasks import load_checkpoint
        from ultralytics.utils.nms import non_max_suppression

    path = checkpoints[name]
    iou_nms = 0.55  # not 0.5: boxes of an untrained network lie on a grid and overlap by half
    ours = open_detector(
        str(path), device="torch", trust=True, conf_min=1e-5, iou_nms=iou_nms, max_detections=20
    )
    assert ours.class_names == ("doe", "buck", "fawn")
    assert ours.weights_sha256 == sha256_of(path)
    assert ours.input_size(1920, 1080) == (64, 96)
    model, _ = load_checkpoint(str(path), fuse=True)
    with torch.inference_mode():
        raw = model(torch.from_numpy(CANVAS).permute(0, 3, 1, 2).float() / 255)[0]
    theirs = non_max_suppression(
        raw, 1e-5, iou_nms, max_det=20, end2end=bool(model.end2end), agnostic=True
    )
    assert (ours.form.layout == "final") is (name in ("v26", "v10"))
    for boxes, table in zip(ours.detect(CANVAS), theirs, strict=True):
        assert len(boxes) == len(table) >= 5
        np.testing.assert_allclose(boxes.confidence, table[:, 4].numpy(), rtol=1e-3)
        np.testing.assert_allclose(boxes.xyxy[0], table[0, :4].numpy(), atol=0.05)
        assert (np.diff(boxes.confidence) <= 0).all()
        assert boxes.xyxy.dtype == boxes.confidence.dtype == np.float32


def test_batched_equals_single(checkpoints: dict[str, Path]) -> None:
    detector = open_detector(
        str(checkpoints["v8"]), device="torch", trust=True, conf_min=1e-5, max_detections=20
    )
    together = detector.detect(CANVAS)
    for i, boxes in enumerate(together):
        (alone,) = detector.detect(CANVAS[i : i + 1])
        np.testing.assert_allclose(alone.confidence, boxes.confidence, rtol=1e-3)


def test_openvino_agrees_with_torch(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    options = {"trust": True, "conf_min": 1e-5, "max_detections": 5}
    torch_boxes = open_detector(str(checkpoints["v8"]), device="torch", **options).detect(CANVAS)
    fast = open_detector(
        str(checkpoints["v8"]), device="openvino", precision="f32", cache_dir=tmp_path, **options
    )
    for boxes, wanted in zip(fast.detect(CANVAS), torch_boxes, strict=True):
        np.testing.assert_allclose(boxes.confidence, wanted.confidence, rtol=1e-3)
    assert list(tmp_path.glob("*.xml"))


@pytest.mark.slow
def test_a_checkpoint_is_not_unpickled_again(
    checkpoints: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    load = detectors.load_pt
    monkeypatch.setattr(detectors, "load_pt", lambda *files: (calls.append(files), load(*files))[1])
    batch = np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), dtype=np.uint8)

    def opened() -> detectors.YoloDetector:
        return open_detector(
            str(checkpoints["v8"]), trust=True, device="openvino", conf_min=0.0, cache_dir=tmp_path
        )

    first = opened()
    wanted = first.detect(batch)
    again = opened()
    assert again.form == first.form
    for a, b in zip(wanted, again.detect(batch), strict=True):
        np.testing.assert_array_equal(a.xyxy, b.xyxy)
    assert len(calls) == 1
    again.detect(batch[:, :32])  # a shape that was never converted
    assert len(calls) == 2
    (kept,) = tmp_path.glob("*.form1.json")
    for damage in ("", "[]", '{"class_names": []}'):
        kept.write_text(damage)
        assert opened().form == first.form
    assert len(calls) == 5


def test_openvino_folder_with_metadata(tmp_path: Path) -> None:
    import openvino as ov
    import torch

    class Constant(torch.nn.Module):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            row = torch.tensor([20.0, 30.0, 20.0, 20.0, 0.1, 0.9]).reshape(1, 6, 1)
            return row * pixels.mean(dim=(1, 2, 3), keepdim=True).reshape(-1, 1, 1)

    folder = tmp_path / "m_openvino_model"
    folder.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit.trace is deprecated; OpenVINO still uses it
        model = ov.convert_model(
            Constant(), example_input=torch.ones(1, 3, 64, 64), input=[1, 3, 64, 64]
        )
    ov.save_model(model, folder / "m.xml")
    with pytest.raises(ThumperError, match="no class names"):
        open_detector(str(folder))
    (folder / "metadata.yaml").write_text("names: {0: doe, 1: buck}\nstride: 32\nimgsz: [64, 64]\n")
    detector = open_detector(str(folder))
    assert detector.class_names == ("doe", "buck") and detector.input_size(1, 1) == (64, 64)
    (boxes,) = detector.detect(np.full((1, 64, 64, 3), 255, np.uint8))
    np.testing.assert_allclose(boxes.xyxy, [[10, 20, 30, 40]], atol=0.5)
    with pytest.raises(UsageError, match="no OpenVINO model"):
        open_detector(str(tmp_path))


# --- pickles


class Trap:
    """A pickle that writes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


def test_an_unknown_pickle_is_not_opened(tmp_path: Path) -> None:
    mark, trap = tmp_path / "mark", tmp_path / "trap.pt"
    trap.write_bytes(pickle.dumps(Trap(mark)))
    with pytest.raises(ThumperError, match=r"runs whatever code.*--trust") as caught:
        open_detector(str(trap))
    assert sha256_of(trap) in str(caught.value)
    assert not mark.exists()


def test_a_known_hash_or_trust_opens_a_pickle(checkpoints: dict[str, Path]) -> None:
    path = checkpoints["v8"]
    with pytest.raises(ThumperError, match="--trust"):
        open_detector(str(path), device="torch")
    assert open_detector(str(path), device="torch", trust=True).name == "v8.pt"
    assert open_detector(str(path), device="torch").name == "v8.pt"  # said once
    add_model(path, "herd", input_size=64)
    by_path = open_detector(str(path), device="torch")
    by_name = open_detector("herd", device="torch")
    assert by_path.name == by_name.name == "herd"
    assert by_name.input_size(100, 100) == (64, 64)
    assert by_path.fingerprint_fields() == by_name.fingerprint_fields()


def test_a_checkpoint_says_its_classes(checkpoints: dict[str, Path]) -> None:
    require_classes(checkpoints["v8"], ["doe", "fawn"])
    with pytest.raises(UsageError, match=r"no class deer\. Its classes: doe, buck, fawn\."):
        require_classes(checkpoints["v8"], ["doe", "deer"])


def test_a_registry_entry_without_hash_does_not_vouch_for_a_pickle(
    checkpoints: dict[str, Path],
) -> None:
    spec = replace(load_registry().get("demo"), file=str(checkpoints["v8"]), sha256="")
    with pytest.raises(ThumperError, match="--trust"):
        open_detector("demo", registry=Registry({"demo": spec}))


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("nothing-of-this-name", UsageError, "thumper models add"),
        ("absent/best.pt", UsageError, "does not exist"),
        ("efficientnet_lite0", UsageError, "--embedder"),
        ("megadetector-v6-yolov10-c", ThumperError, "thumper models pull megadetector"),
        ("whitetail-11", ThumperError, "thumper models add"),
    ],
)
def test_what_cannot_be_opened_names_the_next_step(
    name: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        open_detector(name)
    if error is UsageError:  # one of those that are there will do; no embedder would
        assert "Known: demo, whitetail" in str(caught.value)
        assert "clip-vit" not in str(caught.value)


def test_damaged_and_odd_files(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pt"
    broken.write_bytes(b"not a checkpoint")
    with pytest.raises(ThumperError, match="not a checkpoint"):
        open_detector(str(broken), device="torch", trust=True)
    odd = tmp_path / "weights.h5"
    odd.write_bytes(b"x")
    with pytest.raises(UsageError, match=r"\.pt or \.onnx"):
        open_detector(str(odd))


# --- real photos: every day tests/whole/test_real_photos.py finds the same in them


def found_in(detector: YoloDetector, path: Path) -> tuple[list[str], Boxes]:
    """Class names and boxes, in pixels of the upright photo."""
    photo = decode_photo(path.read_bytes(), min_width=1024, max_pixels=10**8)
    canvas, ratio, pad = letterbox(photo.image, detector.input_size(photo.width, photo.height))
    (boxes,) = detector.detect(canvas[None])
    on_photo = replace(boxes, xyxy=boxes_to_photo(boxes.xyxy, ratio, pad, photo))
    return [detector.class_names[i] for i in boxes.class_id], on_photo


def iou(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(N, M) intersection over union."""
    low = np.maximum(left[:, None, :2], right[None, :, :2])
    high = np.minimum(left[:, None, 2:], right[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(b[:, 2:] - b[:, :2]).prod(axis=1) for b in (left, right)]
    return shared / (areas[0][:, None] + areas[1][None] - shared)


@pytest.fixture(scope="module")
def animal_coco(shared_dir: Path) -> YoloDetector:
    return open_detector(str(shared_dir / "weights" / "animal-coco.onnx"), conf_min=0.2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("african_elephants.jpg", "animal"),
        ("african_elephants_bw.jpg", "animal"),
        ("african_elephants_cmyk.jpg", "animal"),
        ("african_elephants_truncated_file.jpg", "animal"),
        ("african_elephants_with_exif_orientation.jpg", "animal"),
        ("domestic_cattle.jpg", "animal"),
        ("american_black_bear.jpg", "animal"),
        ("domestic_dog.jpg", "animal"),
        ("ocelot.jpg", "animal"),
        ("human.jpg", "person"),
        ("vehicle.jpg", "vehicle"),
        ("blank.jpg", None),
        ("blank2.jpg", None),
        ("blank3.jpg", None),
    ],
)
def test_real_photos(
    animal_coco: YoloDetector, shared_dir: Path, name: str, wanted: str | None
) -> None:
    names, _ = found_in(animal_coco, shared_dir / "photos" / "speciesnet" / name)
    assert (wanted in names) if wanted else ("animal" not in names)


@pytest.mark.slow
def test_boxes_of_the_rotated_elephants_agree(animal_coco: YoloDetector, shared_dir: Path) -> None:
    folder = shared_dir / "photos" / "speciesnet"
    _, upright = found_in(animal_coco, folder / "african_elephants.jpg")
    _, turned = found_in(animal_coco, folder / "african_elephants_with_exif_orientation.jpg")
    strong = upright.xyxy[upright.confidence >= 0.4]
    assert len(strong) >= 3
    assert (iou(strong, turned.xyxy).max(axis=1) > 0.9).all()


@pytest.mark.slow
def test_bf16_keeps_the_detections_of_f32(shared_dir: Path) -> None:
    """The tolerance that lets bfloat16 be the default where the processor has it.

    Every box of at least 0.3 confidence has a partner of its class with IoU >= 0.9 whose confidence
    differs by at most 0.06.
    """
    weights = str(shared_dir / "weights" / "animal-coco.onnx")
    exact, fast = (
        open_detector(weights, conf_min=0.15, device="openvino", precision=precision)
        for precision in ("f32", "bf16")
    )
    compared = 0
    for path in sorted((shared_dir / "photos").glob("*/*"))[1::2]:
        if path.stat().st_size == 0:
            continue
        (_, wanted), (_, got) = found_in(exact, path), found_in(fast, path)
        for i in np.flatnonzero(wanted.confidence >= 0.3):
            same = np.flatnonzero(got.class_id == wanted.class_id[i])
            overlap = iou(wanted.xyxy[i : i + 1], got.xyxy[same])[0]
            assert overlap.max() >= 0.9, path.name
            partner = same[overlap.argmax()]
            assert abs(got.confidence[partner] - wanted.confidence[i]) <= 0.06, path.name
            compared += 1
    assert compared >= 15
