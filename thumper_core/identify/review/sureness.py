"""How sure a herd is after what was answered: its expected errors and its number of animals.

What people answered is certain and adds nothing. Every merge that nobody confirmed and every pair of
profiles that nobody parted may be wrong with the chance that the corrected scale gives; the expected
error is their sum. An interval adds two spreads: of doubts that are independent of each other, and of the
correction itself, which few answers know badly and which moves all chances together. To the upper ends comes
what no chance shows: a profile of two animals that look alike. How often the intervals
hold the truth is measured: `thumper evaluate effort` counts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.identify.kinship import Kin
from thumper_core.identify.review.standing import Standing
from thumper_core.identify.scale.verdicts import Answers
from thumper_core.identify.together import surely_apart

Array = npt.NDArray[np.float64]

WIDTH: Final = 1.96
"""Half of a 95% interval in standard deviations."""
COUNT_WITHIN: Final = 0.05
"""The number of deer is called known when its interval is this narrow, either way."""
WORTH_ASKING: Final = 0.05
NONE_LIKELY: Final = 0.025


@dataclass(frozen=True)
class Likely:
    """A figure, and the ends of its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def is_close(self) -> bool:
        """Whether neither end is further than COUNT_WITHIN from the figure."""
        return max(self.high - self.value, self.value - self.low) <= COUNT_WITHIN * self.value


@dataclass(frozen=True)
class Sureness:
    """wrong: share of the pairs that profiles join which are two animals (1 - precision); missed: share
    of one animal's pairs that lie in two profiles (1 - recall); animals: how many there are;
    answers_left: about how many answers until their doubts leave that no wider than COUNT_WITHIN. 0 does not
    say that it is known so well: the correction, or what nothing shows, may still be wider (`is_close`).
    """

    wrong: Likely
    missed: Likely
    animals: Likely
    answers_left: int


def sureness(standing: Standing) -> Sureness:
    """What the herd as it stands can say of itself."""
    middle, *ends = (_Figures.of(standing.moved(errors)) for errors in (0.0, -WIDTH, WIDTH))
    return Sureness(
        _with_hidden(_likely(middle.wrong, [end.wrong for end in ends], 1.0), standing),
        _likely(middle.missed, [end.missed for end in ends], 1.0),
        _as_seen(_likely(middle.animals, [end.animals for end in ends], np.inf), standing),
        _answers_left(standing, standing.kinship.own),
    )


def number_of_animals(standing: Standing) -> Likely:
    """How many animals there are; where no answer corrected the scale, as doubtful as that leaves it."""
    if not standing.scale.profiles.doubt:
        standing = replace(standing, scale=standing.scale.corrected(Answers.none()))
    middle, *ends = (_animals(standing.moved(errors)) for errors in (0.0, -WIDTH, WIDTH))
    return _as_seen(_likely(middle, ends, np.inf), standing)


@dataclass(frozen=True)
class _Figure:
    """A sum of independent doubts, its standard deviation, and the chance that none of them is true."""

    value: float
    spread: float
    none: float = 0.0

    @classmethod
    def sum(cls, p: Array, size: Array, whole: float) -> _Figure:
        return cls(
            float(p @ size) / whole,
            float(np.sqrt((p * (1 - p) * size**2).sum())) / whole,
            float(np.exp(np.log1p(-np.clip(p, 0, 1 - 1e-12)).sum())),
        )


@dataclass(frozen=True)
class _Figures:
    """Of a herd under one correction."""

    wrong: _Figure
    missed: _Figure
    animals: _Figure

    @classmethod
    def of(cls, standing: Standing) -> _Figures:
        sizes, weight = standing.sizes.astype(np.float64), standing.weight
        doubts = standing.branches
        lost = np.array([sizes[b.part].sum() * sizes[b.rest].sum() for b in doubts])
        p_wrong = 1 - np.array([b.p for b in doubts])
        wrong = _Figure.sum(p_wrong, lost, standing.n_pairs)
        kin, none = standing.kinship.kin, np.zeros(0)
        apart = np.concatenate([none, *(weight[k.profile] * weight[k.larger] for k in kin)])
        p_same = np.concatenate([none, *(k.chance for k in kin)])
        right = max(standing.n_pairs * (1 - wrong.value), 1.0) + float(p_same @ apart)
        return cls(wrong, _Figure.sum(p_same, apart, right), _animals(standing))


def _animals(standing: Standing) -> _Figure:
    own = standing.kinship.own[standing.seen.is_often]
    return _Figure.sum(own, np.ones(len(own)), 1.0)


def _likely(middle: _Figure, ends: Sequence[_Figure], most: float) -> Likely:
    """Both spreads together: their variances add."""
    down, up = (
        np.hypot(WIDTH * middle.spread, move)
        for move in (
            max(middle.value - min(end.value for end in ends), 0.0),
            max(max(end.value for end in ends) - middle.value, 0.0),
        )
    )
    low, high = np.clip([middle.value - down, middle.value + up], 0.0, most)
    if max(figure.none for figure in (middle, *ends)) > NONE_LIKELY:
        low = 0.0
    return Likely(middle.value, float(low), float(high))


def _with_hidden(likely: Likely, standing: Standing) -> Likely:
    """The upper end of what is wrong with what nothing doubts: half of such a profile's pairs."""
    cost = standing.weight * (standing.weight - 1) / 4
    wrong = _Figure.sum(standing.hides_another, cost, standing.n_pairs)
    most = likely.high + wrong.value + WIDTH * wrong.spread
    return Likely(likely.value, likely.low, min(most, 1.0))


def _as_seen(likely: Likely, standing: Standing) -> Likely:
    """No fewer than were seen together; the upper end with those that nothing shows."""
    p = standing.hides_another[standing.seen.is_often]
    more = _Figure.sum(p, np.ones(len(p)), 1.0)
    least = float(surely_apart(standing.links))
    value = max(likely.value, least)
    high = likely.high + more.value + WIDTH * more.spread
    return Likely(value, max(likely.low, least), max(high, value))


def _answers_left(standing: Standing, own: Array) -> int:
    """Doubtful profiles are settled, those first that take fewest answers for their doubt."""
    doubt = own * (1 - own)
    cost = np.zeros(len(own))
    for kin in standing.kinship.kin:
        cost[kin.profile] = _answers_for(kin)
    enough = (COUNT_WITHIN * max(float(own.sum()), 1.0) / WIDTH) ** 2
    order = np.argsort(-doubt / np.maximum(cost, 1))
    left = doubt.sum() - np.cumsum(doubt[order])
    if doubt.sum() <= enough:
        return 0
    return int(np.ceil(np.cumsum(cost[order])[int(np.argmax(left <= enough))]))


def _answers_for(kin: Kin) -> float:
    """Answers that a profile takes: the likely ones are asked about in turn until one is it."""
    chance = np.sort(kin.chance)[::-1]
    asked = chance >= WORTH_ASKING
    if not asked.any():
        return 1.0
    before = np.concatenate([[0.0], np.cumsum(chance)[:-1]])
    return float((1 - before)[asked].sum())
