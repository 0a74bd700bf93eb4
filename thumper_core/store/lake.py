"""The lake: immutable Parquet tables in shards, each written whole or not at all.

A shard is a folder of flat tables. It is written under a hidden temporary name, every file and the
folder are fsynced, and one rename makes it visible: the rename is the commit. Readers list only
committed shards, so none can ever see half of one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from thumper_core.contracts import ThumperError
from thumper_core.files import content_hash_of

CHECKSUMS = "checksums.json"
_HIDDEN = ".writing-"
_DAMAGED = "damaged"


class Lake:
    """Shards below `root`, grouped by kind: `photos`, `runs/<run_id>`, `herds/<herd_id>`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write_shard(self, kind: str, name: str, tables: Mapping[str, pa.Table]) -> Path:
        """Commit `tables` as the shard `name` of `kind` and return its folder.

        tables: table name -> Arrow table; an empty table is written too, so that its schema shows.
        Raises ThumperError where the shard exists already or the disk refuses.
        """
        parent = self.root / kind
        final = parent / name
        temporary = parent / f"{_HIDDEN}{name}-{os.getpid()}"
        if final.exists():
            raise ThumperError(f"Shard {final} exists already; shards are never rewritten.")
        try:
            temporary.mkdir(parents=True)
            for table_name, table in tables.items():
                path = temporary / f"{table_name}.parquet"
                pq.write_table(table, path, compression="zstd")
                _fsync(path)
            sums = temporary / CHECKSUMS
            sums.write_text(json.dumps(_checksums(temporary)), "utf-8")
            _fsync(sums)
            _fsync(temporary)
            temporary.rename(final)
            _fsync(parent)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            raise ThumperError(
                f"Cannot write {final}: {error.strerror or error}. Nothing was lost: free the disk "
                "or mend its permissions, and the same command goes on."
            ) from error
        return final

    def shards(self, kind: str) -> list[Path]:
        """Folders of the committed shards of `kind`, in name order."""
        folder = self.root / kind
        if not folder.is_dir():
            return []
        return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))

    def files(self, kind: str, table: str) -> list[Path]:
        """The Parquet files of one table over the committed shards of `kind`."""
        paths = (shard / f"{table}.parquet" for shard in self.shards(kind))
        return [path for path in paths if path.exists()]

    def read(self, kind: str, table: str, schema: pa.Schema) -> pa.Table:
        """All rows of one table of `kind` in shard order; no shard: an empty table of `schema`."""
        parts = [pq.read_table(path, partitioning=None) for path in self.files(kind, table)]
        if not parts:
            return schema.empty_table()
        return pa.concat_tables(parts, promote_options="default")

    def known_photo_ids(self) -> set[str]:
        """Every `photo_id` whose facts are in the lake."""
        known: set[str] = set()
        for path in self.files("photos", "photos"):
            column = pq.read_table(path, columns=["photo_id"], partitioning=None)["photo_id"]
            known.update(column.to_pylist())
        return known

    def next_shard_name(self, kind: str) -> str:
        """A name that sorts after every committed shard of `kind`."""
        shards = self.shards(kind)
        return f"{int(shards[-1].name) + 1 if shards else 0:06d}"

    def sweep_unfinished(self, kind: str) -> int:
        """Remove temporary folders that a killed writer left in `kind`; how many there were.

        Only the one writer of `kind` may call this: it would pull a live writer's folder away.
        """
        folder = self.root / kind
        leftovers = list(folder.glob(f"{_HIDDEN}*")) if folder.is_dir() else []
        for leftover in leftovers:
            shutil.rmtree(leftover, ignore_errors=True)
        return len(leftovers)

    def changed_files(self, shard: Path) -> list[str]:
        """Names of a shard's files whose bytes are not those that were written, or are gone.

        A shard without its list of checksums names that list.
        """
        try:
            expected = json.loads((shard / CHECKSUMS).read_text("utf-8"))
            found = _checksums(shard)
        except (OSError, ValueError):
            return [CHECKSUMS]
        return sorted(name for name in expected if found.get(name) != expected[name])

    def set_aside(self, shard: Path) -> Path:
        """Move a damaged shard out of every view, to `damaged/<kind>/<name>-<n>`; its new place.

        What only it held is pending from then on.
        """
        place = self.root / _DAMAGED / shard.relative_to(self.root)
        place.parent.mkdir(parents=True, exist_ok=True)
        taken = len(list(place.parent.glob(f"{place.name}-*")))
        target = place.with_name(f"{place.name}-{taken}")
        shard.rename(target)
        _fsync(shard.parent)
        return target

    def remove(self, kind: str) -> None:
        """Delete every shard of `kind`. Only for kinds that nothing points to any more."""
        folder = self.root / kind
        if folder.is_dir():
            doomed = folder.with_name(f".removing-{folder.name}-{os.getpid()}")
            folder.rename(doomed)
            shutil.rmtree(doomed)


def _checksums(shard: Path) -> dict[str, str]:
    """BLAKE2b of each of a shard's tables, 32 hex digits, by file name."""
    return {path.name: content_hash_of(path) for path in sorted(shard.glob("*.parquet"))}


def _fsync(path: Path) -> None:
    """Make a file's bytes, or a folder's names, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
