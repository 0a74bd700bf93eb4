"""Stumps and lamps that stand before a camera and look like deer at night: what a detector mistakes.

They are in every photo of their camera, at one place, with the same pixels but for light and grain; a
lamp is lit in the dark only. They have a random stream of their own: who comes when, and every photo
of a camera without one, is as without them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .casting import Subject
from .coat import paint_coat
from .noise import fractal, rng_for
from .skeleton import DEER_POSES, pose_quadruped
from .sprite import Sprite, draw_body
from .traits import make_herd

if TYPE_CHECKING:
    from .plan import Script

FIXTURES = ("stump", "lamp")
_BARK = np.array([0.95, 0.86, 0.76], np.float32)
_LAMP = 0.85  # how bright: nearly white


def stumps_before(script: Script, site_index: int) -> tuple[Subject, ...]:
    """What stands before one camera: stumps and lamps by turns, dealt to the cameras by turns."""
    plan, sites = script.plan, script.sites
    site = sites[site_index]
    found = []
    for number in range(site_index, plan.n_stumps, len(sites)):
        rng = rng_for(plan.seed, "stump", number)
        distance = float(rng.uniform(7.0, 10.5))
        side = 1 if number // len(sites) % 2 else -1  # two of one camera do not hide each other
        half = 0.5 * site.width * distance / site.focal_px
        found.append(
            Subject(
                kind=FIXTURES[number % 2],
                individual="",
                look_seed=int(rng.integers(2**31)),
                distance_m=distance,
                east_m=side * float(rng.uniform(0.3, 0.7)) * half,
                facing=int(rng.choice([-1, 1])),
                yaw=float(rng.uniform(-0.3, 0.3)),
                pose=str(rng.choice(["stand", "alert", "browse"])),
                speed=0.0,
                phase=float(rng.uniform(0, 2 * np.pi)),
            )
        )
    return tuple(found)


def is_shown(stump: Subject, light: str) -> bool:
    """Whether it can be seen in this light: a lamp is lit in the dark only."""
    return stump.kind != "lamp" or light == "night"


@lru_cache(maxsize=32)
def draw_stump(stump: Subject, px_per_m: float) -> Sprite:
    """A trunk with the outline of a deer, bark where the coat would be; a lamp is bright all over."""
    body = next(deer for deer in make_herd(stump.look_seed, 3, 0.0) if deer.kind != "fawn")
    coat = paint_coat(body.coat)
    grey = coat.mean(axis=-1, keepdims=True)
    bark = fractal(rng_for(stump.look_seed, "bark"), coat.shape[0], coat.shape[1], 24, 3)
    skin = np.clip(grey * (0.75 + 0.5 * bark[..., None]) * _BARK, 0.0, 1.0).astype(np.float32)
    if stump.kind == "lamp":
        skin = np.full_like(skin, _LAMP)
    skeleton = pose_quadruped(body.build, DEER_POSES[stump.pose])
    sprite = draw_body(skeleton, [], skin, stump.yaw, px_per_m, body.coat.texture)
    sprite.eyes.clear()  # no tapetum: it does not shine
    return sprite
