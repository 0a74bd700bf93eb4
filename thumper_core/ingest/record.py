"""Writing down what was read: facts into the lake first, then the files' rows into the ledger."""

from __future__ import annotations

import time
from collections.abc import Container, Sequence

import pyarrow as pa

from thumper_core.contracts import PHOTO_FACTS, ThumperError
from thumper_core.ingest.changes import ToRead
from thumper_core.ingest.read import PhotoFacts, contentless_id
from thumper_core.store.lake import Lake
from thumper_core.store.ledger import FileRow, Ledger

_CHUNK_FILES = 5000
_CHUNK_S = 60.0  # what a kill can cost, in reading time
_NAME_TRIES = 100


class Recorder:
    """Collects results and commits them in chunks; `rows` are those of files that are there."""

    def __init__(
        self, lake: Lake, ledger: Ledger, renew: Container[str] = (), *, by_said: bool = False
    ) -> None:
        """renew: photos whose facts are written although the lake has some; by_said: what a camera wrote
        of itself names it, not its folder.
        """
        self._by_said = by_said
        self.lake, self.ledger, self._renew = lake, ledger, renew
        self.rows: list[FileRow] = []
        self.n_new = self.n_vanished = 0
        self._known = ledger.next_known()
        self._known_ids: set[str] | None = None
        self._facts: dict[str, PhotoFacts] = {}
        self._vanished: list[FileRow] = []
        self._n_committed = 0
        self._chunk_began = time.monotonic()

    def record(self, file: ToRead, outcome: PhotoFacts | OSError | None) -> None:
        """Take one result: facts, None for an empty file, or why it could not be read.

        A known file that vanished since it was listed is missing; a new one gets a row without
        content, so that the next look for it finds out.
        """
        if isinstance(outcome, FileNotFoundError) and file.is_known:
            self._vanished.append(file.row)
            self.n_vanished += 1
        elif isinstance(outcome, PhotoFacts):
            said = outcome.said_camera if self._by_said else None
            self.rows.append(
                file.row._replace(
                    photo_id=outcome.photo_id, content=True, camera=said or file.row.camera
                )
            )
            if outcome.photo_id in self._renew or outcome.photo_id not in self._already_known():
                self._facts[outcome.photo_id] = outcome
        else:
            photo_id = contentless_id(file.row.root, file.row.path_bytes)
            self.rows.append(file.row._replace(photo_id=photo_id, content=False))
        self.n_new += not file.is_known
        waiting = len(self.rows) - self._n_committed
        if waiting >= _CHUNK_FILES or time.monotonic() - self._chunk_began > _CHUNK_S:
            self.flush()

    @property
    def n_changed(self) -> int:
        """Files that were known with other bytes, or without any, or were read again."""
        return len(self.rows) - self.n_new

    def flush(self) -> None:
        """Commit what was collected."""
        if self._facts:
            write_facts(self.lake, list(self._facts.values()))
            self._already_known().update(self._facts)
            self._facts = {}
        self.ledger.upsert_files(self.rows[self._n_committed :], self._known)
        self._n_committed = len(self.rows)
        for row in self._vanished:
            self.ledger.mark_missing(row.root, [row.path_bytes])
        self._vanished = []
        self._chunk_began = time.monotonic()

    def _already_known(self) -> set[str]:
        if self._known_ids is None:
            self._known_ids = self.lake.known_photo_ids()
        return self._known_ids


def write_facts(lake: Lake, facts: Sequence[PhotoFacts]) -> None:
    """Commit facts as the next shard of `photos`, whatever another process adds meanwhile."""
    columns = zip(*facts, strict=True)
    arrays = [pa.array(c, field.type) for c, field in zip(columns, PHOTO_FACTS, strict=True)]
    table = pa.Table.from_arrays(arrays, schema=PHOTO_FACTS)
    for attempt in range(_NAME_TRIES):
        name = lake.next_shard_name("photos")
        try:
            lake.write_shard("photos", name, {"photos": table})
            return
        except ThumperError:
            taken = (lake.root / "photos" / name).exists()
            if not taken or attempt == _NAME_TRIES - 1:
                raise
