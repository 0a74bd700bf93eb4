"""`thumper lab`: notebooks arrive in the workspace, and a person's changes stay."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from typer.testing import CliRunner

from tests.conftest import REPOSITORY
from thumper_core.cli import app
from thumper_core.commands import lab
from thumper_core.commands.app import free_port
from thumper_core.contracts import ThumperError
from thumper_core.workspace import ENVIRONMENT, Workspace

SOURCE = '# %% [markdown]\n# # Title\n#\n# Text: "é"\n\n# %%\n1 + 1\n\n# %%\nprint("x")\n'


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shipped notebook that the test can change."""
    source = tmp_path / "shipped" / "01_one.py"
    source.parent.mkdir()
    source.write_text(SOURCE, "utf-8")
    monkeypatch.setattr(lab, "notebook_sources", lambda: [source])
    return source


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    notebook = json.loads(path.read_text("utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), "utf-8")


def run_it(notebook: dict[str, Any]) -> None:
    """What JupyterLab leaves after a run: outputs, counts, metadata, source as a list of lines."""
    output = {"output_type": "stream", "name": "stdout", "text": ["2\n"]}
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
        cell["metadata"]["trusted"] = True
        if cell["cell_type"] == "code":
            cell |= {"execution_count": 3, "outputs": [output]}
    notebook["metadata"]["language_info"]["version"] = "3.11.2"


def change_a_cell(notebook: dict[str, Any]) -> None:
    notebook["cells"][1]["source"] = "1 + 2"


def add_a_cell(notebook: dict[str, Any]) -> None:
    notebook["cells"].append(
        {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": "mine"}
    )


def test_notebooks_are_valid_without_outputs_and_always_the_same() -> None:
    for source in lab.notebook_sources():
        notebook = lab.convert(source)
        nbformat.validate(nbformat.from_dict(notebook))
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert code and not any(cell["outputs"] or cell["execution_count"] for cell in code)
        assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
        assert json.dumps(lab.convert(source)) == json.dumps(notebook)
        assert any("Workspace.open()" in cell["source"] for cell in code[:2])


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda notebook: None, "same"),
        (run_it, "same"),
        (change_a_cell, "kept"),
        (add_a_cell, "kept"),
        (lambda notebook: notebook["cells"].pop(), "kept"),
        (lambda notebook: notebook.clear(), "kept"),
        (lambda notebook: notebook["metadata"].pop("thumper"), "same"),
    ],
)
def test_what_a_person_changed_is_kept(
    shipped: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object], state: str
) -> None:
    folder = tmp_path / "notebooks"
    assert [w.state for w in lab.write_notebooks(folder)] == ["new"]
    path = folder / "01_one.ipynb"
    edit(path, change)
    theirs = path.read_bytes()
    assert [(w.path, w.state) for w in lab.write_notebooks(folder)] == [(path, state)]
    assert path.read_bytes() == theirs


@pytest.mark.parametrize(
    ("change", "state", "is_outdated"),
    [(run_it, "updated", False), (change_a_cell, "kept", True)],
)
def test_a_newer_version_replaces_only_what_nobody_changed(
    shipped: Path,
    tmp_path: Path,
    change: Callable[[dict[str, Any]], object],
    state: str,
    is_outdated: bool,
) -> None:
    folder = tmp_path / "notebooks"
    lab.write_notebooks(folder)
    path = folder / "01_one.ipynb"
    edit(path, change)
    theirs = path.read_bytes()
    shipped.write_text(SOURCE + "\n# %%\n3\n", "utf-8")
    [written] = lab.write_notebooks(folder)
    assert (written.state, written.is_outdated) == (state, is_outdated)
    assert (path.read_bytes() == theirs) == (state == "kept")
    if state == "updated":
        assert json.loads(path.read_text("utf-8")) == lab.convert(shipped)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"cells": 3}', b"\xff\xfe"])
def test_a_file_that_is_no_notebook_is_left_alone(
    shipped: Path, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "01_one.ipynb"
    path.write_bytes(content)
    assert [w.state for w in lab.write_notebooks(tmp_path)] == ["kept"]
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_said(shipped: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ThumperError, match="Cannot write the notebooks"):
        lab.write_notebooks(tmp_path / "file" / "notebooks")


def test_the_command_writes_and_says_what_it_kept(shipped: Path, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "herd")
    words = ["--workspace", str(workspace.root), "lab", "--write-only"]
    first = CliRunner().invoke(app, words)
    assert first.exit_code == 0 and "01_one.ipynb (new)" in first.output
    path = workspace.root / "notebooks" / "01_one.ipynb"
    edit(path, change_a_cell)
    second = CliRunner().invoke(app, words)
    assert second.exit_code == 0 and "01_one.ipynb has changes of yours" in second.output
    assert "1 + 2" in path.read_text("utf-8")


def test_the_command_needs_a_workspace(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--workspace", str(tmp_path), "lab"])
    assert isinstance(done.exception, ThumperError) and "thumper demo" in str(done.exception)
    assert not (tmp_path / "notebooks").exists()


@pytest.mark.slow
def test_jupyterlab_opens_with_them(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workspace = Workspace.create(tmp_path / "herd")
    port = free_port("127.0.0.1", 18700)
    log = (tmp_path / "log").open("w")
    own = tmp_path_factory.mktemp("jupyter")
    folders = {f"JUPYTER_{name}_DIR": str(own / name) for name in ("CONFIG", "RUNTIME", "DATA")}
    process = subprocess.Popen(
        [sys.executable, "-m", "thumper_core.cli", "--workspace", str(workspace.root), "lab",
         "--no-browser", "--port", str(port)],
        env=os.environ | folders | {"JUPYTER_TOKEN": "secret", "PYTHONPATH": str(REPOSITORY)},
        stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    try:
        listed = _get(f"http://127.0.0.1:{port}/api/contents?token=secret", process)
        names = {item["name"] for item in json.loads(listed)["content"]}
        assert names == {f"{source.stem}.ipynb" for source in lab.notebook_sources()}
        page = _get(f"http://127.0.0.1:{port}/lab?token=secret", process)
        assert b"JupyterLab" in page
        assert _ended_by_ctrl_c(process) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        log.close()
    assert ENVIRONMENT not in os.environ


def _ended_by_ctrl_c(process: subprocess.Popen[bytes]) -> int:
    """As a person presses it, to all of the terminal's processes; where nothing happens, twice in a row.

    While Jupyter starts, one of its extensions may take the first for its own (it runs `npm`); and after
    one it may ask whether it is meant, which a second one answers.
    """
    for patience_s in (20, 2, 20, 2, 20):
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=patience_s)
    raise AssertionError("JupyterLab did not end")


def _get(url: str, process: subprocess.Popen[bytes]) -> bytes:
    for _ in range(120):
        assert process.poll() is None, "JupyterLab ended"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                content: bytes = answer.read()
                return content
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"no answer from {url}")
