"""Experiments in the ledger are added and never changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from thumper_core.contracts import ThumperError
from thumper_core.workspace import Workspace


def test_what_was_kept_comes_back_oldest_first(tmp_path: Path) -> None:
    ledger = Workspace.create(tmp_path).ledger
    assert ledger.experiments() == []
    given, measured = {"threshold": 0.5}, {"groups": 3, "recall": None}
    assert ledger.add_experiment("Ann", "ä note", "r1", "f", given, measured) == 1
    assert ledger.add_experiment("Ann", "ä note", "r1", "f", given, measured) == 2
    first, second = ledger.experiments()
    assert (first.author, first.note, first.run_id, first.fingerprint) == (
        "Ann",
        "ä note",
        "r1",
        "f",
    )
    assert (first.settings, first.figures) == (given, measured)
    assert first.made_at <= second.made_at
    with ledger.transaction() as c:
        c.execute("update experiments set figures = 'x'")
    with pytest.raises(ThumperError, match="is not JSON"):
        ledger.experiments()
