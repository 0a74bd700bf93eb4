"""A watched deer in new photos is told of, once."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.herds import SETTINGS, make_deer_photos, models
from thumper_core.decisions.kinds import Watch
from thumper_core.decisions.record import record
from thumper_core.flows.watch import Watcher
from thumper_core.workspace import Workspace


@pytest.mark.slow
def test_new_photos_of_a_watched_deer_send_one_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    album, card, heard = tmp_path / "album", tmp_path / "card", tmp_path / "heard"
    make_deer_photos(album, n_deer=3, n_events=4)
    photos = sorted(album.rglob("*.png"), key=lambda path: path.name)
    script = tmp_path / "hear.py"
    script.write_text(
        "import pathlib, sys\n"
        "with pathlib.Path(sys.argv[1]).open('a') as file:\n"
        "    file.write(sys.stdin.read() + chr(10))\n"
    )
    monkeypatch.setenv("THUMPER_OPS__NOTIFY_COMMAND", f"{sys.executable} {script} {heard}")

    def copy_in(some: list[Path]) -> None:
        for photo in some:
            target = card / photo.parent.name / photo.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(photo, target)

    workspace = Workspace.create(tmp_path / "work")
    workspace.settings = SETTINGS.replace(
        "ops", settle_s=1.0, notify_command=f"{sys.executable} {script} {heard}"
    )
    half = len(photos) // 2
    copy_in(photos[:half])
    watcher = Watcher(workspace, [card], models(), workspace.settings)
    for now_s in (0, 10, 20):
        look = watcher.look(now_s)
    assert look.is_quiet and not heard.exists()
    for who in workspace.ledger.individual_ids():
        record(workspace.ledger, Watch(who, watched=True), "Ann")
    copy_in(photos[half:])
    for now_s in (30, 40, 50, 60):
        look = watcher.look(now_s)
    assert look.is_quiet
    (line,) = heard.read_text().splitlines()
    told = json.loads(line)
    assert told["event"] == "watched deer seen"
    assert "on the hit list, was seen on" in told["message"]
    assert {deer["status"] for deer in told["deer"]} == {"alive"}
