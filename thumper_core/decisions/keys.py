"""How a decision points into a photo: the hash of its bytes, and a box; in a clip the frame beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from thumper_core.boxes.overlap import BOX
from thumper_core.contracts import UsageError


@dataclass(frozen=True)
class BoxKey:
    """One box in one photo.

    photo_id: hash of the photo's bytes; box: x1, y1, x2, y2, pixels of the upright photo; frame_ms: the
    frame of a clip that it lies in, milliseconds after the clip's start. None: a photo, or a decision from
    before frames were named, which means any. Keys that differ in it alone are equal, for old and new
    decisions name one box so: two frames' boxes agree to a hundredth of a pixel where nothing moved.
    Raises UsageError where the box is not finite or has no area, or the frame is before the clip.
    """

    photo_id: str
    box: tuple[float, float, float, float]
    frame_ms: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        require_id("photo_id", self.photo_id)
        values = tuple(float(v) for v in self.box)
        if len(values) != 4 or not all(math.isfinite(v) for v in values):
            raise UsageError(f"A box is four finite numbers x1, y1, x2, y2; got {self.box!r}.")
        x1, y1, x2, y2 = values
        if x2 <= x1 or y2 <= y1:
            raise UsageError(f"The box {values} has no area: x2 must pass x1 and y2 must pass y1.")
        if self.frame_ms is not None and self.frame_ms < 0:
            raise UsageError(f"A clip has no frame at {self.frame_ms} ms.")
        # A hundredth of a pixel is finer than any detector; rounding makes equal boxes equal text.
        object.__setattr__(self, "box", tuple(round(v, 2) for v in values))

    def __str__(self) -> str:
        return f"{self.photo_id}@" + ",".join(f"{v:g}" for v in self.box)

    def payload(self) -> dict[str, Any]:
        """`photo_id` and `box` as JSON values, of a clip with `frame_ms`."""
        of_clip = {} if self.frame_ms is None else {"frame_ms": self.frame_ms}
        return {"photo_id": self.photo_id, "box": list(self.box), **of_clip}

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> BoxKey:
        """Read back what `payload` wrote."""
        return cls(payload["photo_id"], tuple(payload["box"]), payload.get("frame_ms"))

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> BoxKey:
        """The box of a detection's row: `photo_id, x1, y1, x2, y2`; `frame_ms` may be missing where none is
        of a clip.
        """
        return cls(row["photo_id"], tuple(row[side] for side in BOX), row.get("frame_ms"))


def require_id(name: str, value: str) -> None:
    """Raise UsageError, naming the field, where an ID is not text or blank."""
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{name} must not be empty.")
