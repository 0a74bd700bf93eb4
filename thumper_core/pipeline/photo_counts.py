"""How many photos there are, and how far a run is with them: one SQL text for every page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import duckdb
import polars as pl

from thumper_core.workspace import Workspace

Ask = Callable[[str, Sequence[Any]], pl.DataFrame]
"""Answers SQL over the views; `present` is enough of the photos."""

_COUNTS: Final = """
select count(*) as total, count(o.photo_id) as done,
    count(*) filter (o.photo_id is null) as pending,
    count(*) filter (o.status = 'error') as failed,
    count(*) filter (o.status = 'partial') as partial
from present p
left join all_outcomes o on o.photo_id = p.photo_id
    and o.run_id = coalesce(?, (select run_id from shown))
"""


class PhotoCounts(NamedTuple):
    """Photos that are there: all, with and without an outcome, unreadable, read in part."""

    total: int
    done: int
    pending: int
    failed: int
    partial: int


def photo_counts(
    workspace: Workspace, run_id: str | None = None, *, ask: Ask | None = None
) -> PhotoCounts:
    """The photos and what a run made of them; None: the run that is shown.

    ask: another connection to the same workspace than its own.
    """
    return PhotoCounts._make((ask or workspace.sql)(_COUNTS, [run_id]).row(0))


def photo_counts_of(db: duckdb.DuckDBPyConnection, run_id: str | None = None) -> PhotoCounts:
    """The same over a connection that is open, a light one too (`views.session.connect_light`)."""
    (row,) = db.sql(_COUNTS, params=[run_id]).fetchall()
    return PhotoCounts._make(row)
