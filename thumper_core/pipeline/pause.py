"""Pausing work in a workspace: every job there begins no further photo until it goes on.

The wish is a file in the workspace, so that it holds for every process, survives a restart, and
can be seen. What was finished is in the lake already; the models stay loaded.
"""

from __future__ import annotations

from pathlib import Path

_NAME = "paused"


def pause(root: Path) -> None:
    """Let the work in workspace folder `root` rest."""
    (root / _NAME).touch()


def go_on(root: Path) -> None:
    """Let it go on; a second time changes nothing."""
    (root / _NAME).unlink(missing_ok=True)


def is_paused(root: Path) -> bool:
    """Whether work rests."""
    return (root / _NAME).exists()
