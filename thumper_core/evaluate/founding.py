"""What deer a herd would found that believes every answer: one visit after the other, nobody looking."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from thumper_core.identify.meet.chances import FOUNDS_FROM, Model
from thumper_core.identify.meet.gallery import Sightings, compare, joined
from thumper_core.identify.space.similarity import IntArray


@dataclass(frozen=True)
class Founded:
    """invented: deer that were founded of an animal that the gallery, or a deer founded before, is of;
    found_new: new animals that were founded; missed: those that were not; wrong_known: visits given to
    another animal than theirs; untold: visits that nobody can tell; waiting: that are likely of a new
    animal, and not likely enough to found one; given: (Q,) code of the deer that each
    visit was given to, -1: none.
    """

    invented: int
    found_new: int
    missed: int
    wrong_known: int
    untold: int
    waiting: int
    given: IntArray


def founded(known: Sightings, asked: Sightings, model: Model, *, has_gate: bool) -> Founded:
    """Go through the visits in order of time.

    has_gate: whether "nobody can tell" is an answer, and a deer is founded from FOUNDS_FROM on only; without
    it every visit is of a known deer or founds a new one.
    """
    order = np.argsort(asked.day, kind="stable")
    gallery, given = known, np.full(len(asked), -1, np.int32)
    next_code = int(max(known.who.max(initial=-1), asked.who.max(initial=-1))) + 1
    is_of: dict[int, int] = {int(one): int(one) for one in known.deer}
    invented = wrong = untold = waiting = 0
    for row in order.tolist():
        one = asked.rows(np.array([row]))
        deer, new = model.chances(one, compare(one, gallery, model.yardstick))
        shows = float(one.tells[0]) if has_gate else 1.0
        p_new, p_known = shows * float(new[0]), shows * float(deer[0].sum())
        who = int(one.who[0])
        if 1 - shows > max(p_new, p_known):
            untold += 1
            continue
        if p_new > p_known and has_gate and p_new < FOUNDS_FROM:
            waiting += 1
            continue
        if p_new > p_known:
            invented += who in is_of.values()
            is_of[next_code] = who
            code, next_code = next_code, next_code + 1
        else:
            code = int(gallery.deer[int(deer[0].argmax())])
            wrong += is_of[code] != who
        given[row] = code
        gallery = joined(gallery, replace(one, who=np.array([code], np.int32)))
    new_ones = set(asked.who.tolist()) - set(known.deer.tolist())
    found = new_ones & {is_of[code] for code in set(is_of) - set(known.deer.tolist())}
    return Founded(invented, len(found), len(new_ones) - len(found), wrong, untold, waiting, given)
