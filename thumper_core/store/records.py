"""Rows of the ledger as records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from thumper_core.contracts import ThumperError

if TYPE_CHECKING:
    from thumper_core.store.herd_summary import HerdSummary

LOOK: Final = "`thumper verify` names what is damaged, and the command that mends it."


TOLD: Final = "results"
"""In a run's configuration, the source of its boxes: a file of results (`pipeline.told`)."""


class FileRow(NamedTuple):
    """One file below one root."""

    root: str  # absolute folder
    path: str  # POSIX, relative to root; undecodable bytes shown as \xNN
    path_bytes: bytes  # the same, as the file system has it
    size: int  # bytes
    mtime_ns: int
    photo_id: str
    camera: str
    name_taken_at: datetime | None  # time that the file's name carries
    content: bool  # False: no bytes could be read and photo_id comes from the path
    missing: bool  # True: gone when last looked for
    name_precision: str | None = None  # a TimePrecision; None: to the second
    file_number: int | None = None  # by which the camera counts its files: 41 of IMG_0041.JPG

    def to_sql(self) -> tuple[Any, ...]:
        """The row as SQLite stores it."""
        taken = self.name_taken_at.isoformat(" ") if self.name_taken_at else None
        flags = int(self.content), int(self.missing)
        return (*self[:7], taken, *flags, self.name_precision, self.file_number)

    @classmethod
    def from_sql(cls, row: tuple[Any, ...]) -> FileRow:
        """The row from SQLite's values."""
        taken = parse_time(row[7]) if row[7] else None
        return cls._make([*row[:7], taken, bool(row[8]), bool(row[9]), *row[10:12]])


class RunRow(NamedTuple):
    """All results of one pipeline configuration."""

    run_id: str
    fingerprint: str
    state: str  # building, complete, rejected, imported, discarded
    detector: str
    embedder: str
    config: dict[str, Any]
    started_at: datetime
    finished_at: datetime | None

    @property
    def is_told(self) -> bool:
        """Whether its boxes come from a file of results, which no detector here could give again."""
        detector = self.config.get("detector")
        return self.state == "imported" or (
            isinstance(detector, dict) and detector.get("source") == TOLD
        )

    @classmethod
    def from_sql(cls, row: tuple[Any, ...]) -> RunRow:
        """The row from SQLite's values."""
        finished = parse_time(row[7]) if row[7] else None
        return cls._make([*row[:5], parse_json(row[5]), parse_time(row[6]), finished])


class HerdRow(NamedTuple):
    """One identification of a run's deer."""

    herd_id: str
    run_id: str
    method: str  # average, greedy or hdbscan
    threshold: float | None
    summary: HerdSummary
    created_at: datetime

    @classmethod
    def from_sql(cls, row: tuple[Any, ...]) -> HerdRow:
        """The row from SQLite's values."""
        from thumper_core.store.herd_summary import HerdSummary

        summary = HerdSummary.from_json(parse_json(row[4]))
        return cls._make([*row[:4], summary, parse_time(row[5])])


class DecisionRow(NamedTuple):
    """One thing that a person said."""

    decision_id: int
    kind: str
    subject: str
    payload: dict[str, Any]
    author: str
    made_at: datetime

    @classmethod
    def from_sql(cls, row: tuple[Any, ...]) -> DecisionRow:
        """The row from SQLite's values."""
        return cls._make([*row[:3], parse_json(row[3]), row[4], parse_time(row[5])])


def now_text() -> str:
    """This moment as the ledger writes it: ISO 8601, UTC, microseconds."""
    return datetime.now(UTC).isoformat(" ", "microseconds")


def parse_time(text: str) -> datetime:
    """A time as the ledger writes it: ISO 8601. Raises ThumperError where it is damaged."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ThumperError(f"{text!a} in the ledger is not a time. {LOOK}") from error


def parse_json(text: str) -> dict[str, Any]:
    """An object as the ledger writes it: JSON. Raises ThumperError where it is damaged."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise ThumperError(f"{ascii(text)[:40]} in the ledger is not JSON. {LOOK}") from error
    if not isinstance(value, dict):
        raise ThumperError(f"{ascii(text)[:40]} in the ledger is not an object. {LOOK}")
    return value
