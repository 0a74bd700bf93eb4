"""A backup file is not trusted: it is looked at in full before it is unpacked."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from thumper_core.contracts import SHARD_TABLES, ThumperError, UsageError
from thumper_core.files import content_hash_of
from thumper_core.heads.head import SUFFIX as HEAD_SUFFIX
from thumper_core.heads.shelf import FOLDER as HEADS
from thumper_core.learning.cards import FOLDER as CARDS
from thumper_core.reid.shelf import FOLDER as VISITS
from thumper_core.reid.shelf import SUFFIX as VISITS_SUFFIX
from thumper_core.store.lake import CHECKSUMS
from thumper_core.store.safekeeping import FORMAT, MANIFEST

_NAME: Final = r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}"
_SHARDS: Final = {
    folder: re.compile(
        rf"lake/{folder}/{_NAME}/"
        + ("" if folder == "photos" else rf"{_NAME}/")  # of one run or herd
        + rf"(({'|'.join(tables)})\.parquet|{re.escape(CHECKSUMS)})"
    )
    for folder, tables in SHARD_TABLES.items()
}
_LEARNED: Final = re.compile(
    rf"{HEADS}/{_NAME}{re.escape(HEAD_SUFFIX)}"
    rf"|{VISITS}/{_NAME}{re.escape(VISITS_SUFFIX)}"
    rf"|{CARDS}/{_NAME}\.json"
)
_CHUNK_BYTES: Final = 1 << 20
_MANIFEST_BYTES_MAX: Final = 64 << 20
_RATIO_MAX: Final = 200
_SMALL_BYTES: Final = 1 << 20
LEARNED_FOLDERS: Final = (HEADS, VISITS, CARDS)
_NOT_ONE = "is not a Thumper backup, or is damaged"
_ERRORS: Final = (
    OSError, KeyError, ValueError, RecursionError, RuntimeError, NotImplementedError, EOFError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""Everything that `zipfile` and `json` raise over a file that is not what it says."""


@dataclass(frozen=True)
class Archive:
    """A backup that was looked at. files: name -> content hash; others: members that it lists not.

    has_lake: whether it stands for the lake's herds and photo facts too.
    """

    file: Path
    made_at: str
    files: Mapping[str, str]
    others: tuple[str, ...]
    sizes: Mapping[str, int]
    has_lake: bool

    def extract(self, name: str, target: Path) -> None:
        """Write one listed member to `target` and compare it with its hash.

        Raises ThumperError where it is damaged.
        """
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with (
                zipfile.ZipFile(self.file) as archive,
                archive.open(name) as packed,
                target.open("wb") as out,
            ):
                shutil.copyfileobj(packed, out, _CHUNK_BYTES)
                out.flush()
                os.fsync(out.fileno())
        except (KeyError, RuntimeError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ThumperError(f"{self.file} is damaged at {name}: {error}.") from error
        if content_hash_of(target) != self.files[name]:
            raise ThumperError(f"{self.file} is damaged at {name}; nothing was changed.")


def is_shard_file(name: str) -> bool:
    """Whether this is the name of a file of a shard of photo facts, a herd or a run."""
    return any(pattern.fullmatch(name) for pattern in _SHARDS.values())


def is_learned_file(name: str) -> bool:
    """Whether this is the name of something small that a workspace learned, and that runs nothing.

    Heads, what was learned of visits, and the cards of all attempts; no detector's weights.
    """
    return bool(_LEARNED.fullmatch(name))


def open_archive(file: Path) -> Archive:
    """Look at a backup. Raises UsageError where it is none, or does what no backup does.

    That is a name that leads out of the workspace, a link, a name that is there twice, and a member
    that would grow beyond all measure.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            _require_honest(file, infos)
            manifest = json.loads(archive.read(MANIFEST))
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {file}.") from error
    except UsageError:
        raise
    except _ERRORS as error:
        raise UsageError(f"{file} {_NOT_ONE}: {error}.") from error
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict):
        raise UsageError(f"{file} {_NOT_ONE}: its list of files is none.")
    if manifest.get("format") != FORMAT:
        raise UsageError(f"{file} was made by Thumper {manifest.get('version')!a}: use that one.")
    for name, expected in files.items():
        _require_inside(file, name)
        if not isinstance(expected, str):
            raise UsageError(f"{file} {_NOT_ONE}: {name!a} has no hash.")
    sizes = {info.filename: info.file_size for info in infos}
    listed = {name: expected for name, expected in files.items() if name in sizes}
    missing = sorted(set(files) - set(listed))
    if missing:
        raise UsageError(f"{file} {_NOT_ONE}: it lacks {missing[0]!a}.")
    others = sorted(set(sizes) - set(files) - {MANIFEST})
    return Archive(
        file, _text(manifest.get("made_at")), listed, tuple(others), sizes,
        manifest.get("lake") is not False,
    )  # fmt: skip


def _require_honest(file: Path, infos: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for info in infos:
        name = info.filename
        _require_inside(file, name)
        if name in seen:
            raise UsageError(f"{file} {_NOT_ONE}: {name!a} is there twice.")
        seen.add(name)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UsageError(f"{file} {_NOT_ONE}: {name!a} is a link.")
        limit = max(_SMALL_BYTES, _RATIO_MAX * info.compress_size)
        if info.file_size > limit or (name == MANIFEST and info.file_size > _MANIFEST_BYTES_MAX):
            raise UsageError(f"{file} {_NOT_ONE}: {name!a} would grow beyond all measure.")


def _require_inside(file: Path, name: str) -> None:
    """Refuse a name that could lead out of a folder on any system."""
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    leads_out = (
        not posix.parts
        or ".." in (*posix.parts, *windows.parts)
        or posix.is_absolute()
        or windows.drive
        or windows.root
        or not name.isprintable()
    )
    if leads_out:
        raise UsageError(f"{file} is not a Thumper backup: it names {name!a}.")


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value.isprintable() and len(value) < 40 else "?"
