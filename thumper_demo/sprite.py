"""From a posed body and a coat to a sprite: colour, normals and coverage at the size it is seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from .coat import sample_coat
from .noise import F32, f32, rng_for, tileable
from .skeleton import Skeleton
from .tubes import EAR, HEAD, HORN, Raster, Tube, View, normals, rasterise


@dataclass
class Sprite:
    """One animal seen from one side, not lit yet.

    ``albedo`` (h, w, 3) float32 0..1 RGB; ``alpha`` (h, w) float32 0..1; ``normal`` (h, w, 3)
    float32 (x right, y up, z to the viewer); ``shade`` (h, w) float32, ambient occlusion; ``foot``
    the ground point (x, y) in sprite pixels; ``eyes`` visible eyes (x, y, radius) in sprite pixels.
    """

    albedo: F32
    alpha: F32
    normal: F32
    shade: F32
    foot: tuple[float, float]
    eyes: list[tuple[float, float, float]]

    def flipped(self) -> Sprite:
        """The mirror image: the same animal walking the other way."""
        normal = self.normal[:, ::-1].copy()
        normal[..., 0] *= -1.0
        width = self.alpha.shape[1]
        return Sprite(
            self.albedo[:, ::-1].copy(),
            self.alpha[:, ::-1].copy(),
            normal,
            self.shade[:, ::-1].copy(),
            (width - 1 - self.foot[0], self.foot[1]),
            [(width - 1 - x, y, r) for x, y, r in self.eyes],
        )


@cache
def fur_tile() -> F32:
    """(256, 256) float32 wrapping fur grain, about -2.5..2.5, stretched along u. The same for every
    herd.
    """
    rough = tileable(rng_for(0, "fur"), 256, 0.45)
    streak = cv2.blur(np.tile(rough, (1, 3)), (9, 1))[:, 256:512]
    return (streak / float(streak.std())).astype(np.float32)


def draw_body(
    skeleton: Skeleton,
    extra: list[Tube],
    atlas: F32,
    yaw: float,
    px_per_m: float,
    fur: float,
    eye_ring: float = 0.5,
) -> Sprite:
    """Sprite of a body at ``px_per_m``; drawn larger and reduced so that its outline is smooth.

    ``fur``: strength of the coat's grain. ``eye_ring``: brightness of the ring around the eye.
    """
    over = float(np.clip(230.0 / px_per_m, 1.25, 2.0))
    scale = px_per_m * over
    raster = rasterise(skeleton.tubes + extra, View(yaw, scale), skeleton.planar)
    albedo = sample_coat(atlas, raster.part, raster.u, raster.v)
    blur = 0.006 * scale
    if blur > 0.5:
        albedo = f32(cv2.GaussianBlur(albedo, (0, 0), blur))
    albedo *= (1.0 + fur * _grain(raster))[..., None]
    eyes = _eyes(albedo, raster, skeleton, View(yaw, scale), eye_ring)
    nx, ny, nz = normals(raster, scale)
    shade = _occlusion(raster, scale)
    mask = raster.mask.astype(np.float32)
    height, width = mask.shape
    size = (max(4, round(width / over)), max(4, round(height / over)))
    fx, fy = size[0] / width, size[1] / height
    packed = cv2.merge([albedo * mask[..., None], mask])
    color = f32(cv2.resize(packed, size, interpolation=cv2.INTER_AREA))
    packed = cv2.merge([nx * mask, ny * mask, nz * mask, shade * mask])
    shape = f32(cv2.resize(packed, size, interpolation=cv2.INTER_AREA))
    alpha = color[..., 3]
    inverse = f32(1.0 / np.maximum(alpha, 1e-3))
    foot = (raster.origin[0] * fx, raster.origin[1] * fy)
    return Sprite(
        f32(color[..., :3] * inverse[..., None]),
        alpha.copy(),
        f32(shape[..., :3] * inverse[..., None]),
        f32(shape[..., 3] * inverse),
        foot,
        [(x * fx, y * fy, r * fx) for x, y, r in eyes],
    )


def _grain(raster: Raster) -> F32:
    tile = fur_tile()
    # One period of the tile covers about 1.1 body lengths along and 0.8 depths across, whatever the
    # distance.
    cols = (raster.u * 300.0 + raster.part.astype(np.float32) * 37.0) % 255.0
    rows = (raster.v * 100.0 + 100.0 + raster.part.astype(np.float32) * 61.0) % 255.0
    grain = f32(cv2.remap(tile, f32(cols), f32(rows), cv2.INTER_LINEAR))
    return f32(np.where(raster.part == HORN, 0.3 * grain, grain))


def _occlusion(raster: Raster, scale: float) -> F32:
    """Darker where a part lies behind the body: far legs, the underside between the legs."""
    z = raster.depth / scale
    shade = np.clip(0.94 + 1.1 * np.clip(z, -0.35, 0.06), 0.58, 1.0)
    light = np.isin(raster.part, (EAR, HEAD, HORN))
    return f32(np.where(light, np.maximum(shade, 0.85), shade))


def _eyes(
    albedo: F32, raster: Raster, skeleton: Skeleton, view: View, ring: float
) -> list[tuple[float, float, float]]:
    found = []
    for eye in skeleton.eyes:
        x, y, z = view.project(eye)
        col, row = x + raster.origin[0], raster.origin[1] - y
        i, j = round(row), round(col)
        if not (0 <= i < albedo.shape[0] and 0 <= j < albedo.shape[1]):
            continue
        if raster.part[i, j] != HEAD or raster.depth[i, j] > z + 0.035 * view.px_per_m:
            continue
        r = skeleton.eye_r * view.px_per_m
        color = (ring, ring * 0.95, ring * 0.88)
        spot = (int(col * 16), int(row * 16))
        cv2.circle(albedo, spot, int(r * 1.45 * 16), color, -1, cv2.LINE_AA, 4)
        cv2.circle(albedo, spot, int(r * 16), (0.03, 0.025, 0.02), -1, cv2.LINE_AA, 4)
        cv2.circle(
            albedo,
            (int((col + r * 0.3) * 16), int((row - r * 0.35) * 16)),
            int(r * 0.22 * 16),
            (0.5, 0.5, 0.5),
            -1,
            16,
            4,
        )
        found.append((col, row, r))
    return found
