"""What inside a profile may not belong to it: the merges that made it, each with its chance.

A profile is grown again from its tracklets by the rule that made it (`tree.cluster`). Each merge joins
two branches; the smaller one is what would be wrong. It belongs where it is with the chance that the
scale gives, or less where another profile is as near (Local Clustering and its Alternatives, Stewart
et al. 2021: a doubt is measured against the next best home). What people called the same is joined before all
else, at no similarity: such a merge is confirmed and left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.scale.random_effects import Scale
from thumper_core.identify.scale.verdicts import log_odds
from thumper_core.identify.space.similarity import IntArray, group_means
from thumper_core.identify.tree.cluster import part_linkage

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Branch:
    """part: tracklets that may not belong to `rest`, both of `profile`; p: chance that they do; chance:
    the same before answers corrected it.
    """

    profile: int
    part: Rows
    rest: Rows
    p: float
    chance: float


@dataclass(frozen=True)
class Inner:
    """A merge inside a profile: its smaller side, its larger one, and how alike they are."""

    profile: int
    part: Rows
    rest: Rows
    similarity: float


def inner_merges(means: FloatArray, labels: IntArray, links: Constraints) -> tuple[Inner, ...]:
    """The unconfirmed merges inside every profile; arguments as of `Standing`."""
    found: list[Inner] = []
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.bincount(labels, minlength=1))[:-1]
    for profile, rows in enumerate(np.split(order, ends)):
        for a, b, similarity in _merges(rows, means, links):
            part, rest = sorted((a, b), key=len)
            found.append(Inner(profile, part, rest, similarity))
    return tuple(found)


def branches(
    inner: tuple[Inner, ...], means: FloatArray, labels: IntArray, scale: Scale, novelty: float
) -> tuple[Branch, ...]:
    """Each merge with the chance that its smaller side belongs; novelty: as `Kinship` has it."""
    if not inner:
        return ()
    home = np.array([merge.profile for merge in inner])
    part, rest = (
        np.array([len(side) for side in sides], np.float64)
        for sides in ([m.part for m in inner], [m.rest for m in inner])
    )
    similarity = np.array([merge.similarity for merge in inner])
    centre = np.stack([means[merge.part].mean(axis=0) for merge in inner])
    count = np.bincount(labels)
    likeness = centre @ group_means(means, labels, len(count)).T
    plain = scale.uncorrected()
    elsewhere = count * plain.likelihood_ratio(likeness, part[:, None], count)
    elsewhere[np.arange(len(inner)), home] = 0
    own = rest * plain.likelihood_ratio(similarity, part, rest)
    against_others = own / (own + novelty + elsewhere.sum(axis=1))
    chance = np.minimum(plain.posterior(similarity, part, rest), against_others)
    p = 1 / (1 + np.exp(-scale.parts.of(log_odds(chance))))
    return tuple(
        Branch(merge.profile, merge.part, merge.rest, float(now), float(before))
        for merge, now, before in zip(inner, p, chance, strict=True)
    )


def _merges(rows: Rows, means: FloatArray, links: Constraints) -> list[tuple[Rows, Rows, float]]:
    """Both sides of each merge that made a profile, and their similarity; not those people said."""
    if len(rows) < 2:
        return []
    tree = part_linkage(means, rows, links)
    below: list[Rows] = [rows[[leaf]] for leaf in range(tree.n)]
    made = []
    for (left, right), similarity in zip(tree.children.tolist(), tree.similarity, strict=True):
        a, b = below[left], below[right]
        below.append(np.concatenate([a, b]))
        if np.isfinite(similarity):
            made.append((a, b, float(similarity)))
    return made
