"""The other animals: coyote, cow and raccoon on the deer's skeleton, the turkey on its own."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from .coat import ATLAS_SHAPE, BAND, WIDTH, band
from .noise import F32, Rng, fractal, smoothstep
from .skeleton import Build, Pose, Skeleton, head_frame
from .tubes import EAR, FORELEG, HEAD, HINDLEG, N_PARTS, NECK, TAIL, TORSO, PlanarMap, Tube

BUILDS: dict[str, Build] = {
    "coyote": Build(
        scale=0.66,
        leg=0.48,
        length=0.80,
        chest=0.165,
        waist=0.125,
        rump=0.140,
        neck_len=0.27,
        neck_r=(0.135, 0.105, 0.088),
        head_len=0.27,
        head_r=(0.092, 0.052, 0.024),
        ear_len=0.15,
        ear_r=0.042,
        ear_up=1.25,
        leg_r=0.88,
        tail_len=0.46,
        tail_r=0.066,
    ),
    "cow": Build(
        scale=1.42,
        leg=0.40,
        length=1.00,
        chest=0.262,
        waist=0.245,
        rump=0.235,
        width=0.80,
        neck_len=0.30,
        neck_r=(0.215, 0.160, 0.120),
        head_len=0.34,
        head_r=(0.112, 0.086, 0.066),
        ear_len=0.13,
        ear_r=0.042,
        ear_up=0.05,
        leg_r=1.25,
        tail_len=0.60,
        tail_r=0.022,
    ),
    "raccoon": Build(
        scale=0.46,
        leg=0.25,
        length=0.60,
        chest=0.190,
        waist=0.215,
        rump=0.215,
        hump=0.07,
        width=0.85,
        neck_len=0.13,
        neck_r=(0.150, 0.130, 0.115),
        head_len=0.24,
        head_r=(0.125, 0.085, 0.030),
        ear_len=0.10,
        ear_r=0.048,
        ear_up=1.1,
        leg_r=1.0,
        tail_len=0.46,
        tail_r=0.080,
    ),
}

POSES: dict[str, tuple[Pose, ...]] = {
    "coyote": (
        Pose("trot", 0.42, -0.30, stride=0.42, tail=-0.95),
        Pose("sniff", -0.25, -0.80, stride=0.18, tail=-0.95),
        Pose("stand", 0.62, -0.18, head_look=0.4, tail=-1.0),
    ),
    "cow": (
        Pose("stand", 0.28, -0.62, stride=0.06, tail=-1.35),
        Pose("graze", -0.90, -1.05, stride=0.10, reach=1.45, tail=-1.35),
        Pose("walk", 0.20, -0.55, stride=0.24, tail=-1.3),
    ),
    "raccoon": (
        Pose("walk", -0.05, -0.50, stride=0.30, tail=-0.55),
        Pose("stand", 0.25, -0.25, head_look=0.6, tail=-0.60),
    ),
}


def _grid() -> tuple[F32, F32]:
    u = np.linspace(0.0, 1.0, WIDTH, dtype=np.float32)[None, :].repeat(BAND, 0)
    v = np.linspace(1.0, -1.0, BAND, dtype=np.float32)[:, None].repeat(WIDTH, 1)
    return u, v


def _toward(base: F32, color: tuple[float, float, float], amount: F32) -> F32:
    return (base + (np.asarray(color, np.float32) - base) * amount[..., None]).astype(np.float32)


def paint_wildlife(kind: str, rng: Rng) -> F32:
    """Coat atlas (see ``coat.ATLAS_SHAPE``) of one coyote, cow or raccoon."""
    return {"coyote": _coyote, "cow": _cow, "raccoon": _raccoon}[kind](rng)


def _coyote(rng: Rng) -> F32:
    u, v = _grid()
    base = np.array([0.42, 0.35, 0.27], np.float32) * np.float32(rng.uniform(0.8, 1.2))
    atlas = np.ones(ATLAS_SHAPE, np.float32) * base
    grizzle = fractal(rng, BAND, WIDTH, 20, 2)
    for part in (TORSO, NECK):
        a = _toward(
            atlas[band(part)],
            (0.14, 0.13, 0.12),
            0.75 * smoothstep(v + 0.7 * (grizzle - 0.5), 0.05, 0.7),
        )
        atlas[band(part)] = _toward(a, (0.74, 0.70, 0.62), 0.8 * smoothstep(v, -0.3, -0.75))
    head = _toward(atlas[band(HEAD)], (0.76, 0.72, 0.66), 0.8 * smoothstep(v, -0.05, -0.45))
    atlas[band(HEAD)] = _toward(head, (0.05, 0.05, 0.05), smoothstep(u, 0.90, 0.94))
    atlas[band(EAR)] = np.array([0.50, 0.33, 0.20], np.float32)
    for part in (FORELEG, HINDLEG):
        atlas[band(part)] = np.array([0.55, 0.42, 0.28], np.float32)
    atlas[band(TAIL)] = _toward(atlas[band(TAIL)], (0.08, 0.08, 0.08), smoothstep(u, 0.65, 0.85))
    return atlas


def _cow(rng: Rng) -> F32:
    u, _ = _grid()
    color = [(0.07, 0.06, 0.06), (0.36, 0.15, 0.08), (0.62, 0.50, 0.38), (0.30, 0.13, 0.08)][
        int(rng.integers(4))
    ]
    atlas = np.ones(ATLAS_SHAPE, np.float32) * np.asarray(color, np.float32)
    white = (0.84, 0.82, 0.78)
    if rng.random() < 0.6:
        blotch = smoothstep(fractal(rng, BAND, WIDTH, 4, 2), 0.50, 0.56)
        atlas[band(TORSO)] = _toward(atlas[band(TORSO)], white, blotch)
        atlas[band(HEAD)] = _toward(atlas[band(HEAD)], white, smoothstep(u, 0.05, 0.25))
    atlas[band(HEAD)] = _toward(atlas[band(HEAD)], (0.30, 0.22, 0.20), smoothstep(u, 0.86, 0.92))
    for part in (FORELEG, HINDLEG):
        atlas[band(part)] = _toward(
            atlas[band(part)], (0.10, 0.09, 0.08), smoothstep(u, 0.93, 0.96)
        )
    return atlas


def _raccoon(rng: Rng) -> F32:
    u, v = _grid()
    base = np.array([0.33, 0.31, 0.28], np.float32) * np.float32(rng.uniform(0.85, 1.15))
    atlas = np.ones(ATLAS_SHAPE, np.float32) * base
    grizzle = fractal(rng, BAND, WIDTH, 24, 2)
    atlas[band(TORSO)] *= (0.7 + 0.6 * grizzle)[..., None]
    head = _toward(atlas[band(HEAD)], (0.80, 0.79, 0.76), smoothstep(u, 0.5, 0.62))
    head = _toward(head, (0.80, 0.79, 0.76), smoothstep(v, 0.3, 0.5) * smoothstep(u, 0.1, 0.2))
    mask = np.exp(-(((u - 0.40) / 0.11) ** 2)) * smoothstep(v, 0.62, 0.35)
    head = _toward(head, (0.03, 0.03, 0.03), mask.astype(np.float32))
    atlas[band(HEAD)] = _toward(head, (0.03, 0.03, 0.03), smoothstep(u, 0.90, 0.94))
    rings = smoothstep(np.sin(u * 2 * np.pi * 5.0).astype(np.float32), -0.1, 0.2)
    tail = _toward(np.ones((BAND, WIDTH, 3), np.float32) * 0.62, (0.05, 0.05, 0.05), rings)
    atlas[band(TAIL)] = tail
    for part in (FORELEG, HINDLEG):
        atlas[band(part)] = np.array([0.14, 0.13, 0.12], np.float32)
    atlas[band(EAR)] = np.array([0.62, 0.60, 0.57], np.float32)
    return atlas


def wildlife_build(kind: str, rng: Rng) -> Build:
    """Proportions of one animal: the species' build, a little larger or smaller."""
    build = BUILDS[kind]
    return replace(build, scale=build.scale * float(rng.uniform(0.92, 1.08)))


