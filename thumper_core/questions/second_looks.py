"""What people answered, as the review may doubt it: which tracklets, how often, and on which pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.decisions.contradictions import Contradiction
from thumper_core.decisions.kinds import COMPARED
from thumper_core.decisions.kinds.who import Asked
from thumper_core.decisions.resolution import SaidPair
from thumper_core.decisions.superseded import standing_verdicts
from thumper_core.identify.review.doubted import Given

Pair = tuple[int, int]


@dataclass(frozen=True)
class Told:
    """Every verdict that stands. rows: of each pair of tracklets, the two detections that were shown, as
    rows of the frame; asked: the question that it answered, where there was one; looks: how often they
    were judged by themselves; contradicted: those of which an answer cannot be true beside others.
    """

    given: tuple[Given, ...]
    rows: dict[Pair, Pair]
    asked: dict[Pair, Asked]
    looks: dict[Pair, int]
    contradicted: set[Pair]


def told(
    said: list[SaidPair],
    contradictions: list[Contradiction],
    decisions: pl.DataFrame,
    tracklet: npt.NDArray[np.integer],
) -> Told:
    """said, contradictions: as the constraints report them; tracklet: (N,) of each detection."""
    verdicts = standing_verdicts(decisions)
    asked_in = _questions(decisions)
    given: dict[Pair, Given] = {}
    rows: dict[Pair, Pair] = {}
    asked: dict[Pair, Asked] = {}
    looks: dict[Pair, int] = {}
    clashing = _clashing(contradictions)
    contradicted: set[Pair] = set()
    for one in said:
        a, b = int(tracklet[one.a]), int(tracklet[one.b])
        if one.kind not in COMPARED or a == b or not (one.same or one.is_compared):
            continue  # that two groups are apart follows for other pairs
        low, high = (one.a, one.b) if a < b else (one.b, one.a)
        pair = (min(a, b), max(a, b))
        number = one.decision_id if one.is_compared else -1  # else it was only seen in passing
        times, turned = verdicts.times.get(number, 1), number in verdicts.turned
        given[pair] = Given(*pair, one.same, times, turned)
        rows[pair] = (low, high)
        looks[pair] = verdicts.looks.get(number, 0)
        if number in asked_in:
            asked[pair] = asked_in[number]
        if one.decision_id in clashing:
            contradicted.add(pair)
    return Told(tuple(given.values()), rows, asked, looks, contradicted)


def _clashing(contradictions: list[Contradiction]) -> set[int]:
    """The decisions that cannot all be true."""
    found: set[int] = set()
    for one in contradictions:
        found |= set(one.chain_decisions)
        if one.cannot_decision is not None:
            found.add(one.cannot_decision)
    return found


def _questions(decisions: pl.DataFrame) -> dict[int, Asked]:
    """What each verdict answered, by its decision ID."""
    verdicts = decisions.filter(pl.col("kind").is_in(list(COMPARED)))
    rows = verdicts.select("decision_id", "payload").iter_rows()
    asked = {int(number): Asked.of(json.loads(payload)) for number, payload in rows}
    return {number: question for number, question in asked.items() if question is not None}
