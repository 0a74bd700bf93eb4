"""Tuning: what is measured, what is refused, and what a run makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes import FakeDetector, FakeEmbedder, make_photos
from thumper_core.commands import tune as commands_tune
from thumper_core.contracts import Boxes, FloatArray, ImageArray, ThumperError
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline import launch
from thumper_core.pipeline.effort import core_count, with_effort
from thumper_core.pipeline.launch import Models
from thumper_core.pipeline.run import fingerprint
from thumper_core.pipeline.tuned import (
    Tuned,
    load_tuned,
    save_tuned,
    tuning_key,
    with_tuned,
)
from thumper_core.settings import Settings
from thumper_core.upkeep import measure as tuning
from thumper_core.upkeep import precisions
from thumper_core.upkeep.measure import tune
from thumper_core.upkeep.precisions import agreement_of_boxes, agreement_of_vectors
from thumper_core.workspace import Workspace

FOUND = Tuned(32, 3, 1, "a processor", "2026-01-01 00:00:00+00:00")


def boxes(*rows: tuple[float, float, int]) -> Boxes:
    """Boxes 40 pixels wide: left edge, confidence, class."""
    left, confidence, class_id = (np.array(column) for column in zip(*rows, strict=True))
    xyxy = np.stack([left, left * 0, left + 40, left * 0 + 40], axis=1).astype(np.float32)
    return Boxes(xyxy, confidence.astype(np.float32), class_id.astype(np.int64))


@pytest.mark.parametrize(
    ("exact", "other", "share", "n"),
    [
        (boxes((0, 0.9, 0)), boxes((3, 0.8, 0)), 1.0, 2),
        (boxes((0, 0.9, 0)), boxes((30, 0.8, 0)), 0.0, 2),  # next to it
        (boxes((0, 0.9, 0)), boxes((0, 0.9, 1)), 0.0, 2),  # of another class
        (boxes((0, 0.9, 0)), boxes((0, 0.26, 0)), 1.0, 1),  # the weaker one is not clear, but had
        (boxes((0, 0.26, 0)), Boxes.empty(), 1.0, 0),  # on the brink: says nothing
        (boxes((0, 0.9, 0)), Boxes.empty(), 0.0, 1),
        (boxes((0, 0.9, 0)), boxes((0, 0.9, 0), (90, 0.9, 0)), 2 / 3, 3),  # one too many
        (Boxes.empty(), Boxes.empty(), 1.0, 0),
    ],
)
def test_agreement_of_boxes(exact: Boxes, other: Boxes, share: float, n: int) -> None:
    assert agreement_of_boxes([exact], [other], 0.25) == (pytest.approx(share), n)


def test_agreement_of_vectors_is_what_nearly_all_reach() -> None:
    exact = np.eye(200, dtype=np.float32)
    other = exact.copy()
    assert agreement_of_vectors(exact, other) == 1.0
    other[:10] = np.roll(exact, 1, axis=0)[:10]  # a twentieth of them is somebody else
    assert agreement_of_vectors(exact, other) == 0.0
    assert agreement_of_vectors(exact[:0], exact[:0]) == 1.0


def test_records_are_kept_by_machine_and_models(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    assert load_tuned(workspace, "a") is None
    save_tuned(workspace, "a", FOUND)
    save_tuned(workspace, "b", Tuned(8, 1, 0, "another", "2026-01-02 00:00:00+00:00"))
    assert load_tuned(workspace, "a") == FOUND
    assert load_tuned(workspace, "c") is None
    for damage in ("[]", "{", '{"a": {"batch_size": 3}}'):
        (tmp_path / "tuned" / "machines.json").write_text(damage)
        assert load_tuned(workspace, "a") is None
    save_tuned(workspace, "a", FOUND)
    assert load_tuned(workspace, "a") == FOUND


def test_another_model_or_processor_is_another_record(monkeypatch: pytest.MonkeyPatch) -> None:
    key = tuning_key(FakeDetector(), FakeEmbedder(), "auto")
    assert key == tuning_key(FakeDetector(), FakeEmbedder(), "auto")
    assert key != tuning_key(FakeDetector(), FakeEmbedder(), "torch")
    monkeypatch.setattr(FakeEmbedder, "size", 64)
    assert key != (other := tuning_key(FakeDetector(), FakeEmbedder(), "auto"))
    monkeypatch.setattr("thumper_core.pipeline.tuned.processor_name", lambda: "another")
    assert other != tuning_key(FakeDetector(), FakeEmbedder(), "auto")


def test_what_was_set_by_hand_stays() -> None:
    assert with_tuned(Settings(), None) == Settings()
    used = with_tuned(Settings(), FOUND).engine
    assert (used.batch_size, used.decode_threads, used.streams) == (32, 3, 1)
    assert used.queue_photos == 96
    by_hand = Settings().replace("engine", batch_size=4, decode_threads=7)
    used = with_tuned(by_hand, FOUND).engine
    assert (used.batch_size, used.decode_threads, used.streams) == (4, 7, 1)


def test_effort_uses_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thumper_core.pipeline.effort.give_way", lambda: None)
    detector = FakeDetector()
    fast = with_effort(Settings(), detector, turbo=True, tuned=FOUND).engine
    assert (fast.batch_size, fast.decode_threads, fast.streams) == (32, 3, 1)
    assert not detector.batches, "probed although it was measured"
    gentle = with_effort(Settings(), detector, turbo=False, tuned=FOUND).engine
    assert (gentle.batch_size, gentle.decode_threads) == (32, max(1, core_count() - 1))


class Shifted(FakeDetector):
    """Boxes so many pixels away from where float32 has them."""

    def __init__(self, shift: float, delay_s: float) -> None:
        super().__init__(delay_s)
        self.shift = shift

    def detect(self, batch: ImageArray) -> list[Boxes]:
        return [
            Boxes(b.xyxy + np.float32(self.shift), b.confidence, b.class_id)
            for b in super().detect(batch)
        ]


class Turned(FakeEmbedder):
    """Vectors turned away from where float32 has them."""

    def __init__(self, turn: float) -> None:
        super().__init__()
        self.turn = turn

    def embed(self, crops: ImageArray) -> FloatArray:
        vectors = super().embed(crops)
        vectors[:, 0] += self.turn
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Models of which bf16 is faster and near, and int8 fastest and wrong; what was opened."""
    seen: list[Settings] = []

    def open_untuned(workspace: Workspace, settings: Settings, **_: Any) -> Models:
        seen.append(settings)
        precision = settings.detect.precision
        delay_s, shift = {"f32": (0.02, 0.0), "int8": (0.0, 25.0)}.get(precision, (0.004, 1.0))
        turn = {"f32": 0.0, "bf16": 0.01, "int8": 3.0}[settings.embed.precision]
        return Models(Shifted(shift, delay_s), Turned(turn), {})

    for module in (tuning, precisions):
        monkeypatch.setattr(module, "open_untuned", open_untuned)
        monkeypatch.setattr(module, "has_fast_bf16", lambda: True)
    monkeypatch.setattr(tuning, "choose_backend", lambda device: "openvino")
    monkeypatch.setattr(precisions, "can_quantise", lambda: True)
    return seen


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace.create(tmp_path / "work")
    make_photos(tmp_path / "photos", 90)
    add_paths(workspace, [tmp_path / "photos"])
    return workspace