def turkey_atlas(rng: Rng) -> F32:
    """Bronze body with barred wings and tail, bare red and blue head."""
    u, v = _grid()
    atlas = np.ones(ATLAS_SHAPE, np.float32) * np.array([0.12, 0.085, 0.06], np.float32)
    sheen = fractal(rng, BAND, WIDTH, 14, 3)
    atlas[band(TORSO)] = _toward(
        atlas[band(TORSO)], (0.34, 0.20, 0.10), 0.8 * smoothstep(sheen, 0.4, 0.8)
    )
    bars = smoothstep(np.sin(u * 2 * np.pi * 7 + v).astype(np.float32), 0.0, 0.4) * smoothstep(
        v, 0.1, -0.3
    )
    atlas[band(TORSO)] = _toward(
        atlas[band(TORSO)], (0.58, 0.52, 0.44), 0.75 * bars * smoothstep(u, 0.65, 0.5)
    )
    tail = _toward(
        atlas[band(TAIL)],
        (0.30, 0.17, 0.08),
        smoothstep(np.sin(u * 40).astype(np.float32), 0.0, 0.5),
    )
    atlas[band(TAIL)] = _toward(tail, (0.70, 0.58, 0.42), smoothstep(u, 0.86, 0.93))
    atlas[band(NECK)] = np.array([0.42, 0.18, 0.16], np.float32)
    atlas[band(HEAD)] = _toward(
        np.ones((BAND, WIDTH, 3), np.float32) * np.array([0.60, 0.16, 0.14], np.float32),
        (0.45, 0.55, 0.68),
        smoothstep(v, 0.0, 0.5),
    )
    for part in (FORELEG, HINDLEG):
        atlas[band(part)] = np.array([0.45, 0.28, 0.22], np.float32)
    assert atlas.shape[0] == N_PARTS * BAND
    return atlas


