"""Commands of upkeep end with the next step that helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.workspaces import DETECTOR, EMBEDDER, Deer
from thumper_core.workspace import Workspace


def test_restore_leads_to_the_run_that_it_brought_back(
    build: Callable[..., Workspace], call: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    workspace = build([Deer("buck", 2), Deer("doe", 1)], drawn=False)
    saved = tmp_path / "saved.zip"
    assert call("-w", workspace.root, "backup", saved)[0] == 0
    code, printed = call("-w", tmp_path / "back", "restore", saved)
    assert code == 0
    words = f"thumper -w {tmp_path / 'back'} run --detector {DETECTOR} --embedder {EMBEDDER}"
    assert f"Next: {words} makes what" in " ".join(printed.split())


def test_restore_of_a_backup_without_a_run(
    call: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    call("init", tmp_path / "empty")
    call("-w", tmp_path / "empty", "backup", tmp_path / "saved.zip")
    code, printed = call("-w", tmp_path / "back", "restore", tmp_path / "saved.zip")
    assert code == 0
    assert f"Next: thumper -w {tmp_path / 'back'} run makes what" in " ".join(printed.split())
