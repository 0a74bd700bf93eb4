"""What Windows does otherwise: names that it refuses, files that somebody holds open, strokes in paths."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

IS_WINDOWS: Final = os.name == "nt"
PART_BYTES_MAX: Final = 120
"""Of one name, in UTF-8: the shortest limit is 143, of eCryptfs."""
PATH_CHARS_MAX: Final = 180
"""Of a path below the folder that it is written in: Windows takes 260 with that folder."""
_REFUSED: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])", re.I)
_PAUSES_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Virus scanners and readers let a file go within this."""


def safe_part(text: str) -> str:
    """A name of a file or folder that every system takes, and none takes for another.

    Characters that Windows refuses become `_`, and so do dots and blanks at the end, which it drops; a
    device's name (`CON`, `nul.jpg`) gets a `_`; a long name keeps its ending and a mark of the whole.
    https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
    """
    clean = _REFUSED.sub("_", text)
    kept = clean.rstrip(". ")
    clean = kept + "_" * (len(clean) - len(kept)) if kept else "_"
    if is_device(clean):
        stem, dot, suffix = clean.partition(".")
        clean = f"{stem}_{dot}{suffix}"
    if len(clean.encode("utf-8", "surrogatepass")) <= PART_BYTES_MAX:
        return clean
    ending = Path(clean).suffix[:16]
    tail = f"-{_mark(text)}{ending}"
    head = clean.encode("utf-8", "ignore")[: PART_BYTES_MAX - len(tail.encode())]
    return head.decode("utf-8", "ignore").rstrip(". ") + tail


def is_device(name: str) -> bool:
    """Whether Windows means a device by a name, whatever its ending."""
    return _RESERVED.fullmatch(name.partition(".")[0].rstrip(" ")) is not None


def safe_paths(paths: Iterable[str]) -> dict[str, str]:
    """Relative POSIX paths -> such that every system takes, all different where case counts for nothing.

    Names as in `safe_part`; nothing leads upwards; a path that is too long keeps its first folder and
    its file, with a mark of what was between.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for path in paths:
        if path in found:
            continue
        parts = [safe_part(part) for part in path.split("/") if part not in ("", ".")] or ["_"]
        if len("/".join(parts)) > PATH_CHARS_MAX and len(parts) > 2:
            short = [parts[0][:40], _mark(path), parts[-1]]
            parts = [safe_part(part) for part in short]
        folder, name = parts[:-1], parts[-1]
        number = 2
        while (key := "/".join([*folder, name]).casefold()) in taken:
            end = Path(parts[-1]).suffix
            name = f"{parts[-1].removesuffix(end)}-{number}{end}"
            number += 1
        taken.add(key)
        found[path] = "/".join([*folder, name])
    return found


def posix_bytes(path: bytes, separator: str = os.sep) -> bytes:
    """A path with `/` between its parts, which every system takes, however it was asked for."""
    return path if separator == "/" else path.replace(separator.encode(), b"/")


def rename(source: Path, target: Path) -> None:
    """Rename a file or folder, a file over what is there.

    Windows refuses while somebody holds either open, which passes: there it is tried again, for a second
    and a half. Raises OSError where it cannot be.
    """
    for pause_s in _PAUSES_S if IS_WINDOWS else ():
        try:
            source.replace(target)
            return
        except PermissionError:
            time.sleep(pause_s)
    source.replace(target)


def _mark(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
