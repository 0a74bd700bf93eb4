"""Fixtures that every part of the tests shares."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from thumper_core.questions.tuning import Tuning
    from thumper_core.workspace import Workspace

REPOSITORY = Path(__file__).resolve().parent.parent


HEAVY = tuple(
    f"tests/{name}/" for name in ("notebooks", "whole", "vision", "app", "flows", "upkeep")
)
"""Where the files are that take minutes, some of them with few tests."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Heavy files first: last, one process would run them while the other has nothing to do."""
    items.sort(key=lambda item: not item.nodeid.startswith(HEAVY))


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real photos and weights beside the checkout; the test is skipped where they are absent."""
    folder = Path(os.environ.get("THUMPER_SHARED") or REPOSITORY.parent / "shared")
    if not (folder / "photos").is_dir():
        pytest.skip(f"no real photos in {folder}; set THUMPER_SHARED to the folder that has them")
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's caches and settings."""
    monkeypatch.setenv("THUMPER_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.delenv("THUMPER_WORKSPACE", raising=False)


@pytest.fixture(autouse=True)
def _own_priority() -> Iterator[None]:
    """No test makes this process give way: it could never take that back for the tests after it."""
    if not hasattr(os, "nice"):
        yield
        return
    nice = os.nice
    before = nice(0)
    yield
    assert nice(0) == before, "this test made the tests' own process give way to others"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Seven deer of all kinds, three blanks, two failures; read only."""
    from tests import workspaces
    from tests.workspaces import Deer

    made = workspaces.build(
        tmp_path_factory.mktemp("small"),
        [
            Deer("buck", 4, "Old Crooked", "Left antler kicked in."),
            Deer("doe", 3),
            Deer("doe", 1, "Clover"),
            Deer("fawn", 2),
            Deer("deer", 1),
            Deer("buck", 0, "Ghost"),
            Deer("doe", 0),
        ],
        failures=[("Creek/zero.jpg", "error", "empty_file"), ("x/cut.jpg", "partial", "truncated")],
    )
    return workspaces.restate(made, workspaces.calibrated)


@pytest.fixture(scope="session")
def six_deer(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Six deer, a person, blanks, two failures, a named deer without a photo; read only."""
    from tests import workspaces
    from tests.workspaces import Deer

    deer = [
        Deer("buck", 4, "Old Crooked", "Left antler kicked in."),
        Deer("doe", 3),
        Deer("doe", 1, "Clover"),
        Deer("fawn", 2),
        Deer("deer", 1),
        Deer("buck", 0, "Ghost"),
    ]
    return workspaces.placed(
        workspaces.build(
            tmp_path_factory.mktemp("herd"),
            deer,
            people=2,
            failures=[
                ("Creek/zero.jpg", "error", "empty_file"), ("x/cut.jpg", "partial", "truncated")
            ],
        )
    )  # fmt: skip


@pytest.fixture(scope="session")
def _three_deer(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    from tests.herds import deer_workspace, models
    from thumper_core.flows.reprocess import reprocess

    made = deer_workspace(tmp_path_factory.mktemp("three"), n_deer=3, n_events=3)
    reprocess(made, models(), force=True)
    return made


@pytest.fixture
def three_deer(_three_deer: Workspace, tmp_path: Path) -> Workspace:
    """Three fake deer, processed and identified, in `tmp_path` / "work": the test's own, to change."""
    from tests.workspaces import copied

    return copied(_three_deer, tmp_path)


@pytest.fixture(scope="session")
def splintered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Tuning]:
    """Six animals in twelve groups, and their dendrogram; read only."""
    from tests.splintered import splintered

    return splintered(tmp_path_factory.mktemp("splintered"))


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Workspace]:
    """Build a workspace of the test's own: `build(deer, **options)` as `workspaces.build`."""
    from tests import workspaces

    return lambda deer, **options: workspaces.build(tmp_path, deer, **options)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB, where this machine lets one be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("mounting a small file system needs rights that this user lacks")
    yield place
    subprocess.run(["umount", str(place)], check=False)


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Call the command line as its script does: returns (exit code, what it printed).

    Commands that work on photos give way to other processes; this process is the tests' own.
    """

    import thumper_core.cli as cli
    from thumper_core.commands.common import State

    monkeypatch.setattr(os, "nice", lambda step: 0, raising=False)
    monkeypatch.setattr(os, "getsid", lambda pid: -1, raising=False)

    def run(*words: object) -> tuple[int, str]:
        State.workspace, State.is_chain, State.is_stopped = None, False, False
        monkeypatch.setattr(sys, "argv", ["thumper", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return run


@pytest.fixture(scope="session")
def years_ranch(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Three deer years of a ranch whose deer are told apart (`ranch_years.DEER`); read only, but for what a
    test takes back.
    """
    from tests.ranch_years import DEER, told_apart

    return told_apart(tmp_path_factory.mktemp("years"), DEER)
