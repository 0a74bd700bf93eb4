"""What to ask a person next: from wherever an error can hide, what an answer would change most first.

Two kinds of question. "Are these two profiles one deer?" finds splinters: each profile against the
larger ones it may be. "Does this part belong to the rest?" finds wrong merges, which nothing else can
find: each merge inside a profile, and of each profile the one that parts it most evenly even where all
likeness says that it holds: two animals may look the same. An answer is worth the change of the herd that
it is expected to make, counted in deer and in pairs of detections, each as a share of the whole herd's. Of
equally likely ones those come first of which two pictures are most alike.

Markings of one flank are not those of the other. Where one side was seen from the left only and the other
from the right only, a person can hardly tell, so such a question is worth less; and where both were seen from
one side, pictures of that side are shown.

What is shown of a side is its typical picture among the clear ones, which the answer is about, and the ones
that fit it least and that nobody has compared yet: a stranger inside a side is seen at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.decisions.kinds.who import About
from thumper_core.identify.review.clear import CLEAR_MIN
from thumper_core.identify.review.doubted import Doubted, Given
from thumper_core.identify.review.standing import Standing
from thumper_core.identify.scale.verdicts import log_odds

Rows = npt.NDArray[np.int64]

DOUBTFUL_SHOWN: Final = 2
VAIN_MAX: Final = 3
"""Pairs of pictures of the same two that a person could not tell, before they are asked about no more."""
OPPOSITE: Final = 0.2
"""Share of its worth that a question keeps whose sides show opposite flanks only: antlers remain."""
KIN_ASKED: Final = 5
"""Larger profiles that a profile is compared with at a time: the next ones come when these are answered."""

EAGER: Final = 0.5
"""Log odds, in the order of asking alone, for each unit of `closeness`: to the chance all that is more
alike than one animal usually is counts the same, but where few can be told apart the most alike are one
more often."""


@dataclass(frozen=True)
class Asking:
    """A question about tracklets.

    about: what it compares; left, right: the tracklets shown, the first of each
    is what is asked; sides: all tracklets of either side; p: chance of "same" as of now; chance: the
    same before answers corrected it; worth: share of the herd that an answer is expected to change;
    again: what was said of it before (None: nothing).
    """

    about: About
    left: tuple[int, ...]
    right: tuple[int, ...]
    sides: tuple[Rows, Rows]
    p: float
    chance: float
    worth: float
    again: Given | None = None


def questions(
    standing: Standing,
    closed: set[tuple[int, int]],
    limit: int = 40,
    doubts: Sequence[Doubted] = (),
    untold: frozenset[tuple[int, int]] = frozenset(),
    tells: npt.NDArray[np.bool_] | None = None,
    clear: npt.NDArray[np.float64] | None = None,
) -> list[Asking]:
    """The most telling questions first; before them the answers that are asked about again; last those of
    which one side has no picture that a person could see anything in.

    closed: pairs of tracklets (low, high) that were answered or passed over: no other question is about
    these two; untold: pairs that a person could not tell: their sides are asked about with other pictures;
    tells: (T,) tracklets that show some deer, others are of no use; clear: (T,) as `clear.clearness`.
    """
    found = [_again(doubt) for doubt in doubts[:limit]]
    seen = np.ones(len(standing.sizes)) if clear is None else clear

    def order(one: Asking) -> tuple[bool, float]:
        return any(seen[side].max() < CLEAR_MIN for side in one.sides), -one.worth

    for candidate in sorted(_weighed(standing), key=order):
        if len(found) >= limit:
            break
        if tells is not None and not all(tells[side].any() for side in candidate.sides):
            continue
        pair = _typical_pair(standing, candidate.sides, untold, seen)
        if pair is None or (min(pair), max(pair)) in closed:
            continue
        left, right = (
            shown(standing, side, first, seen)
            for side, first in zip(candidate.sides, pair, strict=True)
        )
        found.append(replace(candidate, left=left, right=right))
    return found


def _again(doubt: Doubted) -> Asking:
    """The same two pictures once more, and nothing beside them."""
    given, p = doubt.given, doubt.chance
    return Asking(About.PARTS, (given.a,), (given.b,), doubt.sides, p, p, 1.0, given)


def _typical_pair(
    standing: Standing,
    sides: tuple[Rows, Rows],
    untold: frozenset[tuple[int, int]],
    clear: npt.NDArray[np.float64],
) -> tuple[int, int] | None:
    """The typical tracklets of both sides, clear ones before others; others where a person could not tell
    these or they show opposite flanks.

    First those of which neither was looked at in vain. None where VAIN_MAX pairs were, or none is left.
    """
    first, second = (
        side[
            np.argsort(-_standing_for(standing, side, clear), kind="stable")[: VAIN_MAX + 1]
        ].tolist()
        for side in sides
    )
    vain = {pair for pair in untold if any(np.isin(pair, sides[0]))} & {
        pair for pair in untold if any(np.isin(pair, sides[1]))
    }
    looked = {tracklet for pair in vain for tracklet in pair}
    left = [
        ((a in looked) + (b in looked), standing.are_opposite(a, b), i + j, (a, b))
        for i, a in enumerate(first)
        for j, b in enumerate(second)
        if (min(a, b), max(a, b)) not in vain
    ]
    return min(left)[-1] if left and len(vain) < VAIN_MAX else None


def _typical(standing: Standing, side: Rows) -> npt.NDArray[np.float64]:
    """(n,) how well each tracklet of a side stands for it."""
    means = standing.means[side].astype(np.float64)
    fit: npt.NDArray[np.float64] = means @ means.mean(axis=0)
    return fit * np.log1p(standing.sizes[side])


def _standing_for(
    standing: Standing, side: Rows, clear: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(n,) the same, less where it shows little; clear: (T,)."""
    fit = _typical(standing, side)
    return np.where(fit > 0, fit * clear[side], fit)


