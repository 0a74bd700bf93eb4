"""`lab`: the notebooks, on a workspace, in JupyterLab."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from thumper_core.commands.common import open_workspace, out, serve
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.files import content_hash, shipped_files, write_whole
from thumper_core.workspace import ENVIRONMENT

_MARK: Final = "thumper"  # key in a notebook's metadata: the hash of the cells as they were shipped

State = Literal["new", "updated", "same", "kept"]


@dataclass(frozen=True)
class Written:
    """What became of one notebook.

    state: new; updated (a newer version replaced an unchanged one); same; kept (a
    person changed it, so it was left alone); is_outdated: kept, and another version ships now.
    """

    path: Path
    state: State
    is_outdated: bool = False


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(lab)


def lab(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Default: 8888, or the next free one.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open JupyterLab in a browser.")] = True,
    write_only: Annotated[
        bool, typer.Option("--write-only", help="Write the notebooks, start nothing.")
    ] = False,
) -> None:
    """Open the notebooks in JupyterLab, on this workspace. What you changed in one is kept."""
    workspace = open_workspace()
    folder = workspace.root / "notebooks"
    for written in write_notebooks(folder):
        if written.state == "kept":
            more = "; rename it to get the one that ships now" if written.is_outdated else ""
            out.print(f"[bold]{written.path.name}[/bold] has changes of yours and was kept{more}.")
        elif written.state != "same":
            out.print(f"{written.path.name} ({written.state})")
    if write_only:
        out.print(f"Notebooks in {folder}")
        return
    out.print(f"JupyterLab in {folder}  (Ctrl-C ends it)")
    words = jupyter_words(folder, port, browser=browser)
    serve(words, {ENVIRONMENT: str(workspace.root)}, "JupyterLab")


def notebook_sources() -> list[Path]:
    """The shipped notebooks (`NN_topic.py`), in order: the wheel's, else the checkout's.

    Raises ThumperError where neither is there.
    """
    return shipped_files("notebooks", "[0-9][0-9]_*.py")


def convert(source: Path) -> dict[str, Any]:
    """A percent-format source as a notebook (nbformat 4.5, as JSON values) without outputs.

    The same source gives the same notebook, byte for byte.
    """
    import jupytext

    notebook: dict[str, Any] = jupytext.read(source, fmt="py:percent")
    for number, cell in enumerate(notebook["cells"], start=1):
        cell["id"] = f"cell-{number:02d}"
        cell["metadata"] = {}
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        _MARK: cells_hash(notebook),
    }
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    return notebook


def cells_hash(notebook: dict[str, Any]) -> str:
    """Hash of what the cells say: running a notebook does not change it, editing does."""
    cells = [
        [cell.get("cell_type"), "".join(cell.get("source", ""))]
        for cell in notebook.get("cells", [])
    ]
    return content_hash(json.dumps(cells).encode())


def write_notebooks(folder: Path) -> list[Written]:
    """Bring the shipped notebooks into `folder`; one that a person changed stays as it is.

    Raises ThumperError where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(source, folder / f"{source.stem}.ipynb") for source in notebook_sources()]
    except OSError as error:
        raise ThumperError(f"Cannot write the notebooks to {folder}: {error.strerror}.") from error


def _write(source: Path, path: Path) -> Written:
    shipped = convert(source)
    wanted = shipped["metadata"][_MARK]
    if path.exists():
        cells, mark = _present(path)
        if cells == wanted:
            return Written(path, "same")
        if cells is None or cells != mark:
            return Written(path, "kept", is_outdated=mark != wanted)
    state: State = "updated" if path.exists() else "new"
    write_whole(path, json.dumps(shipped, indent=1, ensure_ascii=False) + "\n")
    return Written(path, state)


def _present(path: Path) -> tuple[str | None, str | None]:
    """Hashes of the cells (None: it is no notebook) and of those that it shipped with."""
    try:
        notebook = json.loads(path.read_text("utf-8"))
        return cells_hash(notebook), notebook.get("metadata", {}).get(_MARK)
    except (ValueError, AttributeError, TypeError):
        return None, None


def jupyter_words(folder: Path, port: int | None, *, browser: bool) -> list[str]:
    """What Python opens JupyterLab in `folder` with; Jupyter's own token guards it.

    Jupyter runs `jupyter_*_config.py` of the folder that it is started in, and kernels look for
    modules beside their notebook unless they are told not to: `open_python` sees to both.
    """
    from importlib.util import find_spec

    if find_spec("jupyterlab") is None:
        raise UsageError("JupyterLab is not installed: `pip install jupyterlab`.")
    options: dict[str, Any] = {
        "ServerApp.root_dir": folder,
        "ServerApp.open_browser": browser,
        "ServerApp.answer_yes": True,  # one Ctrl-C ends it
        "LabApp.news_url": None,  # nothing is asked of any other machine
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options["ServerApp.allow_root"] = True  # in a container; the user chose to be root
    if port is not None:
        options |= {"ServerApp.port": port, "ServerApp.port_retries": 0}
    return ["-m", "jupyterlab", *(f"--{k}={v}" for k, v in options.items())]
