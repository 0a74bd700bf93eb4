"""New deer go into the shown herd, and nobody that they are not near is looked at."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

import thumper_core.herd.grow as module
from tests.herds import SETTINGS, deer_workspace, make_deer_photos, models
from thumper_core.flows.reprocess import reprocess
from thumper_core.herd.grow import grow_herd
from thumper_core.ingest.add import add_paths
from thumper_core.pipeline.run import run
from thumper_core.store.herd_summary import Growth
from thumper_core.workspace import Workspace

LATER = datetime(2025, 9, 28, 6)
WHO = "select detection_id, individual_id from assignments"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Six deer of twelve visits each, identified."""
    made = deer_workspace(tmp_path, n_deer=6, n_events=12)
    assert reprocess(made, models()).is_promoted
    return made


def more(workspace: Workspace, tmp_path: Path, n_deer: int, start: datetime = LATER) -> str:
    """Photos of the first deer, processed by the shown run, whose ID is returned."""
    make_deer_photos(tmp_path / "photos", n_deer=n_deer, n_events=1, start=start)
    add_paths(workspace, [tmp_path / "photos"])
    one = models()
    return run(workspace, one.detector, one.embedder, settings=SETTINGS).run_id


def test_it_ends_as_a_whole_identification_would(workspace: Workspace, tmp_path: Path) -> None:
    before = dict(workspace.sql(WHO).rows())
    run_id = more(workspace, tmp_path, 3)
    grown = grow_herd(workspace, run_id, SETTINGS)
    assert grown.is_done and grown.applied is not None and grown.applied.is_new
    now = dict(workspace.sql(WHO).rows())
    assert len(now) == len(before) + 6 and {d: now[d] for d in before} == before
    assert len(grown.applied.after) == 3  # nobody else was touched
    assert workspace.ledger.promoted("herd") == grown.applied.herd_id
    again = grow_herd(workspace, run_id, SETTINGS)
    assert (again.is_done, again.applied) == (True, None)
    # Once more, upon the grown herd; then the whole, to compare with.
    more(workspace, tmp_path, 2, datetime(2025, 9, 29, 6))
    grown = grow_herd(workspace, run_id, SETTINGS)
    assert grown.applied is not None
    assert grown.applied.summary.grown == Growth(10, 10)
    grown_ids = dict(workspace.sql(WHO).rows())
    assert reprocess(workspace, models()).is_promoted
    assert dict(workspace.sql(WHO).rows()) == grown_ids


def test_when_a_whole_identification_is_called_for(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = more(workspace, tmp_path, 3)
    shown = workspace.ledger.promoted("herd")

    def reason(**settings: object) -> str:
        wanted = SETTINGS.replace("identify", **settings) if settings else SETTINGS
        grown = grow_herd(workspace, run_id, wanted)
        assert not grown.is_done and workspace.ledger.promoted("herd") == shown
        return grown.reason

    assert "method" in reason(method="greedy")
    assert "threshold" in reason(threshold=0.123)
    few = SETTINGS.replace("ops", incremental_max=5)
    assert "6 photos" in grow_herd(workspace, run_id, few).reason
    assert "not accepted" in grow_herd(workspace, run_id, SETTINGS, lambda summary: False).reason
    assert "not of this run" in grow_herd(workspace, "r9999", SETTINGS).reason
    with monkeypatch.context() as patched:
        patched.setattr(module, "GROWTH_MAX", 0.01)
        assert "6 detections" in reason()
    for file in (workspace.cache_dir / "spaces").iterdir():
        file.unlink()
    assert "not kept" in reason()
