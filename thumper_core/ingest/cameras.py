"""The camera that took a photo, from the folders it lies in."""

from __future__ import annotations

import re

_CARD_FOLDER = re.compile(r"[1-9]\d\d\w{5}", re.ASCII)


def camera_of(root: str, path: str, level: int) -> str:
    """The folder name that stands for the camera.

    root: absolute folder; path: the photo's, relative to it, both POSIX. level: 1 is the first
    folder below the root, 2 the second, ...; -1 the folder that holds the photo, -2 the one above
    it, ...; 0 the root itself. A level that a path does not have gives the nearest one it has.

    Folders that a camera makes on its card (`DCIM`, and `100RECNX` and the like in it) are no
    camera's name and do not count. Source of their form: DCF 2.0 (CIPA DC-009), section 3.
    """
    above = _without_card_folders(root.split("/"))
    inside = _without_card_folders(path.split("/")[:-1])
    names = [above[-1] if above else "/", *inside]
    at = level if level >= 0 else len(names) + level
    return names[min(max(at, 0), len(names) - 1)]


def _without_card_folders(folders: list[str]) -> list[str]:
    kept: list[str] = []
    in_dcim = False
    for folder in folders:
        is_card = in_dcim and _CARD_FOLDER.fullmatch(folder) is not None
        in_dcim = folder.upper() == "DCIM"
        if folder and not in_dcim and not is_card:
            kept.append(folder)
    return kept
