"""Marks of antlers to measure."""

from __future__ import annotations

from dataclasses import replace

from thumper_core.decisions.kinds.antlers import Line


def line(name: str, *points: tuple[float, float], length_cm: float | None = None) -> Line:
    """A line by its points."""
    return Line(name, points, length_cm)


# Ten pixels an inch. Beams of 20 in, spread 16, tines 4 and 8 on either side, girths about 4.
_BEAM = [(20.0, 0.0), (80.0, -80.0), (80.0, -180.0)]
_SIDE = {
    "beam": _BEAM,
    "G1": [(30.0, -20.0), (30.0, -60.0)],
    "G2": [(80.0, -90.0), (80.0, -170.0)],
    "H1": [(20.0, -5.0), (32.732, -5.0)],
}
RACK = tuple(
    line(f"{side} {name}", *((sign * x, y) for x, y in points))
    for side, sign in (("right", -1), ("left", 1))
    for name, points in _SIDE.items()
)
SPREAD = line("spread", (-80, -100), (80, -100))
EARS = line("ears", (-80, 10), (80, 10))
FRONT = (EARS, SPREAD, *RACK)
TURNED = (line("ears", (-56.57, 10), (56.57, 10)), line("muzzle", (0, 0), (56.57, 0)), *RACK)
"""The head is turned by 45 degrees; lines as if antlers were as wide from there."""


def moved(one: Line, size: float, right: float, down: float, *, mirrored: bool = False) -> Line:
    """The same line on a larger picture, elsewhere, in a mirror."""
    sign = -1 if mirrored else 1
    return replace(
        one, points=tuple((sign * x * size + right, y * size + down) for x, y in one.points)
    )
