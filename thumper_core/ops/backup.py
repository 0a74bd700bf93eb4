"""One file that holds what cannot be computed again: ledger, settings, herds and photo facts.

The ledger is copied with SQLite's own backup, one consistent state while others write. Herds and
facts are immutable and are in the lake before the ledger names them, so what is listed after the
ledger was copied holds all that it needs. Runs are left out unless wanted: `thumper run` makes
their rows again, under the same IDs.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from thumper_core import __version__
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.files import content_hash_of, write_whole
from thumper_core.store.jobs import jobs
from thumper_core.store.ledger import Ledger
from thumper_core.workspace import Workspace

MANIFEST: Final = "thumper-backup.json"
FORMAT: Final = 1
_LEDGER: Final = "ledger.sqlite"
_SINGLE_FILES: Final = ("thumper.toml", "cameras.csv", "registry.toml", "schedule.json")
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class BackupSummary:
    """What a backup holds, or what was restored."""

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
            copy = Path(scratch) / _LEDGER
            _copy_ledger(workspace.ledger, copy)
            members = [(_LEDGER, copy), *_members(workspace, with_runs)]
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, path in members:
                    hashes[name] = content_hash_of(path)
                    archive.write(path, name)
                manifest = {"format": FORMAT, "version": __version__, "made_at": made_at}
                archive.writestr(MANIFEST, json.dumps(manifest | {"files": hashes}))
        with temporary.open("rb") as written:
            os.fsync(written.fileno())

    try:
        write_whole(file, write)
    except OSError as error:
        raise ThumperError(f"Cannot write {file}: {error.strerror or error}.") from error
    return BackupSummary(file, len(hashes), file.stat().st_size, made_at)


def restore(file: Path, root: Path, *, replace: bool = False) -> BackupSummary:
    """Put a backup into workspace folder `root`; every file is checked before the first is moved.

    replace: needed where a workspace is there; its ledger, settings and herds are kept in
    `replaced-<time>/`, its runs stay. Raises UsageError (no backup, workspace there), ThumperError
    (damaged backup, a job works there).
    """
    manifest = _manifest(file)
    if (root / _LEDGER).exists() and not replace:
        raise UsageError(
            f"There is a workspace in {root}. Restore into another folder, or add --replace: what "
            "it holds is then kept beside, in a folder `replaced-...`."
        )
    _require_idle(root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root, prefix=".restoring-") as scratch:
            _unpack(file, manifest, Path(scratch))
            _put_aside(root)
            _move_in(Path(scratch), root, manifest)
    except OSError as error:
        raise ThumperError(f"Cannot restore into {root}: {error.strerror or error}.") from error
    Workspace.create(root).ledger.check()
    return BackupSummary(file, len(manifest["files"]), file.stat().st_size, manifest["made_at"])


def _copy_ledger(ledger: Ledger, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"{ledger.path.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        copy.execute("pragma journal_mode=delete")


def _members(workspace: Workspace, with_runs: bool) -> list[tuple[str, Path]]:
    """(name in the archive, file) of all but the ledger."""
    kinds = ["photos", "herds", *(["runs"] if with_runs else [])]
    paths = [workspace.root / name for name in _SINGLE_FILES]
    for kind in kinds:
        found = sorted((workspace.lake.root / kind).rglob("*"))
        paths += [path for path in found if not any(p.startswith(".") for p in path.parts[-3:])]
    return [(p.relative_to(workspace.root).as_posix(), p) for p in paths if p.is_file()]


def _manifest(file: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = json.loads(archive.read(MANIFEST))
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {file}.") from error
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UsageError(f"{file} is not a Thumper backup, or is damaged: {error}.") from error
    if manifest.get("format") != FORMAT:
        raise UsageError(f"{file} was made by Thumper {manifest.get('version')}: use that one.")
    for name in manifest["files"]:
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or PurePosixPath(name).is_absolute():
            raise UsageError(f"{file} is not a Thumper backup: it names {name!a}.")
    return dict(manifest)


def _require_idle(root: Path) -> None:
    if not (root / _LEDGER).exists():
        return
    try:
        alive = [job for job in jobs(Ledger(root / _LEDGER)) if job.is_alive()]
    except ThumperError:  # a damaged ledger is why one restores
        return
    if alive:
        raise ThumperError(
            f"Job {alive[0].job_id} (process {alive[0].pid}) works in {root}. Stop it first."
        )


def _unpack(file: Path, manifest: dict[str, Any], scratch: Path) -> None:
    """Write every member below `scratch` and compare it with its hash."""
    with zipfile.ZipFile(file) as archive:
        for name, expected in manifest["files"].items():
            target = scratch / name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with archive.open(name) as packed, target.open("wb") as out:
                    shutil.copyfileobj(packed, out, _CHUNK_BYTES)
                    out.flush()
                    os.fsync(out.fileno())
            except (KeyError, zipfile.BadZipFile) as error:
                raise ThumperError(f"{file} is damaged at {name}: {error}.") from error
            if content_hash_of(target) != expected:
                raise ThumperError(f"{file} is damaged at {name}; nothing was changed.")


def _put_aside(root: Path) -> None:
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    aside = root / f"replaced-{stamp}"
    names = [_LEDGER, f"{_LEDGER}-wal", f"{_LEDGER}-shm", *_SINGLE_FILES]
    names += ["lake/herds", "lake/photos"]
    for name in names:
        if (root / name).exists():
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).rename(aside / name)


def _move_in(scratch: Path, root: Path, manifest: dict[str, Any]) -> None:
    """The ledger last: without it there is no workspace, so a cut-off restore shows nothing."""
    for name in sorted(manifest["files"], key=lambda n: (n == _LEDGER, n)):
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (scratch / name).replace(target)
