"""Who stands where before the camera during one burst, doing what."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .noise import Rng
from .site import Site
from .traits import Deer


@dataclass(frozen=True)
class Subject:
    """One animal (or person, or vehicle) in a burst. Positions in metres at the burst's middle
    frame.
    """

    kind: str
    individual: str
    look_seed: int
    distance_m: float
    east_m: float
    facing: int
    yaw: float
    pose: str
    speed: float
    phase: float


_RANGE_M = {
    "deer": (4.8, 6.5, 11.0),
    "coyote": (4.2, 6.0, 10.5),
    "cow": (6.0, 8.5, 14.0),
    "raccoon": (3.7, 4.8, 7.5),
    "turkey": (4.0, 5.8, 9.5),
    "person": (4.8, 7.0, 12.0),
    "utv": (6.5, 8.5, 13.0),
}
_DEER_POSES = (
    ("walk", 0.47),
    ("stand", 0.19),
    ("alert", 0.18),
    ("graze", 0.09),
    ("browse", 0.04),
    ("back", 0.03),
)
_SPEEDS = {"walk": 0.55, "trot": 0.8, "sniff": 0.2}


def cast_burst(rng: Rng, site: Site, kind: str, group: list[Deer]) -> tuple[Subject, ...]:
    """Place everybody of a burst before the camera."""
    if kind == "blank":
        return ()
    if kind == "deer":
        cast = [(deer.kind, deer.name) for deer in group]
    else:
        many = {"cow": 3, "turkey": 4, "coyote": 2, "person": 2}.get(kind, 1)
        cast = [(kind, "")] * int(rng.integers(1, many + 1))
    low, mode, high = _RANGE_M[kind]
    low = max(low, site.focal_px * site.height_m / (site.bottom_px - 25 - site.horizon_px))
    lead = float(rng.triangular(low, max(mode, low + 0.1), high))
    facing = int(rng.choice([-1, 1]))
    spread = 1.5 if kind == "deer" else 1.2
    taken: list[tuple[float, float]] = []
    subjects = []
    for k, (sort, name) in enumerate(cast):
        distance, east = lead, 0.0
        for _ in range(25):
            distance = (
                lead if k == 0 else float(np.clip(lead + rng.normal(0, 1.8), low, high + 2.0))
            )
            half = 0.5 * site.width * distance / site.focal_px
            reach = max(0.3, 0.86 * half - 0.75)
            east = float(rng.uniform(-reach, reach))
            # Two animals in line with the lens hide each other: keep them apart across the picture.
            if all(
                abs(east / distance - e / d) * 6.0 > spread * 6.0 / max(distance, d) * 0.75
                for d, e in taken
            ):
                break
        taken.append((distance, east))
        turn = facing if rng.random() < 0.8 else -facing
        pose, speed = _pose_of(rng, sort)
        yaw = float(np.clip(rng.normal(0.0, 0.17), -0.42, 0.42))
        subjects.append(
            Subject(
                sort,
                name,
                int(rng.integers(2**31)),
                distance,
                east,
                turn,
                yaw,
                pose,
                speed,
                float(rng.uniform(0, 2 * math.pi)),
            )
        )
    return tuple(subjects)


def _pose_of(rng: Rng, kind: str) -> tuple[str, float]:
    if kind in ("doe", "buck", "fawn"):
        names, chances = zip(*_DEER_POSES, strict=True)
        pose = str(rng.choice(names, p=np.array(chances) / sum(chances)))
        return pose, _SPEEDS.get(pose, 0.06 if pose in ("graze", "browse") else 0.0)
    if kind == "utv":
        return "drive", float(rng.uniform(0.0, 0.9))
    return "walk", float(rng.uniform(0.15, 0.7)) * (1.3 if kind == "person" else 0.8)
