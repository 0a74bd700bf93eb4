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
    animal, of which nothing was founded yet.
    """

    invented: int
    found_new: int
    missed: int
    wrong_known: int
    untold: int
    waiting: int


def founded(known: Sightings, asked: Sightings, model: Model, *, has_gate: bool) -> Founded:
    """Go through the visits in order of time.

    has_gate: whether "nobody can tell" is an answer, and a deer is founded by a visit of which that is as
    good as certain (FOUNDS_FROM), or by two that show one animal: pictures that show nothing of who it is
    are like no others. Without it every visit is of a known deer or founds a new one.
    """
    given = _given(known, asked, model, has_gate)
    visits: dict[int, int] = {}
    for code in given.code.tolist():
        visits[code] = visits.get(code, 0) + 1
    own = set(known.deer.tolist())
    taken, new = set(own), set(asked.who.tolist()) - own
    invented = waiting = 0
    found: set[int] = set()
    for code, who in given.is_of.items():
        if code in own:
            continue
        if has_gate and visits[code] < 2 and code not in given.certain:
            waiting += 1
            continue
        invented += who in taken
        found |= {who} & new
        taken.add(who)
    wrong = sum(
        given.is_of[code] != who
        for code, who in zip(given.code.tolist(), asked.who.tolist(), strict=True)
        if code >= 0
    )
    untold = int((given.code < 0).sum())
    return Founded(invented, len(found), len(new - found), wrong, untold, waiting)


@dataclass(frozen=True)
class _Given:
    """code: (Q,) the deer that each visit was given to, -1: none; is_of: whose first visit each deer is;
    certain: deer that one visit founds.
    """

    code: IntArray
    is_of: dict[int, int]
    certain: set[int]


def _given(known: Sightings, asked: Sightings, model: Model, has_gate: bool) -> _Given:
    gallery, code = known, np.full(len(asked), -1, np.int32)
    fresh = int(max(known.who.max(initial=-1), asked.who.max(initial=-1))) + 1
    is_of = {int(one): int(one) for one in known.deer}
    certain: set[int] = set()
    for row in np.argsort(asked.day, kind="stable").tolist():
        one = asked.rows(np.array([row]))
        deer, new = model.chances(one, compare(one, gallery, model.yardstick))
        shows = float(one.tells[0]) if has_gate else 1.0
        p_new, p_known = shows * float(new[0]), shows * float(deer[0].sum())
        if 1 - shows > max(p_new, p_known):
            continue
        if p_new > p_known:
            code[row] = fresh
            is_of[fresh] = int(one.who[0])
            certain |= {fresh} if p_new >= FOUNDS_FROM else set()
            fresh += 1
        else:
            code[row] = gallery.deer[int(deer[0].argmax())]
        gallery = joined(gallery, replace(one, who=code[row : row + 1]))
    return _Given(code, is_of, certain)
