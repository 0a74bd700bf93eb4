"""People and the vehicle they come in."""

from __future__ import annotations

import math

import cv2
import numpy as np

from .coat import ATLAS_SHAPE, BAND, WIDTH, band
from .noise import F32, Rng, f32, fractal, smoothstep
from .skeleton import Skeleton, head_frame
from .sprite import Sprite
from .tubes import EAR, FORELEG, HEAD, HINDLEG, HORN, NECK, TAIL, TORSO, PlanarMap, Tube

Vec = tuple[float, float, float]

_JACKETS = (
    (0.75, 0.26, 0.06),
    (0.20, 0.23, 0.13),
    (0.12, 0.17, 0.28),
    (0.34, 0.25, 0.17),
    (0.10, 0.10, 0.11),
    (0.45, 0.10, 0.10),
)
_TROUSERS = ((0.13, 0.17, 0.26), (0.24, 0.20, 0.14), (0.15, 0.16, 0.12), (0.30, 0.28, 0.25))
_SKIN = ((0.66, 0.47, 0.37), (0.50, 0.33, 0.24), (0.34, 0.21, 0.15), (0.74, 0.56, 0.46))
_PAINT = (
    (0.13, 0.22, 0.11),
    (0.42, 0.08, 0.06),
    (0.50, 0.42, 0.28),
    (0.10, 0.11, 0.13),
    (0.16, 0.22, 0.34),
)


def person_atlas(rng: Rng) -> F32:
    """Jacket (sometimes camouflage), trousers, boots, skin, cap and pack."""
    u = np.linspace(0.0, 1.0, WIDTH, dtype=np.float32)[None, :].repeat(BAND, 0)
    atlas = np.ones(ATLAS_SHAPE, np.float32)
    jacket = np.asarray(_JACKETS[int(rng.integers(len(_JACKETS)))], np.float32)
    camo = rng.random() < 0.4
    for part in (TORSO, FORELEG):
        cloth = np.ones((BAND, WIDTH, 3), np.float32) * jacket
        if camo:
            blot = smoothstep(fractal(rng, BAND, WIDTH, 7, 2), 0.48, 0.54)[..., None]
            cloth = cloth * (1 - 0.55 * blot)
        atlas[band(part)] = cloth
    skin = np.asarray(_SKIN[int(rng.integers(len(_SKIN)))], np.float32)
    hand = smoothstep(u, 0.88, 0.92)[..., None]
    atlas[band(FORELEG)] = atlas[band(FORELEG)] * (1 - hand) + skin * hand
    legs = np.ones((BAND, WIDTH, 3), np.float32) * np.asarray(
        _TROUSERS[int(rng.integers(len(_TROUSERS)))], np.float32
    )
    boot = smoothstep(u, 0.84, 0.87)[..., None]
    atlas[band(HINDLEG)] = legs * (1 - boot) + np.float32(0.08) * boot
    atlas[band(HEAD)] = skin
    atlas[band(NECK)] = skin * np.float32(0.85)
    atlas[band(EAR)] = np.asarray(
        _JACKETS[int(rng.integers(len(_JACKETS)))], np.float32
    ) * np.float32(0.8)
    atlas[band(TAIL)] = np.asarray(
        _TROUSERS[int(rng.integers(len(_TROUSERS)))], np.float32
    ) * np.float32(0.8)
    atlas[band(HORN)] = np.float32(0.12)
    return atlas


