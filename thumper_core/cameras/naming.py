"""What cameras are called: photos whose paths disagree, and what a person says instead."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.ingest.cameras import UNKNOWN
from thumper_core.ingest.scan import is_inside
from thumper_core.portable import posix_bytes
from thumper_core.store.cameras.first_paths import with_first_paths
from thumper_core.store.cameras.names import (
    camera_key,
    find_camera,
    forget_renames,
    names_in,
    require_camera,
    set_rename,
    tidy,
)
from thumper_core.workspace import Workspace

_SHARED: Final = """
select root, path, photo_id, camera, known, missing from files where photo_id in (
    select photo_id from files group by photo_id having count(distinct camera) > 1
)
"""


@dataclass(frozen=True)
class Conflict:
    """Photos that lie in a folder of one name and were known by another camera's before.

    folder: absolute; would_be: the camera that the folder names; cameras: those that hold.
    """

    folder: str
    n_photos: int
    would_be: str
    cameras: tuple[str, ...]

    @property
    def message(self) -> str:
        """The conflict in a sentence or two, with the way to decide otherwise."""
        held = " and ".join(self.cameras) if len(self.cameras) < 4 else "other cameras"
        photos = counted(self.n_photos, "photo is", "photos are")
        return (
            f"{photos} also under {self.folder}, which would name another camera, "
            f"{self.would_be}. {'It stays' if self.n_photos == 1 else 'They stay'} with the camera "
            f"known first: {held}. If {self.would_be} is right: "
            f'thumper cameras use "{self.folder}"'
        )


def camera_conflicts(workspace: Workspace) -> list[Conflict]:
    """Folders whose photos have another camera, by folder; paths that are gone do not count."""
    with workspace.ledger.reading() as c:
        rows = c.execute(_SHARED).fetchall()
        names = names_in(c) if rows else {}
    if not rows:
        return []
    text, number = pl.String, pl.Int64
    schema = {"root": text, "path": text, "photo_id": text, "camera": text, "known": number,
              "missing": number}  # fmt: skip
    files = with_first_paths(
        pl.DataFrame(rows, schema=schema, orient="row"), workspace.ledger.roots(), names
    ).filter((pl.col("camera") != pl.col("own_camera")) & (pl.col("missing") == 0))
    folders = [_folder(*row) for row in files.select("root", "path", "own_camera").iter_rows()]
    grouped = (
        files.with_columns(pl.Series("folder", folders, text))
        .group_by("folder", "own_camera")
        .agg(pl.col("photo_id").n_unique(), pl.col("camera").unique().sort())
        .sort("folder", "own_camera")
    )
    return [
        Conflict(folder, n_photos, would_be, tuple(cameras))
        for folder, would_be, n_photos, cameras in grouped.iter_rows()
    ]


def camera_notes(workspace: Workspace, added: Sequence[Path]) -> list[str]:
    """What is to be said of camera names after paths were added: conflicts, photos without one."""
    folders = [posix_bytes(os.path.realpath(os.fsencode(path))) for path in added]
    notes = [
        conflict.message
        for conflict in camera_conflicts(workspace)
        if any(_touch(os.fsencode(conflict.folder), folder) for folder in folders)
    ]
    n_unknown = _cameras(workspace).get(UNKNOWN, 0)
    if n_unknown:
        notes.append(
            f"{counted(n_unknown, 'photo lies', 'photos lie')} in folders that name no camera "
            f"(a card's, or a date): their camera is `{UNKNOWN}`. Put each camera's "
            "photos into a folder with its name and add "
            f'it, or: thumper cameras rename {UNKNOWN} "NAME"'
        )
    return notes


def rename_camera(workspace: Workspace, old: str, new: str) -> list[str]:
    """Show a camera under another name from now on, photos of later cards too: what that did.

    A name that another camera has makes both one. Raises UsageError where there is no camera `old`.
    """
    known = _cameras(workspace)
    was, name = require_camera(old, list(known)), tidy(new)
    if not name:
        raise UsageError("The new name is empty.")
    taken = find_camera(name, known)
    set_rename(workspace.ledger, was, name)
    said = [
        f"{counted(known[was], f'photo of {was} is', f'photos of {was} are')} {name}'s now, and so "
        "will be those of later cards."
    ]
    if taken is not None and camera_key(taken) != camera_key(was):
        said.append(
            f"{name} had {counted(known[taken], 'photo')} of its own: both are one camera now."
        )
    return [*said, f'To take it back: thumper cameras rename "{name}" --undo']


def undo_rename(workspace: Workspace, name: str) -> list[str]:
    """Let what was renamed to `name` have the names of its folders again: what that did."""
    before = _cameras(workspace)
    if forget_renames(workspace.ledger, name) == 0:
        raise UsageError(f"No camera was renamed to {name!r}.")
    after = _cameras(workspace)
    changed = sorted(camera for camera in after if after[camera] != before.get(camera))
    return [f"Cameras have the names of their folders again: {', '.join(changed) or 'no photos'}."]


def use_folder(workspace: Workspace, folder: Path) -> list[str]:
    """Let a folder name the cameras of the photos in it, whatever they were before: what that did.

    Raises UsageError where no photo below it is known.
    """
    wanted = posix_bytes(os.path.realpath(os.fsencode(folder)))
    before = _camera_of_photos(workspace)
    n_files = 0
    for root in workspace.ledger.roots():
        top = os.fsencode(root)
        if not _touch(wanted, top):
            continue
        paths = [
            row.path_bytes
            for row in workspace.ledger.files_under(root)
            if is_inside(top + b"/" + row.path_bytes, wanted)
        ]
        n_files += len(paths)
        if paths:
            workspace.ledger.put_first(root, paths)
    if not n_files:
        raise UsageError(f"No known photo lies under {folder}. First: thumper add {folder}")
    moved = before.join(_camera_of_photos(workspace), on="photo_id", suffix="_now").filter(
        pl.col("camera") != pl.col("camera_now")
    )
    pairs = moved.group_by("camera", "camera_now").len().sort("camera", "camera_now")
    said = [
        f"{counted(n, f'photo of {was} is', f'photos of {was} are')} {now}'s now."
        for was, now, n in pairs.iter_rows()
    ]
    there = counted(n_files, "photo there has", "photos there have")
    return said or [f"{there} the camera that the folder names already."]


def _touch(one: bytes, other: bytes) -> bool:
    return is_inside(one, other) or is_inside(other, one)


def _cameras(workspace: Workspace) -> dict[str, int]:
    """Each camera and how many photos it has."""
    rows = workspace.sql("select camera, count(*) from photos group by camera order by camera")
    return dict(rows.iter_rows())


def _camera_of_photos(workspace: Workspace) -> pl.DataFrame:
    return workspace.sql("select photo_id, camera from photos")


def _folder(root: str, path: str, camera: str) -> str:
    """The folder of a path that gives it its camera, else the one that holds it; absolute."""
    parts = path.split("/")[:-1]
    key = camera_key(camera)
    for at, part in enumerate(parts):
        if camera_key(part) == key:
            return posixpath.join(root, *parts[: at + 1])
    return root if camera_key(posixpath.basename(root)) == key else posixpath.join(root, *parts)
