"""A disk that takes no more, at every moment: the true sentence, nothing lost, nothing left."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.herds import deer_workspace, make_deer_photos, models
from thumper_core.pipeline import launch, room
from thumper_core.store import lake, ledger_file
from thumper_core.upkeep.verify import verify
from thumper_core.workspace import Workspace

Call = Callable[..., tuple[int, str]]
COMMANDS: dict[str, list[str]] = {
    "add": ["add", "MORE"],
    "run": ["run"],
    "identify": ["identify"],
    "name": ["herd", "name", "deer-001", "Old Crooked"],
    "report": ["report", "--format", "html,csv,xlsx"],
    "export": ["export", "coco", "HERE/coco.json"],
    "duckdb": ["export", "duckdb", "HERE/herd.duckdb"],
    "backup": ["backup", "HERE/kept.zip"],
}
"""A command of each way to write. HERE: the workspace's disk, MORE: a folder of new photos."""
LEFT_KIB = (0, 4, 12, 28, 48, 80, 140, 240, 400, 640, 5000)


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small herd, more photos that are added but not processed, and a folder of others."""
    folder = tmp_path_factory.mktemp("season")
    workspace = deer_workspace(folder, n_deer=3, n_events=3)
    from thumper_core.flows.reprocess import reprocess
    from thumper_core.ingest.add import add_paths

    workspace.settings = workspace.settings.replace("detect", detector="demo")
    workspace.settings.save(workspace.settings_file)
    assert reprocess(workspace, models()).is_promoted
    # Of other days: what is alike, of one camera and one moment, is one picture.
    make_deer_photos(folder / "next", n_deer=2, n_events=2, start=datetime(2025, 10, 1, 6))
    make_deer_photos(folder / "more", n_deer=1, n_events=2, start=datetime(2025, 11, 1, 6))
    for path in (folder / "next").rglob("*.png"):  # others than the herd's
        path.write_bytes(path.read_bytes() + b"next")
    for path in (folder / "more").rglob("*.png"):
        path.write_bytes(path.read_bytes() + b"more")
    add_paths(workspace, [folder / "next"])
    shutil.rmtree(workspace.cache_dir)
    workspace.cache_dir.mkdir()
    return folder


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models without weights, and no estimate before a run: the disk is met in its midst."""
    monkeypatch.setattr(launch, "open_models", lambda *args, **options: models())
    monkeypatch.setattr("thumper_core.pipeline.effort.give_way", lambda: None)


def words(name: str, folder: Path, season: Path) -> list[str]:
    places = {"HERE": str(folder), "MORE": str(season / "more")}
    return ["-w", str(folder / "work"), *(_filled(word, places) for word in COMMANDS[name])]


def _filled(word: str, places: dict[str, str]) -> str:
    for place, path in places.items():
        word = word.replace(place, path)
    return word


def drafts(folder: Path) -> list[str]:
    """What is left of writes that did not end."""
    hidden = [path.name for path in folder.rglob(".*") if not path.name.startswith(".thumper")]
    return hidden + [path.name for path in folder.rglob("tmp*")]


def decided(workspace: Workspace) -> dict[str, list[Any]]:
    """What must not be lost: photos, results, the shown herd."""
    views = ("photos", "all_outcomes", "all_detections", "assignments")
    found: dict[str, list[Any]] = {
        view: workspace.sql(f"select * from {view} order by all").rows() for view in views
    }
    return found | {"shown": [workspace.ledger.promoted("herd")]}


def kept(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> bool:
    """Whether all of `before` is there still; a command that was cut off may have added to it."""
    return all(set(before[view]) <= set(after[view]) for view in ("photos", "all_outcomes"))


@contextmanager
def ballast(disk: Path, left_kib: int) -> Iterator[None]:
    """Fill a disk but for so much."""
    stat = os.statvfs(disk)
    size = stat.f_bavail * stat.f_frsize - left_kib * 1024
    file = disk / "ballast"
    with file.open("wb") as handle:
        os.posix_fallocate(handle.fileno(), 0, max(1, size))
    try:
        yield
    finally:
        file.unlink()


@pytest.mark.slow
@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("name", COMMANDS)
def test_on_a_small_file_system_with_ever_more_room(
    call: Call, season: Path, small_disk: Path, name: str
) -> None:
    shutil.copytree(season / "work", small_disk / "work")
    before = decided(Workspace.open(season / "work"))
    command = words(name, small_disk, season)
    codes = []
    for left in LEFT_KIB:
        with ballast(small_disk, left):
            code, printed = call(*command)
        codes.append(code)
        text = " ".join(printed.split())
        if code == 0:
            break
        assert code == 3, text
        assert f"The disk that holds {small_disk}" in text and "KiB free" in text, text
        assert "Traceback" not in text
        assert drafts(small_disk) == []
        after = Workspace.open(small_disk / "work")
        assert kept(before, decided(after)) and verify(after).is_sound
    assert codes[0] == 3
    if codes[-1] != 0:
        code, printed = call(*command)
        assert code == 0, printed
    assert drafts(small_disk) == []


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("name", ["add", "run", "identify", "name", "backup"])
def test_on_a_file_system_that_turns_read_only(
    call: Call, season: Path, small_disk: Path, name: str
) -> None:
    shutil.copytree(season / "work", small_disk / "work")
    command = words(name, small_disk, season)

    def remount(how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(small_disk)], check=True)

    remount("ro")
    try:
        code, printed = call(*command)
    finally:
        remount("rw")
    text = " ".join(printed.split())
    assert (code, "is read-only" in text, "Traceback" in text) == (3, True, False), text
    code, printed = call(*command)
    assert code == 0, printed


