from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.workspaces import Deer, placed
from thumper_core.cli import app
from thumper_core.contracts import UsageError
from thumper_core.workspace import Workspace

FORMATS = ["camtrap-dp", "md-json", "coco", "camtrapr", "secr", "csv", "xlsx", "xmp", "duckdb"]


@pytest.fixture
def herd(build: Callable[..., Workspace]) -> Workspace:
    return placed(build([Deer("buck", 3, "Old Crooked"), Deer("doe", 2)], drawn=False))


def call(workspace: Workspace, *words: str) -> str:
    result = CliRunner().invoke(app, ["-w", str(workspace.root), *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("name", FORMATS)
def test_every_format(herd: Workspace, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out" / name
    said = call(herd, "export", name, str(out), "--from", "2020-01-01", "--hide-vehicles")
    assert f"Written: {out}" in said
    assert out.is_dir() or out.stat().st_size > 0
    assert [p.name for p in out.parent.iterdir()] == [name]


def test_every_format_takes_a_scope(herd: Workspace, tmp_path: Path) -> None:
    options = ["--camera", "Creek", "--from", "2026-09-28", "--to", "2026-09-29", "--hide-people"]
    out = tmp_path / "coco.json"
    said = call(herd, "export", "coco", str(out), *options)
    assert "28 Sep 2026 to 29 Sep 2026" in said
    images = json.loads(out.read_text("utf-8"))["images"]
    assert {i["location"] for i in images} == {"Creek"}
    assert {i["date_captured"][:10] for i in images} <= {"2026-09-28", "2026-09-29"}


def test_results_of_others_come_in_by_add(herd: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "md.json"
    call(herd, "export", "md-json", str(out))
    said = json.loads(call(herd, "add", "--md-json", str(out), "--json"))
    assert (said["n_photos"], said["n_detections"], said["unmatched"]) == (8, 5, [])
    assert "known from it already" in call(herd, "add", "--md-json", str(out))


def test_add_wants_something_to_add(herd: Workspace) -> None:
    with pytest.raises(UsageError, match="thumper add PATH"):
        call(herd, "add")
