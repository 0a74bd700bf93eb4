"""A season in one file: results, decisions, its herd, photos and clips if wanted, to be opened elsewhere.

A bundle is written like a backup, of a workspace that holds just that season: `thumper merge FILE` brings it
into another one. Where the photos lay on this machine is not in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from thumper_core import __version__
from thumper_core.contracts import UsageError
from thumper_core.disk import refusal
from thumper_core.files import content_hash_of, write_whole
from thumper_core.imports.merge import Merged, merge_workspace
from thumper_core.imports.other import BUNDLE_ROOT, PHOTOS, Other
from thumper_core.ingest.scan import is_wanted
from thumper_core.portable import safe_paths
from thumper_core.questions.source import root_labels
from thumper_core.store.safekeeping import FORMAT, LEDGER, MANIFEST
from thumper_core.upkeep.archive import Archive, is_shard_file
from thumper_core.upkeep.backup import copy_ledger
from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Bundled:
    """What a bundle holds. n_left: photos whose files could not be read, so that they are not in it."""

    file: Path
    n_photos: int
    n_decisions: int
    n_files: int
    n_left: int
    bytes: int


def write_bundle(
    workspace: Workspace, file: Path, *, photos: bool = False, whole: Workspace | None = None
) -> Bundled:
    """Write the photos of a workspace's scope, with all that is known of them, to `file`.

    photos: with the files themselves; whole: the workspace without the scope. Raises UsageError where
    the file exists, ThumperError where no photo is in the scope.
    """
    if file.exists():
        raise UsageError(f"{file} exists already; a bundle never overwrites. Choose another name.")
    wanted = set(workspace.sql("select photo_id from photos")["photo_id"])
    source = whole or workspace
    labels = _labels(source)
    roots = {root: f"{BUNDLE_ROOT}/{label}" for root, label in labels.items()}
    with tempfile.TemporaryDirectory(prefix="thumper-bundle-", ignore_cleanup_errors=True) as name:
        small = Workspace.create(Path(name) / "season")
        small.settings = small.settings.model_copy(update={"species": source.settings.species})
        small.settings.save(small.settings_file)
        names = _names(source)
        made = merge_workspace(
            small,
            Other(source, "season", "", "bundle"),
            author="bundle",
            roots=roots,
            photo_ids=wanted,
        )
        _as_if_native(small, source)
        _rename(small, {roots[root]: own for root, own in names.items()})
        pictures = _pictures(source, made, labels, names) if photos else {}
        n_left = _write(small, file, pictures)
    return Bundled(
        file,
        len(made.taken.photos),
        made.n_decisions,
        len(pictures) - n_left,
        n_left,
        file.stat().st_size,
    )


def _labels(source: Workspace) -> dict[str, str]:
    """A name for each root, which says nothing of where it lies."""
    roots = source.ledger.roots()
    labels = root_labels(roots)
    named = {root: labels[root] or Path(root).name or "photos" for root in roots}
    safe = safe_paths(named.values())
    return {root: safe[label] for root, label in named.items()}


def _names(source: Workspace) -> dict[str, dict[str, str]]:
    """Of each root, its photos' paths -> paths that they can have on every system."""
    ledger = source.ledger
    return {r: safe_paths(row.path for row in ledger.files_under(r)) for r in ledger.roots()}


def _rename(small: Workspace, names: Mapping[str, Mapping[str, str]]) -> None:
    """Give photos the paths that they have in the bundle."""
    ledger = small.ledger
    for root, own in names.items():
        rows = [row for row in ledger.files_under(root) if own.get(row.path, row.path) != row.path]
        if rows:
            ledger.forget_files(root, [row.path_bytes for row in rows])
            moved = [
                row._replace(path=own[row.path], path_bytes=own[row.path].encode()) for row in rows
            ]
            ledger.upsert_files(moved, ledger.next_known())


