"""Light: sun and sky by hour and weather, haze, dappled shade, and the camera's infrared flash."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from .noise import F32, U8, f32, rng_for, smoothstep, tileable, u8
from .scene import Scene, ground_coordinates, sample_ground

Color = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """One state of the light. ``sun`` and ``sky_light`` are RGB gains; ``toward`` the unit vector
    to the sun (right, up, to the viewer); ``haze_m`` the distance at which haze takes over;
    ``infrared`` marks the flash at night.
    """

    name: str
    sun: Color
    sky_light: Color
    sky_low: Color
    sky_high: Color
    toward: tuple[float, float, float]
    haze_m: float
    infrared: bool = False

    @property
    def shadow_strength(self) -> float:
        """0..1, how dark a cast shadow is."""
        total = sum(self.sun) + sum(self.sky_light)
        return 0.0 if self.infrared else min(0.65, 1.1 * sum(self.sun) / max(total, 1e-6))


def _unit(x: float, y: float, z: float) -> tuple[float, float, float]:
    n = math.sqrt(x * x + y * y + z * z)
    return x / n, y / n, z / n


LIGHTS: dict[str, Light] = {
    "dawn": Light(
        "dawn",
        (0.50, 0.38, 0.26),
        (0.64, 0.66, 0.72),
        (0.92, 0.78, 0.66),
        (0.62, 0.70, 0.82),
        _unit(-0.9, 0.32, 0.5),
        75,
    ),
    "morning": Light(
        "morning",
        (0.74, 0.66, 0.52),
        (0.50, 0.54, 0.60),
        (0.86, 0.90, 0.94),
        (0.50, 0.66, 0.88),
        _unit(-0.7, 0.7, 0.5),
        170,
    ),
    "noon": Light(
        "noon",
        (0.76, 0.74, 0.68),
        (0.46, 0.49, 0.54),
        (0.84, 0.90, 0.95),
        (0.44, 0.62, 0.90),
        _unit(0.15, 1.0, 0.45),
        260,
    ),
    "afternoon": Light(
        "afternoon",
        (0.78, 0.70, 0.55),
        (0.48, 0.50, 0.55),
        (0.88, 0.89, 0.90),
        (0.50, 0.65, 0.88),
        _unit(0.75, 0.6, 0.5),
        220,
    ),
    "dusk": Light(
        "dusk",
        (0.50, 0.36, 0.24),
        (0.58, 0.59, 0.65),
        (0.90, 0.66, 0.48),
        (0.48, 0.54, 0.70),
        _unit(0.9, 0.26, 0.45),
        130,
    ),
    "overcast": Light(
        "overcast",
        (0.12, 0.12, 0.12),
        (0.80, 0.83, 0.86),
        (0.86, 0.88, 0.90),
        (0.74, 0.78, 0.82),
        _unit(0.1, 1.0, 0.5),
        130,
    ),
    "night": Light(
        "night", (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0), _unit(0.06, 0.12, 1.0), 1e9, True
    ),
}
_IR_WEIGHTS = np.array([0.36, 0.44, 0.20], np.float32)


def light_name(hour: float, cloudy: bool) -> str:
    """Which light holds at an hour of the day (late summer: sun up 7.1 to 20.0)."""
    if hour < 6.75 or hour >= 20.2:
        return "night"
    if hour < 8.2:
        return "dawn"
    if hour >= 18.9:
        return "dusk"
    if cloudy:
        return "overcast"
    if hour < 11.0:
        return "morning"
    return "noon" if hour < 15.0 else "afternoon"


def flash_gain(distance_m: F32 | float) -> F32:
    """Infrared exposure at a distance: inverse power fall-off, limited near the lens by the
    camera's exposure.
    """
    gain = np.minimum(1.12, (8.6 / np.maximum(np.asarray(distance_m, np.float32), 0.5)) ** 1.35)
    return np.asarray(gain, np.float32)


def vignette(height: int, width: int) -> F32:
    """(height, width) float32, the spread of the flash: 1 in the middle, 0.5 in the corners."""
    ys = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    xs = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    return (1.0 / (1.0 + 0.42 * (xs * xs * 1.15 + ys * ys))).astype(np.float32)


def light_scene(scene: Scene, light: Light) -> U8:
    """The empty scene under a light: (H, W, 3) uint8 RGB."""
    if light.infrared:
        return _infrared(scene)
    site = scene.site
    rng = rng_for(site.seed, "light", light.name)
    east, away = ground_coordinates(site)
    sunlit = np.ones((site.height, site.width), np.float32)
    if light.shadow_strength > 0.15:
        tile = tileable(rng, 256, 1.1)
        leaf_shade = smoothstep(sample_ground(tile, east, away * 0.7, 16.0), 0.1, 0.7)
        sunlit = 1.0 - 0.55 * leaf_shade * np.clip(away / 9.0, 0.2, 1.0)
        sunlit = np.minimum(sunlit, 1.0 - 0.8 * _cast(scene, light))
        standing = scene.far > 23.0
        sunlit[standing] = 0.8
    gain = (
        np.asarray(light.sky_light, np.float32)
        + np.asarray(light.sun, np.float32) * sunlit[..., None]
    )
    image = scene.albedo * gain * np.float32(1.18)
    low, high = np.asarray(light.sky_low, np.float32), np.asarray(light.sky_high, np.float32)
    haze = np.exp(-scene.far / light.haze_m)[..., None]
    image = low * 0.85 * (1.0 - haze) + image * haze
    sky = _sky(scene, light, low, high)
    image += (sky - image) * scene.sky[..., None]
    return u8(np.clip(image * 255.0 + 0.5, 0, 255))


def _sky(scene: Scene, light: Light, low: F32, high: F32) -> F32:
    site = scene.site
    rng = rng_for(site.seed, "sky", light.name)
    ramp = (
        np.clip(np.arange(site.height, dtype=np.float32) / site.horizon_px, 0.0, 1.0)[:, None, None]
        ** 1.5
    )
    sky = high + (low - high) * ramp
    tile = tileable(rng, 128, 1.6)
    cloud = cv2.resize(tile, (site.width, site.height), interpolation=cv2.INTER_CUBIC)
    cover = smoothstep(f32(cloud), 0.2, 1.5)[..., None] * np.float32(0.55)
    whole: F32 = (sky + (0.96 - sky) * cover).astype(np.float32)
    return whole


def _cast(scene: Scene, light: Light) -> F32:
    """Shadows of trunks and bushes on the ground, (H, W) float32 0..1."""
    site = scene.site
    shadow = np.zeros((site.height, site.width), np.float32)
    sx, sy, sz = light.toward
    for east, distance, radius, height in scene.casters:
        length = min(height, 4.0) / max(sy, 0.25)
        # Away from the sun: right when it stands left, farther when it stands behind the viewer.
        e1, d1 = east - sx * length, max(distance + sz * length * 0.5, 2.0)
        a = (site.column(east - radius, distance), site.ground_row(distance))
        b = (site.column(east + radius, distance), site.ground_row(distance))
        c = (site.column(e1 + radius, d1), site.ground_row(d1))
        d = (site.column(e1 - radius, d1), site.ground_row(d1))
        cv2.fillConvexPoly(shadow, np.array([a, b, c, d]).astype(np.int32), 1.0, cv2.LINE_AA)
    return cv2.GaussianBlur(shadow, (0, 0), 3.0).astype(np.float32)


def _infrared(scene: Scene) -> U8:
    site = scene.site
    gray = scene.albedo @ _IR_WEIGHTS
    front = np.minimum(scene.front, scene.far)
    image = gray * flash_gain(front) * vignette(site.height, site.width) * np.float32(1.5)
    image *= 1.0 - scene.sky
    image = np.clip(image + 0.015, 0.0, 1.0)
    return np.repeat((image * 255.0 + 0.5).astype(np.uint8)[..., None], 3, axis=2)


def shade_sprite(
    albedo: F32, normal: F32, shade: F32, light: Light, distance_m: float, sunlit: float
) -> F32:
    """Light a sprite: (h, w, 3) float32 display RGB 0..1. ``sunlit`` 0..1 tells how much sun
    reaches the animal.
    """
    if light.infrared:
        gray = albedo @ _IR_WEIGHTS
        facing = 0.45 + 0.65 * np.maximum(normal[..., 2], 0.0)
        lit = gray * facing * np.sqrt(shade) * flash_gain(distance_m)
        return np.repeat(np.clip(lit, 0, 1)[..., None], 3, axis=2).astype(np.float32)
    toward = np.asarray(light.toward, np.float32)
    direct = np.maximum(normal @ toward, 0.0) * np.float32(sunlit)
    ambient = (0.70 + 0.30 * normal[..., 1]) * shade
    gain = np.asarray(light.sky_light, np.float32) * ambient[..., None]
    gain = gain + np.asarray(light.sun, np.float32) * (direct * np.sqrt(shade))[..., None]
    haze = math.exp(-distance_m / light.haze_m)
    lit = albedo * gain * np.float32(1.30) * haze + np.asarray(
        light.sky_low, np.float32
    ) * np.float32(0.85 * (1 - haze))
    return f32(np.clip(lit, 0.0, 1.0))
