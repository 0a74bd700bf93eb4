"""What lies in the lake and is no shard of it: copies, and what other programs leave.

Neither is ever read. A copy of a shard is moved aside; what a file server or a desktop made of the
folder (`@eaDir`, `.DS_Store`, `Thumbs.db`) is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from thumper_core.contracts import SHARD_TABLES
from thumper_core.store.lake import CHECKSUMS, DAMAGED, HIDDEN, Lake

_PARENTS: Final = ("runs", "herds")
_FILES: Final = {f"{table}.parquet" for tables in SHARD_TABLES.values() for table in tables}
_OWN: Final = (HIDDEN, ".removing-")


class Strays(NamedTuple):
    """copies: folders that hold tables as shards do; foreign: everything else."""

    copies: list[Path]
    foreign: list[Path]


def strays(lake: Lake, kinds: set[str]) -> Strays:
    """Look through the lake's folders; kinds: those that the ledger knows."""
    catalog = {folder for folders in lake.catalog().values() for folder in folders}
    found = Strays([], [])

    def sort_out(path: Path) -> None:
        is_copy = path.is_dir() and _holds_tables(path)
        (found.copies if is_copy else found.foreign).append(path)

    for path in _entries(lake.root):
        if path.name not in (*SHARD_TABLES, DAMAGED) or not path.is_dir():
            found.foreign.append(path)
    for parent in _PARENTS:
        for path in _entries(lake.root / parent):
            if f"{parent}/{path.name}" not in kinds:
                sort_out(path)
    for kind in sorted(kinds):
        for path in _entries(lake.root / kind):
            if path not in catalog:
                sort_out(path)
                continue
            own = {CHECKSUMS, *_FILES}
            found.foreign.extend(file for file in _entries(path) if file.name not in own)
    return found


def _entries(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in sorted(folder.iterdir()) if not path.name.startswith(_OWN))


def _holds_tables(folder: Path) -> bool:
    """Whether a folder is a shard by its files, or is a folder of such."""
    places = [folder, *(path for path in folder.iterdir() if path.is_dir())]
    return any((place / file).is_file() for place in places for file in _FILES)
