"""A backup that somebody sent brings results, and nothing that runs, trusts or leads elsewhere."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.deer import OurDeer
from thumper_core.files import content_hash
from thumper_core.settings import Settings
from thumper_core.store.safekeeping import MANIFEST
from thumper_core.upkeep.backup import backup
from thumper_core.upkeep.restore import GIVEN_HERE, MODEL_NAMES, clean_settings, restore
from thumper_core.workspace import Workspace


def ledger_bytes(tmp_path: Path, script: str = "") -> bytes:
    Workspace.create(tmp_path / "source")
    path = tmp_path / "source" / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as c:
        c.executescript(f"pragma journal_mode=delete; {script}")
    return path.read_bytes()


def archive(tmp_path: Path, members: Mapping[str, bytes | str], **manifest: Any) -> Path:
    """A backup that lists `members`."""
    path = tmp_path / "sent.zip"
    data = {name: v.encode() if isinstance(v, str) else v for name, v in members.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in data.items():
            made.writestr(name, content)
        hashes = {name: content_hash(content) for name, content in data.items()}
        body = {"format": 1, "made_at": "2026-01-01", "version": "1", "files": hashes} | manifest
        made.writestr(MANIFEST, json.dumps(body))
    return path


def test_only_the_known_kinds_are_restored_and_the_rest_is_named(tmp_path: Path) -> None:
    toml = (
        '[ops]\nnotify_command = "sh -c evil"\nnotify_webhook = "http://evil"\nkeep_runs = 5\n'
        '[detect]\ndetector = "/tmp/evil.pt"\nconf_min = 0.4\n[embed]\nembedder = "evil.pt"\n'
        '[identify]\nmetric = "../evil"\n'
    )
    names = ["access.toml", "registry.toml", "schedule.json", "numpy.py", "cache/spaces/a.npz",
             "lake/herds/h0001/000000/evil.py",
             "heads/evil.py", "learned/evil.onnx", "reid/a/b.visits.safetensors",
             "lake/photos/000000/x/photos.parquet",
             "reports/index.html", ".bashrc", "lake/runs/r1/000000/.hidden"]  # fmt: skip
    sent = archive(tmp_path, {
        "ledger.sqlite": ledger_bytes(tmp_path), "thumper.toml": toml, "cameras.csv": "name\na\n",
        "lake/photos/000000/checksums.json": "{}", **dict.fromkeys(names, "x"),
    })  # fmt: skip
    root = tmp_path / "new"
    done = restore(sent, root)
    there = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}
    assert there == {
        "ledger.sqlite", "thumper.toml", "cameras.csv", "lake/photos/000000/checksums.json",
    }  # fmt: skip
    settings = Settings.load(root / "thumper.toml")
    assert (settings.ops.notify_command, settings.ops.notify_webhook) == ("", "")
    assert (settings.ops.keep_runs, settings.detect.conf_min) == (5, 0.4)
    assert settings.detect.detector == Settings().detect.detector
    assert settings.embed.embedder == Settings().embed.embedder
    assert settings.identify.metric == "auto"
    left = {one.what: one.why for one in done.left_out}
    fields = {f"{stage}.{name}" for stage, name in (*GIVEN_HERE, *MODEL_NAMES)}
    assert set(left) == {*names, *fields}
    assert "thumper models add" in left["registry.toml"]
    assert "thumper schedule install" in left["schedule.json"]
    assert "thumper.toml" in left["ops.notify_command"]


def test_what_this_machine_trusts_stays_where_a_backup_replaces_a_workspace(tmp_path: Path) -> None:
    sent = archive(tmp_path, {
        "ledger.sqlite": ledger_bytes(tmp_path), "access.toml": "evil", "registry.toml": "evil",
        "thumper.toml": '[ops]\nnotify_command = "evil"\nkeep_runs = 5\n',
    })  # fmt: skip
    here = Workspace.create(tmp_path / "here")
    mine = {"access.toml": "users", "registry.toml": "models", "schedule.json": "{}"}
    for name, text in mine.items():
        (here.root / name).write_text(text)
    here.settings_file.write_text('[ops]\nnotify_command = "mail me"\n')
    restore(sent, here.root, replace=True)
    assert {name: (here.root / name).read_text() for name in mine} == mine
    ops = Settings.load(here.settings_file).ops
    assert (ops.notify_command, ops.keep_runs) == ("mail me", 5)


def test_every_setting_of_free_text_is_known_to_restore() -> None:
    free = {
        (stage, name)
        for stage in Settings.model_fields.keys() - OurDeer.model_fields
        for name, field in type(getattr(Settings(), stage)).model_fields.items()
        if field.annotation is str
    }
    free.remove(("clock", "zone"))  # `Settings` itself holds it to the zones that are known
    with pytest.raises(ThumperError):
        Settings().replace("clock", zone="../zone")
    assert free == {*GIVEN_HERE, *MODEL_NAMES}


@pytest.mark.parametrize(
    ("values", "here", "kept", "left"),
    [
        ({}, {}, {}, []),
        ({"ops": {"notify_command": "x"}}, {}, {}, ["ops.notify_command"]),
        ({"ops": {"notify_command": "x"}}, {"ops": {"notify_command": "x"}},
         {"ops": {"notify_command": "x"}}, []),
        ({}, {"ops": {"notify_webhook": "y"}}, {"ops": {"notify_webhook": "y"}}, []),
        ({"ops": "x"}, {"ops": 7}, {}, []),
        ({"detect": {"detector": "whitetail-11"}}, {}, {"detect": {"detector": "whitetail-11"}},
         []),
        ({"detect": {"detector": "..\\x"}}, {}, {}, ["detect.detector"]),
        ({"embed": {"embedder": 7}}, {}, {}, ["embed.embedder"]),
        ({"identify": {"metric": "../x"}}, {}, {}, ["identify.metric"]),
        ({"identify": {"metric": "1a2b3c4d"}}, {}, {"identify": {"metric": "1a2b3c4d"}}, []),
    ],
)  # fmt: skip
def test_settings_are_cleaned(
    values: dict[str, Any], here: dict[str, Any], kept: dict[str, Any], left: list[str]
) -> None:
    found, left_out = clean_settings(values, here)
    assert (found, [one.what for one in left_out]) == (kept, left)


@pytest.mark.parametrize("toml", ["[ops", "[ops]\nunknown = 1\n", "a = 1\n", "\xff", "[" * 5000])
def test_settings_that_cannot_be_read_are_left_out(tmp_path: Path, toml: str) -> None:
    files = {"ledger.sqlite": ledger_bytes(tmp_path), "thumper.toml": toml.encode("latin-1")}
    done = restore(archive(tmp_path, files), tmp_path / "new")
    assert [one.what for one in done.left_out] in (["thumper.toml"], [])
    Workspace.open(tmp_path / "new")


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/x", "\\x", "C:\\x", "c:x", "\\\\host\\share\\x", "..\\x", "a\\..\\x",
     "a\nb", "a/\u202ex"],
)  # fmt: skip
@pytest.mark.parametrize("is_listed", [True, False])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str, is_listed: bool) -> None:
    files = {"ledger.sqlite": ledger_bytes(tmp_path), name: "x"}
    listed = {} if is_listed else {"files": {"ledger.sqlite": "0"}}
    with pytest.raises(UsageError, match="not a Thumper backup"):
        restore(archive(tmp_path, files, **listed), tmp_path / "new")
    assert not (tmp_path / "new").exists() and not (tmp_path / "x").exists()


def test_links_doubles_and_bombs_are_refused(tmp_path: Path) -> None:
    ledger = ledger_bytes(tmp_path)
    link = zipfile.ZipInfo("cameras.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    for extra, why in (
        ((link, b"/etc/passwd"), "is a link"),
        (("ledger.sqlite", ledger), "twice"),
        (("cameras.csv", bytes(300 << 20)), "beyond all measure"),
    ):
        path = archive(tmp_path, {"ledger.sqlite": ledger})
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as made:
            if why == "twice":
                with pytest.warns(UserWarning, match="Duplicate"):
                    made.writestr(*extra)
            else:
                made.writestr(*extra)
        with pytest.raises(UsageError, match=why):
            restore(path, tmp_path / "new")
        assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "manifest",
    ["[]", "7", "{}", '{"format": 1}', '{"format": 1, "files": []}', "[" * 100_000,
     '{"format": 1, "files": {"ledger.sqlite": 7}}', '{"format": 1, "files": {"gone": "0"}}',
     '{"format": 1, "files": {}}', '{"format": 9, "files": {}}'],
)  # fmt: skip
def test_a_list_of_files_that_is_none_is_refused(tmp_path: Path, manifest: str) -> None:
    path = tmp_path / "sent.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("ledger.sqlite", "x")
        made.writestr(MANIFEST, manifest)
    with pytest.raises(UsageError):
        restore(path, tmp_path / "new")


@pytest.mark.parametrize(
    "script",
    [
        "create trigger t after insert on decisions begin delete from runs; end",
        "create view v as select 1",
        "insert into runs values ('../../../home', 'f', 'discarded', 'd', 'e', '{}', 'x', null)",
        "insert into herds values ('../h', 'r', 'm', 1, '{}', 'x')",
        "pragma user_version = 999",
        "drop table runs",
    ],
)
def test_a_ledger_that_does_more_than_hold_rows_is_refused(tmp_path: Path, script: str) -> None:
    sent = archive(tmp_path, {"ledger.sqlite": ledger_bytes(tmp_path, script)})
    with pytest.raises(ThumperError, match="holds a ledger"):
        restore(sent, tmp_path / "new")
    assert not (tmp_path / "new" / "ledger.sqlite").exists()


def test_the_command_says_what_was_left_out(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "source")
    (workspace.root / "registry.toml").write_text("")
    workspace.settings_file.write_text('[ops]\nnotify_command = "mail me"\n')
    backup(workspace, tmp_path / "b.zip")
    for number, options in enumerate(([], ["--json"])):
        said = subprocess.run(
            [sys.executable, "-m", "thumper_core.cli", "-w", str(tmp_path / f"new{number}"),
             "restore", str(tmp_path / "b.zip"), *options],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert "registry.toml" in said and "ops.notify_command" in said and "mail me" in said
    assert {one["what"] for one in json.loads(said)["left_out"]} == {
        "registry.toml", "ops.notify_command",
    }  # fmt: skip
