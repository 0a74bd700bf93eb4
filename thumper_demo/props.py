"""Things that lie or stand in a scene: a rock, a feeder, a fence, a pond, a log."""

from __future__ import annotations

import cv2
import numpy as np

from .flora import Canvas, Color
from .noise import Rng, fractal, smoothstep, value_noise


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
    canvas.paint(
        mask,
        color.astype(np.float32),
        distance_m,
        int(canvas.site.column(east_m, distance_m) - w / 2),
        foot - h,
    )


def _solid(
    canvas: Canvas, points: list[tuple[float, float]], color: Color, distance_m: float
) -> None:
    poly = [np.array([(x * 8, y * 8) for x, y in points]).astype(np.int32)]
    cv2.fillPoly(canvas.albedo, poly, color, cv2.LINE_AA, 3)
    cv2.fillPoly(canvas.front, poly, distance_m, cv2.LINE_8, 3)
    cv2.fillPoly(canvas.far, poly, distance_m, cv2.LINE_8, 3)


def feeder(canvas: Canvas, east_m: float, distance_m: float) -> None:
    """A game feeder: a barrel on three legs."""
    site = canvas.site
    s, x, y = (
        site.px_per_m(distance_m),
        site.column(east_m, distance_m),
        site.ground_row(distance_m),
    )
    for dx in (-0.45, 0.05, 0.45):
        _solid(
            canvas,
            [
                (x + dx * s - 0.02 * s, y),
                (x + dx * s + 0.02 * s, y),
                (x + dx * s * 0.4 + 0.02 * s, y - 1.1 * s),
                (x + dx * s * 0.4 - 0.02 * s, y - 1.1 * s),
            ],
            (0.22, 0.21, 0.20),
            distance_m,
        )
    steps = 14
    for k in range(steps):  # vertical slices give the barrel its roundness
        a, b = -1 + 2 * k / steps, -1 + 2 * (k + 1) / steps
        tone = 0.30 + 0.45 * float(np.sqrt(max(0.0, 1 - ((a + b) / 2 + 0.25) ** 2)))
        _solid(
            canvas,
            [
                (x + a * 0.30 * s, y - 1.0 * s),
                (x + b * 0.30 * s, y - 1.0 * s),
                (x + b * 0.30 * s, y - 1.85 * s),
                (x + a * 0.30 * s, y - 1.85 * s),
            ],
            (tone * 0.62, tone * 0.68, tone * 0.60),
            distance_m,
        )
    _solid(
        canvas,
        [(x - 0.34 * s, y - 1.85 * s), (x + 0.34 * s, y - 1.85 * s), (x, y - 2.1 * s)],
        (0.3, 0.3, 0.28),
        distance_m,
    )


def fence(canvas: Canvas, rng: Rng, distance_m: float) -> None:
    """Posts and three wires across the whole view."""
    site = canvas.site
    s, y = site.px_per_m(distance_m), site.ground_row(distance_m)
    reach = site.width / 2 / s
    for wire in (0.45, 0.80, 1.12):
        row = int(y - wire * s)
        cv2.line(
            canvas.albedo,
            (0, row),
            (site.width, row + int(rng.integers(-3, 4))),
            (0.40, 0.38, 0.36),
            1,
            cv2.LINE_AA,
        )
    for east in np.arange(-reach - 1, reach + 1, 2.6):
        x = site.column(float(east), distance_m)
        w = 0.06 * s
        _solid(
            canvas,
            [
                (x - w, y + 2),
                (x + w, y + 2),
                (x + w * 0.9, y - 1.25 * s),
                (x - w * 0.9, y - 1.25 * s),
            ],
            (0.36, 0.30, 0.24),
            distance_m,
        )


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
    mask = (
        smoothstep(np.abs(ys) / half, 1.04, 0.9)
        * smoothstep(xs, 0.0, 0.01)
        * smoothstep(xs, 1.0, 0.98)
    )
    bark = fractal(rng, h, w, 30, 3, stretch=0.2)
    light = np.sqrt(np.clip(1 - (ys / half + 0.3) ** 2, 0.06, 1)) * (0.6 + 0.5 * bark)
    color = (np.array([0.42, 0.34, 0.27], np.float32) * light[..., None]).astype(np.float32)
    foot = int(site.ground_row(distance_m)) + 3
    canvas.paint(
        mask.astype(np.float32),
        color,
        distance_m,
        int(site.column(east_m, distance_m) - w / 2),
        foot - h,
    )
