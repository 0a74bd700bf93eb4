"""Which profiles may be one animal, weighed against each other.

Each profile is weighed, largest first, by the odds that it is an animal of its own and not one of the
larger profiles, with the prior of Ewens' sampling formula (Ewens 1972; the "Chinese restaurant"): a
sighting is of a known animal in proportion to how often that one was seen, and of a new one in
proportion to a constant. Before anyone answered, the constant makes the number of profiles the expected
one; after that the number of animals that comes out (empirical Bayes). To do so at once would trust a
scale twice that nobody has checked yet. Pictures that show nothing of who they are (`seen`) are as likely
of any animal, however little they look like it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.scale.random_effects import Scale
from thumper_core.identify.seen import Seen
from thumper_core.identify.space.similarity import IntArray, group_means
from thumper_core.identify.tree.merge_rounds import between

Array = npt.NDArray[np.float64]

SETTLED: Final = 2e-3
"""Share of the number of animals to which it is found."""
BLOCK: Final = 512


@dataclass(frozen=True)
class Kin:
    """One profile, the larger ones that it may be, and the chance of each."""

    profile: int
    larger: npt.NDArray[np.int64]
    chance: Array


@dataclass(frozen=True)
class Kinship:
    """kin: of each profile, the largest first; own: (P,) chance that it is none of the larger;
    novelty: the prior weight of an animal that no profile shows.
    """

    kin: tuple[Kin, ...]
    own: Array
    novelty: float

    def by_pair(self) -> dict[tuple[int, int], float]:
        """The chance of each pair: the smaller profile, then the larger."""
        return {
            (kin.profile, other): p
            for kin in self.kin
            for other, p in zip(kin.larger.tolist(), kin.chance.tolist(), strict=True)
        }


def kinship(
    means: FloatArray, labels: IntArray, seen: Seen, links: Constraints, scale: Scale
) -> Kinship:
    """Weigh the profiles of a cut; see the module.

    means: (T, d) float32; labels: (T,) profiles 0..P-1; seen: how often each was; links: what is known
    not to be one animal.
    """
    if not len(labels):
        return Kinship((), np.zeros(0), 0.0)
    sizes = seen.sizes
    order = np.argsort(-sizes, kind="stable")  # from here on profiles stand in this order
    rank = np.empty(len(sizes), np.int32)
    rank[order] = np.arange(len(sizes), dtype=np.int32)
    odds = _odds(means, rank[labels], seen, order, links, scale)
    novelty = novelty_of(len(labels), len(sizes))
    own = _own(odds, novelty)
    if scale.profiles.is_heard:
        low, high = 1.0, float(len(sizes))
        while high > (1 + SETTLED) * low:
            animals = (low * high) ** 0.5
            novelty = novelty_of(len(labels), animals)
            own = _own(odds, novelty)
            low, high = (animals, high) if own.sum() > animals else (low, animals)
    kin = []
    for profile, (larger, weight) in enumerate(odds):
        known = own[larger] * weight
        kin.append(Kin(int(order[profile]), order[larger], known / (novelty + known.sum())))
    return Kinship(tuple(kin), own[rank], novelty)


_Odds = list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]


def _odds(
    means: FloatArray,
    labels: IntArray,
    seen: Seen,
    order: npt.NDArray[np.int64],
    links: Constraints,
    scale: Scale,
) -> _Odds:
    """Of each profile: the larger ones that it may be, and how much speaks for each were it an animal."""
    sizes, nothing, is_often = seen.sizes[order], seen.shows_nothing[order], seen.is_often[order]
    foes, side = _foes(labels, links, len(sizes))
    centres = group_means(means, labels, len(sizes))
    found: _Odds = []
    for start in range(0, len(sizes), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(sizes)))
        likeness = scale.likelihood_ratio(
            centres[rows] @ centres[: rows[-1] + 1].T,
            sizes[rows, None],
            sizes[: rows[-1] + 1],
            is_stray=~(is_often[rows, None] & is_often[: rows[-1] + 1]),
        )
        for profile in rows.tolist():
            may_be = side[:profile] + side[profile] != 3
            may_be[foes[profile]] = False
            larger = np.flatnonzero(may_be)
            speaks = likeness[profile - start, larger] + nothing[profile]
            found.append((larger, (sizes[larger] * speaks).astype(np.float32)))
    return found


def _own(odds: _Odds, novelty: float) -> Array:
    """The chance that each profile is none of the larger."""
    own = np.zeros(len(odds))
    for profile, (larger, weight) in enumerate(odds):
        own[profile] = novelty / (novelty + own[larger] @ weight)
    return own


def _foes(
    labels: IntArray, links: Constraints, count: int
) -> tuple[list[IntArray], npt.NDArray[np.int8]]:
    """Of each profile: the earlier ones that it is known not to be, and its side."""
    sure = links.cannot[links.cannot_kind != "nested"]
    pairs = between(sure, labels)
    pairs = pairs[np.argsort(pairs[:, 1], kind="stable")]
    ends = np.searchsorted(pairs[:, 1], np.arange(1, count))
    side = np.zeros(count, np.int8)
    np.maximum.at(side, labels, links.group)
    return np.split(pairs[:, 0], ends), side


def novelty_of(sightings: int, animals: float) -> float:
    """The constant a with a ln(1 + n / a) = the number of animals, by fixed point."""
    value = 1.0
    for _ in range(60):
        value = animals / np.log1p(sightings / value)
    return float(value)
