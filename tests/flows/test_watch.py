"""Whatever comes, in any order and number, is processed; and nobody gets another number."""

from __future__ import annotations

import shutil
import threading
import time
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import thumper_core.flows.watch as watch_module
from tests.cellular import SMALL, frame, jpeg, later, letter
from tests.fakes import tables_of
from tests.herds import SETTINGS, deer_workspace, make_deer_photos, models
from tests.imap_server import Post, serving
from thumper_core.decisions.kinds import Name
from thumper_core.decisions.record import record
from thumper_core.flows.reprocess import reprocess
from thumper_core.flows.watch import IDENTIFY_EVERY_S, Arrivals, Look, Watcher, is_network, watch
from thumper_core.ingest.scan import ScannedFile
from thumper_core.mail.boxes import checked, save_mailboxes
from thumper_core.store.jobs import finish_job, start_job
from thumper_core.trust import remember
from thumper_core.workspace import Workspace

SETTLE_S = 10.0
WATCHING = SETTINGS.replace("ops", settle_s=SETTLE_S)


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Photos to copy in, in time order."""
    folder = tmp_path_factory.mktemp("album")
    make_deer_photos(folder, n_deer=4, n_events=4)
    return sorted(folder.rglob("*.png"), key=lambda path: path.name)


def copy_in(photo: Path, card: Path) -> None:
    target = card / photo.parent.name / photo.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(photo, target)


def outcomes(workspace: Workspace) -> int:
    return int(
        workspace.sql("select count(*) from photos join all_outcomes using (photo_id)").item()
    )


def test_a_file_is_complete_when_it_stood_still() -> None:
    arrivals = Arrivals(SETTLE_S)

    def at(now_s: float, *files: tuple[bytes, int, int]) -> list[bool]:
        arrivals.begin(now_s)
        return [arrivals.is_complete("r", ScannedFile(*file)) for file in files]

    assert at(0, (b"a", 5, 1), (b"e", 0, 1)) == [False, False]
    assert arrivals.n_waiting == 2
    assert at(6, (b"a", 9, 2), (b"e", 0, 1)) == [False, False]  # it grew
    assert at(15, (b"a", 9, 2), (b"e", 0, 1)) == [False, False]
    assert at(16, (b"a", 9, 2), (b"e", 0, 1)) == [True, False]
    assert at(60, (b"a", 9, 2), (b"e", 0, 1)) == [True, True]
    assert at(70) == [] and arrivals.n_waiting == 0
    at(71)
    assert at(80, (b"a", 9, 2)) == [False]  # gone and back is new


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_photos_in_any_order_and_bursts_of_any_size_are_all_processed(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, album: list[Path]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    card = folder / "card"
    card.mkdir()
    workspace = Workspace.create(folder / "work")
    watcher = Watcher(workspace, [card], models(), WATCHING)
    order = data.draw(st.permutations(album[:12]))
    now_s = 0.0
    while order:
        size = data.draw(st.integers(2, 7))
        for photo in order[:size]:
            copy_in(photo, card)
        order = order[size:]
        watcher.look(now_s)
        now_s += data.draw(st.sampled_from([1.0, 6.0, 11.0, 60.0]))
    for _ in range(2):
        last = watcher.look(now_s)
        now_s += SETTLE_S
    assert outcomes(workspace) == 12
    assert last.is_quiet
    shown = workspace.ledger.promoted("run")
    assert workspace.sql("select distinct run_id from all_outcomes")["run_id"].to_list() == [shown]


@pytest.mark.slow
def test_while_photos_never_stop_coming_none_waits_longer_than_two_looks(
    tmp_path: Path, album: list[Path]
) -> None:
    card = tmp_path / "card"
    card.mkdir()
    (card / "notes.txt").write_text("x")
    workspace = Workspace.create(tmp_path / "work")
    watcher = Watcher(workspace, [card], models(), WATCHING)
    herds = 0
    for step, photo in enumerate(album[:10]):
        copy_in(photo, card)
        herds += watcher.look(step * SETTLE_S).herd_id is not None
        assert outcomes(workspace) == step  # all but the one that just came
    # The herd is not starved by the stream either: it never rests, and is brought up to date.
    late = 10 * SETTLE_S + IDENTIFY_EVERY_S
    (card / "cam0" / "growing.jpg").write_bytes(b"1")
    herds += watcher.look(late).herd_id is not None
    assert herds == 1


def test_a_file_that_grows_is_added_once_it_is_whole(tmp_path: Path, album: list[Path]) -> None:
    card = tmp_path / "card"
    workspace = Workspace.create(tmp_path / "work")
    copy_in(album[0], card)
    watcher = Watcher(workspace, [card], models(), WATCHING)
    target = card / "cam0" / "slow.png"
    target.parent.mkdir(exist_ok=True)
    content = album[1].read_bytes()
    for step in range(3):
        target.write_bytes(content[: len(content) * (step + 1) // 3])
        watcher.look(step * 6.0)
        assert "slow.png" not in str(workspace.sql("select path from photos")["path"].to_list())
    watcher.look(12.0 + SETTLE_S)
    assert workspace.sql("select count(*) from all_outcomes where status = 'ok'").item() == 2
    assert workspace.sql("select count(*) from all_outcomes").item() == 2


def test_nobody_is_renumbered_and_the_tables_equal_a_run_of_everything(tmp_path: Path) -> None:
    whole = deer_workspace(tmp_path / "whole", n_deer=4, n_events=6)
    expected = reprocess(whole, models()).run_id
    card = tmp_path / "card"
    make_deer_photos(card, n_deer=4, n_events=4)
    workspace = Workspace.create(tmp_path / "work")
    watcher = Watcher(workspace, [card], models(), WATCHING)
    watcher.look(0.0)
    first = watcher.look(SETTLE_S)
    assert first.herd_id is not None
    who = "select detection_id, individual_id from assignments where individual_id is not null"
    before = dict(workspace.sql(who).rows())
    named = sorted(set(before.values()))[0]
    record(workspace.ledger, Name(named, "Fern"), "test")
    make_deer_photos(card, n_deer=4, n_events=6)
    watcher.look(2 * SETTLE_S)
    second = watcher.look(3 * SETTLE_S)
    assert second.n_processed == 16 and second.herd_id not in (None, first.herd_id)
    after = dict(workspace.sql(who).rows())
    assert {d: after.get(d) for d in before} == before
    assert set(after.values()) == set(before.values())
    run_id = workspace.ledger.promoted("run")
    assert run_id is not None
    assert tables_of(workspace, run_id) == tables_of(whole, expected)


@pytest.mark.slow
def test_a_few_new_photos_do_not_identify_everybody_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = tmp_path / "card"
    make_deer_photos(card, n_deer=6, n_events=12)
    workspace = Workspace.create(tmp_path / "work")
    watcher = Watcher(workspace, [card], models(), WATCHING)
    watcher.look(0.0)
    assert watcher.look(SETTLE_S).herd_id is not None
    whole: list[object] = []
    identify = watch_module.identify_checked
    monkeypatch.setattr(
        watch_module, "identify_checked", lambda *a: (whole.append(a), identify(*a))[1]
    )
    make_deer_photos(card, n_deer=2, n_events=1, start=datetime(2025, 9, 28, 6))
    watcher.look(2 * SETTLE_S)
    few = watcher.look(3 * SETTLE_S)
    assert few.n_processed == 4 and few.herd_id == workspace.ledger.promoted("herd")
    assert whole == []
    assert workspace.sql("select count(*) from assignments").item() == 148
    make_deer_photos(card, n_deer=6, n_events=2, start=datetime(2025, 9, 29, 6))
    watcher.look(4 * SETTLE_S)
    assert watcher.look(5 * SETTLE_S).herd_id is not None
    assert len(whole) == 1  # a tenth more deer: all are looked at again


def test_a_drive_that_is_away_loses_no_photo(tmp_path: Path, album: list[Path]) -> None:
    card = tmp_path / "card"
    for photo in album[:8]:
        copy_in(photo, card)
    workspace = Workspace.create(tmp_path / "work")
    watcher = Watcher(workspace, [card, tmp_path / "other"], models(), WATCHING)
    watcher.look(0.0)
    watcher.look(SETTLE_S)
    shutil.move(card, tmp_path / "pocket")
    for away in (False, True):
        if away:
            card.mkdir()  # a mount point without its drive
        look = watcher.look(30.0)
        assert len(look.problems) == 2 and "waiting for it" in look.problems[0]
        assert workspace.sql("select count(*) from photos").item() == 8


def test_a_run_that_another_process_works_on_is_waited_for(
    tmp_path: Path, album: list[Path]
) -> None:
    card = tmp_path / "card"
    for photo in album[:8]:
        copy_in(photo, card)
    workspace = Workspace.create(tmp_path / "work")
    watcher = Watcher(workspace, [card], models(), WATCHING)
    watcher.look(0.0)
    watcher.look(SETTLE_S)
    job = start_job(workspace.ledger, workspace.ledger.promoted("run"), "run")
    for photo in album[8:12]:
        copy_in(photo, card)
    watcher.look(20.0)
    busy = watcher.look(30.0)
    assert (busy.n_processed, busy.n_pending, busy.is_quiet) == (0, 4, False)
    finish_job(workspace.ledger, job, "done")
    assert watcher.look(40.0).n_processed == 4


def test_the_loop_hears_of_photos_and_stops(tmp_path: Path, album: list[Path]) -> None:
    card = tmp_path / "card"
    copy_in(album[0], card)
    workspace = Workspace.create(tmp_path / "work")
    quick = SETTINGS.replace("ops", settle_s=0.3, poll_s=600.0)
    stop = threading.Event()
    watcher = Watcher(workspace, [card], models(), quick, stop)
    looks: list[Look] = []
    thread = threading.Thread(target=watch, args=(watcher, [card], quick, stop, looks.append))
    thread.start()
    try:
        for n in (1, 3):
            for photo in album[:n]:
                copy_in(photo, card)
            deadline = time.monotonic() + 30
            while sum(look.n_processed for look in looks) < n and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(1.0)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert sum(look.n_processed for look in looks) == 3


def test_network_drives_are_told_by_their_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psutil

    parts = [
        SimpleNamespace(mountpoint="/", fstype="ext4"),
        SimpleNamespace(mountpoint=str(tmp_path), fstype="nfs4"),
    ]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: parts)
    assert is_network(tmp_path / "photos")
    assert not is_network(tmp_path.parent)


def test_mail_is_taken_in_when_it_is_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace.create(tmp_path / "work")
    monkeypatch.setenv("RANCH_MAIL", "secret")

    def mail(uid: int) -> tuple[int, datetime, bytes]:
        picture = jpeg(frame("Creek", uid), later(60 * uid), SMALL)
        return uid, later(60 * uid), letter([("IMG.jpg", picture)])

    with serving(Post({"INBOX": [mail(1)]}, password="secret")) as post:
        values = {"host": "127.0.0.1", "port": post.port, "security": "none", "user": "me"}
        box = checked("ranch", values | {"password_env": "RANCH_MAIL", "every_s": 60.0}, "")
        unset = checked("unset", values | {"password_env": "NO_SUCH_MAIL"}, "")
        remember(unset.subject)
        save_mailboxes(workspace.root, {"unset": unset, "ranch": box})
        watcher = Watcher(workspace, [], models(), WATCHING)
        untold = watcher.look(0.0)
        assert post.asked == [] and "thumper trust" in untold.problems[1]
        assert "Mailbox unset at 127.0.0.1" in untold.problems[0]  # and the other is asked
        remember(box.subject)
        assert watcher.look(30.0).problems == () and post.asked == []  # it is not due
        assert (watcher.look(61.0).n_added, outcomes(workspace)) == (1, 1)
        post.folders["INBOX"].append(mail(2))
        assert watcher.look(90.0).is_quiet and outcomes(workspace) == 1
        assert (watcher.look(122.0).n_added, outcomes(workspace)) == (1, 2)
        post.password = "another"
        assert "Mailbox ranch at 127.0.0.1: 127.0.0.1 refuses me" in watcher.look(190.0).problems[0]
    (workspace.root / "mailboxes.toml").write_text("[")
    assert "mailboxes.toml" in watcher.look(200.0).problems[0]
