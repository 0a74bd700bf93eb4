"""Each kind of damage in the ledger: it is named, and after the command that was named it is gone."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from thumper_core import contracts
from thumper_core.contracts import ThumperError
from thumper_core.decisions import kinds
from thumper_core.decisions.record import record
from thumper_core.store.herd_summary import HerdSummary
from thumper_core.store.jobs import finish_job, start_job
from thumper_core.store.ledger import FileRow
from thumper_core.store.safekeeping import automatic_backups, keep_if_due, outdated
from thumper_core.upkeep.mend import mend
from thumper_core.upkeep.verify import open_damaged, verify
from thumper_core.workspace import Workspace

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@cache
def _once(with_backup: bool) -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory()
    _made(Path(folder.name), with_backup)
    return folder


def made(root: Path, *, with_backup: bool = True) -> Workspace:
    """A workspace with two herds, three deer and five decisions; its backup holds the first four."""
    shutil.copytree(_once(with_backup).name, root)
    return Workspace.open(root)


def _made(root: Path, with_backup: bool) -> None:
    workspace = Workspace.create(root)
    workspace.settings = workspace.settings.replace("ops", keep_backups=7)
    ledger = workspace.ledger
    ledger.add_root(str(root / "photos"))
    rows = [
        FileRow(str(root / "photos"), f"{n}.jpg", b"%d.jpg" % n, 9, 9, f"{n:032x}", "cam", None,
                False, False)  # of bytes that could not be read: there are no facts to lose
        for n in range(200)
    ]  # fmt: skip
    ledger.upsert_files(rows)
    run = ledger.create_run("f" * 16, "demo", "e", {"a": 1})
    finish_job(ledger, start_job(ledger, run.run_id, "run"), "done")
    deer = [{"individual_id": f"deer-{n:04d}", "sex": "female", "age_class": "adult"}
            for n in range(3)]  # fmt: skip
    for _ in range(2):
        herd_id = ledger.reserve_herd_id()
        tables = {
            name: getattr(contracts, name.upper()).empty_table()
            for name in ("tracklets", "assignments", "profiles")
        }
        workspace.lake.write_shard(f"herds/{herd_id}", "000000", tables)
        ledger.add_herd(herd_id, run.run_id, "average", 0.6, HerdSummary(), deer, promote=True)
    (root / "thumper.toml").write_text("[ops]\nkeep_backups = 0\n")  # only when this test says so
    record(ledger, kinds.Name("deer-0000", "Willow", expected=None), "a")
    record(ledger, kinds.Note("deer-0001", "limps"), "a")
    number = record(ledger, kinds.Status("deer-0002", "gone"), "b")
    record(ledger, kinds.Undo(number), "b")
    (root / "thumper.toml").unlink()
    if with_backup:
        assert keep_if_due(root, _NOW) is not None
    (root / "thumper.toml").write_text("[ops]\nkeep_backups = 0\n")
    record(ledger, kinds.Name("deer-0001", "Clover", expected=None), "a")


def change(workspace: Workspace, script: str) -> None:
    with closing(sqlite3.connect(workspace.ledger.path)) as c:
        c.executescript(script)


def do(workspace: Workspace, step: str) -> None:
    """Do what a next step names, in so many words."""
    commands = re.findall(r"`(thumper [^`]*)`", step)
    for command in ("thumper restore --damaged", "thumper restore --damaged --accept-loss"):
        if command in commands:
            mend(workspace.root, accept_loss="--accept-loss" in command)
    assert any(command.startswith("thumper restore --damaged") for command in commands), step


IN_BACKUP = [
    ("update decisions set payload = replace(payload, 'Willow', 'Wallow')", "decisions 1"),
    ("update decisions set payload = x'00ff' where decision_id = 2", "decisions 2"),
    ("update decisions set payload = '{}', made_at = '' where decision_id = 4", "decisions 4"),
    ("delete from decisions where decision_id = 3", "decisions 3"),
    ("delete from decisions where decision_id = 3; "
     "delete from decision_seals where decision_id = 3", "decisions 3"),
    ("insert into decisions (kind, subject, payload, author, made_at) "
     "values ('note', 'deer-0001', '{}', 'x', 'y')", "decisions 6"),
    ("update decision_seals set seal = 'x' where decision_id = 2", "decisions 2"),
    ("update decision_head set n = 77", "decisions as a whole"),
    ("update sqlite_sequence set seq = 77 where name = 'decisions'", "decisions as a whole"),
    ("update individuals set name = 'Wollow' where name = 'Willow'", "individuals 'deer-0000'"),
    ("update individuals set notes = null", "individuals 'deer-0001'"),
    ("update individuals set created_at = 'x' where name = 'Willow'", "individuals 'deer-0000'"),
    ("update individuals set sex = x'ff' where name = 'Willow'", "individuals 'deer-0000'"),
    ("delete from individuals where name = 'Willow'", "individuals 'deer-0000'"),
    ("update runs set config = '{'", "runs 'r0001-ffffff'"),
    ("update runs set run_id = 'r0001-fffffe'", "runs 'r0001-fffffe'"),
    ("update runs set state = 'lost'", "runs 'r0001-ffffff'"),
    ("delete from runs", "runs 'r0001-ffffff'"),
    ("update herds set summary = '[]' where herd_id = 'h0001'", "herds 'h0001'"),
    ("update herds set run_id = 'r9'", "herds 'h0001'"),
    ("delete from herds where herd_id = 'h0002'", "herds 'h0002'"),
    ("update pointers set target = 'h9' where change_id = 4", "pointers 4"),
    ("update pointers set kind = 'hurd' where change_id = 4", "pointers 4"),
    ("delete from pointers where change_id = 4", "pointers 4"),
    ("update counters set value = 0 where name = 'herd'", "counters 'herd'"),
    ("delete from counters where name = 'run'", "counters 'run'"),
    ("update files set photo_id = 'zz' where path = '7.jpg'", "files '7.jpg'"),
    ("update files set camera = cast(x'ff' as text) where path = '7.jpg'", "files '7.jpg'"),
    ("update jobs set heartbeat_at = 'noon'", "jobs 1"),
    ("update roots set added_at = 'noon'", "roots "),
]  # fmt: skip


@pytest.mark.parametrize(("script", "named"), IN_BACKUP)
def test_damage_is_named_and_what_it_names_mends_it(
    tmp_path: Path, script: str, named: str
) -> None:
    workspace = made(tmp_path / "w")
    decisions = workspace.ledger.decisions()
    names = workspace.ledger.reading
    with names() as c:
        before = c.execute("select * from individuals order by 1").fetchall()
    change(workspace, script)
    found = verify(workspace)
    assert any(f"ledger, {named}" in damage.what for damage in found.damages), found.damages
    do(workspace, found.damages[0].next_step)
    assert verify(workspace).damages == ()
    assert workspace.ledger.decisions() == decisions
    with names() as c:
        assert c.execute("select * from individuals order by 1").fetchall() == before


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("update decisions set payload = replace(payload, 'Clover', 'Claver')", "decisions 5"),
        ("delete from decisions where decision_id = 5", "decisions 5"),
        ("delete from decisions where decision_id = 5; "
         "delete from decision_seals where decision_id = 5", "decisions 5"),
        ("delete from decisions where decision_id = 2; "
         "delete from decision_seals where decision_id = 2", "decisions 2"),
        ("update decisions set payload = 'x' where decision_id = 3", "decisions 3"),
        ("update runs set config = '{'", "runs 'r0001-ffffff'"),
        ("update herds set run_id = 'r9'", "herds 'h0001'"),
        ("update pointers set target = 'h9' where change_id = 4", "pointers 4"),
        ("update individuals set created_at = '' where name = 'Willow'", "individuals 'deer-0000'"),
    ],
)  # fmt: skip
def test_what_no_backup_holds_is_left_until_its_loss_is_accepted(
    tmp_path: Path, script: str, named: str
) -> None:
    workspace = made(tmp_path / "w", with_backup=False)
    change(workspace, script)
    found = verify(workspace)
    assert [d.what for d in found.damages if f"ledger, {named}" in d.what]
    assert "--accept-loss" in found.damages[0].next_step
    untouched = mend(workspace.root)
    assert untouched.left
    changed = untouched.back or untouched.again or untouched.out
    assert (untouched.aside is None) == (not changed)
    assert f"ledger, {named}" in " ".join(d.what for d in verify(workspace).damages)
    lost = mend(workspace.root, accept_loss=True)
    assert lost.out and lost.aside is not None and (lost.aside / "ledger.sqlite").exists()
    assert verify(workspace).damages == ()
    assert record(workspace.ledger, kinds.Name("deer-0002", "Hazel", expected=None), "a") == 6
    assert verify(workspace).is_sound


@pytest.mark.parametrize("with_backup", [True, False])
@pytest.mark.parametrize("damage", ["gone", "text", "zeros", "version", "short", "tables"])
def test_a_ledger_whose_file_is_damaged_is_built_anew(
    tmp_path: Path, damage: str, with_backup: bool
) -> None:
    workspace = made(tmp_path / "w", with_backup=with_backup)
    path = workspace.ledger.path
    data = path.read_bytes()
    if damage == "version":
        change(workspace, "pragma user_version = 77")
    elif damage == "tables":
        change(workspace, "alter table decisions rename to decisionz")
    else:
        path.write_bytes({
            "gone": b"", "text": b"nothing that SQLite knows, and longer than its header" * 9,
            "zeros": data[:4096] + bytes(8192) + data[12288:], "short": data[:-8192],
        }[damage])  # fmt: skip
    if damage == "gone":
        path.unlink()
    found = verify(open_damaged(workspace.root))
    assert found.damages[0].what == "ledger.sqlite"
    if not with_backup:
        with pytest.raises(ThumperError, match="accept-loss"):
            mend(workspace.root)
    if mend(workspace.root, accept_loss=not with_backup).left:  # said after the backup
        assert mend(workspace.root, accept_loss=True).out == ["decisions 5"]
    again = Workspace.open(workspace.root)
    assert verify(again).damages == ()
    if with_backup:
        said = [row.payload for row in again.ledger.decisions()]
        assert len(said) >= 4 and said[0]["name"] == "Willow"
        assert again.ledger.promoted("herd") == "h0002"


def test_the_commands_say_it_and_do_it(
    tmp_path: Path, call: Callable[..., tuple[int, str]]
) -> None:
    workspace = made(tmp_path / "w")
    change(workspace, "update decisions set payload = replace(payload, 'Willow', 'Wallow')")
    for command in (("status",), ("herd", "decisions"), ("health",)):
        code, said = call("-w", workspace.root, *command)
        assert code == 3 and "Decision 1" in said and "`thumper verify`" in said, command
    code, said = call("-w", workspace.root, "verify")
    assert code == 1 and "decisions 1" in said and "thumper restore --damaged" in said
    code, said = call("-w", workspace.root, "restore", "--damaged", "--json")
    assert code == 0 and json.loads(said)["back"] == ["decisions 1"]
    assert call("-w", workspace.root, "verify")[0] == 0
    assert call("-w", workspace.root, "restore", "--damaged", "--replace")[0] == 2
    assert call("-w", workspace.root, "restore")[0] == 2
    workspace.ledger.path.write_bytes(
        b"no ledger, but long enough for SQLite to say so at once" * 9
    )
    assert call("-w", workspace.root, "verify")[0] == 1
    code, said = call("-w", workspace.root, "status")
    assert code == 3 and "`thumper verify`" in said


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_workspace_named_from_where_one_stands_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_whole: bool
) -> None:
    ledger = made(tmp_path / "w").root / "ledger.sqlite"
    monkeypatch.chdir(tmp_path)
    if not is_whole:
        ledger.unlink()
    mended = mend(Path("w"))
    assert (mended.back == []) == is_whole
    assert verify(open_damaged(Path("w"))).is_sound


def test_a_sound_ledger_is_left_alone(tmp_path: Path) -> None:
    workspace = made(tmp_path / "w")
    done = mend(workspace.root)
    assert done.aside is None and not (done.back or done.again or done.out or done.left)
    assert verify(workspace).is_sound


def test_every_flipped_byte_of_the_decisions_in_the_file_is_named_and_nothing_crashes(
    tmp_path: Path,
) -> None:
    workspace = made(tmp_path / "w", with_backup=False)
    change(workspace, "pragma wal_checkpoint(truncate); pragma journal_mode=delete")
    path = workspace.ledger.path
    data = path.read_bytes()
    begin = data.index(b"name" + b"deer-0000" + b'{"')
    end = begin + data[begin:].index(b"+00:00") + 6
    other = Workspace(tmp_path / "w")
    for at in range(begin - 12, end):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
        named = verify(other, repair=False).damages
        assert [d for d in named if "decisions" in d.what or d.what == "ledger.sqlite"], at
        assert all(d.what.isascii() and d.detail.isascii() for d in named)


def test_an_old_herd_that_is_lost_is_named_once(tmp_path: Path) -> None:
    workspace = made(tmp_path / "w")
    shutil.rmtree(workspace.lake.root / "herds" / "h0001")
    named = verify(workspace, repair=False).damages
    assert [d.what for d in named] == ["ledger, herds 'h0001'"]
    assert "`thumper verify`" in named[0].next_step
    assert not verify(workspace).is_sound
    assert verify(workspace).is_sound
    with pytest.raises(ThumperError, match="no earlier herd"):
        from thumper_core.herd.roll_back import roll_back

        roll_back(workspace)


def test_the_shown_herd_is_named_while_it_is_shown(tmp_path: Path) -> None:
    workspace = made(tmp_path / "w")
    shutil.rmtree(workspace.lake.root / "herds" / "h0002")
    for _ in range(2):
        (damage,) = verify(workspace).damages
        assert "`thumper identify`" in damage.next_step
    workspace.ledger.promote({"herd": "h0001"})
    assert verify(workspace).is_sound


def test_automatic_backups_are_made_once_a_day_and_never_of_damage(tmp_path: Path) -> None:
    workspace = made(tmp_path / "w")
    (workspace.root / "thumper.toml").unlink()
    workspace.cameras_csv.write_text("name\ncam\n")
    first = automatic_backups(workspace.root)
    assert keep_if_due(workspace.root, _NOW + timedelta(hours=23)) is None
    second = keep_if_due(workspace.root, _NOW + timedelta(hours=25))
    assert second is not None and automatic_backups(workspace.root) == [second, *first]
    change(workspace, "update decisions set author = 'x'")
    assert keep_if_due(workspace.root, _NOW + timedelta(days=3)) is None
    assert automatic_backups(workspace.root) == [second, *first]


def test_opening_and_deciding_make_the_backup_and_an_empty_workspace_has_none(
    tmp_path: Path,
) -> None:
    Workspace.create(tmp_path / "empty")
    Workspace.open(tmp_path / "empty")
    assert not automatic_backups(tmp_path / "empty")
    workspace = made(tmp_path / "w", with_backup=False)
    (workspace.root / "thumper.toml").unlink()
    Workspace.open(workspace.root)
    assert len(automatic_backups(workspace.root)) == 1
    shutil.rmtree(workspace.root / "backups")
    record(workspace.ledger, kinds.Note("deer-0001", "well"), "a")
    assert len(automatic_backups(workspace.root)) == 1


def test_of_the_backups_some_days_and_some_weeks_stay() -> None:
    def name(day: datetime) -> str:
        return f"auto-{day:%Y%m%d-%H%M%S}.zip"

    days = [name(_NOW - timedelta(days=n)) for n in range(100)]
    stay = sorted(set(days) - set(outdated(days, 3)))
    assert len(stay) == 7 and stay[-3:] == sorted(days[:3])
    twice = [name(_NOW), name(_NOW - timedelta(hours=1))]
    assert outdated(twice, 3) == [twice[1]]
    assert outdated([], 3) == [] == outdated(["b.zip"], 3)
