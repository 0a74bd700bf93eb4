"""Places of one camera, by one light, where the same thing was found again and again.

No box is compared with all others: a box leads those that overlap it, and only among these are pixels
compared. What is found takes every box that is like it, and the search goes on without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from thumper_core.boxes.iou import iou_matrix
from thumper_core.repeats.rule import DAY_H, MEMBER_ALIKE_MIN, Evidence, Rule

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.integer]
GROUP_MAX: Final = 1500
"""Boxes at one place that are compared with each other; of more, as many are taken evenly."""


@dataclass(frozen=True)
class Seen:
    """What one camera saw by one light, in time order.

    boxes: (N, 4) float32 xyxy, pixels; patches: (N, P) float32 as `unit_patches` makes them, or None;
    photo, event: (N,) integer codes; hour: (N,) float64, hours since any moment, NaN where the time is
    not known; photo_hours: (M,) float64, ascending, the same of all its photos by that light.
    """

    boxes: FloatArray
    patches: FloatArray | None
    photo: IntArray
    event: IntArray
    hour: npt.NDArray[np.float64]
    photo_hours: npt.NDArray[np.float64]

    def evidence(self, members: IntArray) -> Evidence:
        """How often some boxes were there. Photos without a time count for nothing."""
        timed = members[np.isfinite(self.hour[members])]
        if not len(timed):
            return Evidence(0, 0, 0, 0.0)
        hours = self.hour[timed]
        first, last = hours.min(), hours.max()
        start = int(np.searchsorted(self.photo_hours, first, side="left"))
        end = int(np.searchsorted(self.photo_hours, last, side="right"))
        n_photos = len(np.unique(self.photo[timed]))
        return Evidence(
            n_photos,
            len(np.unique(self.event[timed])),
            len(np.unique((hours - first) // DAY_H)),
            n_photos / max(end - start, n_photos),
        )


@dataclass(frozen=True)
class Place:
    """One place. members: rows of its boxes, ascending; box: (4,) where it is; picture: the row that
    shows it best; pointed_at: the row that a person pointed at, None where it was found.
    """

    members: IntArray
    box: FloatArray
    picture: int
    pointed_at: int | None = None


def unit_patches(patches: Sequence[bytes]) -> FloatArray:
    """Patches (uint8 grey levels) as rows whose dot product is their correlation: (N, P) float32.

    One without any contrast is a row of zeros: it is like nothing.
    """
    grey = np.frombuffer(b"".join(patches), np.uint8).reshape(len(patches), -1).astype(np.float32)
    grey -= grey.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(grey, axis=1, keepdims=True)
    unit: FloatArray = np.divide(grey, norm, out=np.zeros_like(grey), where=norm > 0)
    return unit


def find_places(seen: Seen, rule: Rule, pointed_at: Sequence[int] = ()) -> list[Place]:
    """The places where the rule holds, and those that a person pointed at, whatever the rule says.

    pointed_at: rows of boxes that a person called a fixture. No box is in two places; the result does
    not change with what is done in between, and follows the order of the rows.
    """
    search = _Search(seen, rule)
    found = [search.take(np.array([row]), row) for row in pointed_at if search.is_free[row]]
    tried = ~search.is_free
    for row in range(len(seen.boxes)):
        if tried[row]:
            continue
        group = search.around(seen.boxes[row])
        tried[group] = True
        for members in search.repeated(group):
            place = search.take(members)
            tried[place.members] = True
            found.append(place)
    return found


class _Search:
    """What is still free of the boxes, and how they are looked up by place."""

    def __init__(self, seen: Seen, rule: Rule) -> None:
        self.is_free = np.ones(len(seen.boxes), bool)
        self._seen, self._rule = seen, rule
        centre = (seen.boxes[:, 0] + seen.boxes[:, 2]) / 2
        self._by_x = np.argsort(centre, kind="stable")
        self._x = centre[self._by_x]

    def around(self, box: FloatArray) -> IntArray:
        """Free rows, ascending, whose box overlaps this one as the rule wants it."""
        # Two boxes that overlap by half have centres less than half a width apart.
        reach, x = (box[2] - box[0]) / 2, (box[0] + box[2]) / 2
        low, high = np.searchsorted(self._x, [x - reach, x + reach])
        rows = self._by_x[low:high]
        rows = np.sort(rows[self.is_free[rows]])
        overlap = iou_matrix(box[None], self._seen.boxes[rows])[0]
        near: IntArray = rows[overlap >= self._rule.overlap_min]
        return near

    def repeated(self, group: IntArray) -> Iterator[IntArray]:
        """Rows of a group that are one thing by the rule, for each such thing; they must be taken."""
        while len(group) >= self._rule.photos_min and self._is_enough(group):
            members = self._largest(group)
            if members is None:
                return
            yield members
            group = group[self.is_free[group]]

    def _is_enough(self, rows: IntArray) -> bool:
        """Whether a part of these rows could satisfy the rule at all."""
        found = self._seen.evidence(rows)
        rule = self._rule
        return found.n_events >= rule.events_min and found.n_days >= rule.days_min

    def _largest(self, group: IntArray) -> IntArray | None:
        """The most rows that are like one of them and satisfy the rule; None: there are none."""
        rule, seen = self._rule, self._seen
        step = -(-len(group) // GROUP_MAX)
        rows = group[::step]
        alike = self._alike(rows)
        n_alike = alike.sum(axis=1)
        looked_at = np.zeros(len(rows), bool)
        for at in np.argsort(-n_alike, kind="stable"):
            if n_alike[at] * step < rule.photos_min:
                return None
            if looked_at[at]:
                continue
            box = seen.boxes[rows[[at]]]
            same = iou_matrix(box, seen.boxes[group])[0] >= rule.overlap_min
            if seen.patches is not None:
                same &= seen.patches[group] @ seen.patches[rows[at]] >= rule.alike_min
            members: IntArray = group[same]
            if rule.holds(seen.evidence(members)):
                return members
            looked_at |= alike[at]  # what is like it is refused with it
        return None

    def _alike(self, rows: IntArray) -> npt.NDArray[np.bool_]:
        """Which boxes show the same, (N, N); without pixels, which lie at the same place.

        Most groups are deer after deer, and their pixels alone say so: that spares the overlaps.
        """
        seen = self._seen
        if seen.patches is None:
            boxes = seen.boxes[rows]
            return np.asarray(iou_matrix(boxes, boxes) >= self._rule.overlap_min)
        patches = seen.patches[rows]
        return np.asarray(patches @ patches.T >= self._rule.alike_min)

    def take(self, members: IntArray, pointed_at: int | None = None) -> Place:
        """The place of these rows, with all that is like them on average; they are free no longer."""
        seen = self._seen
        box = np.median(seen.boxes[members], axis=0).astype(np.float32)
        rows = np.union1d(self.around(box), members)
        fits = iou_matrix(box[None], seen.boxes[rows])[0]
        if seen.patches is not None:
            shown = seen.patches[members].mean(axis=0)
            fits = seen.patches[rows] @ (shown / max(float(np.linalg.norm(shown)), 1e-6))
            keeps = fits >= MEMBER_ALIKE_MIN
        else:
            keeps = fits >= self._rule.overlap_min
        keeps |= np.isin(rows, members)
        self.is_free[rows[keeps]] = False
        picture = int(rows[keeps][fits[keeps].argmax()])
        return Place(rows[keeps], box, picture, pointed_at)
