"""Antlers: two main beams that rise, sweep out and curl forward, with tines standing on them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .noise import Rng
from .tubes import HORN, Tube

Vec = tuple[float, float, float]


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
    tines: tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]
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
    return Antlers(
        beam_m=0.36 + 0.24 * size,
        spread_m=float(np.clip(0.20 + spread * rng.uniform(-0.09, 0.10), 0.10, 0.32)),
        rise=float(np.clip(0.66 + spread * rng.uniform(-0.18, 0.2), 0.4, 0.95)),
        curl=float(np.clip(0.55 + spread * rng.uniform(-0.4, 0.4), 0.1, 1.0)),
        mass_m=float(np.clip(0.017 + spread * rng.uniform(-0.004, 0.006), 0.012, 0.024)),
        tines=(sides[0], sides[1]),
        tone=float(np.clip(0.80 + spread * rng.uniform(-0.25, 0.15), 0.45, 0.95)),
    )


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
