"""Facts that the lake has lost, read again from the photos that they are of."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from thumper_core.cores import core_count
from thumper_core.ingest.read import PhotoFacts, read_facts
from thumper_core.ingest.record import write_facts
from thumper_core.store.ledger import FileRow
from thumper_core.workspace import Workspace

_CHUNK_FILES = 5000


@dataclass(frozen=True)
class LostFacts:
    """Photos without facts, and how many of them were read again.

    roots: where the others lie; `thumper add` reads those when the files can be read.
    """

    n_lost: int
    n_read: int
    roots: tuple[str, ...]


def lost_files(workspace: Workspace) -> list[FileRow]:
    """One file of each photo that is there and whose facts are not in the lake.

    A file gets its row after its facts are in the lake, so nothing but damage makes one.
    """
    known = workspace.lake.known_photo_ids()
    lost: dict[str, FileRow] = {}
    for root in workspace.ledger.roots():
        for row in workspace.ledger.files_under(root):
            if row.content and not row.missing and row.photo_id not in known:
                lost.setdefault(row.photo_id, row)
    return list(lost.values())


def read_lost_facts(workspace: Workspace) -> LostFacts:
    """Read the facts of every photo that has none, and have the next `add` read what is left."""
    lost = lost_files(workspace)
    n_read = 0
    left: list[FileRow] = []
    for start in range(0, len(lost), _CHUNK_FILES):
        found: list[PhotoFacts] = []
        for row, facts in _read(lost[start : start + _CHUNK_FILES]):
            if facts is not None and facts.photo_id == row.photo_id:
                found.append(facts)
            else:
                left.append(row)
        if found:
            write_facts(workspace.lake, found)
        n_read += len(found)
    if left:
        workspace.ledger.upsert_files([row._replace(mtime_ns=-1) for row in left])
    return LostFacts(len(lost), n_read, tuple(dict.fromkeys(row.root for row in left)))


def _read(rows: Sequence[FileRow]) -> Iterator[tuple[FileRow, PhotoFacts | None]]:
    with ThreadPoolExecutor(core_count()) as pool:
        yield from zip(rows, pool.map(_facts_of, rows), strict=True)


def _facts_of(row: FileRow) -> PhotoFacts | None:
    """None where the file is away or cannot be read."""
    try:
        return read_facts(os.fsencode(row.root) + b"/" + row.path_bytes)
    except OSError:
        return None
