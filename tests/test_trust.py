"""Trust lives with the user: what a workspace says of weights, names and addresses counts for nothing."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.conftest import REPOSITORY
from thumper_core import trust
from thumper_core.cli import app
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.trust import Subject, UntrustedError
from thumper_core.vision.detectors import open_detector
from thumper_core.vision.download import download
from thumper_core.vision.pickled import checked_copy, is_pickled, trust_of
from thumper_core.vision.registry import load_registry, models_dir
from thumper_core.vision.train import train_detector
from thumper_core.vision.weights import add_model, find_file, pull, sha256_of, target_path
from thumper_core.workspace import Workspace


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def entry(name: str, file: str, **more: str) -> str:
    lines = {"name": name, "kind": "detector", "loader": "ultralytics", "file": file} | more
    return "[[model]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items())


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """A workspace from somebody: its registry calls a trap `demo`, and vouches for it."""
    root = Workspace.create(tmp_path / "sent").root
    (root / "demo.pt").write_bytes(pickle.dumps(Trap(tmp_path / "mark")))
    digest = sha256_of(root / "demo.pt")
    (root / "registry.toml").write_text(
        entry("demo", "demo.pt", sha256=digest) + entry("better", "demo.pt", sha256=digest)
    )
    return root


@pytest.mark.parametrize("detector", ["demo", "better", "FILE"])
def test_a_workspace_that_somebody_sent_runs_no_code(sent: Path, detector: str) -> None:
    name = str(sent / "demo.pt") if detector == "FILE" else detector
    done = subprocess.run(
        [sys.executable, "-P", "-m", "thumper_core.cli", "-w", str(sent), "run", "--detector", name],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    command = f"thumper -w {sent} trust" if detector == "demo" else "--trust"
    assert command in " ".join(done.stderr.split())
    assert not (sent.parent / "mark").exists()


def test_the_word_of_the_user_counts_is_listed_and_can_be_taken_back(sent: Path) -> None:
    words = ["-w", str(sent), "trust"]
    refused = CliRunner().invoke(app, words)
    assert refused.exit_code == 3 and "means other weights by" in refused.output
    with pytest.raises(UntrustedError):
        load_registry(sent / "registry.toml").get("demo")
    agreed = CliRunner().invoke(app, [*words, "--yes"])
    assert agreed.exit_code == 0, agreed.output
    registry = load_registry(sent / "registry.toml")
    assert find_file(registry.get("demo")) == sent / "demo.pt"
    assert trust_of(registry.get("demo"), registry) == "yes"
    assert "Nothing" in CliRunner().invoke(app, words).output
    listed = json.loads(CliRunner().invoke(app, [*words, "--list", "--json"]).output)
    assert {one["kind"] for one in listed} == {"model", "weights"}
    digest = sha256_of(sent / "demo.pt")
    CliRunner().invoke(app, [*words, "--revoke", digest[:12]])
    assert trust_of(registry.get("demo"), registry) == "no"
    shown = json.loads(
        CliRunner().invoke(app, ["-w", str(sent), "models", "list", "--json"]).output
    )
    assert next(row for row in shown if row["name"] == "better")["trusted"] == "no"


def test_trust_is_kept_with_the_user_alone(sent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (sent / trust.FILE_NAME).write_text(
        f'[[trusted]]\nkind = "weights"\nsha256 = "{sha256_of(sent / "demo.pt")}"\n'
        'name = "x"\nsince = "2026-01-01"\n'
    )
    monkeypatch.chdir(sent)
    with pytest.raises(UntrustedError):
        open_detector("better", registry=load_registry(sent / "registry.toml"))


def test_the_same_entry_in_another_workspace_is_asked_about_again(
    sent: Path, tmp_path: Path
) -> None:
    load_registry(sent / "registry.toml").believing("demo")
    assert not load_registry(sent / "registry.toml").questions
    other = tmp_path / "other"
    other.mkdir()
    (other / "registry.toml").write_bytes((sent / "registry.toml").read_bytes())
    assert set(load_registry(other / "registry.toml").questions) == {"demo"}


def test_what_a_workspace_may_say_without_a_question(tmp_path: Path) -> None:
    shipped = load_registry().get("demo")
    extra = tmp_path / "registry.toml"
    meaning = '[model.class_map]\ndoe = "elk"\n'
    for written in (
        entry("demo", "demo-detector.pt", sha256=shipped.sha256) + meaning,
        entry("demo", "demo-detector.pt") + meaning,
    ):
        extra.write_text(written)
        spec = load_registry(extra).get("demo")
        assert spec.class_map["doe"].species == "elk"
        assert (spec.sha256, find_file(spec)) == (shipped.sha256, models_dir() / shipped.file)
    extra.write_text(entry("new", "weights.onnx"))
    assert load_registry(extra).get("new").folder == tmp_path


@pytest.mark.parametrize(
    "written",
    [
        entry("new", "/etc/hostname"),
        entry("new", "../weights.onnx"),
        entry("new", "link.onnx"),
        entry("demo", "demo-detector.pt", sha256="0" * 64),
        entry("demo", "other.onnx"),
        entry("efficientnet_lite0", "x.onnx"),
        entry("new", "w.bin", architecture="hf-hub:somebody/net"),
        entry("new", "w.bin", architecture="local-dir:/x"),
    ],
)
def test_what_needs_a_question(tmp_path: Path, written: str) -> None:
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "link.onnx").symlink_to("/etc/hostname")
    (folder / "registry.toml").write_text(written)
    [name] = load_registry(folder / "registry.toml").questions
    with pytest.raises(UntrustedError, match=r"thumper -w .* trust"):
        load_registry(folder / "registry.toml").get(name)


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(1))


@pytest.mark.parametrize("name", ["w.pt", "w.onnx", "w.PT", "w"])
@pytest.mark.parametrize("protocol", [2, 5, "zip", "tar"])
def test_bytes_decide_what_is_a_pickle_not_the_name(
    tmp_path: Path, name: str, protocol: int | str
) -> None:
    path = tmp_path / name
    if protocol == "zip":
        zipped(path)
    elif protocol == "tar":
        path.write_bytes(b"\0" * 257 + b"ustar" + b"\0" * 250)
    else:
        path.write_bytes(pickle.dumps([1], protocol=int(protocol)))
    assert is_pickled(path)


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("w.onnx", b"\x08\x09\x12\x07pytorch", False),
        ("w.pt", b"\x08\x09\x12\x07pytorch", False),
        ("w.pt", b"cos\nsystem\n", True),  # the oldest form of pickle is text
        ("w.pt", b"", True),
        ("w.onnx", b"anything else", False),
    ],
)
def test_only_what_is_plainly_onnx_is_no_pickle_as_a_pt(
    tmp_path: Path, name: str, content: bytes, wanted: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    assert is_pickled(tmp_path / name) is wanted


def test_a_pickle_called_onnx_is_refused(tmp_path: Path) -> None:
    trap = tmp_path / "net.onnx"
    trap.write_bytes(pickle.dumps(Trap(tmp_path / "mark")))
    with pytest.raises(UntrustedError, match="is a pickle"):
        open_detector(str(trap), device="torch")
    assert not (tmp_path / "mark").exists()


def test_the_bytes_that_were_looked_at_are_those_that_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Swapped between the look and the loading, with size and time as before."""
    from thumper_core.vision import named

    path, mark = tmp_path / "w.pt", tmp_path / "mark"
    trap = pickle.dumps(Trap(mark))
    path.write_bytes(b"\x80" + b"x" * (len(trap) - 1))
    add_model(path, "mine")
    stat = path.stat()
    check = named.require_trusted

    def look_then_swap(*args: Any, **options: Any) -> None:
        check(*args, **options)
        path.write_bytes(trap)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    monkeypatch.setattr(named, "require_trusted", look_then_swap)
    with pytest.raises(ThumperError, match="not what it was a moment ago"):
        open_detector(str(path), device="torch")
    assert not mark.exists()


