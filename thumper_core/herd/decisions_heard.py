"""Which decisions a herd was made with, which came since, and which were set aside."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import polars as pl

from thumper_core.decisions.kinds import IDENTIFIED_WITH
from thumper_core.decisions.resolution import SubjectFinder
from thumper_core.identify.links.constraints import ConstraintReport
from thumper_core.store.herd_summary import DecisionsHeard


def decisions_heard(decisions: pl.DataFrame, waiting: Collection[int] = ()) -> DecisionsHeard:
    """Which decisions a herd is made with; waiting: numbers of those that it is not."""
    said = decisions.filter(pl.col("kind").is_in(IDENTIFIED_WITH))
    undone = said.filter(pl.col("undone"))["decision_id"]
    return DecisionsHeard(
        int(decisions["decision_id"].max() or 0),  # type: ignore[arg-type]
        tuple(sorted({*undone, *waiting})),
    )


def changed_since(decisions: pl.DataFrame, before: DecisionsHeard) -> pl.DataFrame:
    """Decisions about who is who that were made, taken back or restored since `before` was noted."""
    number = pl.col("decision_id")
    stood = (number <= before.last) & ~number.is_in(list(before.undone))
    return decisions.filter(pl.col("kind").is_in(IDENTIFIED_WITH) & (stood == pl.col("undone")))


def boxes_named(
    decisions: pl.DataFrame, finder: SubjectFinder, deer: pl.DataFrame
) -> dict[int, set[str]]:
    """By decision, the detections of the deer that it speaks of, as far as they are found."""
    names = deer["detection_id"]
    found: dict[int, set[str]] = {}
    for number, payload in decisions.select("decision_id", "payload").iter_rows():
        rows = {finder.find(box) for box in _boxes(json.loads(payload))} - {None}
        found[number] = {names[row] for row in rows if row is not None}
    return found


def _boxes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _boxes(item)
    elif isinstance(value, dict):
        if "photo_id" in value and "box" in value:
            yield {name: value.get(name) for name in ("photo_id", "box", "frame_ms")}
        for item in value.values():
            yield from _boxes(item)


def decisions_set_aside(report: ConstraintReport) -> set[int]:
    """Decisions that contradict what holds and are left out."""
    return {number for c in report.contradictions for number in c.set_aside}
