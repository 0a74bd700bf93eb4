"""Pruning leaves what anybody could want; the commands print, and end with the right code."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.herds import models
from thumper_core.flows.reprocess import reprocess
from thumper_core.herd.roll_back import roll_back
from thumper_core.store.jobs import start_job
from thumper_core.upkeep.prune import kept_runs, prunable, prune
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace

Call = Callable[..., tuple[int, str]]


@pytest.fixture
def workspace(three_deer: Workspace) -> Workspace:
    return three_deer


def thumper(workspace: Workspace, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "thumper_core.cli", "-w", str(workspace.root), *arguments],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip


def test_prune_keeps_the_newest_the_shown_and_the_way_back(workspace: Workspace) -> None:
    workspace.settings = workspace.settings.replace("ops", keep_runs=1)
    for _ in range(3):
        reprocess(workspace, models(), clear_mode="all")
    runs = [row.run_id for row in workspace.ledger.runs()]
    assert kept_runs(workspace) == set(runs[-2:])
    listed = prunable(workspace)
    assert [item.run_id for item in listed] == runs[:2] and all(item.bytes for item in listed)
    before = workspace.sql("select * from sightings order by all").rows()
    assert prune(workspace) == listed
    assert prunable(workspace) == []
    assert workspace.sql("select * from sightings order by all").rows() == before
    assert len(workspace.ledger.herds()) == 4 and verify(workspace).is_sound
    assert roll_back(workspace)[1] == runs[-2]
    assert workspace.sql("select count(*) from sightings").item() > 0


def test_prune_leaves_a_run_that_is_worked_on(workspace: Workspace) -> None:
    bad = reprocess(workspace, models(name="worse", bad=True), clear_mode="all")
    assert [item.run_id for item in prunable(workspace)] == [bad.run_id]
    start_job(workspace.ledger, bad.run_id, "run")
    assert prunable(workspace) == []


def test_prune_never_follows_an_id_out_of_the_lake(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w")
    (tmp_path / "mine").mkdir()
    with workspace.ledger.transaction() as c:
        c.execute(
            "insert into runs values ('../../../mine', 'f', 'discarded', 'd', 'e', '{}', "
            "'2026-01-01', null)"
        )
    assert prunable(workspace) == [] == prune(workspace)
    assert (tmp_path / "mine").is_dir()


def test_prune_of_an_empty_workspace(tmp_path: Path) -> None:
    assert prune(Workspace.create(tmp_path)) == []


@pytest.mark.slow
def test_commands_end_with_their_codes(workspace: Workspace, tmp_path: Path) -> None:
    advice = thumper(workspace, "advise", "--json")
    assert json.loads(advice.stdout)[0]["action"] == "reprocess" and advice.returncode == 0
    state = json.loads(thumper(workspace, "health", "--json").stdout)
    assert state["photos"]["ok"] == 18
    file = tmp_path / "x.prom"
    thumper(workspace, "health", "--prometheus", str(file))
    assert "thumper_photos" in file.read_text()
    assert thumper(workspace, "backup", str(tmp_path / "b.zip")).returncode == 0
    assert thumper(workspace, "restore", str(tmp_path / "b.zip")).returncode == 2
    assert "--replace" in thumper(workspace, "restore", str(tmp_path / "b.zip")).stderr
    assert "Nothing to remove" in thumper(workspace, "prune", "--dry-run").stdout
    assert thumper(workspace, "verify").returncode == 0
    shard = workspace.lake.shards("photos")[0] / "photos.parquet"
    shard.write_bytes(shard.read_bytes()[:-9] + b"123456789")
    damaged = thumper(workspace, "verify", "--json")
    shard_and_facts = json.loads(damaged.stdout)["damages"]
    assert damaged.returncode == 1 and len(shard_and_facts) == 2


def test_schedule_commands(
    workspace: Workspace, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())  # where nobody can be asked

    def schedule(*words: str) -> tuple[int, str]:
        return call("-w", workspace.root, "schedule", *words)

    assert "Nothing is scheduled" in schedule("show")[1]
    code, said = schedule("install", "--method", "crontab")
    assert "0 2 * * 0 " in said and code == 3
    assert not (workspace.root / "schedule.json").exists()
    code, said = schedule("install", "--method", "crontab", "--cron", "noon")
    assert code == 2 and "cron line" in said
    assert schedule("run", "--if-missed")[0] == 0
    assert "Nothing was scheduled" in schedule("remove")[1]


def test_watch_refuses_a_folder_that_is_not_there(
    workspace: Workspace, tmp_path: Path, call: Call
) -> None:
    code, said = call("-w", workspace.root, "watch", tmp_path / "nowhere")
    assert code == 2 and "connect its drive" in said


def test_pause_and_go_on(workspace: Workspace, call: Call) -> None:
    for command, is_paused in (("pause", True), ("go-on", False)):
        assert call("-w", workspace.root, command)[0] == 0
        said = call("-w", workspace.root, "health", "--json")[1]
        assert json.loads(said)["is_paused"] is is_paused
