"""Writing results whole or not at all, and cells that no spreadsheet takes for a formula."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.disk import refusal
from thumper_core.files import write_whole
from thumper_core.portable import rename

MANIFEST: Final = "thumper-export.json"
"""Lists the files of an exported folder: only such a folder is ever replaced."""
_STARTS_FORMULA: Final = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)
_EARLY_CONTROLS: Final = {code: None for code in range(32) if chr(code) not in "\t\n\r"}


def safe_text(text: str) -> str:
    """Text that a spreadsheet shows as it is and never computes.

    A leading `=`, `+`, `-`, `@` (also full-width), tab or line break gets an apostrophe before it
    (OWASP, "CSV Injection"), also behind blanks; control characters go.
    """
    clean = text.translate(_EARLY_CONTROLS)
    risky = clean.startswith(_STARTS_FORMULA) or clean.lstrip().startswith(_STARTS_FORMULA)
    return f"'{clean}" if risky else clean


def safe_cell(value: Any) -> Any:
    """A value for a spreadsheet: text made safe, numbers and times as they are, lists joined."""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, bytes):
        return safe_text(os.fsdecode(value).encode("utf-8", "backslashreplace").decode())
    if isinstance(value, list | tuple):
        return safe_text(", ".join(str(item) for item in value))
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def csv_text(frame: pl.DataFrame) -> str:
    r"""The frame as RFC 4180 CSV with a header; null: empty; times ISO 8601; text made safe.

    >>> import polars as pl
    >>> from thumper_core import csv_text
    >>> csv_text(pl.DataFrame({"name": ["=1+1"]}))
    "name\r\n'=1+1\r\n"
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(safe_cell(name) for name in frame.columns)
    for row in frame.iter_rows():
        writer.writerow(_plain(safe_cell(value)) for value in row)
    return buffer.getvalue()


def write_file(target: Path, content: bytes | str | Callable[[Path], None]) -> Path:
    """Write a file under a temporary name and rename it into place; returns `target`.

    content: bytes, text (UTF-8), or a function that writes the file it is given. Raises
    ThumperError where the disk refuses; what was there before is then still there.
    """
    if target.is_dir():
        raise UsageError(f"{target} is a folder; name a file in it.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, content)
    except OSError as error:
        raise refusal(
            error, target, f"Cannot write {target}: {error.strerror or error}. Name another place."
        ) from error
    return target


def write_folder(target: Path, files: Mapping[str, bytes | str], kind: str) -> Path:
    """Write a folder of files under a temporary name and rename it into place.

    files: POSIX path relative to the folder -> content. A folder that is there is replaced where it
    is empty or holds an earlier export and nothing else, else UsageError: nothing that Thumper did
    not write is ever deleted.
    """
    with building(target, kind) as temporary:
        for name, content in files.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return target


@contextlib.contextmanager
def building(target: Path, kind: str) -> Iterator[Path]:
    """A temporary folder that takes the place of `target` when the block ends without an error."""
    _refuse_foreign(target)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    old = target.with_name(f".{target.name}.old.{os.getpid()}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        names = sorted(p.relative_to(temporary).as_posix() for p in _files(temporary))
        shown = [os.fsencode(name).decode("utf-8", "backslashreplace") for name in names]
        manifest = {"kind": kind, "files": [*shown, MANIFEST]}
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
        if target.exists():
            rename(target, old)
        rename(temporary, target)
    except OSError as error:
        if old.exists() and not target.exists():
            rename(old, target)
        raise refusal(
            error, target, f"Cannot write {target}: {error.strerror or error}. Name another place."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)


def _refuse_foreign(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise UsageError(f"{target} is a file; this export writes a folder. Name another place.")
    try:
        known = set(json.loads((target / MANIFEST).read_text("utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        known = set()
    for path in _files(target):
        name = os.fsencode(path.relative_to(target).as_posix()).decode("utf-8", "backslashreplace")
        if name not in known:
            raise UsageError(
                f"{target} holds {name}, which no export wrote. Name a new or empty folder."
            )


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return "" if value is None else value
