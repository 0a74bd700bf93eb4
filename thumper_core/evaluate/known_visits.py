"""Whether animals that somebody knows are found again on other visits: what a space is tried on.

A space learned with a part of what is known is tried on the rest. Each tracklet of the rest asks for its
animal on other visits, among all animals that are known. What was kept back is whole visits (the herd's
own deer come again) or whole animals (an album's are other animals than the herd's).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.evaluate.metrics import resamples
from thumper_core.evaluate.retrieval import rank
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.space.learn import learn_space
from thumper_core.identify.space.similarity import IntArray, group_means
from thumper_core.identify.space.visit_spread import VisitSpread, learn_spread
from thumper_core.settings import IdentifySettings

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Kept = Literal["visits", "animals"]
Learn = Callable[[Mask], VisitSpread | None]
"""From the (T,) tracklets that may be learned from to what is learned."""

FOLDS: Final = 3


@dataclass(frozen=True)
class KnownVisits:
    """Detections of which it is known, for some, who they are.

    vectors: (N, D) float32, L2-normalised; index, photo: (N,) codes of tracklet and photo; light: (N,)
    codes or None; event: (T,) code of each tracklet's visit, event_name: (T,) its name; who: (T,) code
    of the animal, one of its own for a tracklet that nobody joined to another; links: what the photos
    tell.
    """

    vectors: FloatArray
    index: IntArray
    photo: IntArray
    light: IntArray | None
    event: IntArray
    event_name: npt.NDArray[np.str_]
    who: IntArray
    links: Constraints

    @property
    def is_known(self) -> Mask:
        """(T,) tracklets of animals that are known from two visits or more."""
        animals = int(self.who.max(initial=-1)) + 1
        first, last = np.full(animals, np.iinfo(np.int32).max), np.full(animals, -1)
        np.minimum.at(first, self.who, self.event)
        np.maximum.at(last, self.who, self.event)
        return np.asarray((last > first)[self.who])

    @property
    def n_animals(self) -> int:
        """Animals that are known from two visits or more."""
        return len(np.unique(self.who[self.is_known]))

    @property
    def n_again(self) -> int:
        """Visits of these beyond the first of each."""
        known = self.is_known
        pairs = np.unique(np.column_stack([self.who[known], self.event[known]]), axis=0)
        return len(pairs) - self.n_animals

    def spread(self, which: Mask | None = None) -> VisitSpread | None:
        """What the visits of known animals teach; which: (T,) tracklets that may be learned from."""
        use = self.is_known if which is None else self.is_known & which
        animal = np.where(use, self.who, -1)
        return learn_spread(self.vectors, self.index, self.event, animal, self.light)

    def space(self, spread: VisitSpread | None, settings: IdentifySettings) -> FloatArray:
        """(T, d) mean vectors of the tracklets in the space that identifying would learn."""
        space = learn_space(
            self.vectors, self.index, self.photo, self.event, self.event_name, self.light,
            self.links, settings, spread,
        )  # fmt: skip
        return group_means(space.vectors, self.index, len(self.event))


@dataclass(frozen=True)
class Found:
    """How well known animals were found again, before and after.

    before, after: mean average precision; noise: standard error of their difference, animals drawn
    anew; n_asked, n_animals: tracklets that asked, and animals that they are of.
    """

    before: float
    after: float
    noise: float
    n_asked: int
    n_animals: int


def tried(
    known: KnownVisits,
    learn: Learn,
    in_use: Learn | None,
    settings: IdentifySettings,
    keep: Kept,
    on_fold: Callable[[int, int], None] = lambda done, total: None,
) -> Found:
    """Known animals found again in spaces with what `learn` learned of the others, and with what is in
    use.

    learn, in_use: of the tracklets that are not kept back (None: nothing is in use); keep: what is
    kept back, a third at a time; on_fold(thirds done, thirds).
    """
    fold = folds(known, keep, settings.seed)
    rows = np.flatnonzero(known.is_known)
    before, after = np.zeros(len(rows)), np.zeros(len(rows))
    spaces: list[tuple[VisitSpread | None, Floats]] = []

    def scores_with(spread: VisitSpread | None) -> Floats:
        for seen, found in spaces:
            if seen is spread:
                return found
        found = _found(known, known.space(spread, settings), rows)
        spaces.append((spread, found))
        return found

    for number in range(FOLDS):
        held = fold[rows] == number
        for scores, by in ((before, in_use), (after, learn)):
            spread = None if by is None else by(fold != number)
            scores[held] = scores_with(spread)[held]
        on_fold(number + 1, FOLDS)
    who = known.who[rows]
    drawn = [np.average(after - before, weights=times) for times in resamples(who) if times.any()]
    noise = float(np.std(drawn)) if drawn else 0.0
    was, now = (float(scores.mean()) if len(rows) else np.nan for scores in (before, after))
    return Found(was, now, noise, len(rows), len(np.unique(who)))


def folds(known: KnownVisits, keep: Kept, seed: int = 0) -> npt.NDArray[np.int64]:
    """(T,) int64 in [0, FOLDS): whole visits, or whole animals, dealt at random."""
    unit: npt.NDArray[Any] = known.event if keep == "visits" else known.who
    names, code = np.unique(unit, return_inverse=True)
    return (np.random.default_rng(seed).permutation(len(names)) % FOLDS)[code]


def _found(known: KnownVisits, means: FloatArray, rows: npt.NDArray[np.integer]) -> Floats:
    """(R,) average precision of each of the known tracklets, all of which have another visit."""
    return rank(means[rows], known.who[rows], known.event[rows]).average_precision
