"""Files: written whole or not at all, told apart by their bytes, found where they were installed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Final

from thumper_core import portable
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.disk import trouble_of
from thumper_core.portable import rename

CONTENT_BYTES: Final = 16
"""Length of a content hash: enough that two photos of a lifetime never share one."""


def write_whole(
    path: Path, content: bytes | str | Callable[[Path], object], *, durable: bool = False
) -> None:
    """Write a file under a temporary name beside it and rename it into place.

    content: bytes, text (UTF-8), or a function that writes the file, or the folder, it is given.
    Readers, and writers of the same file in another thread or process, see whole files only.
    durable: its bytes are on the disk before it has its name. Raises OSError where the disk
    refuses, in whatever way what writes says it; what was there before is then still there.
    """
    writer = f"{os.getpid()}.{threading.get_ident()}"
    temporary = path.with_name(f".{path.name}.{writer}")
    try:
        if callable(content):
            content(temporary)
        else:
            temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        if durable:
            fsync(temporary)
        rename(temporary, path)
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
            raise
        trouble = trouble_of(error, path)
        if trouble is None:
            raise
        raise trouble.os_error from error
    finally:
        for left in (temporary, temporary.with_name(f"{temporary.name}.wal")):  # DuckDB's log
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            with contextlib.suppress(OSError):  # where the write failed it may not even be there
                left.unlink()


def fsync(path: Path) -> None:
    """Make a file's bytes, or a folder's names, survive a power cut.

    Windows syncs what is open for writing alone, and no folder: there a renamed file is on the disk when
    the file system's journal is.
    """
    if portable.IS_WINDOWS and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if portable.IS_WINDOWS else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def content_digest(data: bytes = b"") -> hashlib.blake2b:
    """A BLAKE2b hash of CONTENT_BYTES bytes, to be fed and asked for its `hexdigest`."""
    return hashlib.blake2b(data, digest_size=CONTENT_BYTES)


def content_hash(data: bytes) -> str:
    """32 hex digits that stand for these bytes; of a photo's bytes they are its `photo_id`."""
    return content_digest(data).hexdigest()


def content_hash_of(path: Path) -> str:
    """The content hash of a file. Raises OSError where it cannot be read."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, content_digest).hexdigest()


def expanded(path: Path | str) -> Path:
    """A path as a person writes it, its `~` or `~name` put in full.

    Raises UsageError where no home folder is known for it.

    >>> from thumper_core import expanded
    >>> expanded("cards/Creek").name
    'Creek'
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{path} begins with no home folder of this machine.") from error


def user_dir() -> Path:
    """The user's own folder, for weights, registry and trust: $THUMPER_HOME, else ~/.cache/thumper."""
    return Path(os.environ.get("THUMPER_HOME") or Path.home() / ".cache" / "thumper")


def shipped_files(folder: str, pattern: str) -> list[Path]:
    """What ships beside the package: files of `folder` that match, in order.

    folder: a folder at the top of the checkout (`models`); the wheel carries it inside the package
    under `_<folder>`, and that one comes first. Raises ThumperError where neither holds any.
    """
    installed = Path(str(resources.files("thumper_core"))) / f"_{folder}"
    checkout = Path(__file__).resolve().parents[1] / folder
    for place in (installed, checkout):
        found = sorted(place.glob(pattern))
        if found:
            return found
    raise ThumperError(
        f"{folder}/{pattern} is missing from the installation (looked in {installed} and "
        f"{checkout}). Install Thumper again: `pip install --force-reinstall .`"
    )
