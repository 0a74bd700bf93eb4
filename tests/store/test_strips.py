"""What was learned of strips is kept, and a strip that is known stays."""

from __future__ import annotations

from pathlib import Path

from thumper_core.store.strips import StripRow, keep_strips, strip_rows
from thumper_core.workspace import Workspace


def test_a_strip_that_is_known_stays(tmp_path: Path) -> None:
    ledger = Workspace.create(tmp_path / "ranch").ledger
    assert strip_rows(ledger) == []
    none = StripRow("M", "X", "", False, 640, 480, 8, ())
    clip = none._replace(is_clip=True)
    keep_strips(ledger, [none, clip])
    assert strip_rows(ledger) == [none, clip]
    found = none._replace(n_photos=16, places=((0, 20, 255), (450, 480, 0)))
    keep_strips(ledger, [found])
    assert strip_rows(ledger) == [found, clip]
    keep_strips(ledger, [found._replace(places=((0, 40, 0),)), none])
    assert strip_rows(ledger) == [found, clip]
