"""Kinds of decision about age and antlers: what one person sees in one picture, or measures on it.

Several people's words of one picture stand beside each other; `questions.judged` puts them together.
"""

# ruff: noqa: D102 - overridden methods do what their base says
from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from thumper_core.contracts import UsageError
from thumper_core.decisions.kinds.base import Concern, OfBox

AGES: Final = (0.5, 1.5, 2.5, 3.5, 4.5, 5.5)
"""Years of a deer in its deer year's autumn; the last class is 5.5 and more."""
POINTS_MAX: Final = 30
"""Points of one antler."""
BENDS_MAX: Final = 60
"""Points by which one line is marked."""
KNOWN_CM_MAX: Final = 1000.0
_NAME: Final = re.compile(
    r"(?P<whole>ears|muzzle|known|spread)|(?P<side>left|right) "
    r"(?:(?P<beam>beam)|G(?P<tine>[1-9]|1[0-2])|H(?P<girth>[1-4]))"
)
Point = tuple[float, float]


@dataclass(frozen=True)
class SaysAge(OfBox):
    """How old the animal in the box is, by how it looks: one of `AGES`."""

    kind = "age"
    label = "age judged"
    concerns = Concern.ANTLERS
    age: float

    def __post_init__(self) -> None:
        if self.age not in AGES:
            told = ", ".join(f"{age:g}" for age in AGES)
            raise UsageError(f"An age is one of {told} (and more) years, not {self.age!r}.")
        object.__setattr__(self, "age", float(self.age))

    def payload(self) -> dict[str, Any]:
        return {**self.where.payload(), "age": self.age}

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        more = "+" if payload["age"] == AGES[-1] else ""
        return f"{payload['age']:g}{more} years"


@dataclass(frozen=True)
class CountsPoints(OfBox):
    """Points of both antlers, left and right as the deer has them; typical: None where it is not said."""

    kind = "antler_points"
    label = "points counted"
    concerns = Concern.ANTLERS
    left: int
    right: int
    typical: bool | None = None

    def __post_init__(self) -> None:
        for side in (self.left, self.right):
            if not isinstance(side, int) or not 0 <= side <= POINTS_MAX:
                raise UsageError(f"An antler has 0 to {POINTS_MAX} points, not {side!r}.")
        if self.left + self.right == 0:
            raise UsageError("Without a point there is no antler: note `shed` instead.")

    def payload(self) -> dict[str, Any]:
        said = {} if self.typical is None else {"typical": self.typical}
        return {**self.where.payload(), "left": self.left, "right": self.right, **said}

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        typical = {True: ", typical", False: ", not typical"}.get(payload.get("typical"), "")  # type: ignore[arg-type]
        return f"{payload['left']}+{payload['right']}{typical}"


class Part(StrEnum):
    """What a line on a picture goes along: three rulers, and what is measured by them."""

    EARS = "ears"  # from tip to tip
    MUZZLE = "muzzle"  # from the middle of an eye to the end of the nose
    KNOWN = "known"  # of a length that a person types
    SPREAD = "spread"  # between the insides of the beams, where they are widest apart
    BEAM = "beam"  # along the outside, from the burr to the tip
    TINE = "tine"  # G1, G2, ...: from the beam's upper edge to the tip
    GIRTH = "girth"  # H1 to H4: across the beam where it is thinnest


@dataclass(frozen=True)
class Line:
    """A line that a person marked: two points, of a beam two and more; pixels of the upright photo.

    name: `ears`, `muzzle`, `known`, `spread`, `left beam`, `left G1` to `left G12`, `left H1` to `left H4`,
    and so `right`, as the deer has them; length_cm: of `known` alone. Raises UsageError where it is none.
    """

    name: str
    points: tuple[Point, ...]
    length_cm: float | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(f"{self.name!r} is nothing that is marked on antlers.")
        points = tuple((round(float(x), 2), round(float(y), 2)) for x, y in self.points)
        if not all(math.isfinite(value) for point in points for value in point):
            raise UsageError(f"A point of {self.name} is not on the picture.")
        most = BENDS_MAX if self.part is Part.BEAM else 2
        if not 2 <= len(points) <= most:
            needed = "two points or more" if self.part is Part.BEAM else "two points"
            raise UsageError(f"{self.name} needs {needed}; {len(points)} are marked.")
        object.__setattr__(self, "points", points)
        if self.length_px < 1:
            raise UsageError(f"The points of {self.name} lie on one another.")
        if (self.part is Part.KNOWN) != (self.length_cm is not None):
            raise UsageError("A known length needs its length, and nothing else has one.")
        if self.length_cm is not None and not 0 < self.length_cm <= KNOWN_CM_MAX:
            raise UsageError(f"A known length lies between 0 and {KNOWN_CM_MAX:g} cm.")

    @property
    def part(self) -> Part:
        """What it goes along."""
        found = _NAME.fullmatch(self.name)
        assert found is not None  # checked when it was made
        if found["whole"]:
            return Part(found["whole"])
        return Part.BEAM if found["beam"] else Part.TINE if found["tine"] else Part.GIRTH

    @property
    def length_px(self) -> float:
        """Along its points, pixels of the upright photo."""
        return sum(map(math.dist, self.points, self.points[1:]))

    def payload(self) -> dict[str, Any]:
        """As JSON values."""
        known = {} if self.length_cm is None else {"length_cm": self.length_cm}
        return {"name": self.name, "points": [list(point) for point in self.points], **known}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read back what `payload` wrote. Raises UsageError where it is no line."""
        try:
            points = tuple((x, y) for x, y in told["points"])
            return cls(told["name"], points, told.get("length_cm"))
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError("A mark needs a name and points on the picture.") from error


@dataclass(frozen=True)
class MarksAntlers(OfBox):
    """Lines that a person drew on the picture of the box; `seasons.antlers` measures by them."""

    kind = "antler_marks"
    label = "antlers marked"
    concerns = Concern.ANTLERS
    marks: tuple[Line, ...]

    def __post_init__(self) -> None:
        names = [line.name for line in self.marks]
        if not names:
            raise UsageError("Nothing is marked yet.")
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise UsageError(f"Marked twice: {', '.join(sorted(twice))}.")

    def payload(self) -> dict[str, Any]:
        return {**self.where.payload(), "marks": [line.payload() for line in self.marks]}

    @classmethod
    def about(cls, payload: Mapping[str, Any]) -> str:
        return ", ".join(line["name"] for line in payload["marks"])
