"""Individuals that somebody knew before their pictures came here: what follows from that.

Boxes of one are one animal; individuals of one source (a folder for each, a package) are different ones,
but where people merged them since.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple, Protocol

import polars as pl

from thumper_core.boxes.overlap import BOX
from thumper_core.decisions.kinds import Known, Merge

BOXES_SCHEMA = pl.Schema(
    {"photo_id": pl.String(), **dict.fromkeys(BOX, pl.Float32()), "individual_id": pl.String()}
)


class _Finder(Protocol):
    def find(self, subject: Any) -> int | None: ...


class ToldIndividual(NamedTuple):
    """A standing decision that binds. row: a detection that it names, None: none was found."""

    decision_id: int
    individual_id: str
    source: str
    row: int | None
    made_at: Any
    author: str

    @classmethod
    def of(
        cls, decision: dict[str, Any], payload: dict[str, Any], finder: _Finder
    ) -> ToldIndividual:
        """decision: a row of decisions; payload: what it says. Raises KeyError, TypeError."""
        rows = (finder.find(box) for box in payload["boxes"])
        return cls(
            int(decision["decision_id"]),
            payload["individual_id"],
            payload["source"],
            next((row for row in rows if row is not None), None),
            decision["made_at"],
            decision.get("author") or "",
        )


def pairs_of(boxes: Sequence[Any]) -> list[dict[str, Any]]:
    """The boxes as pairs that hold them together."""
    return [{"a": boxes[0], "b": box} for box in boxes[1:]]


class Apart(NamedTuple):
    """A detection of an individual that is not another one's."""

    decision_id: int
    row: int
    made_at: Any
    author: str


def apart(told: Sequence[ToldIndividual], decisions: pl.DataFrame) -> Iterator[tuple[Apart, Apart]]:
    """Pairs of detections of two individuals of one source, one for each two individuals.

    decisions: `kind, payload, undone`; those that were merged since are one.
    """
    into = _merged(decisions) if told else {}
    by_source: dict[str, dict[str, Apart]] = {}
    for one in told:
        if one.row is None or not one.source:
            continue
        who = _end(into, one.individual_id)
        found = Apart(one.decision_id, one.row, one.made_at, one.author)
        by_source.setdefault(one.source, {}).setdefault(who, found)
    for individuals in by_source.values():
        for a, b in combinations(individuals.values(), 2):
            if a.row != b.row:
                yield a, b


def known_boxes(decisions: pl.DataFrame) -> pl.DataFrame:
    """The boxes by which individuals were known before: BOXES_SCHEMA, of decisions that stand."""
    rows = []
    standing = decisions.filter((pl.col("kind") == Known.kind) & ~pl.col("undone"))
    for payload in map(json.loads, standing["payload"]):
        rows += [
            (box["photo_id"], *box["box"], payload["individual_id"]) for box in payload["boxes"]
        ]
    return pl.DataFrame(rows, schema=BOXES_SCHEMA, orient="row").unique(maintain_order=True)


def _merged(decisions: pl.DataFrame) -> dict[str, str]:
    into: dict[str, str] = {}
    merges = decisions.filter(pl.col("kind") == Merge.kind)
    for row in merges.iter_rows(named=True):
        if not row.get("undone"):
            said = json.loads(row["payload"])
            into.pop(said["into"], None)
            into |= dict.fromkeys(said["from"], said["into"])
    return into


def _end(into: dict[str, str], who: str) -> str:
    seen = {who}
    while who in into and into[who] not in seen:
        who = into[who]
        seen.add(who)
    return who