def _as_if_native(small: Workspace, source: Workspace) -> None:
    """The season knows itself by its first root's time, as its source does; no import made it."""
    with source.ledger.reading() as c:
        first = c.execute("select min(added_at) from roots").fetchone()[0]
    with small.ledger.transaction() as c:
        c.execute("update roots set added_at = ?", (first,))
        c.execute("delete from imports")
        c.execute("delete from import_parts")


def _pictures(
    source: Workspace,
    made: Merged,
    labels: Mapping[str, str],
    names: Mapping[str, Mapping[str, str]],
) -> dict[str, bytes]:
    """Name in the bundle -> file, of each photo and clip one."""
    found: dict[str, bytes] = {}
    there: set[str] = set()
    for root, own in names.items():
        for row in source.ledger.files_under(root):
            is_new = row.photo_id in made.taken.photos and row.photo_id not in there
            if is_new and not row.missing and is_wanted(row.path_bytes):
                there.add(row.photo_id)
                found[f"{PHOTOS}{labels[root]}/{own[row.path]}"] = (
                    os.fsencode(root) + b"/" + row.path_bytes
                )
    return found


def _write(small: Workspace, file: Path, pictures: Mapping[str, bytes]) -> int:
    """Write the archive; how many photos could not be read."""
    hashes: dict[str, str] = {}
    left = 0

    def write(temporary: Path) -> None:
        nonlocal left
        copy = small.root / "copy.sqlite"
        copy_ledger(small.ledger, copy)
        members = [(LEDGER, copy)]
        for name in ("cameras.csv", "thumper.toml"):
            members += [(name, small.root / name)] if (small.root / name).is_file() else []
        for path in sorted((small.root / "lake").rglob("*")):
            name = path.relative_to(small.root).as_posix()
            members += [(name, path)] if path.is_file() and is_shard_file(name) else []
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in members:
                hashes[name] = content_hash_of(path)
                archive.write(path, name)
            for name, picture in pictures.items():
                try:
                    path = Path(os.fsdecode(picture))
                    digest = content_hash_of(path)
                    archive.write(path, name, zipfile.ZIP_STORED)
                    hashes[name] = digest
                except OSError:
                    left += 1
            made_at = datetime.now(UTC).isoformat(" ", "seconds")
            manifest = {"format": FORMAT, "version": __version__, "made_at": made_at}
            archive.writestr(MANIFEST, json.dumps(manifest | {"files": hashes}))

    try:
        write_whole(file, write, durable=True)
    except OSError as error:
        raise refusal(error, file, f"Cannot write {file}: {error.strerror or error}.") from error
    return left


def unpack_photos(other: Other, target: Path) -> dict[str, str]:
    """Write a bundle's photos below `target`; root in the bundle -> root here.

    What is there already stays. Raises ThumperError where a file is damaged, or `target` cannot be
    written; then nothing that was not there before is.
    """
    if other.bundle is None:
        return {}
    names = [name for name in other.bundle.files if name.startswith(PHOTOS)]
    roots: dict[str, str] = {}
    written: list[Path] = []
    try:
        _unpack(other.bundle, names, target, roots, written)
    except BaseException:
        for place in written:
            place.unlink(missing_ok=True)
        for folder in sorted({up for place in written for up in place.parents}, reverse=True):
            if folder.is_relative_to(target):
                with contextlib.suppress(OSError):  # it holds what was there before
                    folder.rmdir()
        raise
    return roots


def _unpack(
    bundle: Archive, names: list[str], target: Path, roots: dict[str, str], written: list[Path]
) -> None:
    """Write the photos; `roots` and `written` are filled as it goes on."""
    for name in names:
        relative = name.removeprefix(PHOTOS)
        place = target / relative
        label = relative.split("/", 1)[0]
        roots[f"{BUNDLE_ROOT}/{label}"] = (target / label).as_posix()
        if place.is_file():
            continue
        written.append(place)
        try:
            write_whole(place, partial(bundle.extract, name))
        except OSError as error:
            told = f"Cannot write {place}: {error.strerror or error}."
            raise refusal(error, target, told) from error
