"""The scene that a camera watches: ground, far trees, trunks, bushes, grass, and what people put
there.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from . import flora, props
from .flora import Canvas, Color
from .noise import F32, Rng, f32, fractal, rng_for, smoothstep, tileable, value_noise
from .site import Site

SKY_M = 4000.0


@dataclass(frozen=True)
class Palette:
    """Reflectances (RGB 0..1) of one kind of country, ``grass_m`` tall."""

    soil: Color
    turf: Color
    blades: tuple[Color, Color]
    leaves: tuple[Color, Color]
    bark: Color
    grass_m: float
    blades_n: int


PALETTES: dict[str, Palette] = {
    "meadow": Palette(
        (0.38, 0.31, 0.22),
        (0.30, 0.37, 0.16),
        ((0.22, 0.31, 0.11), (0.47, 0.50, 0.24)),
        ((0.17, 0.26, 0.10), (0.27, 0.34, 0.14)),
        (0.34, 0.29, 0.24),
        0.13,
        9000,
    ),
    "dry": Palette(
        (0.47, 0.38, 0.27),
        (0.52, 0.45, 0.28),
        ((0.42, 0.35, 0.20), (0.69, 0.60, 0.38)),
        ((0.24, 0.28, 0.14), (0.33, 0.32, 0.17)),
        (0.38, 0.33, 0.28),
        0.15,
        8500,
    ),
    "litter": Palette(
        (0.35, 0.26, 0.18),
        (0.42, 0.30, 0.18),
        ((0.25, 0.28, 0.12), (0.48, 0.40, 0.22)),
        ((0.19, 0.25, 0.10), (0.36, 0.30, 0.13)),
        (0.30, 0.26, 0.22),
        0.11,
        4500,
    ),
    "pasture": Palette(
        (0.36, 0.30, 0.20),
        (0.33, 0.42, 0.19),
        ((0.27, 0.37, 0.14), (0.48, 0.54, 0.26)),
        ((0.15, 0.23, 0.09), (0.22, 0.31, 0.12)),
        (0.33, 0.30, 0.27),
        0.09,
        9000,
    ),
    "scrub": Palette(
        (0.53, 0.43, 0.32),
        (0.47, 0.40, 0.28),
        ((0.38, 0.34, 0.20), (0.61, 0.54, 0.35)),
        ((0.25, 0.29, 0.18), (0.34, 0.35, 0.22)),
        (0.36, 0.31, 0.27),
        0.14,
        4500,
    ),
}


@dataclass(frozen=True)
class Scene:
    """What does not change between two photos of a camera.

    ``albedo`` (H, W, 3) float32 RGB; ``front`` (H, W) float32 m, distance of things that can hide
    an animal (infinity where none); ``far`` (H, W) float32 m, distance of what is seen; ``sky`` (H,
    W) float32 0..1; ``casters`` see ``Canvas``.
    """

    site: Site
    albedo: F32
    front: F32
    far: F32
    sky: F32
    casters: tuple[tuple[float, float, float, float], ...]


def ground_coordinates(site: Site) -> tuple[F32, F32]:
    """Metres right of the axis and metres away, each ``(H, W) float32``, of the ground at each
    pixel (clipped at 200 m).
    """
    rows = np.arange(site.height, dtype=np.float32)[:, None]
    cols = np.arange(site.width, dtype=np.float32)[None, :]
    away = (
        site.focal_px
        * site.height_m
        / np.maximum(rows - site.horizon_px, site.focal_px * site.height_m / 200.0)
    )
    east = (cols - site.width / 2) * away / site.focal_px
    return east.astype(np.float32), np.broadcast_to(away, east.shape).astype(np.float32)


def sample_ground(tile: F32, east: F32, away: F32, per_m: float) -> F32:
    """Look up a wrapping noise tile in ground coordinates, ``per_m`` tile pixels to the metre."""
    size = tile.shape[0]
    cols = np.mod(east * per_m, size - 1).astype(np.float32)
    rows = np.mod(away * per_m, size - 1).astype(np.float32)
    return f32(cv2.remap(tile, cols, rows, cv2.INTER_LINEAR))


def build_scene(site: Site) -> Scene:
    """Paint a camera's scene; depends on the site only. Takes about half a second."""
    rng = rng_for(site.seed, "scene")
    palette = PALETTES[site.palette]
    h, w = site.height, site.width
    front = np.full((h, w), np.inf, np.float32)
    canvas = Canvas(
        site,
        np.zeros((h, w, 3), np.float32),
        front,
        np.zeros((h, w), np.float32),
        np.zeros((h, w), np.float32),
    )
    clump = _ground(canvas, rng, palette)
    _treeline(canvas, rng, palette)
    _standing(canvas, rng, palette)
    if rng.random() < 0.7:
        flora.canopy(canvas, rng, palette.leaves[int(rng.integers(2))])
    dense = np.clip(0.25 + 1.1 * clump, 0.0, 1.0).astype(np.float32)
    flora.grass(canvas, rng, palette.blades_n, palette.blades, palette.grass_m, dense)
    gray = canvas.albedo @ np.array([0.30, 0.55, 0.15], np.float32)
    muted = gray[..., None] + (canvas.albedo - gray[..., None]) * np.float32(
        0.74
    )  # a trail camera's colours are pale
    return Scene(
        site, np.clip(muted, 0.0, 1.0), canvas.front, canvas.far, canvas.sky, tuple(canvas.casters)
    )