class Refusals:
    """Lets writes pass until the n-th, which a full disk, a quota or a read-only drive refuses."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, number: int, below: Path) -> None:
        self._number, self._below = number, below
        self._calls, self._nth = 0, 0
        for owner, name in (
            (lake.pq, "write_table"), (Path, "write_bytes"), (Path, "write_text"),
            (Path, "mkdir"), (Path, "replace"), (Path, "rename"),
        ):  # fmt: skip
            monkeypatch.setattr(owner, name, self._refusing(getattr(owner, name)))
        counter = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
                is_write = sql.split()[0] in ("commit", "insert", "update", "begin")
                if is_write and counter.is_refused():
                    raise sqlite3.OperationalError("database or disk is full")
                return super().execute(sql, *args)

        real = sqlite3.connect
        if number == errno.ENOSPC:
            monkeypatch.setattr(
                ledger_file.sqlite3, "connect",
                lambda *args, **options: real(*args, **{"factory": Connection} | options),
            )  # fmt: skip

    def at(self, nth: int) -> None:
        """Refuse the n-th write from now on, and all after it; 0: none."""
        self._calls, self._nth = 0, nth

    @property
    def is_met(self) -> bool:
        return self._calls >= self._nth

    def is_refused(self) -> bool:
        self._calls += 1
        return bool(self._nth) and self._calls >= self._nth

    def _refusing(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **options: Any) -> Any:
            is_here = any(isinstance(one, Path) and self._below in one.parents for one in args)
            if is_here and self.is_refused():
                raise OSError(self._number, os.strerror(self._number))
            return write(*args, **options)

        return wrapper


_SLOW = pytest.mark.slow
FULL = (errno.ENOSPC, "is full")


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize(
    ("name", "number", "says", "step"),
    [
        ("add", *FULL, 15), ("name", *FULL, 4), ("export", *FULL, 1),
        ("export", errno.EDQUOT, "quota", 4), ("export", errno.EROFS, "is read-only", 4),
        *(
            pytest.param(name, *FULL, 1, marks=_SLOW)
            for name in ("add", "run", "name", "identify", "report", "backup")
        ),
        pytest.param("report", errno.EDQUOT, "quota", 1, marks=_SLOW),
        pytest.param("report", errno.EROFS, "is read-only", 1, marks=_SLOW),
    ],
)  # fmt: skip
def test_refused_at_every_write_in_turn(
    call: Call, season: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str,
    number: int, says: str, step: int,
) -> None:  # fmt: skip
    """step: 1 for every write; more: one of so many, where all of them take a minute."""
    before = decided(Workspace.open(season / "work"))
    refusals = Refusals(monkeypatch, number, tmp_path)
    n_refused = 0
    for nth in range(1, 200, step):
        shutil.copytree(season / "work", tmp_path / "work")
        command = words(name, tmp_path, season)
        refusals.at(nth)
        code, printed = call(*command)
        is_met = refusals.is_met
        refusals.at(0)
        if code == 0 and not is_met:
            break
        text = " ".join(printed.split())
        assert "Traceback" not in text
        if code != 0:  # a cache that cannot be written is no error
            n_refused += 1
            assert (code, says in text) == (3, True), text
            after = Workspace.open(tmp_path / "work")
            assert kept(before, decided(after)) and verify(after).is_sound
            with after.ledger.transaction() as c:  # the process that was refused has ended since
                c.execute("update jobs set pid_started = 1.0 where state = 'running'")
            code, printed = call(*command)
            assert code == 0, printed
        assert drafts(tmp_path) == []
        for path in tmp_path.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert n_refused
    assert code == 0


@pytest.mark.parametrize(
    ("free_kib", "code", "says"),
    [
        (300, 3, "is full: 300 KiB free, about"),
        (30 * 2**10, 0, "There may be too little room"),
        (2**30, 0, ""),
    ],
    ids=["nothing fits", "not all may fit", "all fits"],
)
def test_what_a_run_needs_is_said_before_the_models_are_loaded(
    call: Call, season: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_kib: int,
    code: int, says: str,
) -> None:  # fmt: skip
    loaded: list[str] = []

    def open_untuned(*args: Any, **options: Any) -> launch.Models:
        loaded.append("models")
        return models()

    monkeypatch.setattr(launch, "open_untuned", open_untuned)
    monkeypatch.setattr("thumper_core.pipeline.effort.give_way", lambda: None)
    monkeypatch.setattr(room.disk, "free_bytes", lambda folder: free_kib * 2**10)
    shutil.copytree(season / "work", tmp_path / "work")
    ended, printed = call("-w", tmp_path / "work", "run")
    text = " ".join(printed.split())
    assert (ended, says in text) == (code, True), text
    assert ("too little room" in text) == ("too little" in says)
    assert bool(loaded) == (code == 0)
