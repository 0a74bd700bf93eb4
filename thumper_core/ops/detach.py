"""Commands that outlive the terminal: the same command in a process of its own, with a log."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from thumper_core.contracts import ThumperError


@dataclass(frozen=True)
class Detached:
    """A process that works on its own."""

    pid: int
    log: Path


def detach(root: Path, arguments: Sequence[str]) -> Detached:
    """Start `thumper --workspace root <arguments>` in a session of its own and return at once.

    What it prints goes to `<root>/logs/`; that it lives and how far it is stands in the ledger's
    jobs. SIGTERM ends it after the photos under way. Raises ThumperError where it cannot start.
    """
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    log = root / "logs" / f"{stamp}-{arguments[0]}.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(
                thumper_command(root, arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | {"PYTHONPATH": _python_path()},
            )
    except OSError as error:
        raise ThumperError(f"Cannot start work in {root}: {error.strerror or error}.") from error
    # Nobody waits for it: without this a finished child would stay a zombie of a long-lived server.
    _children[:] = [child for child in [*_children, process] if child.poll() is None]
    return Detached(process.pid, log)


def thumper_command(root: Path, arguments: Sequence[str]) -> list[str]:
    """The command line that runs Thumper on a workspace, whatever the PATH and folder."""
    return [sys.executable, "-m", "thumper_core.cli", "--workspace", str(root), *arguments]


def _python_path() -> str:
    """The parent of this package first, so that a checkout starts itself from any folder."""
    own = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join([own, *filter(None, [os.environ.get("PYTHONPATH")])])


def own_arguments(arguments: Sequence[str]) -> list[str]:
    """A command line's arguments without `--detach` and the workspace, which `detach` adds."""
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
