"""A detector from corrections: tried beside the one in use, taken or refused, stopped and gone on with."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from tests.learning.reviewed import delete, mislead, move_all, ranch_of
from thumper_core.contracts import ClassMeaning, ThumperError
from thumper_core.evaluate.deer_found import DeerFound
from thumper_core.flows import learn_detector as flow
from thumper_core.flows.learn_detector import learn_detector
from thumper_core.learning.cards import cards
from thumper_core.learning.kept_back import KeptBack
from thumper_core.pipeline.choice import choose_detector
from thumper_core.vision.centernet.files import Weights, write_onnx
from thumper_core.vision.centernet.fit import Plan, Stopped
from thumper_core.vision.centernet.network import CenterNet
from thumper_core.vision.detectors import open_detector
from thumper_core.vision.registry import load_registry
from thumper_core.workspace import Workspace

PLAN = Plan(steps=1, size=64)


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    """Forty-eight photos of drawn deer, each looked through, three of them without any."""
    made = ranch_of(tmp_path, 16, drawn=True)
    delete(made, 3)
    move_all(made)
    return made


def ignorant(folder: Path) -> str:
    """A detector that finds nothing, as a file."""
    torch.manual_seed(5)
    network = CenterNet(3)
    torch.nn.init.constant_(network.heat[1].bias, -12.0)
    file = folder / "ignorant.onnx"
    write_onnx(Weights(network, ("person", "horse", "deer")), file, imgsz=128, about={})
    return str(file)


def used(ranch: Workspace, detector: str) -> Workspace:
    ranch.settings = ranch.settings.replace("detect", detector=detector)
    return ranch


def test_a_better_one_is_taken_and_its_card_says_what_it_is(
    ranch: Workspace, tmp_path: Path
) -> None:
    used(ranch, ignorant(tmp_path))
    said: list[str] = []
    found = learn_detector(ranch, plan=PLAN, say=lambda step, *_: said.append(step))
    assert found.trial.is_better, found.trial.said
    assert found.name == "own-1"
    again = Workspace.open(ranch.root)
    assert choose_detector(again).detector == "own-1"
    registry = load_registry(again.root / "registry.toml")
    spec = registry.get("own-1")
    assert spec.class_map == registry.get("whitetail").class_map
    assert open_detector("own-1", registry=registry).class_names[0] == "deer"
    assert list(dict.fromkeys(said)) == [
        "Trying the detector in use", "Tuning the detector", "Trying the new detector"
    ]  # fmt: skip
    card = json.loads(found.card.read_text())
    assert card["is_used"] and card["weights_sha256"] == spec.sha256
    assert card["started_from"]["sha256"] == registry.get("whitetail").sha256
    assert card["learned_from"]["corrections"] == {"box": 45, "not_animal": 3}
    told = card["learned_from"]
    assert told["deer"] + found.trial.n_held_out == 45
    assert not set(told["cameras"]) & set(card["kept_back"]["cameras"])
    assert [path.name for path in sorted((ranch.root / "learned").glob("*"))] == [
        "detector-0001.json", "own-1.onnx"
    ]  # fmt: skip


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Detectors that are not opened: the one in use finds half of the deer, the new one a third."""

    def opened(name: str, *_: object) -> tuple[object, dict[str, ClassMeaning]]:
        return SimpleNamespace(name=name), {"deer": ClassMeaning("deer")}

    def found(
        detector: Any, meanings: object, species: str, photos: pl.DataFrame, *_: object
    ) -> DeerFound:
        rows = np.arange(photos.height)
        every = 2 if detector.name == "whitetail" else 3
        names = tuple(photos["photo_id"])
        return DeerFound(names, rows % every == 0, np.full(len(rows), 0.9), rows, rows)

    monkeypatch.setattr(flow, "_open", opened)
    monkeypatch.setattr(flow, "deer_found", found)


def test_one_that_is_no_better_is_deleted_and_nothing_changes(
    ranch: Workspace, looks: None
) -> None:
    used(ranch, "whitetail")
    found = learn_detector(ranch, plan=PLAN)
    assert not found.trial.is_better and found.name is None
    assert "What was in use stays in use" in found.trial.said
    assert choose_detector(ranch).detector == "whitetail"
    assert not (ranch.root / "registry.toml").exists()
    assert [path.name for path in (ranch.root / "learned").glob("*")] == ["detector-0001.json"]
    assert cards(ranch.root, "detector")[0]["is_used"] is False


@pytest.mark.parametrize(
    ("sure", "measure", "is_better"),
    [(0.9, "average precision of deer", True), (0.2, "F1 of deer from confidence 0.25 on", False)],
)
def test_one_that_is_never_sure_enough_is_no_better(
    sure: float, measure: str, is_better: bool
) -> None:
    photos = tuple(f"p{k}" for k in range(40))
    rows = np.arange(40)
    half = DeerFound(photos, np.ones(20, bool), np.full(20, 0.9), rows[::2], rows)
    every = DeerFound(photos, np.ones(40, bool), np.full(40, sure), rows, rows)
    asked = flow._Asked(pl.DataFrame({"photo_id": photos, "unit": photos}), pl.DataFrame(), "elk")
    trial = flow._trial(half, every, asked, KeptBack(frozenset(photos), "2 cameras"), 0.25)
    assert (trial.measure, trial.is_better) == (measure, is_better)


def test_it_goes_on_where_it_was_stopped(ranch: Workspace, looks: None) -> None:
    used(ranch, "whitetail")
    stop, said = threading.Event(), []

    def say(step: str, done: int, total: int) -> None:
        if step.startswith("Tuning"):
            said.append(done)
            stop.set()

    plan = Plan(steps=2, size=64)
    with pytest.raises(Stopped):
        learn_detector(ranch, plan=plan, say=say, stop=stop)
    assert cards(ranch.root, "detector") == []
    assert sorted(p.suffix for p in (ranch.root / "learned").iterdir()) == [".pt"]
    learn_detector(ranch, plan=plan, say=say)
    assert said == [1, 2]


def test_a_training_on_other_corrections_is_begun_anew(ranch: Workspace, looks: None) -> None:
    used(ranch, "whitetail")
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        learn_detector(ranch, plan=PLAN, stop=stop)
    (before,) = (ranch.root / "learned").iterdir()
    move_all(ranch, 6.0)
    said: list[int] = []
    learn_detector(ranch, plan=PLAN, say=lambda step, done, _: said.append(done))
    assert said == [1] and not before.exists()


def test_too_little_to_keep_a_part_back(tmp_path: Path) -> None:
    few = ranch_of(tmp_path, 4)
    move_all(few)
    with pytest.raises(ThumperError, match="there are 12 in 12 photos"):
        learn_detector(few, plan=PLAN)
    assert not (few.root / "learned").exists()


@pytest.mark.slow
def test_what_is_right_is_learned_and_nonsense_is_refused(ranch: Workspace, tmp_path: Path) -> None:
    plan = Plan(steps=12, size=128)
    right = learn_detector(used(ranch, "whitetail"), plan=plan)
    assert right.trial.is_better, right.trial.said
    kept_back = json.loads(right.card.read_text())["kept_back"]["cameras"]
    misled = used(ranch_of(tmp_path / "misled", drawn=True), "whitetail")
    mislead(misled, kept_back)
    wrong = learn_detector(misled, plan=plan)
    assert json.loads(wrong.card.read_text())["kept_back"]["cameras"] == kept_back
    assert not wrong.trial.is_better and wrong.trial.after < wrong.trial.before, wrong.trial.said
    assert choose_detector(misled).detector == "whitetail"
