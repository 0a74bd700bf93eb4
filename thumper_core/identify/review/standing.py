"""A herd as a reviewer meets it: its tracklets, its profiles, and what is known between them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.contracts import FloatArray
from thumper_core.identify.kinship import Kinship, kinship
from thumper_core.identify.links.constraint_set import Constraints
from thumper_core.identify.links.flanks import Sides, are_opposite
from thumper_core.identify.review.branches import Branch, Inner, branches, inner_merges
from thumper_core.identify.scale.random_effects import Scale
from thumper_core.identify.seen import Seen
from thumper_core.identify.space.similarity import IntArray

Array = npt.NDArray[np.float64]

HIDDEN: Final = 0.1
"""Share of profiles that hide a second animal which nothing doubts: 13 of 140 in five rendered herds that the
rules were made on, rounded up."""
STAYS_HIDDEN: Final = 0.7
"""Chance that a look at one more of its tracklets does not show it: a half, were they drawn at random."""

ANY_SCALE: Final[tuple[str, ...]] = (
    *("n_profiles", "weight", "n_pairs", "seen", "closeness", "inner", "hides_another"),
)
"""What is known of a herd whatever the scale's corrections."""
CLOSE_MAX: Final = 6_000
CLOSEST: Final = 8.0


@dataclass(frozen=True)
class Standing:
    """means: (T, d) float32 mean vector of each tracklet; sizes: (T,) its detections; labels: (T,) int32
    its profile, 0..P-1; links: what is known of pairs; scale: as answers corrected it; event: (T,)
    int32 code of the visit that it belongs to; sides: (T,) which flanks it shows (`links.flanks`), empty
    where nothing is known of any.
    """

    means: FloatArray
    sizes: npt.NDArray[np.int64]
    labels: IntArray
    links: Constraints
    scale: Scale
    event: IntArray
    sides: Sides = field(default_factory=lambda: np.zeros(0, np.uint8))

    @cached_property
    def n_profiles(self) -> int:
        """How many profiles there are."""
        return int(self.labels.max(initial=-1)) + 1

    @cached_property
    def weight(self) -> Array:
        """(P,) detections of each profile."""
        counted = np.bincount(self.labels, weights=self.sizes, minlength=self.n_profiles)
        return counted.astype(np.float64)

    @cached_property
    def n_pairs(self) -> float:
        """Pairs of detections that the profiles join; at least 1."""
        return max(float((self.weight * (self.weight - 1) / 2).sum()), 1.0)

    @cached_property
    def closeness(self) -> npt.NDArray[np.float32]:
        """(P, P) how much more alike than one animal usually is the two most alike tracklets of two profiles
        are, in standard deviations of strangers; 0 of fewer, and in herds of more than CLOSE_MAX tracklets.
        """
        if len(self.means) > CLOSE_MAX:
            return np.zeros((self.n_profiles, self.n_profiles), np.float32)
        order = np.argsort(self.labels, kind="stable")
        first = np.searchsorted(self.labels[order], np.arange(self.n_profiles))
        alike = self.means[order] @ self.means[order].T
        alike = np.maximum.reduceat(np.maximum.reduceat(alike, first, axis=0), first, axis=1)
        beyond = (alike - self.scale.same_mean) / np.sqrt(self.scale.different_var)
        return np.asarray(np.clip(beyond, 0, CLOSEST), np.float32)

    @cached_property
    def kinship(self) -> Kinship:
        """Which profiles may be one animal."""
        return kinship(self.means, self.labels, self.seen, self.links, self.scale)

    @cached_property
    def seen(self) -> Seen:
        """How often each profile was."""
        return Seen.of(self.labels, self.event)

    @cached_property
    def inner(self) -> tuple[Inner, ...]:
        """The merges inside profiles that nobody has confirmed, before any chance is given."""
        return inner_merges(self.means, self.labels, self.links)

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The merges inside profiles that nobody has confirmed."""
        return branches(self.inner, self.means, self.labels, self.scale, self.kinship.novelty)

    @cached_property
    def hides_another(self) -> Array:
        """(P,) chance that a profile is two animals that look so alike that no likeness shows it.

        Each of its tracklets that people saw beside others without a remark makes it less likely.
        """
        looked = np.unique(self.links.must)
        looks = np.bincount(self.labels[looked], minlength=self.n_profiles)
        return np.where(self.seen.sizes > 1, HIDDEN * STAYS_HIDDEN**looks, 0.0)

    def are_opposite(self, a: npt.ArrayLike, b: npt.ArrayLike) -> bool:
        """Whether some tracklets show one flank only and others only the other: no marking is on both."""
        if not len(self.sides):
            return False
        own, other = (
            np.bitwise_or.reduce(
                self.sides[np.atleast_1d(np.asarray(part, np.int64))], keepdims=True
            )
            for part in (a, b)
        )
        return bool(are_opposite(own, other)[0])

    def uncorrected(self) -> Standing:
        """The same with the chances that the photos alone give."""
        return self._with(self.scale.uncorrected())

    def moved(self, errors: float) -> Standing:
        """The same with the corrections so many standard errors away."""
        return self._with(self.scale.moved(errors)) if errors else self

    def _with(self, scale: Scale) -> Standing:
        made = replace(self, scale=scale)
        known = {name: self.__dict__[name] for name in ANY_SCALE if name in self.__dict__}
        made.__dict__.update(known)
        return made

    def members(self, profile: int) -> npt.NDArray[np.int64]:
        """The tracklets of a profile."""
        return np.flatnonzero(self.labels == profile)
