"""One file that holds what cannot be computed again: ledger, settings, herds, photo facts, what was learned.

The ledger is copied with SQLite's own backup, one consistent state while others write. Herds and
facts are immutable and are in the lake before the ledger names them, so what is listed after the
ledger was copied holds all that it needs. Runs are left out unless wanted: `thumper run` makes
their rows again, under the same IDs. So are a learned detector's weights, which are large.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from thumper_core import __version__
from thumper_core.contracts import UsageError
from thumper_core.disk import refusal
from thumper_core.files import content_hash_of, write_whole
from thumper_core.store.ledger import Ledger
from thumper_core.store.safekeeping import FORMAT, LEDGER, MANIFEST
from thumper_core.upkeep.archive import LEARNED_FOLDERS, is_learned_file, is_shard_file
from thumper_core.workspace import Workspace

_SINGLE_FILES: Final = (
    "thumper.toml",
    "cameras.csv",
    "weather.csv",
    "registry.toml",
    "schedule.json",
    "mailboxes.toml",
)
"""Beside the ledger. `upkeep.restore` says which of them come back by themselves."""


@dataclass(frozen=True)
class BackupSummary:
    """What a backup holds."""

    file: Path
    n_files: int
    bytes: int
    made_at: str  # ISO, UTC


def backup(workspace: Workspace, file: Path, *, with_runs: bool = False) -> BackupSummary:
    """Write a backup to `file`, whole or not at all; work may go on meanwhile.

    Raises UsageError where the file exists, ThumperError where the disk refuses.
    """
    if file.exists():
        raise UsageError(f"{file} exists already; a backup never overwrites. Choose another name.")
    made_at = datetime.now(UTC).isoformat(" ", "seconds")
    hashes: dict[str, str] = {}

    def write(temporary: Path) -> None:
        with tempfile.TemporaryDirectory(dir=workspace.cache_dir) as scratch:
            copy = Path(scratch) / LEDGER
            copy_ledger(workspace.ledger, copy)
            members = [(LEDGER, copy), *_members(workspace, with_runs)]
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, path in members:
                    hashes[name] = content_hash_of(path)
                    archive.write(path, name)
                manifest = {"format": FORMAT, "version": __version__, "made_at": made_at}
                archive.writestr(MANIFEST, json.dumps(manifest | {"files": hashes}))

    try:
        write_whole(file, write, durable=True)
    except OSError as error:
        raise refusal(error, file, f"Cannot write {file}: {error.strerror or error}.") from error
    return BackupSummary(file, len(hashes), file.stat().st_size, made_at)


def copy_ledger(ledger: Ledger, target: Path) -> None:
    """Copy a ledger as it is now, one consistent state while others write."""
    with (
        closing(sqlite3.connect(f"{ledger.path.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        copy.execute("pragma journal_mode=delete")


def _members(workspace: Workspace, with_runs: bool) -> list[tuple[str, Path]]:
    """(name in the archive, file) of all but the ledger."""
    singles = [(name, workspace.root / name) for name in _SINGLE_FILES]
    lake = [
        workspace.lake.root / kind for kind in ("photos", "herds", *(["runs"] if with_runs else []))
    ]
    folders = [*lake, *(workspace.root / name for name in LEARNED_FOLDERS)]
    paths = [path for folder in folders for path in sorted(folder.rglob("*"))]
    found = [(path.relative_to(workspace.root).as_posix(), path) for path in paths]
    found = [(name, path) for name, path in found if is_shard_file(name) or is_learned_file(name)]
    return [(name, path) for name, path in (*singles, *found) if path.is_file()]
