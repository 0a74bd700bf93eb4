"""How many animals are behind the profiles?

More profiles than animals is what clustering errs towards: a deer whose crops were poor leaves small
profiles beside its own. Each profile is weighed by the odds that it is an animal of its own and not
one of the larger profiles, with the prior of Ewens' sampling formula (Ewens 1972; the "Chinese
restaurant"): a sighting is of a known animal in proportion to how often that one was seen, and of a
new one in proportion to a constant that makes the number of profiles the expected one. Profiles
seen far less often than is typical count for nothing: nobody can tell a rare guest from a poor crop.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.constraints import Constraints
from thumper_core.identify.scale import Scale
from thumper_core.identify.similarity import IntArray, group_means

TYPICAL_SHARE = 1 / 3
EVENTS_MIN = 2


def expected_animals(
    means: FloatArray, labels: IntArray, event: IntArray, links: Constraints, scale: Scale
) -> float:
    """Expected number of animals among the profiles seen often enough to say so.

    means: (T, d) float32; labels: (T,) profiles 0..P-1; event: (T,) int32 codes.
    """
    if not len(labels):
        return 0.0
    sizes = np.bincount(labels)
    events = events_of(labels, event)
    typical = float(np.median(np.repeat(events, events)))
    counted = events >= max(EVENTS_MIN, TYPICAL_SHARE * typical)
    centres = group_means(means, labels, len(sizes))
    barred = _barred(labels, links, len(sizes))
    novelty = _novelty(len(labels), len(sizes))
    order = np.argsort(-sizes, kind="stable")
    own = np.zeros(len(sizes))
    for place, profile in enumerate(order):
        larger = order[:place]
        larger = larger[~barred[profile, larger]]
        likeness = scale.likelihood_ratio(
            centres[larger] @ centres[profile], sizes[profile], sizes[larger]
        )
        known = float((own[larger] * sizes[larger] * likeness).sum())
        own[profile] = novelty / (novelty + known)
    return float(own[counted].sum())


def events_of(labels: IntArray, event: IntArray) -> npt.NDArray[np.int64]:
    """(P,) distinct events of each profile."""
    pairs = np.unique(np.column_stack([labels, event]), axis=0)
    return np.bincount(pairs[:, 0], minlength=int(labels.max()) + 1)


def _barred(labels: IntArray, links: Constraints, count: int) -> npt.NDArray[np.bool_]:
    barred = np.zeros((count, count), bool)
    a, b = labels[links.cannot[:, 0]], labels[links.cannot[:, 1]]
    barred[a, b] = barred[b, a] = True
    side = np.zeros(count, np.int8)
    np.maximum.at(side, labels, links.group)
    return np.asarray(barred | (side[:, None] + side == 3))


def _novelty(sightings: int, profiles: int) -> float:
    """The constant a with a ln(1 + n / a) = number of profiles, by fixed point."""
    value = 1.0
    for _ in range(60):
        value = profiles / np.log1p(sightings / value)
    return float(value)
