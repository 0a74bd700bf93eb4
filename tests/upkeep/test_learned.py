"""What was learned and is damaged or gone is named by health and verify."""

from __future__ import annotations

from pathlib import Path

import pytest

from thumper_core.upkeep.health import health
from thumper_core.upkeep.learned import learned_damage
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ranch")


def test_nothing_learned_is_nothing_damaged(workspace: Workspace) -> None:
    assert learned_damage(workspace) == ()
    assert verify(workspace).is_sound


@pytest.mark.parametrize("name", ["heads/cut.head.json", "reid/cut.visits.safetensors"])
def test_a_damaged_file_is_named_and_nothing_is_called_sound(
    workspace: Workspace, name: str
) -> None:
    file = workspace.root / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"{")
    (said,) = learned_damage(workspace)
    assert file.name in said
    found = verify(workspace)
    assert (found.is_sound, found.learned, found.damages) == (False, (said,), ())
    anomalies = health(workspace)["anomalies"]
    assert {"key": "learned", "message": said} in anomalies


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_detector_of_its_own_that_is_not_what_it_was_is_named_with_the_way_back(
    workspace: Workspace, damage: str
) -> None:
    file = workspace.root / "learned" / "own-1.onnx"
    file.parent.mkdir()
    if damage == "cut":
        file.write_bytes(b"half")
    (workspace.root / "registry.toml").write_text(
        "[[model]]\nname = 'own-1'\nkind = 'detector'\nloader = 'ultralytics'\nlicence = 'yours'\n"
        f"file = 'learned/own-1.onnx'\nsha256 = '{'0' * 64}'\ninput_size = 640\n"
    )
    workspace.settings = workspace.settings.replace("detect", detector="own-1")
    (said,) = learned_damage(workspace)
    assert "own-1" in said and "`thumper learn --even-few`" in said
