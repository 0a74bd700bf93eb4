"""Plants that stand in a scene: trunks, bushes, grass, and the leaves overhead.

Every function paints into a ``Canvas`` from far to near and records the distance of what can hide
an animal.
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
    """``albedo`` (H, W, 3) float32 RGB; ``front`` (H, W) float32, distance in metres of standing
    things, else infinity; ``far`` (H, W) float32, distance of everything (for haze and flash);
    ``sky`` (H, W) float32 0..1, open sky; ``casters``: (east, distance, radius, height).
    """

    site: Site
    albedo: F32
    front: F32
    far: F32
    sky: F32
    casters: list[tuple[float, float, float, float]] = field(default_factory=list)

    def paint(self, mask: F32, color: F32, distance_m: float, x0: int, y0: int) -> None:
        """Blend a patch ``color`` (h, w, 3) with coverage ``mask`` (h, w) at (x0, y0), clipped to
        the photo.
        """
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


def trunk(
    canvas: Canvas, rng: Rng, east_m: float, distance_m: float, radius_m: float, tone: Color
) -> None:
    """A tree trunk from the ground to beyond the top of the photo, with bark, a lean and a flare at
    its foot.
    """
    site = canvas.site
    scale = site.px_per_m(distance_m)
    foot = int(site.ground_row(distance_m))
    r = radius_m * scale
    height = foot + 4
    width = int(4 * r + 0.10 * height) + 8
    lean = float(rng.uniform(-0.05, 0.05))
    ys = np.arange(height, dtype=np.float32)[:, None]
    up = (foot - ys) / scale
    center = (
        width / 2 + lean * (foot - ys) * 0.6 + (value_noise(rng, height, 1, 3, 2) - 0.5) * r * 0.7
    )
    half = r * (1.0 - 0.10 * np.clip(up, 0, 4) / 2 + 0.75 * np.exp(-up / 0.14))
    xs = np.arange(width, dtype=np.float32)[None, :]
    q = (xs - center) / np.maximum(half, 0.7)
    mask = smoothstep(np.abs(q), 1.0 + 1.0 / max(r, 1), 1.0 - 1.0 / max(r, 1))
    bark = fractal(rng, height, width, max(width / max(r * 0.35, 2.0), 4), 3, stretch=5.0)
    ridge = smoothstep(bark, 0.35, 0.65)
    shade = np.sqrt(np.clip(1.0 - np.clip(q, -1, 1) ** 2, 0.05, 1.0)) * (0.55 + 0.55 * ridge)
    color = np.asarray(tone, np.float32) * shade[..., None] * np.float32(1.25)
    canvas.paint(
        mask,
        color.astype(np.float32),
        distance_m,
        int(site.column(east_m, distance_m) - width / 2),
        0,
    )
    canvas.casters.append((east_m, distance_m, radius_m, 6.0))


def bush(
    canvas: Canvas, rng: Rng, east_m: float, distance_m: float, size_m: float, tone: Color
) -> None:
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
    canvas.paint(
        mask,
        color.astype(np.float32),
        distance_m,
        int(site.column(east_m, distance_m) - w / 2),
        foot - h,
    )
    canvas.casters.append((east_m, distance_m, size_m * 0.5, size_m * 0.8))


def grass(
    canvas: Canvas, rng: Rng, count: int, tones: tuple[Color, Color], tall_m: float, clump: F32
) -> None:
    """``count`` single blades from the far meadow to the lens; ``clump`` (H, W) 0..1 says where
    they are dense.
    """
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
    canvas.paint(
        mask, (np.asarray(tone, np.float32) * light[..., None]).astype(np.float32), distance_m, 0, 0
    )
    canvas.front[:] = keep_front
