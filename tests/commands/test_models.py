"""`thumper models` knows the models of the workspace that every other command would work on."""

from __future__ import annotations

import json
from pathlib import Path

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
