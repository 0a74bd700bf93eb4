"""A season on "New", week by week: a truthful reviewer answers what is asked, and confirms what is sure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from thumper_core.evaluate.metrics import Contingency
from thumper_core.identify.meet.chances import Model
from thumper_core.identify.meet.gallery import Sightings, compare, joined
from thumper_core.identify.space.similarity import IntArray

SURE: Final = 0.95
"""Chance of a known deer from which a visit is confirmed unseen, as on the page."""
WEEK_DAYS: Final = 7


@dataclass(frozen=True)
class Week:
    """After a week: answers given so far, one a visit; sure: visits confirmed from a sheet, wrong_sure
    of them wrong; untold: visits that nobody can tell; deer: animals seen so far; f1: pairs of visits grouped
    right, the gallery's with them; f1_alone: where every likeliest answer is believed and nobody looks.
    """

    week: int
    answers: int
    sure: int
    wrong_sure: int
    untold: int
    deer: int
    f1: float
    f1_alone: float


def weeks(known: Sightings, asked: Sightings, model: Model) -> list[Week]:
    """Go through the visits in order of time; what is answered counts at once for the next."""
    looked, alone = _labels(known, asked, model, True), _labels(known, asked, model, False)
    week = ((asked.day - asked.day.min(initial=np.inf)) // WEEK_DAYS).astype(int)
    told = []
    for number in np.unique(week):
        so_far = week <= number
        truth = np.concatenate([known.who, asked.who[so_far]])
        f1, f1_alone = (
            Contingency(truth, np.concatenate([known.who, found.code[so_far]])).pairs().f1
            for found in (looked, alone)
        )
        how = looked.how[so_far]
        told.append(
            Week(
                int(number) + 1,
                int((how == "answer").sum()),
                int((how == "sure").sum()),
                int(((how == "sure") & (looked.code[so_far] != asked.who[so_far])).sum()),
                int((how == "untold").sum()),
                len(np.unique(truth)),
                f1,
                f1_alone,
            )
        )
    return told


def as_rows(told: list[Week]) -> list[dict[str, Any]]:
    """Plain values, a row a week."""
    return [asdict(week) for week in told]


@dataclass(frozen=True)
class _Labels:
    """code: (Q,) group of each visit, one of its own where it is untold; how: (Q,) by what it got there."""

    code: IntArray
    how: np.ndarray


def _labels(known: Sightings, asked: Sightings, model: Model, looks: bool) -> _Labels:
    gallery = known
    fresh = int(max(known.who.max(initial=-1), asked.who.max(initial=-1))) + 1
    code, how = np.zeros(len(asked), np.int32), np.full(len(asked), "untold", np.dtype("U8"))
    for row in np.argsort(asked.day, kind="stable").tolist():
        one = asked.rows(np.array([row]))
        deer, new = model.chances(one, compare(one, gallery, model.yardstick))
        shows = float(one.tells[0])
        p_known, p_new = shows * float(deer[0].sum()), shows * float(new[0])
        code[row], fresh = fresh, fresh + 1
        if 1 - shows > max(p_known, p_new):
            continue
        best = int(deer[0].argmax()) if deer.size else -1
        if looks and not (best >= 0 and shows * float(deer[0, best]) >= SURE):
            code[row], how[row] = asked.who[row], "answer"
        elif p_known >= p_new and best >= 0:
            code[row], how[row] = gallery.deer[best], "sure"
        gallery = joined(gallery, replace(one, who=code[row : row + 1]))
    return _Labels(code, how)
