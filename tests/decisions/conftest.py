"""A ledger with three individuals to decide about."""

from __future__ import annotations

from pathlib import Path

import pytest

from thumper_core.store.herd_summary import HerdSummary
from thumper_core.store.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.create()
    animals = [
        {"individual_id": i, "sex": "male", "age_class": "adult"} for i in ("i1", "i2", "i3")
    ]
    ledger.add_herd("h0001", "r0001", "average", 0.6, HerdSummary(), animals, promote=True)
    return ledger
