"""How often each profile was seen, and what the seldom seen ones may be.

A profile that was seen far less often than is typical is a rare guest, or pictures of a known animal
that show nothing of who it is: half of it, its back to the camera, far away. Such pictures are not
alike to their own animal, so no likeness tells the two apart. What is known is how many there are: their
share of all tracklets bounds how often a picture shows nothing. That it goes on for several visits is
the less likely the more there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.identify.space.similarity import IntArray

Array = npt.NDArray[np.float64]

TYPICAL_SHARE: Final = 1 / 3
GOES_ON: Final = 0.6
"""Of pictures that show nothing: how often those of the next visit show nothing either."""


@dataclass(frozen=True)
class Seen:
    """events: (P,) visits of each profile; sizes: (P,) its tracklets."""

    events: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]

    @classmethod
    def of(cls, labels: IntArray, event: IntArray) -> Seen:
        """labels: (T,) profiles 0..P-1; event: (T,) int32 codes of the visits."""
        pairs = np.unique(np.column_stack([labels, event]), axis=0)
        count = int(labels.max(initial=-1)) + 1
        events = np.bincount(pairs[:, 0], minlength=count)
        return cls(events, np.bincount(labels, minlength=count))

    @cached_property
    def is_often(self) -> npt.NDArray[np.bool_]:
        """(P,) whether a profile was seen often enough to count as an animal."""
        if not len(self.events):
            return np.zeros(0, bool)
        typical = float(np.median(np.repeat(self.events, self.events)))
        return np.asarray(self.events >= TYPICAL_SHARE * typical)

    @cached_property
    def shows_nothing(self) -> Array:
        """(P,) chance that all pictures of a profile show nothing of who it is; 0 for one seen often."""
        share = self.sizes[~self.is_often].sum() / max(int(self.sizes.sum()), 1)
        return np.where(self.is_often, 0.0, share * GOES_ON ** (self.events - 1.0))