def pose_person(rng: Rng, phase: float) -> Skeleton:
    """Somebody walking, about 1.75 m tall; x is the walking direction."""
    k = float(rng.uniform(0.93, 1.06))
    stride = float(rng.uniform(0.15, 0.45))
    pack = rng.random() < 0.4
    tubes: list[Tube] = []
    for z, shift in ((-0.10, 0.0), (0.10, math.pi)):
        a = stride * math.sin(phase + shift)
        bend = max(0.0, math.cos(phase + shift)) * stride * 0.9
        knee = (0.46 * math.sin(a), 0.92 - 0.46 * math.cos(a), z)
        ankle = (knee[0] + 0.42 * math.sin(a - bend), knee[1] - 0.42 * math.cos(a - bend), z)
        toe = (ankle[0] + 0.15, max(ankle[1] - 0.03, 0.03), z)
        tubes.append(
            Tube(HINDLEG, [(0.0, 0.95, z), knee, ankle, toe], [0.105, 0.072, 0.052, 0.040])
        )
        swing = -0.8 * a + 0.1
        zz = z * 2.3
        elbow = (0.28 * math.sin(swing), 1.40 - 0.28 * math.cos(swing), zz)
        hand = (
            elbow[0] + 0.26 * math.sin(swing + 0.35),
            elbow[1] - 0.26 * math.cos(swing + 0.35),
            zz,
        )
        tubes.append(Tube(FORELEG, [(0.0, 1.42, z * 1.7), elbow, hand], [0.070, 0.052, 0.040]))
    lean = float(rng.uniform(0.0, 0.05))
    tubes.append(
        Tube(
            TORSO,
            [(0.0, 0.95, 0), (lean * 0.5, 1.15, 0), (lean, 1.38, 0), (lean, 1.44, 0)],
            [0.150, 0.152, 0.172, 0.105],
            1.25,
        )
    )
    tubes.append(Tube(NECK, [(lean, 1.46, 0), (lean + 0.02, 1.56, 0)], [0.062, 0.058]))
    tubes.append(Tube(HEAD, [(lean + 0.03, 1.60, 0), (lean + 0.035, 1.69, 0)], [0.088, 0.098]))
    tubes.append(Tube(EAR, [(lean + 0.02, 1.725, 0), (lean + 0.03, 1.755, 0)], [0.103, 0.090]))
    tubes.append(Tube(EAR, [(lean + 0.05, 1.715, 0), (lean + 0.17, 1.695, 0)], [0.045, 0.028], 1.6))
    if pack:
        tubes.append(Tube(TAIL, [(-0.20, 1.10, 0), (-0.20, 1.36, 0)], [0.125, 0.115], 1.2))
    scaled = [
        t._replace(
            points=[(x * k, y * k, z * k) for x, y, z in t.points], radii=[r * k for r in t.radii]
        )
        for t in tubes
    ]
    forward, up, side = head_frame(0.0, 0.0)
    planar = PlanarMap(-0.25 * k, 0.25 * k, 0.8 * k, 1.6 * k)
    return Skeleton(
        scaled, planar, (lean, 1.75 * k, 0), (forward, up, side), [], (0.1, 1.6 * k, 0), 0.01
    )