def _ground(canvas: Canvas, rng: Rng, palette: Palette) -> F32:
    site = canvas.site
    east, away = ground_coordinates(site)
    cloudy, rough = tileable(rng, 256, 1.3), tileable(rng, 256, 0.5)
    patch = smoothstep(sample_ground(cloudy, east, away, 9.0) * 0.5 + 0.5, 0.1, 0.9)
    path = np.abs(east - (away - 9.0) * rng.uniform(-0.25, 0.25) - rng.uniform(-2, 2))
    trail = 0.75 * smoothstep(path.astype(np.float32), 1.0, 0.45) * float(rng.random() < 0.6)
    green = patch * (1.0 - trail)
    detail = sample_ground(rough, east, away, 70.0) * np.clip(6.0 / away, 0.0, 1.0)
    medium = sample_ground(rough, east, away, 22.0) * np.clip(14.0 / away, 0.15, 1.0)
    soil, turf = np.asarray(palette.soil, np.float32), np.asarray(palette.turf, np.float32)
    base = soil + (turf - soil) * green[..., None]
    canvas.albedo[:] = base * np.clip(1.0 + 0.10 * detail + 0.10 * medium, 0.4, 1.6)[..., None]
    canvas.far[:] = away
    return green


def _treeline(canvas: Canvas, rng: Rng, palette: Palette) -> None:
    """Three walls of foliage, each nearer and darker, with gaps to the sky above."""
    site = canvas.site
    w, sky = site.width, canvas.sky
    top_rows = int(site.horizon_px) + 2
    sky[:top_rows] = 1.0
    canvas.far[:top_rows] = SKY_M
    canvas.albedo[:top_rows] = 1.0
    openness = float(rng.uniform(0.0, 0.55))
    for distance, rise in ((70.0, 0.55), (38.0, 0.8), (24.0, 1.05)):
        foot = int(site.ground_row(distance)) + 3
        profile = value_noise(rng, 1, w, 1, 6)[0] * 0.6 + value_noise(rng, 1, w, 1, 22)[0] * 0.25
        reach = foot - (0.25 + profile * rise * (1.15 - openness)) * site.horizon_px * 1.25
        leaf = fractal(rng, foot, w, 110 if distance > 30 else 80, 4)
        clumps = fractal(rng, foot, w, 10, 3)
        ys = np.arange(foot, dtype=np.float32)[:, None]
        edge = (ys - reach[None, :]) / 28.0 + 2.2 * (leaf - 0.5)
        mask = smoothstep(edge, 0.0, 0.5)
        if distance < 30:  # the nearest wall is made of separate trees
            gaps = value_noise(rng, 1, w, 1, 7)[0]
            mask = mask * smoothstep(gaps[None, :] + 0.35 * (clumps - 0.5), 0.42, 0.56)
        tint = np.asarray(palette.leaves[0], np.float32), np.asarray(palette.leaves[1], np.float32)
        color = tint[0] + (tint[1] - tint[0]) * clumps[..., None]
        light = 0.45 + 0.85 * smoothstep(leaf, 0.3, 0.75) * (0.55 + 0.6 * clumps)
        color = color * light[..., None] * np.float32(1.15)
        canvas.albedo[:foot] += (color - canvas.albedo[:foot]) * mask[..., None]
        canvas.far[:foot][mask > 0.4] = distance
        sky[:foot] *= 1.0 - mask


def _vary(rng: Rng, tone: Color, low: float, high: float) -> Color:
    gain = float(rng.uniform(low, high))
    return tone[0] * gain, tone[1] * gain, tone[2] * gain


def _standing(canvas: Canvas, rng: Rng, palette: Palette) -> None:
    """Trunks, bushes and props, far ones first; only a few, and near ones at the sides, so that
    animals stay visible.
    """
    site = canvas.site
    things: list[tuple[float, str, float]] = []
    for _ in range(int(rng.integers(5, 10))):
        things.append((float(rng.uniform(14.0, 30.0)), "trunk", float(rng.uniform(-0.55, 0.55))))
    for _ in range(int(rng.integers(1, 3))):
        things.append(
            (
                float(rng.uniform(6.5, 11.0)),
                "trunk",
                float(rng.choice([-1, 1]) * rng.uniform(0.26, 0.46)),
            )
        )
    for _ in range(int(rng.integers(3, 7))):
        things.append((float(rng.uniform(13.0, 24.0)), "bush", float(rng.uniform(-0.5, 0.5))))
    for _ in range(int(rng.integers(1, 3))):
        things.append(
            (
                float(rng.uniform(4.6, 7.5)),
                "brush",
                float(rng.choice([-1, 1]) * rng.uniform(0.25, 0.48)),
            )
        )
    for prop in site.props:
        spot = {"fence": 15.0, "pond": 13.0, "feeder": 11.5}.get(
            prop, float(rng.uniform(7.0, 12.0))
        )
        things.append((spot, prop, float(rng.choice([-1, 1]) * rng.uniform(0.12, 0.40))))
    leaf = palette.leaves
    for distance, kind, share in sorted(things, reverse=True):
        east = share * site.width * distance / site.focal_px
        tone = _vary(rng, leaf[int(rng.integers(2))], 0.85, 1.25)
        if kind == "trunk":
            bark = _vary(rng, palette.bark, 0.75, 1.25)
            flora.trunk(canvas, rng, east, distance, float(rng.uniform(0.09, 0.24)), bark)
        elif kind == "bush":
            flora.bush(canvas, rng, east, distance, float(rng.uniform(0.8, 1.9)), tone)
        elif kind == "brush":
            flora.bush(canvas, rng, east, distance, float(rng.uniform(0.35, 0.7)), tone)
        elif kind == "rock":
            props.rock(canvas, rng, east, distance)
        elif kind == "feeder":
            props.feeder(canvas, east, distance)
        elif kind == "fence":
            props.fence(canvas, rng, distance)
        elif kind == "pond":
            props.pond(canvas, rng, east, distance, (0.70, 0.78, 0.86))
        else:
            props.log(canvas, rng, east, distance)
