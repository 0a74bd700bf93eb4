"""When a box that comes back is a thing that stands there, and when it may be an animal.

A camera stands still, so a feeder leg, a stump or a hot lamp is found again at the same place with the
same pixels, night after night. A deer at a trough comes back to the place, but not to the pixels. What
counts is visits and days, not photos: a bedded deer is alike in every photo of one night.

The numbers were chosen on half of the cameras of real photos and measured on the others
(`benchmarks/repeats.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DAY_H: Final = 24.0
"""Days are counted from the first sight on: a night that passes midnight is one."""


@dataclass(frozen=True)
class Evidence:
    """How often something was seen at one place, by one light.

    n_photos, n_events, n_days: in which it was; share: of the camera's photos by that light from
    the first to the last of them.
    """

    n_photos: int
    n_events: int
    n_days: int
    share: float


@dataclass(frozen=True)
class Rule:
    """What it takes. overlap_min: IoU of two boxes at one place; alike_min: correlation of their
    pixels in [-1, 1], where there are any; the others as in `Evidence`.
    """

    overlap_min: float
    alike_min: float
    photos_min: int
    events_min: int
    days_min: int
    share_min: float

    def holds(self, found: Evidence) -> bool:
        """Whether what was found is no animal."""
        return (
            found.n_photos >= self.photos_min
            and found.n_events >= self.events_min
            and found.n_days >= self.days_min
            and found.share >= self.share_min
        )


BY_PIXELS: Final = Rule(0.55, 0.85, photos_min=6, events_min=4, days_min=2, share_min=0.01)
BY_PLACE: Final = Rule(0.85, -1.0, photos_min=20, events_min=8, days_min=3, share_min=0.1)
"""Without pixels (runs made before they were kept, imported detections): the place alone decides,
where deer stand too, so it takes much more."""
MEMBER_ALIKE_MIN: Final = 0.8
"""Once a place is known, a box there belongs to it from this correlation on with what the place shows
on average: rain, leaves and a deer's back before it change the pixels."""
