"""A disk that takes no more: full, a quota used up, or there for reading only.

Each library says it in its own way: an errno, a sentence in an exception of its own, "disk I/O error"
of SQLite, which can mean a hundred things. What is plain is taken at its word; for what is not, the
file system itself is asked before anything else is blamed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from thumper_core.contracts import ThumperError

Kind = Literal["full", "files", "quota", "read-only"]
"""files: there is room for bytes, but not for one more file."""

SCANT_BYTES: Final = 2**20
"""With less than this free, an error that may mean a full disk does mean it."""
_PROBE_BYTES: Final = 2**16
_ERRNOS: Final[dict[int, Kind]] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "quota",
    errno.EROFS: "read-only",
}
_NUMBERS: Final[dict[Kind, int]] = {
    "full": errno.ENOSPC,
    "files": errno.ENOSPC,
    "quota": errno.EDQUOT,
    "read-only": errno.EROFS,
}
_PLAIN: Final[dict[str, Kind]] = {
    "no space left on device": "full",
    "not enough space on the disk": "full",  # Windows
    "database or disk is full": "full",
    "disk quota exceeded": "quota",
    "read-only file system": "read-only",
}
_DOUBTFUL: Final = (
    "disk i/o error",  # SQLite, where its log or the log's index cannot grow, among much else
    "unable to open database file",
    "readonly database",
    "iostream error",  # OpenVINO: std::ofstream
    "requested and",  # numpy: "2000 requested and 512 written"
    "no usable temporary directory",
)


@dataclass(frozen=True)
class Trouble:
    """What keeps a disk from taking more. folder: a place on it; free: bytes, None: not known."""

    kind: Kind
    folder: Path
    free: int | None

    @property
    def os_error(self) -> OSError:
        """The same as the system says it."""
        number = _NUMBERS[self.kind]
        return OSError(number, os.strerror(number), str(self.folder))


class DiskError(ThumperError):
    """The disk took no more. need: bytes that the work would still have written, where it is known."""

    def __init__(self, trouble: Trouble, need: int | None = None) -> None:
        super().__init__(sentence(trouble, need))
        self.trouble = trouble


def sentence(trouble: Trouble, need: int | None = None) -> str:
    """What is wrong with a disk, and what mends it. need: bytes that are still to be written."""
    free = "" if trouble.free is None else f"{size_text(trouble.free)} free"
    wanted = f"about {size_text(need)} more are needed" if need else ""
    if trouble.kind == "quota":
        told = f"Your quota on the disk that holds {trouble.folder} is used up"
        how, free = "make room, or ask for more", ""
    elif trouble.kind == "read-only":
        told = f"The disk that holds {trouble.folder} is read-only"
        how, free, wanted = "make it writable (an error on a drive can lock it)", "", ""
    elif trouble.kind == "files":
        told = f"The disk that holds {trouble.folder} can hold no more files"
        how = "delete some there"
    else:
        told, how = f"The disk that holds {trouble.folder} is full", "make room there"
    more = ", ".join(text for text in (free, wanted) if text)
    return (
        f"{told}{f': {more}' if more else ''}. Nothing that was finished is lost: {how}, and the "
        "same command goes on."
    )


def size_text(n_bytes: int) -> str:
    """Bytes for people: `812 KiB`, `1.4 GiB`."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20)):
        if n_bytes >= size:
            return f"{n_bytes / size:.1f} {unit}"
    return f"{n_bytes / 2**10:.0f} KiB"


def free_bytes(folder: Path) -> int | None:
    """Bytes that this user may still write where `folder` is, or will be; None: nobody says."""
    try:
        return shutil.disk_usage(_standing(folder)).free
    except OSError:
        return None


def state_of(folder: Path) -> Trouble | None:
    """What keeps a disk from taking more, found by writing a little there; None: nothing does.

    What is written has no name, so that nothing can be left of it.
    """
    place = _standing(folder)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        kind = _ERRNOS.get(error.errno or 0)
        return _trouble(kind, place) if kind else None
    free = free_bytes(place)
    return _trouble("full", place) if free is not None and free < SCANT_BYTES else None


def trouble_of(error: BaseException, near: Path) -> Trouble | None:
    """What a disk had to do with an error, or with what led to it; None: nothing.

    near: the file or folder that was written to, if the error does not say.
    """
    causes = list(_causes(error))
    for one in causes:
        if isinstance(one, DiskError):
            return one.trouble
    kind = next((kind for one in causes if (kind := _kind(one))), None)
    if kind is None and not any(_is_doubtful(one) for one in causes):
        return None
    named = [
        Path(os.fsdecode(one.filename))
        for one in causes
        if isinstance(one, OSError) and isinstance(one.filename, str | bytes)
    ]
    if kind is not None and named:
        return _trouble(kind, _standing(named[0]))
    places = [*named, near]
    with contextlib.suppress(OSError):
        places.append(Path(tempfile.gettempdir()))
    for place in places:
        found = state_of(place)
        if found is not None:
            return found
    return _trouble(kind, _standing(near)) if kind else None


def refusal(error: BaseException, near: Path, otherwise: str) -> ThumperError:
    """What to raise for an error of a write: the disk's sentence, or `otherwise`."""
    trouble = trouble_of(error, near)
    return DiskError(trouble) if trouble else ThumperError(otherwise)


def told(error: BaseException, near: Path) -> ThumperError | None:
    """An error as a person is told it; None for one that is not for people: it is a fault."""
    trouble = trouble_of(error, near)
    if trouble is not None and not isinstance(error, DiskError):
        return DiskError(trouble)
    return error if isinstance(error, ThumperError) else None


def _trouble(kind: Kind, place: Path) -> Trouble:
    if kind == "full" and hasattr(os, "statvfs"):
        with contextlib.suppress(OSError):
            found = os.statvfs(place)
            if found.f_files and not found.f_favail:
                kind = "files"
    return Trouble(kind, place, free_bytes(place))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _kind(error: BaseException) -> Kind | None:
    """What an error plainly says of a disk; the texts of errors for people are not asked."""
    if isinstance(error, OSError) and error.errno is not None:
        return _ERRNOS.get(error.errno)
    if isinstance(error, ThumperError):
        return None
    text = str(error).lower()
    return next((kind for words, kind in _PLAIN.items() if words in text), None)


def _is_doubtful(error: BaseException) -> bool:
    if isinstance(error, ThumperError):
        return False
    if isinstance(error, sqlite3.Error | RuntimeError | OSError):
        text = str(error).lower()
        return any(words in text for words in _DOUBTFUL)
    return False


def _standing(path: Path) -> Path:
    """The folder of a path, or the nearest one above it that is there."""
    for place in (path, *path.absolute().parents):
        if place.is_dir():
            return place
    return Path.cwd()