def test_a_precision_that_finds_other_animals_is_refused(
    opened: list[Settings], workspace: Workspace
) -> None:
    before = workspace.settings
    found = tune(workspace, workspace.settings)
    fits = {(t.model, t.precision): t.fits for t in found.trials}
    assert fits == {
        ("detector", "f32"): True,
        ("detector", "bf16"): True,
        ("detector", "int8"): False,
        ("embedder", "f32"): True,
        ("embedder", "bf16"): True,
        ("embedder", "int8"): False,
    }
    assert all(t.n_judged >= precisions.JUDGED_MIN for t in found.trials if t.precision != "f32")
    assert found.best["detector"] == "bf16"
    assert found.photos_per_s.keys() >= {found.tuned.decode_threads, core_count()}
    # Nothing that changes results was touched; the rest is there for the next run.
    assert found.adopted == {}
    assert Workspace.open(workspace.root).settings == before
    key = tuning_key(FakeDetector(), FakeEmbedder(), "auto")
    assert load_tuned(workspace, key) == found.tuned
    with np.load(workspace.root / "tuned" / "detector.npz") as file:
        assert file["pictures"].shape[1:] == (96, 160, 3)


def test_adopting_writes_the_settings_and_keeps_the_pictures_of_an_int8_that_is_in_use(
    opened: list[Settings], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precisions, "BOXES_MIN", 0.0)
    found = tune(workspace, workspace.settings, adopt=True)
    assert found.adopted["detect"] == "int8"
    again = Workspace.open(workspace.root)
    assert again.settings.detect.precision == "int8"
    samples = workspace.root / "tuned" / "detector.npz"
    before = samples.stat().st_mtime_ns
    assert tune(again, again.settings, adopt=True).adopted.get("detect") is None
    assert samples.stat().st_mtime_ns == before, "runs were made with these pictures"


