"""What the tests of keypoints start from: a network of spots, and a herd that was processed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.herds import deer_workspace, models
from tests.match.networks import Spots
from thumper_core.flows.reprocess import reprocess
from thumper_core.herd.load import load_deer
from thumper_core.match import collect as room
from thumper_core.match import marks
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.workspace import Workspace


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Spots:
    spots = Spots()
    monkeypatch.setattr(room, "open_network", lambda: spots)
    monkeypatch.setattr(marks, "COARSEST", 0)
    return spots


@pytest.fixture
def processed(tmp_path: Path) -> tuple[Workspace, pl.DataFrame]:
    """Four deer of two visits, and their detections."""
    workspace = deer_workspace(tmp_path, n_deer=4, n_events=2)
    reprocess(workspace, models())
    return workspace, load_deer(workspace, newest_complete_run(workspace).run_id, 0.4)[0]
