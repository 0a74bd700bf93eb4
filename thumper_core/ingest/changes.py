"""What a scan means for the ledger: decided here, without opening a file or writing a row."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from thumper_core.ingest.cameras import camera_of
from thumper_core.ingest.names import read_name
from thumper_core.ingest.scan import Scan, ScannedFile, is_inside
from thumper_core.store.ledger import FileRow


class ToRead(NamedTuple):
    """A new or changed file; `row` is complete but for what its bytes tell."""

    row: FileRow
    is_known: bool


@dataclass(frozen=True)
class Changes:
    """One scan against what was known.

    unchanged: rows as they now are, all of them; refreshed: those of them that the ledger has
    otherwise (back after they were missing, or of another camera); to_read: new and changed files;
    gone: rows of files that are no longer there; outside_ids: IDs of the root's other files.
    """

    root: str
    unchanged: list[FileRow]
    refreshed: list[FileRow]
    to_read: list[ToRead]
    gone: list[FileRow]
    outside_ids: set[str]
    n_ignored: int
    n_unreadable_folders: int


def find_changes(
    root: str,
    scope: bytes,
    scan: Scan,
    known: Iterable[FileRow],
    camera_level: int,
    renew: Container[str] = (),
    said: Mapping[str, str] | None = None,
) -> Changes:
    """Compare a scan of `root`/`scope` with the root's known rows.

    A file with its old size and modification time is unchanged; one whose bytes could not be read
    last time is tried again unless it is still empty, and one whose photo is in `renew` is read again.
    said: cameras' names by photo, which come before those of folders.
    Below a folder that could not be listed,
    nothing counts as gone.
    """
    inside: dict[bytes, FileRow] = {}
    outside_ids: set[str] = set()
    for row in known:
        if not scope or is_inside(row.path_bytes, scope):
            inside[row.path_bytes] = row
        elif row.content and not row.missing:
            outside_ids.add(row.photo_id)
    name_camera = _CameraNames(root, camera_level)
    unchanged, refreshed, to_read = [], [], []
    for file in scan.files:
        old = inside.pop(file.path_bytes, None)
        path = display_path(file.path_bytes)
        folder, _, name = path.rpartition("/")
        camera, (time, number) = name_camera(folder, path), read_name(name)
        if said and old is not None:
            camera = said.get(old.photo_id, camera)
        at, precision = time or (None, None)
        if old is None or not _is_unchanged(old, file) or old.photo_id in renew:
            new = FileRow(root, path, *file, "", camera, at, False, False, precision, number)
            to_read.append(ToRead(new, old is not None))
            continue
        was = old.camera, old.name_taken_at, old.name_precision, old.file_number, old.missing
        if was == (camera, at, precision, number, False):
            unchanged.append(old)
            continue
        row = old._replace(
            camera=camera, name_taken_at=at, name_precision=precision, file_number=number,
            missing=False,
        )  # fmt: skip
        unchanged.append(row)
        refreshed.append(row)
    unseen = scan.unreadable_folders
    return Changes(
        root=root,
        unchanged=unchanged,
        refreshed=refreshed,
        to_read=to_read,
        gone=[
            row
            for path, row in inside.items()
            if not any(not folder or is_inside(path, folder) for folder in unseen)
        ],
        outside_ids=outside_ids,
        n_ignored=scan.n_ignored,
        n_unreadable_folders=len(unseen),
    )


def display_path(path: bytes) -> str:
    r"""A path as text: UTF-8, with bytes that are not shown as `\xNN`.

    >>> from thumper_core import display_path
    >>> display_path(b"Creek/a.jpg")
    'Creek/a.jpg'
    """
    return path.decode("utf-8", "backslashreplace")


def _is_unchanged(old: FileRow, file: ScannedFile) -> bool:
    same = old.size == file.size and old.mtime_ns == file.mtime_ns
    return same and (old.content or file.size == 0)


class _CameraNames:
    """`camera_of`, asked once for each folder."""

    def __init__(self, root: str, level: int) -> None:
        self.root, self.level = root, level
        self.by_folder: dict[str, str] = {}

    def __call__(self, folder: str, path: str) -> str:
        if folder not in self.by_folder:
            self.by_folder[folder] = camera_of(self.root, path, self.level)
        return self.by_folder[folder]
