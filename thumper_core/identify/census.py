"""How many animals are behind the profiles?

More profiles than animals is what clustering errs towards: a deer whose crops were poor leaves small
profiles beside its own. Each profile is weighed by the odds that it is an animal of its own and not
one of the larger profiles, with the prior of Ewens' sampling formula (Ewens 1972; the "Chinese
restaurant"): a sighting is of a known animal in proportion to how often that one was seen, and of a
new one in proportion to a constant that makes the number of profiles the expected one. Profiles
seen far less often than is typical count for nothing: a rare guest cannot be told from a poor crop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.scale.probability import Scale
from thumper_core.identify.space.similarity import IntArray, group_means
from thumper_core.identify.tree.merge_rounds import between

TYPICAL_SHARE = 1 / 3
EVENTS_MIN = 2


@dataclass(frozen=True)
class Census:
    """What the profiles of one cut come to.

    animals: expected number of animals among the profiles seen often enough to say so; missed_pairs:
    expected pairs of detections of one animal that lie in two profiles.
    """

    animals: float
    missed_pairs: float


def census(
    means: FloatArray,
    labels: IntArray,
    event: IntArray,
    detections: npt.NDArray[np.integer],
    links: Constraints,
    scale: Scale,
) -> Census:
    """Weigh each profile, largest first, against the larger ones; see the module.

    means: (T, d) float32; labels: (T,) profiles 0..P-1; event: (T,) int32 codes; detections: (T,) of
    each tracklet.
    """
    if not len(labels):
        return Census(0.0, 0.0)
    sizes = np.bincount(labels)
    events = events_of(labels, event)
    typical = float(np.median(np.repeat(events, events)))
    counted = events >= max(EVENTS_MIN, TYPICAL_SHARE * typical)
    novelty = _novelty(len(labels), len(sizes))
    order = np.argsort(-sizes, kind="stable")  # from here on profiles stand in this order
    rank = np.empty(len(sizes), np.int32)
    rank[order] = np.arange(len(sizes), dtype=np.int32)
    foes, side = _foes(rank[labels], links, len(sizes))
    sizes, counted = sizes[order], counted[order]
    centres = group_means(means, rank[labels], len(sizes))
    own = np.zeros(len(sizes))
    weight = np.bincount(rank[labels], weights=detections)
    animal = weight.copy()  # expected detections of the animal that each profile is the largest of
    missed = 0.0
    for profile in range(len(sizes)):
        may_be = side[:profile] + side[profile] != 3
        may_be[foes[profile]] = False
        larger = np.flatnonzero(may_be)
        likeness = scale.likelihood_ratio(
            (centres[:profile] @ centres[profile])[larger], sizes[profile], sizes[larger]
        )
        known = own[larger] * sizes[larger] * likeness
        own[profile] = novelty / (novelty + known.sum())
        belongs = known / (novelty + known.sum())
        missed += float((belongs * animal[larger]).sum() * weight[profile])
        animal[larger] += belongs * weight[profile]
    return Census(float(own[counted].sum()), missed)


def events_of(labels: IntArray, event: IntArray) -> npt.NDArray[np.int64]:
    """(P,) distinct events of each profile."""
    pairs = np.unique(np.column_stack([labels, event]), axis=0)
    return np.bincount(pairs[:, 0], minlength=int(labels.max()) + 1)


def _foes(
    labels: IntArray, links: Constraints, count: int
) -> tuple[list[IntArray], npt.NDArray[np.int8]]:
    """Of each profile: the earlier ones that it is known not to be, and its side."""
    pairs = between(links.cannot, labels)
    pairs = pairs[np.argsort(pairs[:, 1], kind="stable")]
    ends = np.searchsorted(pairs[:, 1], np.arange(1, count))
    side = np.zeros(count, np.int8)
    np.maximum.at(side, labels, links.group)
    return np.split(pairs[:, 0], ends), side


def _novelty(sightings: int, profiles: int) -> float:
    """The constant a with a ln(1 + n / a) = number of profiles, by fixed point."""
    value = 1.0
    for _ in range(60):
        value = profiles / np.log1p(sightings / value)
    return float(value)
