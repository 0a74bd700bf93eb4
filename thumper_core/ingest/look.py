"""What a folder of photos holds, and which of its folders name the cameras, before anything is added."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.disk import size_text
from thumper_core.ingest.cameras import camera_of
from thumper_core.ingest.scan import scan_tree

DEEPEST: Final = 4
"""Folder levels that are looked at for cameras' names, from the first on."""
_NAMED_MAX: Final = 8


@dataclass(frozen=True)
class Seen:
    """A folder as it was found. bytes: of the files; level: which folder names the cameras (see
    `camera_of`); cameras: their names -> how many files each has, most first.
    """

    folder: Path
    n_files: int
    bytes: int
    level: int
    cameras: Mapping[str, int]

    @property
    def sentences(self) -> tuple[str, str]:
        """What was found, and which cameras that makes."""
        named = [f"{name} ({n:,})" for name, n in list(self.cameras.items())[:_NAMED_MAX]]
        more = len(self.cameras) - len(named)
        listed = ", ".join(named) + (f" and {more:,} more" if more else "")
        return (
            f"{counted(self.n_files, 'file')} of photos and videos in {self.folder} "
            f"({size_text(self.bytes)}).",
            f"{counted(len(self.cameras), 'camera')} by the folders at level {self.level}: {listed}.",
        )


def look(folder: Path, level: int | None = None) -> Seen:
    """List a folder and say which cameras its folders name; no file is opened.

    level: which folder names the camera; None: as `likely_level` says. Raises UsageError where the
    folder is none, cannot be listed, or holds no photo.

    >>> from thumper_core import look
    >>> seen = look("photos")
    >>> seen.level, seen.n_files
    (1, 11)
    """
    root = Path(os.path.realpath(Path(folder).expanduser()))
    if not root.is_dir():
        raise UsageError(
            f"{folder} is no folder on this machine. Name the one that holds the photos."
        )
    try:
        files = scan_tree(os.fsencode(root.as_posix())).files
    except OSError as error:
        raise UsageError(f"{root} cannot be listed: {error.strerror or error}.") from error
    if not files:
        raise UsageError(f"There is no photo in {root}. Name the folder that holds them.")
    folders = Counter(_folder_of(file.path_bytes) for file in files)
    at = likely_level(root.as_posix(), folders) if level is None else level
    cameras = Counter(_cameras(root.as_posix(), folders, at))
    return Seen(root, len(files), sum(f.size for f in files), at, dict(cameras.most_common()))


def likely_level(root: str, folders: Mapping[str, int]) -> int:
    """The level of the folders that most likely name the cameras: the first with several names.

    root: absolute; folders: relative paths of folders that hold photos -> how many. 1, which is
    where a person puts them, where no level has several names: there is one camera, then.
    """
    levels = range(1, DEEPEST + 1)
    return next((at for at in levels if len(_cameras(root, folders, at)) > 1), 1)


def _cameras(root: str, folders: Mapping[str, int], level: int) -> dict[str, int]:
    named: Counter[str] = Counter()
    for folder, n in folders.items():
        named[camera_of(root, f"{folder}/photo" if folder else "photo", level)] += n
    return dict(named)


def _folder_of(path: bytes) -> str:
    return os.fsdecode(path.rpartition(b"/")[0])