def test_few_animals_cannot_clear_a_precision(opened: list[Settings], tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "work")
    make_photos(tmp_path / "photos", 9)
    add_paths(workspace, [tmp_path / "photos"])
    found = tune(workspace, workspace.settings)
    assert [t.precision for t in found.trials if t.fits] == ["f32", "f32"]
    assert found.best == {"detector": "f32", "embedder": "f32"}


def test_no_photos_names_the_command(opened: list[Settings], tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    with pytest.raises(ThumperError, match="thumper add"):
        tune(workspace, workspace.settings)


def test_streams_reach_the_models_and_no_tuning_changes_a_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.create(tmp_path)
    seen: list[int] = []

    def models_of(registry: Any, settings: Settings, **_: Any) -> Models:
        seen.append(settings.engine.streams)
        return Models(FakeDetector(), FakeEmbedder(), {})

    monkeypatch.setattr(launch, "models_of", models_of)
    models = launch.open_models(workspace, Settings())
    plain = fingerprint(models.detector, models.embedder, Settings())
    key = tuning_key(models.detector, models.embedder, "auto")
    save_tuned(workspace, key, FOUND)
    models = launch.open_models(workspace, Settings())
    assert seen == [0, 0, 1]
    launch.open_untuned(workspace, Settings())
    assert seen[-1] == 0  # what is measured again is not what was found before
    tuned = with_tuned(Settings(), models.tuned)
    assert tuned.engine.batch_size == 32
    assert fingerprint(models.detector, models.embedder, tuned) == plain


def test_the_command_says_what_it_found(
    opened: list[Settings], workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    from typer.testing import CliRunner

    from thumper_core import cli

    result = CliRunner().invoke(cli.app, ["-w", str(workspace.root), "tune"])
    assert result.exit_code == 0, result.output
    assert "refused" in result.output
    assert "decoding threads" in result.output
    result = CliRunner().invoke(cli.app, ["-w", str(workspace.root), "tune", "--json"])
    facts = json.loads(result.stdout)
    assert facts["gpu_photos_per_s"] is None
    assert facts["best"]["detector"] == "bf16"
    assert facts["tuned"]["decode_threads"] >= 1


@pytest.mark.parametrize("is_installed", [True, False])
def test_decoding_on_a_gpu_is_measured_where_it_can_be(
    opened: list[Settings],
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    is_installed: bool,
) -> None:
    taken: list[bytes] = []

    class Jpegs:
        def __init__(self) -> None:
            if not is_installed:
                raise ThumperError("needs torchcodec")

        def __call__(self, picture: object, data: bytes, **options: object) -> None:
            taken.append(data)

    monkeypatch.setattr(tuning, "uses_gpu", lambda device: True)
    monkeypatch.setattr(tuning, "GpuJpegs", Jpegs)
    found = tune(workspace, workspace.settings)
    assert (found.gpu_photos_per_s is not None) == is_installed == bool(taken)
    commands_tune._show(found, adopt=False)
    assert ("gpu_decode = true" in " ".join(capsys.readouterr().out.split())) == is_installed
