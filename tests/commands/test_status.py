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
    told = f"Herd {shown} is shown, and its tables are not all there. "
    assert printed.rstrip().endswith(f"{told}Next: thumper -w {herd.root} verify")
    assert "groups from" not in printed


def test_where_all_results_are_lost_it_is_not_said_that_nothing_was_found(
    herd: Workspace, call: Call
) -> None:
    shutil.rmtree(herd.lake.root)
    state = workspace_status(Workspace.open(herd.root))
    assert (state["no_deer"]["reason"], state["no_deer"]["next"]) == ("lost", "verify")
    code, printed = call("-w", herd.root, "status")
    assert (code, printed.count("Next: ")) == (0, 1)
    assert printed.rstrip().endswith(f"Next: thumper -w {herd.root} verify")
    assert "found nothing" not in printed


def test_the_headings_of_its_tables_are_whole_on_a_narrow_terminal(
    herd: Workspace, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with herd.ledger.transaction() as c:
        c.execute("update runs set embedder = 'efficientnet_lite2_gem_with_a_long_name'")
    lines = call("-w", herd.root, "status")[1].splitlines()
    heading = next(line.split() for line in lines if line.startswith(" run "))
    assert heading == ["run", "state", "detector", "embedder", "photos", "detections", "shown"]
    assert "…" not in "".join(lines)


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
