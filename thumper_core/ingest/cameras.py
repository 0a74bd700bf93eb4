"""The camera that took a photo, from the folders it lies in."""

from __future__ import annotations

from typing import Final

from thumper_core.ingest.card_folders import is_made_by_camera, without_names

UNKNOWN: Final = "unknown"
"""The camera of photos that lie in no folder with a name of its own."""
_MOUNTS: Final = (("run", "media"), ("media",), ("Volumes",), ("mnt",))


def camera_of(root: str, path: str, level: int) -> str:
    """The folder name that stands for the camera.

    root: absolute folder; path: the photo's, relative to it, both POSIX. level: 1 is the first
    folder below the root, 2 the second, ...; -1 the folder that holds the photo, -2 the one above
    it, ...; 0 the root itself. A level that a path does not have gives the nearest one it has.

    Folders that a camera makes (`DCIM`, `100RECNX` in it, `Copy of DCIM`) do not count. A card's or
    a date's folder (`SD 2`, `2024-11-05`) counts but is no camera's name: of a level counted from
    the root the next folder below stands in, else the nearest one above, the root and what is above
    it too. Where none has a name of its own, the camera is UNKNOWN.
    """
    above = _above(root)
    inside = _counted(path.split("/")[:-1])
    named = [above[-1] if above else root if root == "/" else "", *inside]
    names = ["" if nameless else n for n, nameless in zip(named, without_names(named), strict=True)]
    at = level if level >= 0 else len(names) + level
    at = min(max(at, 0), len(names) - 1)
    below = names[at:] if level > 0 else names[at : at + 1]
    further = [n for n, bare in zip(above, without_names(above), strict=True) if not bare]
    nearest = [*below, *reversed(names[:at]), *reversed(further)]
    return next((name for name in nearest if name), UNKNOWN)


def _above(root: str) -> list[str]:
    """The root and the folders above it that may name a camera: not those where disks appear."""
    parts = [part for part in root.split("/") if part]
    mount = next((m for m in _MOUNTS if tuple(parts[: len(m)]) == m), ())
    skipped = len(mount)
    is_card_next = len(parts) > skipped + 1 and is_made_by_camera(parts[skipped + 1])
    if mount and mount[-1] == "media" and len(parts) > skipped + 1 and not is_card_next:
        skipped += 1  # the person whose disks appear there
    if mount == ("mnt",) and len(parts) > 1 and len(parts[1]) == 1:
        skipped += 1  # a drive's letter
    return _counted(parts[skipped:])


def _counted(folders: list[str]) -> list[str]:
    kept: list[str] = []
    for above, folder in zip(["", *folders], folders, strict=False):
        if folder and not is_made_by_camera(folder, above):
            kept.append(folder)
    return kept
