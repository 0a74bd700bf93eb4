"""Another workspace, or a bundle of one, looked at without writing a byte into it.

Its ledger is copied, so that one of an older version can be brought up to this one; its lake is read where
it lies. Nothing of it is trusted to run: no model, head, registry or command of it is looked at.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.files import content_hash
from thumper_core.store.adopt import adopt_once
from thumper_core.store.lake import Lake
from thumper_core.store.safekeeping import LEDGER
from thumper_core.upkeep.archive import Archive, is_shard_file, open_archive
from thumper_core.workspace import Workspace

PHOTOS = "photos/"
"""Where a bundle keeps photos."""
BUNDLE_ROOT = "/bundle"
"""What roots of photos begin with in a bundle: where they lay is nobody's business elsewhere."""


@dataclass(frozen=True)
class Other:
    """The other workspace. label: what it is called here; place: where it is; bundle: the file that it
    came in.
    """

    workspace: Workspace
    label: str
    place: str
    digest: str
    bundle: Archive | None = None


@contextmanager
def open_other(path: Path) -> Iterator[Other]:
    """A workspace's folder or a bundle. Raises UsageError where `path` is neither."""
    if not path.exists():
        raise UsageError(f"There is no {path}. Name a workspace's folder, or a bundle of one.")
    with tempfile.TemporaryDirectory(prefix="thumper-other-", ignore_cleanup_errors=True) as name:
        scratch = Path(name)
        bundle = None
        if path.is_dir():
            if not (path / LEDGER).is_file():
                raise UsageError(
                    f"{path} is no workspace: there is no {LEDGER} in it. Name a workspace's folder, or a "
                    "bundle of one; photos come in with `thumper add`."
                )
            lake = path / "lake"
            _copy_ledger(path / LEDGER, scratch / LEDGER)
            for file in ("cameras.csv", "thumper.toml"):
                if (path / file).is_file():
                    shutil.copyfile(path / file, scratch / file)
        else:
            bundle = open_archive(path)
            _extract(bundle, scratch)
            lake = scratch / "lake"
        workspace = _opened(scratch, lake, path)
        label = path.resolve().stem or "other"
        yield Other(workspace, label, str(path.resolve()), _digest(workspace), bundle)


def _copy_ledger(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as there,
            closing(sqlite3.connect(target)) as copy,
        ):
            there.backup(copy)
    except sqlite3.DatabaseError as error:
        raise ThumperError(f"Cannot read the ledger {source}: {error}.") from error


def _extract(bundle: Archive, scratch: Path) -> None:
    if LEDGER not in bundle.files:
        raise UsageError(f"{bundle.file} is no bundle: it holds no ledger.")
    for name in bundle.files:
        if name in (LEDGER, "cameras.csv", "thumper.toml") or is_shard_file(name):
            bundle.extract(name, scratch / name)


def _opened(scratch: Path, lake: Path, path: Path) -> Workspace:
    try:
        workspace = Workspace(scratch)
    except UsageError:  # settings of a version to come, or none: they decide nothing here
        (scratch / "thumper.toml").unlink()
        workspace = Workspace(scratch)
    workspace.cache_dir.mkdir(exist_ok=True)
    workspace.lake = Lake(lake, workspace.ledger)
    try:
        workspace.ledger.check()
        adopt_once(workspace.lake)
    except ThumperError as error:
        raise ThumperError(str(error).replace(str(scratch), str(path))) from error
    return workspace


def _digest(workspace: Workspace) -> str:
    """What stays the same of a workspace however it is named, copied or bundled."""
    with workspace.ledger.reading() as c:
        first = c.execute("select min(added_at) from roots").fetchone()[0]
        run = c.execute("select min(started_at) from runs").fetchone()[0]
    return content_hash(f"workspace {first or ''} {'' if first else run or ''}".encode())
