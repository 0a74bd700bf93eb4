"""Folders as they come off cards: files by name, with nothing in them."""

from __future__ import annotations

from pathlib import Path


def make(root: Path, *names: str) -> Path:
    """Make these files below a folder; returns the folder."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root
