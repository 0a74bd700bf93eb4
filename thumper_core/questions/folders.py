"""The folders of this machine, one level at a time, for choosing the one that holds the photos."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thumper_core.contracts import UsageError
from thumper_core.files import expanded
from thumper_core.ingest.scan import is_ignored, is_wanted

SHOWN: Final = 200
"""Folders that are listed of one; a longer list is for typing a path."""
_DISKS: Final = ("/media", "/run/media", "/mnt", "/Volumes")


@dataclass(frozen=True)
class Below:
    """What lies in a folder. folder: absolute, links followed; above: the one that holds it, None
    at the top; folders: names, sorted, at most SHOWN; n_more: how many more; n_photos: photos and
    videos in the folder itself.
    """

    folder: Path
    above: Path | None
    folders: tuple[str, ...]
    n_more: int
    n_photos: int


def below(folder: Path) -> Below:
    """List one folder: the folders in it that this account may open, and how many photos lie in it.

    Nothing is opened, hidden and system folders are left out. Raises UsageError where it is no
    folder, or cannot be listed.
    """
    root = Path(os.path.realpath(expanded(folder)))
    if not root.is_dir():
        raise UsageError(f"{folder} is no folder on this machine.")
    try:
        with os.scandir(root) as entries:
            found = [entry for entry in entries if not is_ignored(os.fsencode(entry.name))]
    except OSError as error:
        raise UsageError(f"{root} cannot be listed: {error.strerror or error}.") from error
    names = sorted((entry.name for entry in found if _may_open(entry)), key=str.casefold)
    n_photos = sum(is_wanted(os.fsencode(entry.name)) for entry in found)
    above = root.parent if root.parent != root else None
    return Below(root, above, tuple(names[:SHOWN]), max(0, len(names) - SHOWN), n_photos)


def usual_places() -> list[Path]:
    """Where photos may lie: the home folder with its pictures, and disks and cards that are plugged in."""
    home = Path.home()
    wanted = [home, home / "Pictures", *(disk for place in _DISKS for disk in _in(Path(place)))]
    return list(dict.fromkeys(path for path in wanted if _is_open(path)))


def _in(place: Path) -> Iterator[Path]:
    """Folders of a place where disks appear; of the one that is this account's, those in it."""
    mine = place / Path.home().name  # desktops put a person's disks there
    for path in _folders_of(place):
        yield from _folders_of(path) if path == mine else [path]


def _folders_of(place: Path) -> list[Path]:
    try:
        return sorted(path for path in place.iterdir() if path.is_dir())
    except OSError:
        return []


def _may_open(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir() and os.access(entry.path, os.R_OK | os.X_OK)
    except OSError:
        return False


def _is_open(path: Path) -> bool:
    return path.is_dir() and os.access(path, os.R_OK | os.X_OK)