def shown(
    standing: Standing,
    side: Rows,
    first: int | None = None,
    clear: npt.NDArray[np.float64] | None = None,
) -> tuple[int, ...]:
    """A tracklet of a side (None: the typical one), and those that fit the side least and were not
    compared with it; clear: (T,) as `clear.clearness`: where a stranger could not be seen comes last.
    """
    means = standing.means[side].astype(np.float64)
    fit = means @ means.mean(axis=0)
    if first is None:
        main = int(np.argmax(_typical(standing, side)))
    else:
        main = int(np.flatnonzero(side == first)[0])
    known = _compared(standing, int(side[main]))
    dark = np.zeros(len(side), bool) if clear is None else clear[side] < CLEAR_MIN
    order = np.lexsort((fit, dark))
    others = [k for k in order if k != main and int(side[k]) not in known]
    return tuple(int(side[k]) for k in (main, *others[:DOUBTFUL_SHOWN]))


def _compared(standing: Standing, tracklet: int) -> set[int]:
    """Tracklets that people called the same as this one."""
    must = standing.links.must
    return set(must[(must == tracklet).any(axis=1)].ravel().tolist())


def _weighed(standing: Standing) -> list[Asking]:
    """Every question, those less that a person can hardly answer."""
    return [
        replace(one, worth=one.worth * OPPOSITE) if standing.are_opposite(*one.sides) else one
        for one in _candidates(standing)
    ]


def _candidates(standing: Standing) -> list[Asking]:
    """Every question, before it is known what is shown of either side."""
    if not len(standing.labels):
        return []
    weight, pairs, count = standing.weight, standing.n_pairs, standing.n_profiles
    plain, is_often = standing.uncorrected(), standing.seen.is_often
    found = []
    before = plain.kinship.by_pair()
    for kin in standing.kinship.kin:
        close = standing.closeness[kin.profile, kin.larger]
        eager = 1 / (1 + np.exp(-(log_odds(kin.chance) + EAGER * close)))
        likely = np.argsort(-eager, kind="stable")[:KIN_ASKED]
        for other, p, hoped in zip(
            kin.larger[likely].tolist(),
            kin.chance[likely].tolist(),
            eager[likely].tolist(),
            strict=True,
        ):
            worth = hoped * weight[kin.profile] * weight[other] / pairs + hoped / count
            sides = (standing.members(kin.profile), standing.members(other))
            chance = before[kin.profile, other]
            are_often = is_often[kin.profile] and is_often[other]
            about = About.PROFILES if are_often else About.STRAY
            found.append(Asking(about, (), (), sides, p, chance, worth))
    halves = _halves(standing)
    for place, branch in enumerate(standing.branches):
        part = float(standing.sizes[branch.part].sum())
        wrong = 1 - branch.p
        if place in halves:
            wrong = max(wrong, float(standing.hides_another[branch.profile]))
        worth = wrong * part * (weight[branch.profile] - part) / pairs + wrong / count
        sides = (branch.part, branch.rest)
        found.append(Asking(About.PARTS, (), (), sides, branch.p, branch.chance, worth))
    return found


def _halves(standing: Standing) -> set[int]:
    """Of each profile, the unconfirmed merge that parts it most evenly: two animals would lie either side."""
    best: dict[int, tuple[int, int]] = {}
    for place, branch in enumerate(standing.branches):
        pairs = len(branch.part) * len(branch.rest)
        if pairs > best.get(branch.profile, (0, 0))[0]:
            best[branch.profile] = (pairs, place)
    return {place for _, place in best.values()}
