"""IDs, names and decisions through new photos, another embedder and a full reprocess, at full size."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_deer_keep_their_ids_names_and_decisions(tmp_path: Path) -> None:
    found = tmp_path / "identity.json"
    command = [sys.executable, REPOSITORY / "benchmarks" / "identity.py", "--json", found]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    rows = json.loads(found.read_text("utf-8"))
    assert [row["step"] for row in rows] == ["photos", "embedder", "all"]
    for row in rows:
        kept, of = row["ids"]
        assert kept >= 0.95 * of, done.stdout
        assert row["names"][0] == row["names"][1] > 0, done.stdout
        assert row["decisions"][0] == row["decisions"][1] > 0, done.stdout
