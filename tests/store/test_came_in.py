from __future__ import annotations

from pathlib import Path

import pytest

from thumper_core.contracts import ThumperError
from thumper_core.store.came_in import (
    DECISION,
    HERD,
    begin_import,
    import_of,
    imports,
    mark_undone,
    note_parts,
    parts_of,
)
from thumper_core.workspace import Workspace


def test_the_same_again_is_the_same_import_until_it_is_taken_back(tmp_path: Path) -> None:
    ledger = Workspace.create(tmp_path / "ranch").ledger
    assert imports(ledger) == []
    one = begin_import(ledger, "results", "md.json", "d1", "Ann")
    assert begin_import(ledger, "results", "elsewhere.json", "d1", "Bob") == one
    assert begin_import(ledger, "results", "md.json", "d2", "Ann").import_id != one.import_id
    assert begin_import(ledger, "merge", "md.json", "d1", "Ann").import_id != one.import_id
    note_parts(ledger, one.import_id, DECISION, [("7", "1"), ("8", "2")])
    note_parts(ledger, one.import_id, DECISION, [("7", "99")])
    assert parts_of(ledger, one.import_id, DECISION) == {"7": "1", "8": "2"}
    assert parts_of(ledger, one.import_id, HERD) == {"": ""}
    mark_undone(ledger, one.import_id)
    assert import_of(ledger, one.import_id).undone_at is not None
    assert begin_import(ledger, "results", "md.json", "d1", "Ann").import_id != one.import_id
    with pytest.raises(ThumperError, match="thumper import list"):
        import_of(ledger, 99)
