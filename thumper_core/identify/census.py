"""How many animals are behind the profiles?

More profiles than animals is what clustering errs towards: a deer whose crops were poor leaves small
profiles beside its own. So each profile counts as much as it is likely to be an animal of its own
(`kinship`). Profiles seen far less often than is typical count for nothing: a rare guest cannot be
told from a poor crop (`seen`). There are no fewer than were seen together (`together`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.kinship import kinship
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.scale.random_effects import Scale
from thumper_core.identify.seen import Seen
from thumper_core.identify.space.similarity import IntArray
from thumper_core.identify.together import surely_apart


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
    seen = Seen.of(labels, event)
    weighed = kinship(means, labels, seen, links, scale)
    weight = np.bincount(labels, weights=detections)
    animal = weight.copy()  # expected detections of the animal that each profile is the largest of
    missed = 0.0
    for kin in weighed.kin:
        missed += float((kin.chance * animal[kin.larger]).sum() * weight[kin.profile])
        animal[kin.larger] += kin.chance * weight[kin.profile]
    animals = max(float(weighed.own[seen.is_often].sum()), float(surely_apart(links)))
    return Census(animals, missed)
