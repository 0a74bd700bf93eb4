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
from thumper_core.files import expanded
from thumper_core.ingest.cameras import camera_of
from thumper_core.ingest.changes import display_path
from thumper_core.ingest.scan import ScannedFile, scan_tree

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


@dataclass(frozen=True)
class Listed:
    """The photos and videos below a folder, before it is said which folder names a camera.

    folder: absolute, links followed; found: as `scan_tree` lists them.
    """

    folder: Path
    found: tuple[ScannedFile, ...]

    def seen(self, level: int | None) -> Seen:
        """What a level calls the cameras; None: the likely one."""
        root = self.folder.as_posix()
        folders = Counter(_folder_of(file.path_bytes) for file in self.found)
        at = likely_level(root, folders) if level is None else level
        cameras = Counter(_cameras(root, folders, at))
        n_bytes = sum(file.size for file in self.found)
        return Seen(self.folder, len(self.found), n_bytes, at, dict(cameras.most_common()))

    def files(self, level: int, most: int) -> dict[str, tuple[Path, ...]]:
        """Of each camera by a level at most so many files, spread evenly over all that it has."""
        of_camera: dict[str, list[bytes]] = {}
        named: dict[str, str] = {}
        for file in self.found:
            folder = _folder_of(file.path_bytes)
            if folder not in named:
                named[folder] = _camera(self.folder.as_posix(), folder, level)
            of_camera.setdefault(named[folder], []).append(file.path_bytes)
        return {
            camera: tuple(self.folder / os.fsdecode(path) for path in _spread(paths, most))
            for camera, paths in of_camera.items()
        }


def looked_at(folder: Path) -> Listed:
    """List a folder; no file is opened. Raises UsageError as `look` does."""
    root = Path(os.path.realpath(expanded(folder)))
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
    return Listed(root, tuple(files))


def look(folder: Path, level: int | None = None) -> Seen:
    """List a folder and say which cameras its folders name; no file is opened.

    level: which folder names the camera; None: as `likely_level` says. Raises UsageError where the
    folder is none, cannot be listed, or holds no photo.

    >>> from thumper_core import look
    >>> seen = look("photos")
    >>> seen.level, seen.n_files
    (1, 11)
    """
    return looked_at(folder).seen(level)


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
        named[_camera(root, folder, level)] += n
    return dict(named)


def _camera(root: str, folder: str, level: int) -> str:
    return camera_of(root, f"{folder}/photo" if folder else "photo", level)


def _spread(paths: list[bytes], most: int) -> list[bytes]:
    """So many of them, from the first to the last, each once."""
    if len(paths) <= most:
        return paths
    return [paths[round(at * (len(paths) - 1) / max(1, most - 1))] for at in range(most)]


def _folder_of(path: bytes) -> str:
    return display_path(path.rpartition(b"/")[0])
