"""What a new run would take is said of the run in question."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generated import Size, build
from thumper_core.contracts import UsageError
from thumper_core.questions import trials
from thumper_core.work.cost import new_run_told


def test_the_run_that_kept_no_box_so_weak_is_spoken_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = build(tmp_path, Size(photos=30, animals=3, cameras=2, days=4), identify=False)
    (run,) = workspace.ledger.runs()
    older = run._replace(run_id="r0-older")
    # the newest run is another one than that which kept no box so weak
    monkeypatch.setattr(type(workspace.ledger), "runs", lambda self: [older, run])
    weak = trials.NoBoxesSoWeak(older.run_id, 0.25, 0.1)
    told = new_run_told(workspace, weak=weak)
    assert told.startswith(
        "Run r0-older kept no box below a confidence of 0.25: 0.1 needs a new run"
    )
    assert told == f"{weak} That is 30 photos, about 1 minute, at a guess."
    monkeypatch.undo()
    with pytest.raises(UsageError, match="no complete run r0-older"):
        new_run_told(workspace, weak=weak)
