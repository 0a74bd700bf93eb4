"""`thumper status` names the next step that helps."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from tests.workspaces import DETECTOR, EMBEDDER, Deer
from thumper_core.contracts import SHARD_TABLES
from thumper_core.questions.status import workspace_status
from thumper_core.workspace import Workspace

Call = Callable[..., tuple[int, str]]


@pytest.fixture
def herd(build: Callable[..., Workspace]) -> Workspace:
    return build([Deer("buck", 2), Deer("doe", 1)], drawn=False)


@pytest.mark.parametrize("lost", [None, *SHARD_TABLES["herds"]])
def test_a_herd_whose_tables_are_lost_leads_to_verify(
    herd: Workspace, call: Call, lost: str | None
) -> None:
    shown = herd.ledger.promoted("herd")
    (shard,) = herd.lake.shards(f"herds/{shown}")
    if lost is None:
        shutil.rmtree(shard)
    else:
        (shard / f"{lost}.parquet").unlink()
    assert not workspace_status(herd)["herd"]["is_whole"]
    code, printed = call("-w", herd.root, "status")
    assert code == 0
    assert (
        f"Herd {shown} is shown, and its tables are not all there. Next: thumper verify" in printed
    )
    assert "groups from" not in printed


def test_a_whole_herd_is_counted(herd: Workspace, call: Call) -> None:
    assert workspace_status(herd)["herd"]["is_whole"]
    assert "2 groups from 3 detections" in call("-w", herd.root, "status")[1]


def test_pending_photos_lead_to_the_run_that_is_shown(
    build: Callable[..., Workspace], call: Call
) -> None:
    workspace = build([Deer("doe", 2)], identified=False, drawn=False)
    known = workspace.ledger.files_under(str(workspace.root.parent / "photos"))[0]
    new = known._replace(path="Creek/new.jpg", path_bytes=b"Creek/new.jpg", photo_id="f" * 32)
    workspace.ledger.upsert_files([new])
    printed = call("-w", workspace.root, "status")[1]
    assert (
        f"Next: thumper -w {workspace.root} run --detector {DETECTOR} --embedder {EMBEDDER}\n"
        in printed
    )
    settings = workspace.settings.replace("detect", detector=DETECTOR)
    settings = settings.replace("embed", embedder=EMBEDDER)
    settings.save(workspace.settings_file)
    assert f"Next: thumper -w {workspace.root} run\n" in call("-w", workspace.root, "status")[1]
