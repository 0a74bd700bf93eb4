"""A process of its own session, which outlives the one that started it, with a log."""

from __future__ import annotations

import subprocess
from collections.abc import Container, Mapping, Sequence
from pathlib import Path

from thumper_core.children import open_python
from thumper_core.files import expanded

_ALONE = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(
    subprocess, "CREATE_NEW_PROCESS_GROUP", 0
)
"""On Windows, which knows no sessions: the window of the one that started it may close."""


def start(words: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> int:
    """Start Python with these words in a session of its own and return its PID.

    log: a file that what it prints is added to. Raises OSError where it cannot start.
    """
    with log.open("ab") as output:
        process = open_python(
            words,
            environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=_ALONE,
        )
    _children.append(process)
    reap()
    return process.pid


def reap() -> None:
    """Let go of children that ended: without a wait a long-lived server would keep each as a
    zombie.
    """
    _children[:] = [child for child in _children if child.poll() is None]


def thumper_words(root: Path, arguments: Sequence[str]) -> list[str]:
    """The words after `python` that run Thumper on a workspace, whatever the PATH and folder."""
    return ["-m", "thumper_core.cli", "--workspace", str(root.resolve()), *arguments]


def own_arguments(arguments: Sequence[str], known: Container[str] = ()) -> list[str]:
    """A command line's arguments without `--detach` and the workspace: the one to start instead.

    known: names of models; a detector's file that is none of them gets its whole path, because the
    process works in another folder.
    """
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in ("--workspace", "-w"):
            skip = True
        elif kept and kept[-1] == "--detector":
            kept.append(_whole_path(argument, known))
        elif argument.startswith("--detector="):
            kept.append(f"--detector={_whole_path(argument.partition('=')[2], known)}")
        elif argument != "--detach" and not argument.startswith("--workspace="):
            kept.append(argument)
    return kept


def _whole_path(text: str, known: Container[str]) -> str:
    path = expanded(text)
    return str(path.absolute()) if text not in known and path.exists() else text


_children: list[subprocess.Popen[bytes]] = []
