"""The photos and what a run made of them: one answer wherever it is asked for."""

from __future__ import annotations

from pathlib import Path

from tests.workspaces import Deer, build
from thumper_core.herd.checks import shown_statistics
from thumper_core.pipeline.photo_counts import PhotoCounts, photo_counts
from thumper_core.questions.overview import attention
from thumper_core.questions.status import workspace_status
from thumper_core.store.records import FileRow
from thumper_core.upkeep.advise import facts_of
from thumper_core.workspace import Workspace


def test_of_nothing(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "new")
    assert photo_counts(workspace) == PhotoCounts(0, 0, 0, 0, 0)
    assert workspace_status(workspace)["photos"] == PhotoCounts(0, 0, 0, 0, 0)._asdict()


def test_everyone_who_asks_gets_the_same_counts(tmp_path: Path) -> None:
    bad = [("Creek/a.jpg", "error", "empty_file"), ("Creek/b.jpg", "partial", "truncated")]
    workspace = build(tmp_path, [Deer("buck", 2), Deer("doe", 1)], failures=bad, drawn=False)
    new = FileRow("/more", "c.jpg", b"c.jpg", 9, 0, "f" * 32, "Creek", None, True, False)
    workspace.ledger.upsert_files([new])
    counts = photo_counts(workspace)
    assert counts == PhotoCounts(total=9, done=8, pending=1, failed=1, partial=1)
    assert workspace_status(workspace)["photos"] == counts._asdict()
    shown = shown_statistics(workspace)
    assert shown is not None
    assert (shown.n_photos, shown.n_processed, shown.n_failed) == (9, 8, 1)
    facts = facts_of(workspace)
    assert (facts.n_photos, facts.n_pending) == (9, 1)
    said = " ".join(one.title for one in attention(workspace))
    assert "1 photo could not be read" in said and "1 photo waits to be processed" in said
    run_id = workspace.ledger.create_run("another", "fake-detector", "fake-embedder", {}).run_id
    assert photo_counts(workspace, run_id) == PhotoCounts(9, 0, 9, 0, 0)
