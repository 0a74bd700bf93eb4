"""Whoever stands in a strange folder runs nothing of it."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.conftest import REPOSITORY
from thumper_core import children, cli
from thumper_core.commands.app import free_port
from thumper_core.work.launches import launches
from thumper_core.workspace import Workspace

TRAPS = (
    "numpy.py", "json.py", "runpy.py", "typing.py", "multiprocessing.py", "sitecustomize.py", "typer.py",
    "streamlit/__init__.py", "jupyterlab/__init__.py", "ipykernel_launcher.py", "thumper_core/__init__.py",
    "jupyter_config.py", "jupyter_lab_config.py", "jupyter_server_config.py", "ipython_config.py",
)  # fmt: skip
"""Files that Python, Jupyter or a library would run where it looks into the current folder."""


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A folder as somebody may hand it over: whatever is run of it leaves a mark."""
    folder = tmp_path / "card"
    for name in TRAPS:
        trap = folder / name
        trap.parent.mkdir(parents=True, exist_ok=True)
        trap.write_text(f"open({str(folder / 'mark')!r}, 'a').write({name!r} + ' ')\n")
    return folder


def assert_nothing_ran(folder: Path) -> None:
    mark = folder / "mark"
    assert not mark.exists(), f"ran: {mark.read_text()}"


def stand_in(folder: Path, *words: str) -> subprocess.Popen[str]:
    """`thumper` as its console script starts it, which leaves the current folder off the path."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "thumper_core.cli", *words],
        cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        env={key: value for key, value in os.environ.items() if key != "PYTHONSAFEPATH"}
        | {"PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip


def end(process: subprocess.Popen[str]) -> str:
    """End it and what it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        return process.communicate(timeout=60)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0]


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 150
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=10).close()
            return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"no answer from {url}: {end(process)}")


def test_python_is_started_in_one_place() -> None:
    """`sys.executable` stands in one module; the schedule only looks beside it for `thumper`."""
    found = set()
    for file in sorted((REPOSITORY / "thumper_core").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "executable":
                found.add(file.name)
    assert found == {"children.py", "schedule.py"}


@pytest.mark.parametrize("words", [["-c", "import json, numpy"], ["-m", "json.tool", "--help"]])
def test_a_child_imports_nothing_of_the_folder(
    card: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(card)
    monkeypatch.setenv("PYTHONPATH", os.pathsep)  # empty entries: the current folder, by a slip
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    assert children.run_python(words, capture_output=True).returncode == 0
    assert_nothing_ran(card)


def test_relative_entries_of_the_users_path_are_meant_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "my_own_module.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "lib")
    assert children.run_python(["-c", "import my_own_module"]).returncode == 0


def test_processes_that_libraries_start_leave_the_folder_out_too(card: Path) -> None:
    code = (
        "from thumper_core.children import keep_folder_off_path as keep; keep()\n"
        "import multiprocessing\n"
        "other = multiprocessing.get_context('spawn').Process(target=print)\n"
        "other.start(); other.join(); assert other.exitcode == 0"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=card, check=False,
        env=environment | {"PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert done.returncode == 0
    assert_nothing_ran(card)


@pytest.mark.parametrize("before", [None, "1"])
def test_the_command_hands_it_on_but_not_to_the_users_own_commands(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    for name in ("PYTHONSAFEPATH", "THUMPER_SAFE_PATH"):
        monkeypatch.setenv(name, "x")  # so that it is put back afterwards
        monkeypatch.delenv(name)
    if before is not None:
        monkeypatch.setenv("PYTHONSAFEPATH", before)
    monkeypatch.setattr(sys, "argv", ["thumper", "--version"])
    with pytest.raises(SystemExit):
        cli.main()
    assert os.environ["PYTHONSAFEPATH"] == "1"
    assert children.users_environment().get("PYTHONSAFEPATH") == before


def test_detached_work_runs_nothing_of_the_folder(card: Path, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "herd")
    process = stand_in(card, "-w", str(workspace.root), "run", "--detach")
    try:
        said, _ = process.communicate(timeout=150)
        assert process.returncode == 0, said
        until = time.monotonic() + 150
        while launches(workspace.root)[0].is_alive and time.monotonic() < until:
            time.sleep(0.3)
    finally:
        end(process)
        pid = launches(workspace.root)[0].pid
        if pid is not None and psutil.pid_exists(pid):
            os.kill(pid, signal.SIGKILL)
    assert launches(workspace.root)[0].state != "died", launches(workspace.root)[0].message
    assert_nothing_ran(card)


def test_the_pages_run_nothing_of_the_folder(card: Path, tmp_path: Path) -> None:
    (card / ".streamlit").mkdir()
    (card / ".streamlit" / "config.toml").write_text('[server]\nbaseUrlPath = "elsewhere"\n')
    (card / ".streamlit" / "secrets.toml").write_text('THUMPER_HOME = "/nowhere"\n')
    root = Workspace.create(tmp_path / "herd").root
    port = free_port("127.0.0.1", 18820)
    process = stand_in(card, "-w", str(root), "app", "--no-browser", "--port", str(port))
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
    finally:
        end(process)
    assert_nothing_ran(card)


@pytest.mark.slow
def test_the_notebooks_run_nothing_of_the_folder(
    card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONFIG", "RUNTIME", "DATA"):
        monkeypatch.setenv(f"JUPYTER_{name}_DIR", str(tmp_path / "jupyter" / name))
    monkeypatch.setenv("JUPYTER_TOKEN", "secret")
    root = Workspace.create(tmp_path / "herd").root
    port = free_port("127.0.0.1", 18840)
    process = stand_in(card, "-w", str(root), "lab", "--no-browser", "--port", str(port))
    try:
        wait_for(f"http://127.0.0.1:{port}/api/status?token=secret", process)
    finally:
        end(process)
    assert_nothing_ran(card)


def test_a_kernel_runs_nothing_that_lies_beside_its_notebook(
    card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jupyter starts it in the notebook's folder, with the environment of its server."""
    from jupyter_client.manager import start_new_kernel

    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    asked = children.run_python(
        ["-c", "import os; print(os.environ['PYTHONSAFEPATH'])"], capture_output=True, text=True
    )
    monkeypatch.setenv("PYTHONSAFEPATH", asked.stdout.strip())
    manager, client = start_new_kernel(startup_timeout=150, cwd=str(card))
    try:
        reply = client.execute_interactive(
            "import json, numpy, sys; assert '' not in sys.path",
            timeout=120,
            output_hook=lambda _: None,
        )
        assert reply["content"]["status"] == "ok", reply["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert_nothing_ran(card)