def test_the_copy_is_private_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "w.bin"
    path.write_bytes(b"weights")
    with checked_copy(path, hashlib.sha256(b"weights").hexdigest()) as copy:
        assert copy.read_bytes() == b"weights" and copy.suffix == ".pt"
        assert copy.parent.stat().st_mode & 0o077 == 0
    assert not copy.exists()


def test_a_download_that_only_a_workspace_names_is_asked_about(tmp_path: Path) -> None:
    extra = tmp_path / "registry.toml"
    url = "http://127.0.0.1:9/w.pt"
    written = entry("new", "demo-detector.pt").replace("file", f"urls = [{url!r}]\nfile")
    extra.write_text(written)
    with pytest.raises(ThumperError, match="states no sha256"):
        pull(load_registry(extra).get("new"))
    extra.write_text(written + f'sha256 = "{"a" * 64}"\n')
    spec = load_registry(extra).get("new")
    with pytest.raises(UntrustedError, match=r"would be downloaded from http://127\.0\.0\.1:9"):
        pull(spec)
    with pytest.raises(ThumperError, match="could not be reached"):
        pull(spec, trust=True)
    with pytest.raises(ThumperError, match="could not be reached"):
        pull(spec)  # said once
    assert target_path(spec).name == f"{'a' * 12}-demo-detector.pt"  # no other model's place


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "/etc/hostname"])
def test_only_the_web_is_asked(url: str, tmp_path: Path) -> None:
    with pytest.raises(ThumperError, match="no address on the web"):
        download(url, tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_a_data_set_that_somebody_sent_runs_no_code(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    described = tmp_path / "data.yaml"
    described.write_text(
        f"path: {tmp_path}\ntrain: images\nval: images\nnames: [deer]\n"
        f"download: open({str(mark)!r}, 'w').close()\n"
    )
    with pytest.raises(ValueError, match="download"):
        train_detector(tmp_path / "out.pt", described, epochs=1, small_epochs=0, imgsz=32)
    assert not mark.exists()


def test_a_file_that_cannot_be_read_trusts_nothing() -> None:
    trust.remember(Subject("command", "c" * 64, "mail"))
    assert trust.is_trusted("c" * 64)
    trust.trusted_file().write_text("[[trusted]")
    with pytest.raises(UsageError, match="cannot be read"):
        trust.is_trusted("c" * 64)


def test_what_ships_can_be_distrusted_and_trusted_again() -> None:
    registry = load_registry()
    digest = registry.get("demo").sha256
    assert trust.is_trusted(digest, registry.hashes) and not trust.is_trusted("d" * 64)
    assert trust.revoke(digest[:8], registry.hashes) == [digest]
    assert not trust.is_trusted(digest, registry.hashes)
    trust.remember(Subject("weights", digest, "demo"))
    assert trust.is_trusted(digest, registry.hashes)
    with pytest.raises(UsageError, match="--list"):
        trust.revoke("nothing")
