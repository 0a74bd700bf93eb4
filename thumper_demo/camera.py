"""What the camera adds to the light it catches: grain, the information strip, JPEG and EXIF."""

from __future__ import annotations

import io
import math
from datetime import datetime
from functools import cache

import cv2
import numpy as np
from PIL import Image

from .noise import U8, Rng, f32, rng_for, u8
from .plan import Photo
from .site import Site

_GRAIN = {
    "noon": 2.2,
    "morning": 2.4,
    "afternoon": 2.4,
    "overcast": 2.6,
    "dawn": 3.6,
    "dusk": 4.0,
    "night": 6.0,
}
_PAD = 64


@cache
def _grain_sheet(height: int, width: int) -> U8:
    """(height + 64, width + 64, 3) uint8 noise around 128, standard deviation 30, one stop softer
    than white noise.
    """
    noise = (
        rng_for(0, "grain", height, width)
        .standard_normal((height + _PAD, width + _PAD))
        .astype(np.float32)
    )
    noise = f32(cv2.GaussianBlur(noise, (0, 0), 0.7))
    noise *= 30.0 / float(noise.std())
    sheet = np.clip(noise + 128.0, 0, 255).astype(np.uint8)
    return np.repeat(sheet[..., None], 3, axis=2)


def expose(image: U8, photo: Photo, rng: Rng) -> U8:
    """Exposure and white balance of one trigger, then grain, which differs between frames."""
    burst = rng_for(photo.burst, "exposure", photo.site)
    gain = float(np.clip(burst.normal(1.0, 0.07), 0.84, 1.18))
    tint = (
        (1.0, 1.0, 1.0)
        if photo.light == "night"
        else tuple(float(v) for v in 1.0 + burst.normal(0, 0.018, 3))
    )
    levels = np.arange(256, dtype=np.float32)
    table = np.stack([np.clip(levels * gain * t, 0, 255) for t in tint], axis=1).astype(np.uint8)
    exposed = cv2.LUT(image, table.reshape(1, 256, 3))
    h, w = image.shape[:2]
    y, x = (int(v) for v in rng.integers(0, _PAD, 2))
    k = _GRAIN[photo.light] / 30.0
    grain = _grain_sheet(h, w)[y : y + h, x : x + w]
    return u8(cv2.addWeighted(exposed, 1.0, grain, k, -128.0 * k))


def moon_phase(when: datetime) -> float:
    """Phase of the moon, 0 new .. 0.5 full .. 1, by the mean synodic month (29.530589 days) from a
    known new moon.
    """
    days = (when - datetime(2000, 1, 6, 18, 14)).total_seconds() / 86_400.0
    return (days / 29.530589) % 1.0


def draw_strip(image: U8, site: Site, photo: Photo) -> None:
    """Paint the information strip in place: name, date, time, temperature, moon."""
    w = image.shape[1]
    top = site.bottom_px
    image[top:] = 12
    scale = min(site.strip_px / 44.0, w / 1500.0)
    base = top + round(site.strip_px * 0.69)
    white = (228, 228, 228)
    fahrenheit = round(photo.temperature_c * 9 / 5 + 32)
    fields = (
        (0.015, site.name.upper()),
        (0.36, photo.taken_at.strftime("%m/%d/%Y")),
        (0.52, photo.taken_at.strftime("%I:%M:%S %p")),
        (0.72, f"{photo.temperature_c}C {fahrenheit}F"),
        (0.885, site.make.upper()),
    )
    for share, text in fields:
        cv2.putText(
            image,
            text,
            (int(share * w), base),
            cv2.FONT_HERSHEY_SIMPLEX,
            scale,
            white,
            1,
            cv2.LINE_AA,
        )
    phase = moon_phase(photo.taken_at)
    cx, cy, r = int(0.862 * w), top + site.strip_px // 2, max(5, site.strip_px // 3)
    cv2.circle(image, (cx, cy), r, (70, 70, 70), -1, cv2.LINE_AA)
    lit = 0.5 - 0.5 * math.cos(2 * math.pi * phase)
    start = -90 if phase < 0.5 else 90
    cv2.ellipse(image, (cx, cy), (r, r), 0, start, start + 180, white, -1, cv2.LINE_AA)
    tone = white if lit > 0.5 else (70, 70, 70)
    cv2.ellipse(
        image, (cx, cy), (max(1, int(r * abs(2 * lit - 1))), r), 0, 0, 360, tone, -1, cv2.LINE_AA
    )


def encode(image: U8, site: Site, photo: Photo, quality: int) -> bytes:
    """JPEG bytes with EXIF: times, make and model, flash (fired at night), position."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = site.make, site.model, 1
    exif[0x0132] = photo.taken_at.strftime("%Y:%m:%d %H:%M:%S")
    details = exif.get_ifd(0x8769)
    details[0x9003] = details[0x9004] = exif[0x0132]
    details[0x9290] = details[0x9291] = f"{photo.taken_at.microsecond // 1000:03d}"
    details[0x9209] = 1 if photo.light == "night" else 16
    details[0xA002], details[0xA003] = site.width, site.height
    position = exif.get_ifd(0x8825)
    position[1], position[2] = ("N" if site.latitude >= 0 else "S"), _degrees(site.latitude)
    position[3], position[4] = ("E" if site.longitude >= 0 else "W"), _degrees(site.longitude)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, exif=exif)
    return buffer.getvalue()


def _degrees(value: float) -> tuple[float, float, float]:
    value = abs(value)
    degrees = int(value)
    minutes = int((value - degrees) * 60)
    return float(degrees), float(minutes), round((value - degrees - minutes / 60) * 3600, 3)
