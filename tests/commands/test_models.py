"""`thumper models` knows the models of the workspace that every other command would work on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from thumper_core.workspace import ENVIRONMENT

ENTRY = '[[model]]\nname = "mine"\nkind = "detector"\nloader = "ultralytics"\n'


@pytest.mark.parametrize("chosen_by", ["option", "environment", "default"])
def test_the_workspace_is_the_one_of_every_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call,  # type: ignore[no-untyped-def]
    chosen_by: str,
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "registry.toml").write_text(ENTRY)
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    monkeypatch.chdir(tmp_path if chosen_by == "default" else tmp_path.parent)
    if chosen_by == "environment":
        monkeypatch.setenv(ENVIRONMENT, str(folder))
    words = ["-w", folder] if chosen_by == "option" else []
    code, text = call(*words, "models", "list", "--json")
    assert code == 0
    assert "mine" in [row["name"] for row in json.loads(text)]


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """An OpenVINO folder that says its classes, as ultralytics exports it."""
    import openvino as ov
    from openvino import opset8

    folder = tmp_path / "best_openvino_model"
    picture = opset8.parameter([1, 3, 64, 64], np.float32)
    ov.save_model(ov.Model([opset8.relu(picture)], [picture]), folder / "best.xml")
    (folder / "metadata.yaml").write_text("names: {0: animal, 1: person}\n")
    return folder


@pytest.mark.parametrize(
    ("named", "code", "says"),
    [
        (["animal=white-tailed deer"], 0, "Known as mine"),
        (["deer=white-tailed deer"], 2, "has no class deer. Its classes: animal, person."),
        (["Animal=elk", "cow=cow"], 2, "no class Animal and no class cow. Its classes: animal,"),
    ],
)
def test_a_class_that_the_model_lacks_is_said(
    exported: Path,
    call,  # type: ignore[no-untyped-def]
    named: list[str],
    code: int,
    says: str,
) -> None:
    words = [word for one in named for word in ("--class", one)]
    got, printed = call("models", "add", exported, "--name", "mine", *words)
    assert (got, says in " ".join(printed.split())) == (code, True), printed
    listed = [row["name"] for row in json.loads(call("models", "list", "--json")[1])]
    assert ("mine" in listed) == (code == 0)


def test_classes_of_a_file_that_is_no_model(tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "junk.onnx").write_bytes(b"junk")
    code, printed = call("models", "add", tmp_path / "junk.onnx", "--name", "x", "--class", "a=elk")
    assert code == 3
    assert "junk.onnx is no model that can be read" in " ".join(printed.split())


def test_the_list_can_be_read_at_80_columns(call, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("thumper_core.commands.common.out.width", 80)
    printed = call("models", "list")[1]
    notes = printed.split("Notes\n")[1]
    assert max(map(len, printed.splitlines())) <= 80
    assert "…" not in printed
    assert "Knows rendered scenes only. Ships with" in notes
