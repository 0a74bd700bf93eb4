"""Solid animals out of tubes: every body part is a bent, tapering tube, drawn with depth into a
small raster.

The raster keeps, for each pixel, which part is in front and where on that part the pixel lies, so
that a coat painted once in body coordinates moves with the animal through every pose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np

from .noise import F32, U8, u8

TORSO, NECK, HEAD, FORELEG, HINDLEG, EAR, TAIL, HORN = range(8)
N_PARTS = 8
EMPTY = 255
_FAR = -1e3


class Tube(NamedTuple):
    """A chain of round cross-sections.

    ``points``: ``(N, 3)`` metres, x forward, y up, z to the animal's right as seen by the viewer.
    ``radii``: ``(N,)`` metres. ``depth``: thickness towards the viewer as a share of the radius (an
    ear is flat). ``u_from``, ``u_to``: texture coordinates of the two ends.
    """

    part: int
    points: list[tuple[float, float, float]]
    radii: list[float]
    depth: float = 1.0
    u_from: float = 0.0
    u_to: float = 1.0


class PlanarMap(NamedTuple):
    """Where the torso's texture lies in the side plane (metres): x from ``x0`` to ``x1``, y from
    ``y0`` to ``y1``.
    """

    x0: float
    x1: float
    y0: float
    y1: float


@dataclass(frozen=True)
class View:
    """Viewing angle and scale. ``yaw`` in radians turns the animal's head towards the viewer
    (positive) or away.
    """

    yaw: float
    px_per_m: float

    def project(self, point: tuple[float, float, float]) -> tuple[float, float, float]:
        """X (right), y (up) and depth (towards the viewer), all in pixels, origin below the
        animal's middle.
        """
        x, y, z = point
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return (x * c - z * s) * self.px_per_m, y * self.px_per_m, (x * s + z * c) * self.px_per_m


@dataclass
class Raster:
    """``depth`` (h, w) float32 px, ``part`` (h, w) uint8, ``u``/``v`` (h, w) float32; ``origin``
    the ground point.
    """

    depth: F32
    part: U8
    u: F32
    v: F32
    origin: tuple[float, float]

    @property
    def mask(self) -> U8:
        """(h, w) uint8, 1 where the animal is."""
        return u8(self.part != EMPTY)


def rasterise(tubes: list[Tube], view: View, planar: PlanarMap | None) -> Raster:
    """Draw ``tubes`` into a raster just large enough for them."""
    flat: list[tuple[Tube, list[tuple[float, float, float]]]] = []
    x_low = y_low = 1e9
    x_high = y_high = -1e9
    for tube in tubes:
        points = [view.project(p) for p in tube.points]
        flat.append((tube, points))
        for (x, y, _), radius in zip(points, tube.radii, strict=True):
            r = radius * view.px_per_m
            x_low, x_high = min(x_low, x - r), max(x_high, x + r)
            y_low, y_high = min(y_low, y - r), max(y_high, y + r)
    pad = 3
    width = int(x_high - x_low) + 2 * pad + 1
    height = int(y_high - y_low) + 2 * pad + 1
    ox, oy = pad - x_low, pad + y_high
    depth = np.full((height, width), _FAR, np.float32)
    part = np.full((height, width), EMPTY, np.uint8)
    u = np.zeros((height, width), np.float32)
    v = np.zeros((height, width), np.float32)
    raster = Raster(depth, part, u, v, (ox, oy))
    for tube, points in flat:
        image = [(x + ox, oy - y, z) for x, y, z in points]
        steps = [math.dist(a, b) for a, b in pairwise(image)]
        total = max(sum(steps), 1e-6)
        done = 0.0
        for i, step in enumerate(steps):
            span = tube.u_to - tube.u_from
            u_a = tube.u_from + span * done / total
            u_b = tube.u_from + span * (done + step) / total
            radii = (tube.radii[i] * view.px_per_m, tube.radii[i + 1] * view.px_per_m)
            _segment(raster, image[i], image[i + 1], radii, tube, (u_a, u_b))
            done += step
    if planar is not None:
        _planar_uv(raster, view, planar)
    return raster


def _segment(
    raster: Raster,
    a: tuple[float, float, float],
    b: tuple[float, float, float],
    radii: tuple[float, float],
    tube: Tube,
    u_ends: tuple[float, float],
) -> None:
    height, width = raster.depth.shape
    ra, rb = max(radii[0], 0.6), max(radii[1], 0.6)
    x0 = max(int(min(a[0] - ra, b[0] - rb)), 0)
    x1 = min(int(max(a[0] + ra, b[0] + rb)) + 2, width)
    y0 = max(int(min(a[1] - ra, b[1] - rb)), 0)
    y1 = min(int(max(a[1] + ra, b[1] + rb)) + 2, height)
    if x1 <= x0 or y1 <= y0:
        return
    ex = np.arange(x0, x1, dtype=np.float32)[None, :] - np.float32(a[0])
    ey = np.arange(y0, y1, dtype=np.float32)[:, None] - np.float32(a[1])
    dx, dy = b[0] - a[0], b[1] - a[1]
    length2 = dx * dx + dy * dy + 1e-3
    t = np.clip((ex * dx + ey * dy) / length2, 0.0, 1.0)
    inverse = 1.0 / (ra + (rb - ra) * t)
    qx, qy = (ex - t * dx) * inverse, (ey - t * dy) * inverse
    q = 1.0 - qx * qx - qy * qy
    z = a[2] + (b[2] - a[2]) * t + np.sqrt(np.maximum(q, 0.0)) * (tube.depth / inverse)
    window = (slice(y0, y1), slice(x0, x1))
    front = (q > 0.0) & (z > raster.depth[window])
    np.copyto(raster.depth[window], z.astype(np.float32), where=front)
    raster.part[window][front] = tube.part
    np.copyto(
        raster.u[window], (u_ends[0] + (u_ends[1] - u_ends[0]) * t).astype(np.float32), where=front
    )
    across = (dy * qx - dx * qy) / math.sqrt(length2)
    np.copyto(raster.v[window], across.astype(np.float32), where=front)


def _planar_uv(raster: Raster, view: View, planar: PlanarMap) -> None:
    """Give torso and thighs one texture plane, so that a patch runs over the shoulder without a
    seam.
    """
    torso = raster.part == TORSO
    c = max(math.cos(view.yaw), 0.3) * view.px_per_m
    cols = (np.arange(torso.shape[1], dtype=np.float32) - raster.origin[0]) / c
    rows = (raster.origin[1] - np.arange(torso.shape[0], dtype=np.float32)) / view.px_per_m
    u = np.clip((cols - planar.x0) / (planar.x1 - planar.x0), 0.0, 1.0)
    v = np.clip(2.0 * (rows - planar.y0) / (planar.y1 - planar.y0) - 1.0, -1.0, 1.0)
    np.copyto(raster.u, np.broadcast_to(u[None, :], torso.shape), where=torso)
    np.copyto(raster.v, np.broadcast_to(v[:, None], torso.shape), where=torso)


def normals(raster: Raster, px_per_m: float) -> tuple[F32, F32, F32]:
    """Surface normals (x right, y up, z to the viewer), three ``(h, w) float32`` of unit length,
    slightly smoothed.
    """
    mask = raster.mask.astype(np.float32)
    sigma = max(0.016 * px_per_m, 0.8)
    height = cv2.GaussianBlur(
        np.where(mask > 0, raster.depth, 0.0).astype(np.float32), (0, 0), sigma
    )
    weight = cv2.GaussianBlur(mask, (0, 0), sigma)
    smooth = height / np.maximum(weight, 1e-3)
    gx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    gy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    norm = 1.0 / np.sqrt(gx * gx + gy * gy + 1.0)
    return (
        (-gx * norm).astype(np.float32),
        (gy * norm).astype(np.float32),
        norm.astype(np.float32),
    )
