"""Pictures that are made, losses against plain ones, and a training that stops and goes on."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from thumper_core.contracts import UsageError
from thumper_core.vision.centernet.augment import is_grey, pasted, patches_of, placed, within
from thumper_core.vision.centernet.examples import Example, load
from thumper_core.vision.centernet.files import Weights, read_weights, write_onnx
from thumper_core.vision.centernet.fit import AWAY, HOME, Pictures, Plan, Stopped, tune
from thumper_core.vision.centernet.losses import box_loss, heat_loss, kept_loss, targets
from thumper_core.vision.centernet.network import CenterNet
from thumper_core.vision.centernet.train import SAVED, train
from thumper_core.vision.centernet.training_list import ListedPhoto

PLAN = Plan(steps=3, size=64)


def example(
    name: str, *boxes: tuple[float, ...], apart: bool = False, wanted: bool = True
) -> Example:
    rng = np.random.default_rng(len(name))
    image = rng.integers(60, 90, (150, 200, 3), np.uint8)
    for x1, y1, x2, y2 in boxes:
        image[int(y1) : int(y2), int(x1) : int(x2)] = (200, 160, 90)
    n = len(boxes)
    return Example(
        name, name, image, np.array(boxes, np.float32).reshape(-1, 4),
        np.full(n, wanted), np.zeros(n, bool), apart,
    )  # fmt: skip


EXAMPLES = [
    example("north", (20, 30, 90, 100)),
    example("south", (100, 60, 160, 120)),
    example("town", (40, 40, 90, 100), apart=True, wanted=False),
    example("wood", apart=True),
]


def test_a_picture_depends_on_plan_and_step_alone() -> None:
    first, again = Pictures(EXAMPLES, PLAN).batch(5), Pictures(EXAMPLES, PLAN).batch(5)
    assert np.array_equal(first[0], again[0])
    assert first[0].shape == (HOME + AWAY, 64, 64, 3)
    other = Pictures(EXAMPLES, Plan(steps=3, size=64, seed=1)).batch(5)
    assert not np.array_equal(first[0], other[0])


def test_boxes_stay_on_what_they_show() -> None:
    seen = 0
    for step in range(6):
        rng = np.random.default_rng(step)
        canvas, moved = placed(EXAMPLES[0].image, EXAMPLES[0].boxes.copy(), 320, rng)
        cut, counts = within(moved, 320)
        for x1, y1, x2, y2 in cut[counts].astype(int):
            inner = canvas[y1 + 2 : y2 - 2, x1 + 2 : x2 - 2]
            assert inner[:, :, 0].mean() == pytest.approx(200, abs=12)
            seen += 1
    assert seen >= 3


def test_an_animal_from_elsewhere_hides_none_and_is_grey_where_all_is() -> None:
    (patch,) = patches_of(EXAMPLES[2])
    grey = np.repeat(EXAMPLES[0].image.mean(2, keepdims=True), 3, 2).astype(np.uint8)
    shown = 0
    for seed in range(20):
        made, box = pasted(grey, EXAMPLES[0].boxes, patch, np.random.default_rng(seed))
        if box is None:
            assert np.array_equal(made, grey)
            continue
        shown += 1
        x1, y1, x2, y2 = box
        assert 0 <= x1 < x2 <= 200 and 0 <= y1 < y2 <= 150
        low, high = (
            np.maximum(EXAMPLES[0].boxes[0, :2], box[:2]),
            np.minimum(EXAMPLES[0].boxes[0, 2:], box[2:]),
        )
        assert np.prod(np.clip(high - low, 0, None)) <= 0.25 * 70 * 70
        assert is_grey(made)
    assert shown > 5


def test_what_is_doubtful_is_shown_nowhere_else() -> None:
    doubtful = example("x", (20, 30, 90, 100))
    doubtful.doubtful[:] = True
    assert patches_of(doubtful) == []


def test_targets_are_one_at_the_middles_and_the_smaller_box_wins() -> None:
    boxes = np.array([[0, 0, 64, 64], [24, 24, 40, 40]], np.float32)
    heat, weight, box = targets([boxes], [np.zeros((0, 4), np.float32)], 64)
    assert heat.shape == (1, 16, 16)
    assert (heat == 1).sum() == 1  # both middles are one place
    assert box[0, :, 8, 8].tolist() == [24, 24, 40, 40]
    assert weight[0, 8, 8] > 0
    assert weight[0, 0, 0] == 0
    empty = targets([boxes[:0]], [boxes[:0]], 64)
    assert all(part.abs().sum() == 0 for part in empty)


def test_nothing_is_asked_where_nobody_can_tell() -> None:
    none = np.zeros((0, 4), np.float32)
    sure = torch.full((1, 16, 16), 4.0)
    plain, _, _ = targets([none], [none], 64)
    spared, _, _ = targets([none], [np.array([[0, 0, 64, 64]], np.float32)], 64)
    assert heat_loss(sure, spared) < 1e-3 * heat_loss(sure, plain)


def test_losses_are_least_for_what_is_right() -> None:
    boxes = [np.array([[8, 8, 40, 48]], np.float32)]
    heat, weight, box = targets(boxes, [boxes[0][:0]], 64)
    right = torch.where(heat == 1, 8.0, -8.0)
    assert heat_loss(right, heat) < 0.2 < heat_loss(-right, heat)
    at = torch.arange(16) * 4.0
    x, y = at.view(1, 16).expand(16, 16), at.view(16, 1).expand(16, 16)
    sides = torch.stack([x - 8, y - 8, 40 - x, 48 - y])[None]
    assert float(box_loss(sides, weight, box)) == pytest.approx(0, abs=1e-5)
    # half as wide from the left: intersection over union 1/2, and no hull to spare
    half = torch.stack([x - 8, y - 8, 24 - x, 48 - y])[None]
    assert float(box_loss(half, weight, box)) == pytest.approx(0.5, abs=1e-4)
    known = torch.randn(1, 3, 4, 4)
    assert float(kept_loss(known, sides[:, :, :4, :4], known, sides[:, :, :4, :4])) < 0.02
    assert kept_loss(known + 2, sides[:, :, :4, :4], known, sides[:, :, :4, :4]) > 0.1


@pytest.fixture(scope="module")
def start() -> CenterNet:
    torch.manual_seed(1)
    return CenterNet(3)


def test_a_training_that_was_stopped_ends_as_if_it_had_not_been(
    start: CenterNet, tmp_path: Path
) -> None:
    whole, losses = tune(start, EXAMPLES, PLAN, tmp_path / "a.pt")
    assert len(losses) == 3

    class Stopped(Exception):
        pass

    def stop(step: int, *_: object) -> None:
        if step == 2:
            raise Stopped

    import thumper_core.vision.centernet.fit as fit

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(fit, "SAVE_EVERY", 1)
        tune(start, EXAMPLES, PLAN, tmp_path / "b.pt", stop)
    told: list[int] = []
    later, more = tune(start, EXAMPLES, PLAN, tmp_path / "b.pt", lambda step, *_: told.append(step))
    assert told == [3]
    assert np.allclose(more, losses, rtol=1e-4)
    pairs = zip(whole.state_dict().values(), later.state_dict().values(), strict=True)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in pairs)
    with pytest.raises(UsageError, match="with other settings"):
        tune(start, EXAMPLES, Plan(steps=4, size=64), tmp_path / "b.pt")


def test_a_training_that_is_asked_to_stop_keeps_what_it_has(
    start: CenterNet, tmp_path: Path
) -> None:
    stop, told = threading.Event(), []

    def say(step: int, *_: object) -> None:
        told.append(step)
        stop.set()

    with pytest.raises(Stopped, match="1 of 3 steps; the same command goes on"):
        tune(start, EXAMPLES, PLAN, tmp_path / "c.pt", say, stop)
    stop.clear()
    kept = (tmp_path / "c.pt").read_bytes()
    tune(start, EXAMPLES, PLAN, tmp_path / "c.pt", lambda step, *_: told.append(step), stop)
    assert told == [1, 2, 3]
    # One that a disk cut off is of no use, and does not stand in the way.
    (tmp_path / "c.pt").write_bytes(kept[: len(kept) // 3])
    tune(start, EXAMPLES, PLAN, tmp_path / "c.pt", lambda step, *_: told.append(step), stop)
    assert told == [1, 2, 3, 1, 2, 3]


def test_pictures_that_are_gone_or_broken_are_left_out(tmp_path: Path) -> None:
    Image.fromarray(EXAMPLES[0].image).save(tmp_path / "good.png")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("none")
    none = np.zeros((0, 4), np.float32)
    listed = [
        ListedPhoto(name, tmp_path / name, "c", none, (), apart=False)
        for name in ("good.png", "gone.jpg", "empty.jpg", "text.jpg")
    ]
    assert [one.name for one in load(listed, "deer")] == ["good.png"]


def test_the_first_layers_stay_and_the_others_move(start: CenterNet, tmp_path: Path) -> None:
    tuned, _ = tune(start, EXAMPLES, PLAN, tmp_path / "a.pt")
    pairs = list(zip(start.convolutions(), tuned.convolutions(), strict=True))
    assert all(torch.equal(a.weight, b.weight) for a, b in pairs[:30])
    assert not any(torch.equal(a.weight, b.weight) for a, b in pairs[-4:])


def test_from_a_list_to_a_file(start: CenterNet, tmp_path: Path) -> None:
    maps = ("person", "horse", "deer")
    write_onnx(Weights(start, maps), tmp_path / "start.onnx", imgsz=64, about={})
    for camera, name in itertools.product(("camera-1", "camera-2"), ("a", "b")):
        (tmp_path / camera).mkdir(exist_ok=True)
        Image.fromarray(EXAMPLES[0].image).save(tmp_path / camera / f"{name}.png")
        (tmp_path / camera / f"{name}.txt").write_text("0 0.275 0.433 0.35 0.467\n")
    listed = tmp_path / "list.toml"
    listed.write_text(
        "class = 'deer'\n[[photos]]\nfolder = '.'\nclasses = ['deer']\ncamera = '(camera-.)'\n"
    )
    out = tmp_path / "out" / "new.onnx"
    where = {"plan": Plan(steps=1, size=64), "imgsz": 64}
    told = train(listed, out, tmp_path / "start.onnx", leave="camera-2", **where)
    assert (told.learned, told.n_photos, told.n_boxes) == ("deer", 2, 2)
    assert [photo.camera for photo in told.left] == ["camera-2"] * 2
    assert read_weights(out).maps == maps
    assert not out.with_name(out.name + SAVED).exists()

    class Stopped(Exception):
        pass

    def stop(step: int, *_: object) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        train(listed, out, tmp_path / "start.onnx", on_progress=stop, **where)
    assert out.with_name(out.name + SAVED).exists()
    (tmp_path / "camera-1" / "a.txt").write_text("0 0.3 0.433 0.35 0.467\n")
    with pytest.raises(UsageError, match="on other photos or labels"):
        train(listed, out, tmp_path / "start.onnx", **where)

    with pytest.raises(UsageError, match=r"\.onnx"):
        train(listed, out.with_suffix(".pt"), tmp_path / "start.onnx", **where)
    with pytest.raises(UsageError, match="multiple of 32"):
        train(listed, out, tmp_path / "start.onnx", plan=PLAN, imgsz=100)
    with pytest.raises(UsageError, match="regular expression"):
        train(listed, out, tmp_path / "start.onnx", leave="(", **where)
    with pytest.raises(UsageError, match="No box of 'deer' is left"):
        train(listed, out, tmp_path / "start.onnx", leave="camera", **where)
