"""How many deer there are: every method's answer in words, with what it believes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from thumper_core.herd.abundance.estimate import Estimate, Refused, Result
from thumper_core.herd.abundance.methods import Abundance, abundance
from thumper_core.herd.abundance.ratios import event_counts
from thumper_core.language import figure, say

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Answer:
    """One method's answer to one question; value and interval are empty where it was refused."""

    question: str
    method: str
    value: str
    interval: str  # 95%
    reason: str  # why there is no value; else empty
    assumptions: tuple[str, ...]
    cautions: tuple[str, ...]
    source: str


def herd_abundance(workspace: Workspace) -> Abundance:
    """All estimates of the shown herd in the workspace's scope."""
    sightings = workspace.sql("select individual_id, started_at, taken_at_precision from sightings")
    individuals = workspace.sql(
        "select individual_id, sex, age_class from individuals where n_events > 0"
    )
    return abundance(sightings, individuals, deer_by_event(workspace))


def deer_by_event(workspace: Workspace) -> pl.DataFrame:
    """Deer of each class in each event whose time is known: as `ratios.event_counts`."""
    # A photo without a time is an event of its own: pictures of one visit would count as many.
    return event_counts(
        workspace.sql(
            "select d.picture_id as photo_id, p.event_id, p.camera, d.sex, d.age_class "
            "from detections d join photos p using (photo_id) "
            "where d.is_deer and p.is_time_evidence"
        )
    )


def answers(found: Abundance) -> list[Answer]:
    """Numbers first, then ratios, in the order in which a report gives them."""
    asked: list[tuple[str, Result, bool]] = [
        (say("Deer in all, from marked and recaptured ones"), found.chapman, True),
        (say("Deer in all, from all days together"), found.schnabel, True),
        (say("Deer in all, from those seen once and twice"), found.chao, True),
        (say("Deer in all, from the bucks"), found.census.total, True),
        (say("Does, from the bucks"), found.census.does, True),
        (say("Fawns, from the bucks"), found.census.fawns, True),
        (say("Bucks per doe, over visits"), found.bucks_per_doe, False),
        (say("Fawns per doe, over visits"), found.fawns_per_doe, False),
        (say("Bucks per doe, among known deer"), found.bucks_per_doe_known, False),
        (say("Fawns per doe, among known deer"), found.fawns_per_doe_known, False),
    ]
    return [answer(question, result, whole) for question, result, whole in asked]


def assumptions(given: list[Answer]) -> tuple[str, ...]:
    """What the answers that have a value believe, each said once."""
    return tuple(dict.fromkeys(text for a in given if a.value for text in a.assumptions))


def cautions(given: list[Answer]) -> tuple[str, ...]:
    """What these very data say against the answers, each said once."""
    return tuple(dict.fromkeys(text for a in given for text in a.cautions))


def answer(question: str, result: Result, whole: bool) -> Answer:
    """A result in words; whole: it counts animals, so without decimals."""
    if isinstance(result, Refused):
        return Answer(question, result.method, "", "", result.reason, (), (), "")
    return Answer(
        question,
        result.method[:1].upper() + result.method[1:],
        number(result.estimate, whole),
        interval(result, whole),
        "",
        result.assumptions,
        result.cautions,
        result.source,
    )


def interval(result: Estimate, whole: bool) -> str:
    """`12 to 31`; `at least 12` where there is no upper end."""
    low = number(result.low, whole, math.floor)
    if math.isinf(result.high):
        return say("at least {low}", low=low)
    return say("{low} to {high}", low=low, high=number(result.high, whole, math.ceil))


def number(value: float, whole: bool, rounding: object = round) -> str:
    """An animal count without decimals, a ratio with two."""
    if math.isinf(value):
        return "\N{INFINITY}"
    if whole and callable(rounding):
        return figure(rounding(value), ",")
    return figure(value, ".2f")
