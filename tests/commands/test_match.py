"""`match`: what it says, and that a second call has nothing left to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.herds import deer_workspace, models
from tests.match.networks import Spots
from thumper_core.flows.reprocess import reprocess
from thumper_core.match import collect as room
from thumper_core.match import marks


def test_it_counts_what_it_looked_at(
    call,  # type: ignore[no-untyped-def]
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "open_network", Spots)
    monkeypatch.setattr(marks, "COARSEST", 0)
    workspace = deer_workspace(tmp_path, n_deer=3, n_events=2)
    reprocess(workspace, models())
    (next((tmp_path / "photos").rglob("*_0.png"))).unlink()
    code, printed = call("-w", workspace.root, "match", "--json")
    told = json.loads(printed)
    assert told["crops"] == 6 and told["new"] + told["unread"] == 6
    assert code == (1 if told["unread"] else 0)
    code, printed = call("-w", workspace.root, "match")
    assert "6 crops, 0 of them looked at now" in printed
    assert code == (1 if told["unread"] else 0)
