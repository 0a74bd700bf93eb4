"""Kinds of decision about a camera survey: which days, cameras and bait it had, and when a camera worked."""

# ruff: noqa: D102 - overridden methods do what their base says
from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from thumper_core.contracts import UsageError
from thumper_core.decisions.keys import require_id
from thumper_core.decisions.kinds.base import Concern, Decision
from thumper_core.decisions.names import clean_name, name_key
from thumper_core.language import say
from thumper_core.store.cameras.names import camera_key

SURVEY_DAYS_MAX: Final = 366


@dataclass(frozen=True)
class KeptSurvey(Decision):
    """A survey of this name has these days and cameras; it replaces what was said under the name before.

    first, last: its days, both included, by the cameras' clocks; cameras: their names, none: all; bait: those
    of them with bait; area_ha: of the land, hectares, None: not said. Raises UsageError where a name is
    blank or does not print, the days are out of order or more than SURVEY_DAYS_MAX, or the area is not
    positive.
    """

    kind = "survey"
    label = "survey kept"
    concerns = Concern.SURVEY
    name: str
    first: date
    last: date
    cameras: tuple[str, ...] = ()
    bait: tuple[str, ...] = ()
    area_ha: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_name(self.name))
        _require_order(self.first, self.last)
        if (self.last - self.first).days >= SURVEY_DAYS_MAX:
            raise UsageError(
                f"A survey has at most {SURVEY_DAYS_MAX} days: in more the herd changes."
            )
        for camera in (*self.cameras, *self.bait):
            require_id("camera", camera)
        there = {camera_key(camera) for camera in self.cameras or self.bait}
        astray = [camera for camera in self.bait if camera_key(camera) not in there]
        if astray:
            raise UsageError(f"With bait, but not a camera of the survey: {', '.join(astray)}.")
        if self.area_ha is not None and not (self.area_ha > 0 and math.isfinite(self.area_ha)):
            raise UsageError(say("Hectares are above zero."))

    @property
    def subject(self) -> str:
        return name_key(self.name)

    def payload(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "cameras": list(self.cameras),
            "bait": list(self.bait),
            "area_ha": self.area_ha,
        }

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> KeptSurvey:
        """Read back what `payload` wrote."""
        return cls(
            payload["name"],
            date.fromisoformat(payload["first"]),
            date.fromisoformat(payload["last"]),
            tuple(payload["cameras"]),
            tuple(payload["bait"]),
            payload["area_ha"],
        )

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        return f"{payload['name']}: {payload['first']} to {payload['last']}"


@dataclass(frozen=True)
class CameraWorked(Decision):
    """A camera worked on these days, or did not, whatever its photos say.

    first, last: both included, by its clock. A day with a photo counts in any case, and of two such decisions
    about one day the later holds. UsageError: the days are out of order.
    """

    kind = "camera_worked"
    label = "camera's days said"
    concerns = Concern.SURVEY
    camera: str
    first: date
    last: date
    worked: bool

    def __post_init__(self) -> None:
        require_id("camera", self.camera)
        _require_order(self.first, self.last)

    @property
    def subject(self) -> str:
        return self.camera

    def payload(self) -> dict[str, Any]:
        return {
            "camera": self.camera,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "worked": self.worked,
        }

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        said = "worked" if payload["worked"] else "did not work"
        return f"{payload['camera']} {said} {payload['first']} to {payload['last']}"


def _require_order(first: date, last: date) -> None:
    if last < first:
        raise UsageError(f"The days end ({last}) before they begin ({first}).")