def draw_utv(rng: Rng, yaw: float, px_per_m: float) -> Sprite:
    """A side-by-side utility vehicle, 2.9 m long, 1.9 m high, from the side or quartering."""
    over = float(np.clip(200.0 / px_per_m, 1.0, 2.0))
    s = px_per_m * over
    paint = np.asarray(_PAINT[int(rng.integers(len(_PAINT)))], np.float32)
    c, n = math.cos(yaw), math.sin(yaw)
    width, height = int(3.9 * s), int(2.15 * s)
    ox, oy = width / 2, height - 0.1 * s
    color = np.zeros((height, width, 3), np.float32)
    normal = np.zeros((height, width, 3), np.float32)
    alpha = np.zeros((height, width), np.float32)

    def at(x: float, y: float, z: float) -> tuple[float, float]:
        # A slight drop of far points stands in for perspective: the camera looks down a little.
        return ox + (x * c - z * n) * s, oy - (y - 0.10 * (z * c + x * n)) * s

    def face(points: list[Vec], tone: F32 | float, facing: Vec) -> None:
        poly = np.array([at(*p) for p in points])
        fixed = np.round(poly * 16).astype(np.int32)
        rgb = [float(t) for t in np.broadcast_to(np.asarray(tone, np.float32), (3,))]
        cv2.fillPoly(color, [fixed], rgb, cv2.LINE_AA, 4)
        cv2.fillPoly(alpha, [fixed], 1.0, cv2.LINE_AA, 4)
        cv2.fillPoly(normal, [fixed], facing, cv2.LINE_8, 4)

    def bar(a: Vec, b: Vec, radius: float, tone: float) -> None:
        thick = max(1, round(2 * radius * s))
        p, q = (tuple(int(v) for v in np.round(at(*e))) for e in (a, b))
        cv2.line(color, p, q, (tone, tone, tone), thick, cv2.LINE_AA)
        cv2.line(alpha, p, q, 1.0, thick, cv2.LINE_AA)
        cv2.line(normal, p, q, (0.0, 0.5, 0.85), thick)

    def wheel(x: float, z: float) -> None:
        cx, cy = at(x, 0.33, z)
        for radius, tone in ((0.33, 0.045), (0.19, 0.30), (0.16, 0.10), (0.07, 0.35)):
            axes = (max(1, int(radius * s * max(abs(c), 0.35))), max(1, int(radius * s)))
            cv2.ellipse(
                color, (int(cx), int(cy)), axes, 0, 0, 360, (tone, tone, tone), -1, cv2.LINE_AA
            )
            cv2.ellipse(alpha, (int(cx), int(cy)), axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA)
            cv2.ellipse(normal, (int(cx), int(cy)), axes, 0, 0, 360, (0.0, 0.1, 0.99), -1)

    side: Vec = (n * 0.2, 0.15, 0.95)
    ahead: Vec = (0.8 * (1 if yaw > 0 else -1), 0.2, 0.5)
    w = 0.68
    for x in (-0.92, 0.95):
        wheel(x, -w)
    for z in (-w, w):  # cage, far side first
        if z > 0:
            face(
                [(-0.5, 0.75, 0.3), (-0.1, 0.75, 0.3), (-0.1, 1.25, 0.3), (-0.5, 1.25, 0.3)],
                0.05,
                side,
            )
        bar((0.45, 1.02, z), (0.18, 1.78, z), 0.032, 0.06)
        bar((-0.55, 0.95, z), (-0.48, 1.80, z), 0.032, 0.06)
        bar((0.18, 1.78, z), (-0.48, 1.80, z), 0.032, 0.06)
    face(
        [(0.24, 1.78, -w), (-0.56, 1.80, -w), (-0.56, 1.80, w), (0.24, 1.78, w)],
        0.09,
        (0.0, 0.95, 0.3),
    )
    end = 1.36 if yaw > 0 else -1.40
    face(
        [(end, 0.42, -w), (end, 0.42, w), (end, 0.86, w), (end, 0.86, -w)],
        paint * np.float32(0.8),
        ahead,
    )
    face(
        [(0.45, 1.02, -w), (1.36, 0.86, -w), (1.36, 0.86, w), (0.45, 1.02, w)],
        paint,
        (0.1, 0.9, 0.4),
    )
    face(
        [(-1.40, 1.0, -w), (-0.55, 1.0, -w), (-0.55, 1.0, w), (-1.40, 1.0, w)],
        0.07,
        (0.0, 0.9, 0.4),
    )
    outline = [
        (-1.40, 0.45, w),
        (-1.40, 1.0, w),
        (-0.55, 1.0, w),
        (-0.45, 0.62, w),
        (0.35, 0.62, w),
        (0.45, 1.02, w),
        (1.36, 0.86, w),
        (1.38, 0.48, w),
        (0.6, 0.38, w),
        (-0.6, 0.38, w),
    ]
    face([(x, y, z) for x, y, z in outline], paint, side)
    face(
        [(-1.30, 0.68, w), (-0.62, 0.68, w), (-0.60, 0.74, w), (-1.30, 0.74, w)],
        paint * np.float32(0.5),
        side,
    )
    face([(1.18, 0.70, w), (1.36, 0.68, w), (1.36, 0.80, w), (1.18, 0.84, w)], 0.75, side)
    for x in (-0.92, 0.95):
        wheel(x, w)
    size = (max(4, round(width / over)), max(4, round(height / over)))
    packed = cv2.merge([color * alpha[..., None], alpha])
    rgb = f32(cv2.resize(packed, size, interpolation=cv2.INTER_AREA))
    small = f32(cv2.resize(normal, size, interpolation=cv2.INTER_AREA))
    cover = rgb[..., 3]
    small = f32(small / np.maximum(np.linalg.norm(small, axis=2, keepdims=True), 1e-3))
    shade = np.ones_like(cover)
    foot = (ox / over, oy / over)
    albedo = f32(rgb[..., :3] / np.maximum(cover, 1e-3)[..., None])
    return Sprite(albedo, cover.copy(), small, shade, foot, [])
