"""A process of its own session, which outlives the one that started it, with a log."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def start(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> int:
    """Start a Python command of this package in a session of its own and return its PID.

    log: a file that what it prints is added to. Raises OSError where it cannot start.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": python_path(), **(environment or {})},
        )
    _children.append(process)
    reap()
    return process.pid


def reap() -> None:
    """Let go of children that ended: without a wait a long-lived server would keep each as a
    zombie.
    """
    _children[:] = [child for child in _children if child.poll() is None]


def thumper_command(root: Path, arguments: Sequence[str]) -> list[str]:
    """The command line that runs Thumper on a workspace, whatever the PATH and folder."""
    return [sys.executable, "-m", "thumper_core.cli", "--workspace", str(root), *arguments]


def python_path() -> str:
    """PYTHONPATH with the parent of this package first: a checkout starts itself anywhere."""
    own = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join([own, *filter(None, [os.environ.get("PYTHONPATH")])])


def own_arguments(arguments: Sequence[str]) -> list[str]:
    """A command line's arguments without `--detach` and the workspace: the one to start instead."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in ("--workspace", "-w"):
            skip = True
        elif argument != "--detach" and not argument.startswith("--workspace="):
            kept.append(argument)
    return kept


_children: list[subprocess.Popen[bytes]] = []