def pose_turkey(rng: Rng, phase: float) -> Skeleton:
    """A wild turkey walking or pecking, about 0.9 m tall at the head."""
    k = float(rng.uniform(0.92, 1.08))
    peck = rng.random() < 0.35
    pitch, length = (-0.75, 0.36) if peck else (float(rng.uniform(1.0, 1.3)), 0.34)
    root = (0.17, 0.60, 0.0)
    mid = (
        root[0] + 0.5 * length * math.cos(pitch * 0.8),
        root[1] + 0.5 * length * math.sin(pitch * 0.8),
        0.0,
    )
    top = (mid[0] + 0.5 * length * math.cos(pitch), mid[1] + 0.5 * length * math.sin(pitch), 0.0)
    look = -0.9 if peck else -0.1
    forward, up, side = head_frame(look, float(rng.normal(0, 0.3)))
    beak = (top[0] + 0.09 * forward[0], top[1] + 0.09 * forward[1], 0.09 * forward[2])
    tubes = []
    for z, shift in ((-0.06, 0.0), (0.06, math.pi)):
        swing = 0.13 * math.sin(phase + shift)
        foot = (-0.01 + swing, 0.012, z)
        tubes.append(
            Tube(
                FORELEG,
                [(-0.02, 0.36, z), (-0.045 + swing * 0.4, 0.20, z), foot],
                [0.058, 0.018, 0.014],
            )
        )
        tubes.append(Tube(FORELEG, [foot, (foot[0] + 0.075, 0.008, z)], [0.014, 0.009]))
    tubes.append(
        Tube(
            TORSO,
            [(-0.26, 0.42, 0), (-0.10, 0.46, 0), (0.08, 0.53, 0), (0.20, 0.58, 0)],
            [0.075, 0.155, 0.165, 0.085],
            0.85,
        )
    )
    tubes.append(
        Tube(
            TAIL, [(-0.20, 0.44, 0), (-0.42, 0.36, 0), (-0.58, 0.31, 0)], [0.080, 0.088, 0.075], 0.3
        )
    )
    tubes.append(Tube(NECK, [root, mid, top], [0.066, 0.030, 0.024]))
    tubes.append(Tube(HEAD, [top, beak], [0.038, 0.014]))
    eye = (top[0] + 0.02 * forward[0], top[1] + 0.012, 0.034)
    scaled = [
        t._replace(
            points=[(x * k, y * k, z * k) for x, y, z in t.points], radii=[r * k for r in t.radii]
        )
        for t in tubes
    ]
    return Skeleton(
        scaled,
        PlanarMap(-0.34 * k, 0.30 * k, 0.30 * k, 0.72 * k),
        top,
        (forward, up, side),
        [eye],
        beak,
        0.007,
    )
