"""Decisions as a table: what people said, and whether it was taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

import polars as pl

from thumper_core.decisions.in_place import in_place
from thumper_core.decisions.kinds import Undo
from thumper_core.store.ledger import DecisionRow, Ledger

FRAME_SCHEMA = pl.Schema(
    {
        "decision_id": pl.Int64(),
        "kind": pl.String(),
        "subject": pl.String(),
        "payload": pl.String(),
        "author": pl.String(),
        "made_at": pl.Datetime("us", "UTC"),
        "undone": pl.Boolean(),
    }
)

ALL_DECISIONS: Final = "select * from decisions order by decision_id"
"""The same of a workspace's view, as its pages and flows ask for it."""


def decisions_frame(ledger: Ledger) -> pl.DataFrame:
    """Every decision, oldest first: FRAME_SCHEMA; `payload` is JSON text.

    What was said of a photo that another version of its picture is used for is said of that one.
    """
    return frame_of(in_place(ledger.decisions(), ledger.used_instead()))


def frame_of(rows: Iterable[DecisionRow]) -> pl.DataFrame:
    """Decision rows as a frame with FRAME_SCHEMA; `undone` is derived from the undos in it."""
    rows = list(rows)
    undone = undone_ids(rows)
    return pl.DataFrame(
        [
            (
                r.decision_id,
                r.kind,
                r.subject,
                json.dumps(r.payload),
                r.author,
                r.made_at,
                r.decision_id in undone,
            )
            for r in rows
        ],
        schema=FRAME_SCHEMA,
        orient="row",
    )


def undone_ids(rows: Iterable[DecisionRow]) -> set[int]:
    """Numbers of the decisions that an undo, itself not undone, takes back."""
    undone: set[int] = set()
    # An undo is always younger than what it takes back, so from the youngest on each is settled.
    for row in sorted(rows, key=lambda r: r.decision_id, reverse=True):
        if row.kind == Undo.kind and row.decision_id not in undone:
            undone.add(int(row.payload["decision_id"]))
    return undone
