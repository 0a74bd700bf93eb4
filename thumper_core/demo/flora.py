"""Plants and things that stand in a scene: trunks, bushes, grass, rocks, a feeder, a fence, a pond, a log.

Every function paints into a ``Canvas`` from far to near and records the distance of what can hide an animal.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from .noise import F32, Rng, fractal, smoothstep, value_noise
from .site import Site

Color = tuple[float, float, float]


@dataclass
class Canvas:
    """``albedo`` (H, W, 3) float32 RGB; ``front`` (H, W) float32, distance in metres of standing things, else infinity;
    ``far`` (H, W) float32, distance of everything (for haze and flash); ``sky`` (H, W) float32 0..1, open sky;
    ``casters``: (east, distance, radius, height)."""

    site: Site
    albedo: F32
    front: F32
    far: F32
    sky: F32
    casters: list[tuple[float, float, float, float]] = field(default_factory=list)

    def paint(self, mask: F32, color: F32, distance_m: float, x0: int, y0: int) -> None:
        """Blend a patch ``color`` (h, w, 3) with coverage ``mask`` (h, w) at (x0, y0), clipped to the photo."""
        h, w = mask.shape
        ax, ay = max(x0, 0), max(y0, 0)
        bx, by = min(x0 + w, self.albedo.shape[1]), min(y0 + h, self.albedo.shape[0])
        if bx <= ax or by <= ay:
            return
        inner = (slice(ay - y0, by - y0), slice(ax - x0, bx - x0))
        outer = (slice(ay, by), slice(ax, bx))
        m = mask[inner]
        self.albedo[outer] += (color[inner] - self.albedo[outer]) * m[..., None]
        self.sky[outer] *= 1.0 - m
        solid = m > 0.45
        self.front[outer][solid] = distance_m
        self.far[outer][solid] = distance_m


def trunk(canvas: Canvas, rng: Rng, east_m: float, distance_m: float, radius_m: float, tone: Color) -> None:
    """A tree trunk from the ground to beyond the top of the photo, with bark, a lean and a flare at its foot."""
    site = canvas.site
    scale = site.px_per_m(distance_m)
    foot = int(site.ground_row(distance_m))
    r = radius_m * scale
    height = foot + 4
    width = int(4 * r + 0.10 * height) + 8
    lean = float(rng.uniform(-0.05, 0.05))
    ys = np.arange(height, dtype=np.float32)[:, None]
    up = (foot - ys) / scale
    center = width / 2 + lean * (foot - ys) * 0.6 + (value_noise(rng, height, 1, 3, 2) - 0.5) * r * 0.7
    half = r * (1.0 - 0.10 * np.clip(up, 0, 4) / 2 + 0.75 * np.exp(-up / 0.14))
    xs = np.arange(width, dtype=np.float32)[None, :]
    q = (xs - center) / np.maximum(half, 0.7)
    mask = smoothstep(np.abs(q), 1.0 + 1.0 / max(r, 1), 1.0 - 1.0 / max(r, 1))
    bark = fractal(rng, height, width, max(width / max(r * 0.35, 2.0), 4), 3, stretch=5.0)
    ridge = smoothstep(bark, 0.35, 0.65)
    shade = np.sqrt(np.clip(1.0 - np.clip(q, -1, 1) ** 2, 0.05, 1.0)) * (0.55 + 0.55 * ridge)
    color = np.asarray(tone, np.float32) * shade[..., None] * np.float32(1.25)
    canvas.paint(mask, color.astype(np.float32), distance_m, int(site.column(east_m, distance_m) - width / 2), 0)
    canvas.casters.append((east_m, distance_m, radius_m, 6.0))


def bush(canvas: Canvas, rng: Rng, east_m: float, distance_m: float, size_m: float, tone: Color) -> None:
    """A leafy bush with a ragged outline."""
    site = canvas.site
    scale = site.px_per_m(distance_m)
    w, h = int(size_m * 1.5 * scale) + 8, int(size_m * scale) + 8
    leaf = fractal(rng, h, w, float(np.clip(w / max(0.035 * scale, 3.0), 8, 90)), 2)
    lump = fractal(rng, h, w, 5, 2)
    ys = np.linspace(1.0, 0.0, h, dtype=np.float32)[:, None]
    xs = np.linspace(-1.0, 1.0, w, dtype=np.float32)[None, :]
    body = 1.0 - (np.abs(xs) ** 2.2) - (np.clip(ys - 0.15, 0, 1) / 0.85) ** 2.4
    field = body + 0.9 * (lump - 0.5) + 0.7 * (leaf - 0.5)
    mask = smoothstep(field.astype(np.float32), 0.12, 0.22)
    light = 0.35 + 0.9 * leaf * (0.45 + 0.65 * ys) + 0.35 * (lump - 0.5)
    color = np.asarray(tone, np.float32) * light[..., None] * np.float32(1.25)
    foot = int(site.ground_row(distance_m)) + 2
    canvas.paint(mask, color.astype(np.float32), distance_m, int(site.column(east_m, distance_m) - w / 2), foot - h)
    canvas.casters.append((east_m, distance_m, size_m * 0.5, size_m * 0.8))


def grass(canvas: Canvas, rng: Rng, count: int, tones: tuple[Color, Color], tall_m: float, clump: F32) -> None:
    """``count`` single blades from the far meadow to the lens; ``clump`` (H, W) 0..1 says where they are dense."""
    site = canvas.site
    top = site.ground_row(30.0)
    rows = top + (site.height + 30 - top) * rng.random(count) ** 0.9
    cols = rng.uniform(-20, site.width + 20, count)
    order = np.argsort(rows)
    tone = rng.random(count)
    height = tall_m * np.exp(rng.normal(0, 0.40, count))
    lean = rng.normal(0.0, 0.28, count)
    keep = rng.random(count)
    a, b = (np.asarray(t, np.float32) for t in tones)
    for k in order:
        y, x = float(rows[k]), float(cols[k])
        iy, ix = min(int(y), site.height - 1), min(max(int(x), 0), site.width - 1)
        if keep[k] > clump[iy, ix]:
            continue
        distance = site.focal_px * site.height_m / (y - site.horizon_px)
        length = min(float(height[k]) * site.px_per_m(distance) * (0.5 + clump[iy, ix]), 130.0)
        tip = (x + length * float(lean[k]), y - length)
        mid = (x + length * float(lean[k]) * 0.3, y - length * 0.55)
        shade = a + (b - a) * np.float32(tone[k])
        rgb = tuple(float(c) for c in shade)
        line = np.array([(x, y), mid, tip]) * 8
        path = [line.astype(np.int32)]
        thick = 1 if distance > 4.2 else 2
        cv2.polylines(canvas.albedo, path, False, rgb, thick, cv2.LINE_AA, 3)
        cv2.polylines(canvas.front, path, False, distance, thick, cv2.LINE_8, 3)


def rock(canvas: Canvas, rng: Rng, east_m: float, distance_m: float) -> None:
    """A boulder."""
    scale = canvas.site.px_per_m(distance_m)
    w, h = int(rng.uniform(0.6, 1.1) * scale), int(rng.uniform(0.30, 0.5) * scale)
    xs = np.linspace(-1, 1, w, dtype=np.float32)[None, :]
    ys = np.linspace(1, -0.12, h, dtype=np.float32)[:, None]
    lump = fractal(rng, h, w, 3, 3)
    field = 1.0 - np.abs(xs) ** 2.6 - np.clip(ys, 0, 1) ** 2.2 + 0.35 * (lump - 0.5)
    mask = smoothstep(field.astype(np.float32), 0.03, 0.10)
    light = (0.45 + 0.5 * ys) * (0.7 + 0.6 * fractal(rng, h, w, 14, 3))
    color = np.array([0.52, 0.50, 0.46], np.float32) * light[..., None] * np.float32(1.2)
    foot = int(canvas.site.ground_row(distance_m)) + 3
    canvas.paint(mask, color.astype(np.float32), distance_m, int(canvas.site.column(east_m, distance_m) - w / 2), foot - h)


def _solid(canvas: Canvas, points: list[tuple[float, float]], color: Color, distance_m: float) -> None:
    poly = [np.array([(x * 8, y * 8) for x, y in points]).astype(np.int32)]
    cv2.fillPoly(canvas.albedo, poly, color, cv2.LINE_AA, 3)
    cv2.fillPoly(canvas.front, poly, distance_m, cv2.LINE_8, 3)
    cv2.fillPoly(canvas.far, poly, distance_m, cv2.LINE_8, 3)


def feeder(canvas: Canvas, east_m: float, distance_m: float) -> None:
    """A game feeder: a barrel on three legs."""
    site = canvas.site
    s, x, y = site.px_per_m(distance_m), site.column(east_m, distance_m), site.ground_row(distance_m)
    for dx in (-0.45, 0.05, 0.45):
        _solid(canvas, [(x + dx * s - 0.02 * s, y), (x + dx * s + 0.02 * s, y), (x + dx * s * 0.4 + 0.02 * s, y - 1.1 * s),
                        (x + dx * s * 0.4 - 0.02 * s, y - 1.1 * s)], (0.22, 0.21, 0.20), distance_m)  # fmt: skip
    steps = 14
    for k in range(steps):  # vertical slices give the barrel its roundness
        a, b = -1 + 2 * k / steps, -1 + 2 * (k + 1) / steps
        tone = 0.30 + 0.45 * float(np.sqrt(max(0.0, 1 - ((a + b) / 2 + 0.25) ** 2)))
        _solid(canvas, [(x + a * 0.30 * s, y - 1.0 * s), (x + b * 0.30 * s, y - 1.0 * s), (x + b * 0.30 * s, y - 1.85 * s),
                        (x + a * 0.30 * s, y - 1.85 * s)], (tone * 0.62, tone * 0.68, tone * 0.60), distance_m)  # fmt: skip
    _solid(canvas, [(x - 0.34 * s, y - 1.85 * s), (x + 0.34 * s, y - 1.85 * s), (x, y - 2.1 * s)], (0.3, 0.3, 0.28), distance_m)


def fence(canvas: Canvas, rng: Rng, distance_m: float) -> None:
    """Posts and three wires across the whole view."""
    site = canvas.site
    s, y = site.px_per_m(distance_m), site.ground_row(distance_m)
    reach = site.width / 2 / s
    for wire in (0.45, 0.80, 1.12):
        row = int(y - wire * s)
        cv2.line(canvas.albedo, (0, row), (site.width, row + int(rng.integers(-3, 4))), (0.40, 0.38, 0.36), 1, cv2.LINE_AA)
    for east in np.arange(-reach - 1, reach + 1, 2.6):
        x = site.column(float(east), distance_m)
        w = 0.06 * s
        _solid(canvas, [(x - w, y + 2), (x + w, y + 2), (x + w * 0.9, y - 1.25 * s), (x - w * 0.9, y - 1.25 * s)],
               (0.36, 0.30, 0.24), distance_m)  # fmt: skip


def pond(canvas: Canvas, rng: Rng, east_m: float, distance_m: float, sky: Color) -> None:
    """Open water: a flat ellipse that mirrors the sky and, darker, the far bank."""
    site = canvas.site
    x, y = site.column(east_m, distance_m), site.ground_row(distance_m)
    h = max(6, int(site.ground_row(distance_m * 0.86) - site.ground_row(distance_m * 1.2)))
    w = int(rng.uniform(4.0, 6.0) * site.px_per_m(distance_m))
    xs = np.linspace(-1, 1, w, dtype=np.float32)[None, :]
    ys = np.linspace(-1, 1, h, dtype=np.float32)[:, None]
    edge = 1.0 - xs**2 - ys**2 + 0.35 * (value_noise(rng, h, w, 3, 9) - 0.5)
    mask = smoothstep(edge.astype(np.float32), 0.0, 0.12)
    ripple = fractal(rng, h, w, 40, 2, stretch=0.15)
    tone = (0.42 + 0.25 * (ys + 1) / 2 + 0.18 * ripple)[..., None]
    color = (np.asarray(sky, np.float32) * tone).astype(np.float32)
    ax, ay = int(x - w / 2), int(y - h / 2)
    keep_front, keep_far = canvas.front.copy(), canvas.far.copy()
    canvas.paint(mask, color, distance_m, ax, ay)
    canvas.front[:], canvas.far[:] = keep_front, keep_far  # water lies flat: it hides nobody


def log(canvas: Canvas, rng: Rng, east_m: float, distance_m: float) -> None:
    """A fallen trunk."""
    site = canvas.site
    s = site.px_per_m(distance_m)
    w, h = int(rng.uniform(1.6, 2.6) * s), max(4, int(0.26 * s))
    xs = np.linspace(0, 1, w, dtype=np.float32)[None, :]
    ys = np.linspace(-1, 1, h, dtype=np.float32)[:, None]
    half = 0.95 - 0.25 * xs
    mask = smoothstep(np.abs(ys) / half, 1.04, 0.9) * smoothstep(xs, 0.0, 0.01) * smoothstep(xs, 1.0, 0.98)
    bark = fractal(rng, h, w, 30, 3, stretch=0.2)
    light = np.sqrt(np.clip(1 - (ys / half + 0.3) ** 2, 0.06, 1)) * (0.6 + 0.5 * bark)
    color = (np.array([0.42, 0.34, 0.27], np.float32) * light[..., None]).astype(np.float32)
    foot = int(site.ground_row(distance_m)) + 3
    canvas.paint(mask.astype(np.float32), color, distance_m, int(site.column(east_m, distance_m) - w / 2), foot - h)


def canopy(canvas: Canvas, rng: Rng, tone: Color, distance_m: float = 9.0) -> None:
    """Leaves of the tree overhead, hanging into the top of the photo: it hides nobody."""
    site = canvas.site
    h, w = int(site.horizon_px * 0.62), site.width
    leaf, lump = fractal(rng, h, w, 130, 3), fractal(rng, h, w, 7, 2)
    reach = value_noise(rng, 1, w, 1, 4)[0] * 0.9 - 0.15
    ys = np.linspace(0.0, 1.0, h, dtype=np.float32)[:, None]
    field = reach[None, :] - ys + 0.55 * (lump - 0.5) + 0.75 * (leaf - 0.5)
    mask = smoothstep(field.astype(np.float32), 0.04, 0.12)
    light = 0.30 + 0.85 * smoothstep(leaf, 0.35, 0.8) * (0.5 + 0.6 * lump)
    keep_front = canvas.front.copy()
    canvas.paint(mask, (np.asarray(tone, np.float32) * light[..., None]).astype(np.float32), distance_m, 0, 0)
    canvas.front[:] = keep_front
