"""The lake: immutable Parquet tables in shards, each written whole or not at all.

A shard is a folder of flat tables. It is written under a hidden temporary name, every file and the
folder are fsynced; then, in one transaction of the ledger, it is renamed into place and entered in
the register (`store.register`). That is the commit. Readers see registered shards alone: none can
ever see half of one, nor one that a writer renamed who had lost its claim or was killed before the
transaction ended, nor a copy of a shard, nor what another program left here.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from thumper_core.contracts import SHARD_TABLES, ThumperError
from thumper_core.disk import refusal
from thumper_core.files import content_hash_of, fsync
from thumper_core.portable import rename
from thumper_core.store import register
from thumper_core.store.claims import require_claim
from thumper_core.store.ledger import Ledger
from thumper_core.store.register import Entry, TableMark

CHECKSUMS: Final = "checksums.json"
DAMAGED: Final = "damaged"
HIDDEN: Final = ".writing-"


class Lake:
    """Shards below `root`, grouped by kind: `photos`, `runs/<run_id>`, `herds/<herd_id>`.

    Which tables the shards of each have is in `contracts.SHARD_TABLES`.
    """

    def __init__(self, root: Path, ledger: Ledger) -> None:
        self.root, self.ledger = root, ledger

    def write_shard(
        self, kind: str, name: str, tables: Mapping[str, pa.Table], *, claim: int | None = None
    ) -> Path:
        """Commit `tables` as the shard `name` of `kind` and return its folder.

        tables: table name -> Arrow table; an empty table is written too, so that its schema shows.
        claim: the job that writes; None for kinds that no job claims. Raises LostClaimError where
        another job took over, ThumperError where the shard exists already or the disk refuses;
        nothing is left of it then.
        """
        parent = self.root / kind
        final = parent / name
        _require_new(final)
        temporary = parent / f"{HIDDEN}{name}-{secrets.token_hex(6)}"
        try:
            marks = _write_tables(temporary, tables)
            self._commit(kind, name, temporary, marks, claim)
        except OSError as error:
            if claim is not None:  # the job that took over also cleared the temporary folder away
                with self.ledger.reading() as c:
                    require_claim(c, claim)
            raise refusal(
                error,
                self.root.parent,
                f"Cannot write {final}: {error.strerror or error}. Nothing was lost: mend the "
                "disk's permissions, and the same command goes on.",
            ) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return final

    def _commit(
        self,
        kind: str,
        name: str,
        temporary: Path,
        marks: Mapping[str, TableMark],
        claim: int | None,
    ) -> None:
        """Rename and enter, in one transaction. A kill in between leaves a shard that no one reads.

        The rename comes first: an entry whose shard is not there is then never a kill's doing.
        """
        final = self.root / kind / name
        is_renamed = False
        try:
            with self.ledger.transaction() as c:
                if claim is not None:
                    require_claim(c, claim)
                _require_new(final)
                rename(temporary, final)
                is_renamed = True
                fsync(final.parent)
                register.enter(c, kind, name, marks, claim)
        except BaseException:
            if is_renamed and name not in self._names(kind):
                rename(final, temporary)
            raise

    def _names(self, kind: str) -> list[str]:
        with self.ledger.reading() as c:
            return register.names(c, kind)

    def shards(self, kind: str) -> list[Path]:
        """Folders of the committed shards of `kind`, in name order; one that is gone is left out."""
        return self._there(kind, self._names(kind))

    def catalog(self) -> dict[str, list[Path]]:
        """The same of every kind, with one question to the ledger."""
        found: dict[str, list[str]] = {}
        with self.ledger.reading() as c:
            for kind, name in register.kinds_and_names(c):
                found.setdefault(kind, []).append(name)
        return {kind: self._there(kind, names) for kind, names in found.items()}

    def _there(self, kind: str, names: list[str]) -> list[Path]:
        folder = self.root / kind
        return [folder / name for name in names if (folder / name).is_dir()]

    def lacks(self, kind: str) -> bool:
        """Whether a committed shard of `kind`, or a table of one, is gone from the disk."""
        tables = SHARD_TABLES[folder_of(kind)]
        files = (
            self.root / kind / name / f"{table}.parquet"
            for name in self._names(kind)
            for table in tables
        )
        return not all(file.is_file() for file in files)

    def files(self, kind: str, table: str) -> list[Path]:
        """The Parquet files of one table over the committed shards of `kind`."""
        return files_of(self.shards(kind), table)

    def read(self, kind: str, table: str) -> pa.Table:
        """All rows of one table of `kind` in shard order; no shard: an empty table of its schema.

        A photo that was tried again has its older rows here too; the views leave those out.
        """
        parts = [pq.read_table(path, partitioning=None) for path in self.files(kind, table)]
        if not parts:
            return SHARD_TABLES[folder_of(kind)][table].empty_table()
        return pa.concat_tables(parts, promote_options="default")

    def known_photo_ids(self) -> set[str]:
        """Every `photo_id` whose facts are in the lake."""
        known: set[str] = set()
        for path in self.files("photos", "photos"):
            column = pq.read_table(path, columns=["photo_id"], partitioning=None)["photo_id"]
            known.update(column.to_pylist())
        return known

    def next_shard_name(self, kind: str) -> str:
        """A name that sorts after every shard of `kind`, after those that only lie there too."""
        there = numbered(self.root / kind)
        taken = [int(name) for name in (*self._names(kind), *(path.name for path in there))]
        return f"{max(taken) + 1 if taken else 0:06d}"

    def problem_of(self, entry: Entry) -> str | None:
        """Why a shard is not what was entered; None where every byte is."""
        shard = self.root / entry.kind / entry.name
        if not shard.is_dir():
            return "it is not there"
        if not entry.tables:
            return "its entry in the ledger cannot be read"
        try:
            found = checksums(shard)
        except OSError as error:
            return f"{error.strerror or error}"
        changed = sorted(
            f"{table}.parquet"
            for table, mark in entry.tables.items()
            if found.get(f"{table}.parquet") != mark.blake2b
        )
        return f"{', '.join(changed)}: not the bytes that were written" if changed else None

    def set_aside(self, folder: Path, *, is_shard: bool = True) -> Path | None:
        """Move a damaged shard out of the lake, to `damaged/<kind>/<name>-<n>`; its new place.

        What only it held is pending from then on. is_shard False: a folder that is none; None where
        it has become one meanwhile.
        """
        relative = folder.relative_to(self.root)
        kind, name = relative.parent.as_posix(), relative.name
        place = self.root / DAMAGED / relative
        place.parent.mkdir(parents=True, exist_ok=True)
        taken = len(list(place.parent.glob(f"{place.name}-*")))
        target = place.with_name(f"{place.name}-{taken}")
        with self.ledger.transaction() as c:
            if not is_shard and name in register.names(c, kind):
                return None
            register.strike(c, kind, name)
            rename(folder, target)
            fsync(folder.parent)
        return target

    def forget(self, entry: Entry) -> None:
        """Strike out a shard that is gone; what only it held is pending from then on."""
        with self.ledger.transaction() as c:
            if not (self.root / entry.kind / entry.name).is_dir():
                register.strike(c, entry.kind, entry.name)

    def remove(self, kind: str) -> None:
        """Delete every shard of `kind`. Only for kinds that nothing points to any more."""
        with self.ledger.transaction() as c:
            register.strike(c, kind)
        folder = self.root / kind
        if folder.is_dir():
            doomed = folder.with_name(f".removing-{folder.name}-{os.getpid()}")
            rename(folder, doomed)
            shutil.rmtree(doomed)


def folder_of(kind: str) -> str:
    """The folder of the lake that a kind's shards are in: `photos`, `runs` or `herds`."""
    return kind.partition("/")[0]


