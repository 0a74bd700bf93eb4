"""Antlers: two main beams that rise, sweep out and curl forward, with tines standing on them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from .noise import Rng
from .tubes import HORN, Tube

Vec = tuple[float, float, float]
Tines = tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]
# Standard deviation between the bucks of `grow_antlers`, and repeatability from year to year.
_REPEATS = {
    "beam_m": (0.069, 0.82),
    "spread_m": (0.055, 0.82),
    "mass_m": (0.0029, 0.60),
    "tines": (1.2, 0.42),
}


@dataclass(frozen=True)
class Antlers:
    """One buck's antlers. Lengths in metres; ``tines`` lists, per side, (place on the beam 0..1,
    length).
    """

    beam_m: float
    spread_m: float
    rise: float
    curl: float
    mass_m: float
    tines: Tines
    tone: float

    @property
    def points(self) -> int:
        """Countable points: the tines and the two beam tips."""
        return len(self.tines[0]) + len(self.tines[1]) + 2


def grow_antlers(rng: Rng, slot: float, spread: float) -> Antlers:
    """Antlers for the buck at ``slot`` (0 small .. 1 large); ``spread`` 0..1 scales how far bucks
    differ.
    """
    size = 0.5 + spread * (slot - 0.5)
    count = int(np.clip(round(1 + 4.2 * size + spread * rng.normal(0, 0.3)), 1, 5))
    tines = _tines(rng, count, size, spread)
    return Antlers(
        beam_m=0.36 + 0.24 * size,
        spread_m=float(np.clip(0.20 + spread * rng.uniform(-0.09, 0.10), 0.10, 0.32)),
        rise=float(np.clip(0.66 + spread * rng.uniform(-0.18, 0.2), 0.4, 0.95)),
        curl=float(np.clip(0.55 + spread * rng.uniform(-0.4, 0.4), 0.1, 1.0)),
        mass_m=float(np.clip(0.017 + spread * rng.uniform(-0.004, 0.006), 0.012, 0.024)),
        tines=tines,
        tone=float(np.clip(0.80 + spread * rng.uniform(-0.25, 0.15), 0.45, 0.95)),
    )


def _tines(rng: Rng, count: int, size: float, spread: float) -> Tines:
    """Up to `count` tines on either beam; `size` 0..1, `spread` as in `grow_antlers`."""
    places = np.linspace(0.16, 0.80, count) if count > 1 else np.array([0.45])
    sides = []
    for side in range(2):
        tines = []
        for k, place in enumerate(places):
            crest = math.exp(-(((place - 0.42) / 0.28) ** 2))
            length = (0.07 + 0.15 * crest) * (0.75 + 0.5 * size)
            length *= 1.0 + spread * float(rng.normal(0, 0.14))
            if side == 1 and k == count - 1 and spread > 0.2 and rng.random() < 0.25:
                continue  # a missing point on one side is how people tell bucks apart
            tines.append(
                (float(np.clip(place + spread * rng.normal(0, 0.03), 0.1, 0.9)), max(length, 0.05))
            )
        sides.append(tuple(tines))
    return sides[0], sides[1]


def regrow_antlers(rng: Rng, grown: Antlers, age: int, spread: float) -> Antlers:
    """What a buck wears in the summer in which it is `age` years old (1 and more).

    grown: his antlers as a full-grown buck, without the year's luck. The repeatability of a trait is the
    share of its variance that lies between bucks (Foley et al. 2012, J. Mammal. 93:1149-1157, intraclass
    correlation: 0.42 to 0.82, the number of points lowest, inside spread and length of beams highest);
    what one buck's years add to the trait's variance between bucks follows from it.
    """
    share = size_at(age)

    def luck(trait: str) -> float:
        between, repeats = _REPEATS[trait]
        return spread * between * math.sqrt((1.0 - repeats) / repeats) * float(rng.normal())

    beam_m = max(grown.beam_m * share + luck("beam_m"), 0.12)
    size = float(np.clip((beam_m - 0.36) / 0.24, 0.0, 1.0))
    count = round(max(map(len, grown.tines)) * share + luck("tines"))
    return replace(
        grown,
        beam_m=beam_m,
        spread_m=float(
            np.clip(grown.spread_m * (0.4 + 0.6 * share) + luck("spread_m"), 0.08, 0.34)
        ),
        mass_m=float(np.clip(grown.mass_m * share + luck("mass_m"), 0.010, 0.026)),
        tines=_tines(rng, int(np.clip(count, 1, 6)), size, spread),
    )


def size_at(age: int) -> float:
    """How much of a full-grown buck's antlers one of this age wears, 0 .. 1: most at five years."""
    return float(np.interp(age, (1, 2, 3, 4, 5), (0.55, 0.78, 0.90, 0.97, 1.0)))


def in_velvet(antlers: Antlers) -> Antlers:
    """The same antlers in velvet: thicker all over, tines shorter and blunt."""
    left, right = (tuple((place, 0.85 * m) for place, m in side) for side in antlers.tines)
    return replace(antlers, mass_m=1.6 * antlers.mass_m, tines=(left, right))


def antler_tubes(antlers: Antlers, crown: Vec, frame: tuple[Vec, Vec, Vec]) -> list[Tube]:
    """Tubes for both antlers. ``crown``: top of the skull; ``frame``: the head's forward, up and
    side unit vectors.
    """
    fwd, up, side = (np.array(axis) for axis in frame)
    # Antlers stay nearly upright when a deer lifts its muzzle, so they follow a damped pitch.
    up = up * 0.8 + np.array([0.0, 0.35, 0.0])
    up = up / np.linalg.norm(up)
    tubes: list[Tube] = []
    for sign, tines in zip((-1.0, 1.0), antlers.tines, strict=True):
        base = np.array(crown) + side * sign * 0.035

        def beam(t: float, sign: float = sign, base: np.ndarray = base) -> np.ndarray:
            out = antlers.spread_m * math.sin(min(1.0, t * 1.15) * math.pi / 2)
            lift = antlers.beam_m * antlers.rise * (1.0 - (1.0 - t) ** 1.25)
            sweep = antlers.beam_m * (
                -0.42 * math.sin(math.pi * min(t * 1.1, 1.0)) + 0.85 * antlers.curl * t**2.2
            )
            result: np.ndarray = base + side * sign * out + up * lift + fwd * sweep
            return result

        ts = np.linspace(0.0, 1.0, 7)
        thick = [antlers.mass_m * (1.25 - 0.75 * float(t)) for t in ts]
        tubes.append(Tube(HORN, [_vec(beam(float(t))) for t in ts], thick, 1.0))
        for place, length in tines:
            foot = beam(place)
            tip = foot + up * length * 0.98 - fwd * length * 0.05 - side * sign * length * 0.12
            mid = (foot + tip) / 2 + fwd * length * 0.05
            r = antlers.mass_m * 0.8
            tubes.append(
                Tube(HORN, [_vec(foot), _vec(mid), _vec(tip)], [r, r * 0.75, r * 0.35], 1.0)
            )
    return tubes


def _vec(array: np.ndarray) -> Vec:
    return float(array[0]), float(array[1]), float(array[2])
