"""Listing the photos below a folder, by bytes: no name is too odd to be found.

Links to folders are followed, but each real folder is entered once and by its real path where that
lies below the root, so that a loop ends and no file is listed twice.
"""

# Paths are bytes here, which pathlib does not take.
# ruff: noqa: PTH116, PTH118, PTH120
from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from typing import NamedTuple

from thumper_core.contracts import PICTURE_SUFFIXES
from thumper_core.portable import posix_bytes

PHOTO_SUFFIXES = frozenset(suffix.encode() for suffix in PICTURE_SUFFIXES)
VIDEO_SUFFIXES = frozenset(
    b".mp4 .avi .mov .mkv .m4v .mpg .mpeg .wmv .webm .3gp .mts .m2ts .asf .flv".split()
)
_SUFFIXES = PHOTO_SUFFIXES | VIDEO_SUFFIXES
_IGNORED_NAMES = frozenset(
    (
        b"@eadir",
        b"#recycle",
        b"$recycle.bin",
        b"lost+found",
        b"system volume information",
        b"__macosx",
        b"thumbs",
        b"thumbnails",
        b"thumbs.db",
    )
)


class ScannedFile(NamedTuple):
    """A photo or video by its name. Size 0 and time 0 where the folder does not tell."""

    path_bytes: bytes  # relative to the root
    size: int  # bytes
    mtime_ns: int


class Scan(NamedTuple):
    """What was found below a root: files in the order of their paths."""

    files: list[ScannedFile]
    n_ignored: int  # files that are neither photo nor video, hidden, or listed under another path
    unreadable_folders: list[bytes]  # relative to the root: what they hold is not known


def suffix_of(path: bytes) -> bytes:
    """The last suffix of a path, lower case, with its dot; empty where there is none."""
    # As `os.path.splitext`, in a third of its time: every `add` asks it of every file.
    stem, dot, suffix = path[path.rfind(b"/") + 1 :].rpartition(b".")
    return dot + suffix.lower() if stem.strip(b".") else b""


def is_wanted(name: bytes) -> bool:
    """Whether a file is a photo or a video by its name."""
    return suffix_of(name) in _SUFFIXES


def is_ignored(name: bytes) -> bool:
    """Whether a file or folder is never looked at: hidden, or a system's own."""
    return name.startswith(b".") or name.lower() in _IGNORED_NAMES


def is_inside(path: bytes, folder: bytes) -> bool:
    """Whether `path` is `folder` or below it; both absolute, without links or trailing slashes."""
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")


def scan_tree(root: bytes, scope: bytes = b"", closed: Iterable[bytes] = ()) -> Scan:
    """List every photo and video below `root`/`scope`, or the one file that `scope` names.

    root: absolute, without links; scope: relative to it, empty for all; closed: absolute folders
    that are not entered. Raises OSError where `root`/`scope` itself cannot be listed.
    """
    walk = _Walk(root, closed)
    start = os.path.join(root, scope) if scope else root
    status = os.stat(start)
    if not stat.S_ISDIR(status.st_mode):
        return Scan([ScannedFile(scope, status.st_size, status.st_mtime_ns)], 0, [])
    with os.scandir(start):  # the root must be readable, or all it holds would seem to be gone
        pass
    walk.block_ancestors(start)
    walk.run(scope)
    walk.files.sort()
    return Scan(walk.files, walk.n_ignored, walk.unreadable_folders)


class _Walk:
    """One walk: real folders first, links when those are done."""

    def __init__(self, root: bytes, closed: Iterable[bytes]) -> None:
        self.root = root
        self.closed = list(closed)
        self.entered = {found for folder in self.closed if (found := _identity(folder))}
        self.files: list[ScannedFile] = []
        self.n_ignored = 0
        self.unreadable_folders: list[bytes] = []
        self.folders: list[bytes] = []
        self.links: list[bytes] = []

    def block_ancestors(self, start: bytes) -> None:
        """A link up to a folder that holds `start` is a loop."""
        while start != os.path.dirname(start):
            start = os.path.dirname(start)
            if found := _identity(start):
                self.entered.add(found)

    def run(self, scope: bytes) -> None:
        self.folders.append(scope)
        while self.folders or self.links:
            if self.folders:
                self._folder(self.folders.pop())
            else:
                self._link(self.links.pop())

    def _folder(self, folder: bytes) -> None:
        path = os.path.join(self.root, folder)
        found = _identity(path)
        if found is None or found in self.entered:
            return
        self.entered.add(found)
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    self._entry(folder, entry)
        except FileNotFoundError:
            return  # removed while being listed
        except OSError:
            self.unreadable_folders.append(folder)

    def _entry(self, folder: bytes, entry: os.DirEntry[bytes]) -> None:
        relative = folder + b"/" + entry.name if folder else entry.name
        if is_ignored(entry.name):
            self.n_ignored += entry.is_file(follow_symlinks=False)
        elif entry.is_symlink():
            self.links.append(relative)
        elif entry.is_dir(follow_symlinks=False):
            self.folders.append(relative)
        elif is_wanted(entry.name) and entry.is_file(follow_symlinks=False):
            try:
                status = entry.stat(follow_symlinks=False)
                self.files.append(ScannedFile(relative, status.st_size, status.st_mtime_ns))
            except FileNotFoundError:
                return  # removed while being listed
            except OSError:  # a folder that may be listed but not searched
                self.files.append(ScannedFile(relative, 0, 0))
        else:
            self.n_ignored += 1

    def _link(self, relative: bytes) -> None:
        path = os.path.join(self.root, relative)
        try:
            status = os.stat(path)
        except OSError as error:
            if is_wanted(relative) and error.errno != errno.ELOOP:
                self.files.append(ScannedFile(relative, 0, os.lstat(path).st_mtime_ns))
            else:
                self.n_ignored += 1
            return
        is_folder = stat.S_ISDIR(status.st_mode)
        if self._listed_elsewhere(posix_bytes(os.path.realpath(path)), is_folder):
            self.n_ignored += not is_folder
        elif is_folder:
            self.folders.append(relative)
        elif is_wanted(relative) and stat.S_ISREG(status.st_mode):
            self.files.append(ScannedFile(relative, status.st_size, status.st_mtime_ns))
        else:
            self.n_ignored += 1

    def _listed_elsewhere(self, target: bytes, is_folder: bool) -> bool:
        """Whether a walk lists the link's target under its own path."""
        if any(is_inside(target, folder) for folder in self.closed):
            return True
        if not is_inside(target, self.root):
            return False
        parts = target[len(self.root) :].strip(b"/").split(b"/")
        return not any(map(is_ignored, parts)) and (is_folder or is_wanted(parts[-1]))


def _identity(path: bytes) -> tuple[int, int] | None:
    """What makes a folder the same one under any path; None where it cannot be looked at."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