def files_of(shards: list[Path], table: str) -> list[Path]:
    """The Parquet files of one table in these shards, where they are."""
    return [path for shard in shards if (path := shard / f"{table}.parquet").exists()]


def numbered(folder: Path) -> list[Path]:
    """Folders whose names are those of shards, in name order; whether they are shards is another
    question.
    """
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.name.isdecimal() and p.is_dir())


def checksums(shard: Path) -> dict[str, str]:
    """BLAKE2b of each of a shard's tables, 32 hex digits, by file name."""
    return {
        path.name: content_hash_of(path)
        for path in sorted(shard.glob("*.parquet"))
        if path.is_file() and not path.name.startswith(".")
    }


def _require_new(shard: Path) -> None:
    if shard.exists():
        raise ThumperError(f"Shard {shard} exists already; shards are never rewritten.")


def _write_tables(folder: Path, tables: Mapping[str, pa.Table]) -> dict[str, TableMark]:
    """Write every table below `folder`, durably; what the register has to know of them.

    The list of checksums beside them is for a lake whose ledger was lost.
    """
    folder.mkdir(parents=True)
    paths = [folder / f"{name}.parquet" for name in tables]
    for table, path in zip(tables.values(), paths, strict=True):
        pq.write_table(table, path, compression="zstd")
    sums = checksums(folder)
    listed = folder / CHECKSUMS
    listed.write_text(json.dumps(sums), "utf-8")
    with ThreadPoolExecutor(len(paths) + 1) as pool:  # together they wait for one turn of the disk
        list(pool.map(fsync, [*paths, listed]))
    fsync(folder)
    return {
        name: TableMark(sums[f"{name}.parquet"], table.num_rows) for name, table in tables.items()
    }
