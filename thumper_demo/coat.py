"""Coats: one small picture per animal, in body coordinates, painted from its traits.

The atlas stacks one band per body part. Along a band runs u (tail to chest, neck root to skull,
skull to nose, knee to hoof), across it v (back 1 to belly -1). Both flanks share it, as the
markings of a demo deer are the same on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .noise import F32, U8, Rng, f32, fractal, rng_for, smoothstep
from .tubes import EAR, FORELEG, HEAD, HINDLEG, HORN, N_PARTS, NECK, TAIL, TORSO

WIDTH = 256
BAND = 96
ATLAS_SHAPE = (N_PARTS * BAND, WIDTH, 3)


@dataclass(frozen=True)
class CoatTraits:
    """How one deer is marked. Tones are log2 steps of brightness around the wild coat; ``bold``
    0..1 scales contrast.
    """

    tone: float
    warmth: float
    pattern: str
    pattern_sign: float
    pattern_scale: float
    leg_tone: float
    head_tone: float
    neck_tone: float
    ear_tone: float
    socks: float
    blaze: float
    scars: int
    texture: float
    bold: float
    seed: int
    spots: bool = False
    spot_size: float = 1.0
    spot_tone: float = 0.9


def band(part: int) -> slice:
    """Rows of the atlas that hold ``part``."""
    return slice(part * BAND, (part + 1) * BAND)


def _mix(base: F32, color: tuple[float, float, float] | F32, amount: F32) -> F32:
    target = np.asarray(color, np.float32)
    return (base + (target - base) * amount[..., None]).astype(np.float32)


def base_color(tone: float, warmth: float) -> F32:
    """Coat colour (3,) float32, RGB reflectance 0..1: tan, changed by ``tone`` stops."""
    tan = np.array([0.50, 0.365, 0.245], np.float32)
    grey = np.array([0.42, 0.385, 0.335], np.float32)
    color = grey + (tan - grey) * np.float32(warmth)
    return f32(np.clip(color * 2.0**tone, 0.03, 0.92))


def paint_coat(t: CoatTraits, *, velvet: bool = False) -> F32:
    """Atlas ``ATLAS_SHAPE float32``, RGB reflectance 0..1. ``velvet``: on antlers, as grey skin."""
    rng = rng_for(t.seed, "coat")
    u = np.linspace(0.0, 1.0, WIDTH, dtype=np.float32)[None, :].repeat(BAND, 0)
    v = np.linspace(1.0, -1.0, BAND, dtype=np.float32)[:, None].repeat(WIDTH, 1)
    base = base_color(t.tone, t.warmth)
    white = np.array([0.86, 0.84, 0.79], np.float32)
    dark = np.array([0.075, 0.062, 0.055], np.float32)
    atlas = np.empty(ATLAS_SHAPE, np.float32)
    wobble = fractal(rng, BAND, WIDTH, 9, 3) - 0.5
    # Torso: darker back, pale belly, white rump edge; then the individual's pattern.
    torso = base * np.ones((BAND, WIDTH, 1), np.float32)
    torso *= (1.0 - 0.16 * smoothstep(v, 0.35, 0.95))[..., None]
    torso = _mix(
        torso, _pattern_color(t, white, dark), _pattern_mask(t, u, v, rng) * min(t.bold, 1.0)
    )
    torso = _mix(torso, white, 0.72 * smoothstep(v + 0.25 * wobble, -0.62, -0.92))
    torso = _mix(
        torso, white, 0.85 * smoothstep(u + 0.05 * wobble, 0.085, 0.03) * smoothstep(v, 0.75, 0.3)
    )
    if t.spots:
        torso = _mix(torso, white, t.spot_tone * _fawn_spots(t, u, v, rng))
    for _ in range(t.scars):
        torso = _mix(torso, (0.62, 0.48, 0.42), 0.9 * _scar(u, v, rng))
    atlas[band(TORSO)] = torso
    neck = base * np.float32(2.0 ** (t.neck_tone * t.bold)) * np.ones((BAND, WIDTH, 1), np.float32)
    spread_color = _pattern_color(t, white, dark)
    neck = _mix(neck, spread_color, _carried(t, NECK, u, v, rng) * min(t.bold, 1.0))
    neck = _mix(neck, torso[:, -40:-39].repeat(WIDTH, 1), smoothstep(u + 0.25 * wobble, 0.55, 0.25))
    neck = _mix(
        neck, white, 0.75 * smoothstep(v + 0.3 * wobble, -0.35, -0.75) * smoothstep(u, 0.25, 0.5)
    )
    atlas[band(NECK)] = neck
    head = base * np.float32(2.0 ** (t.head_tone * t.bold)) * np.ones((BAND, WIDTH, 1), np.float32)
    head = _mix(head, spread_color, 0.8 * _carried(t, HEAD, u, v, rng) * min(t.bold, 1.0))
    head = _mix(
        head, white, 0.85 * t.bold * t.blaze * smoothstep(v, 0.15, 0.55) * smoothstep(u, 0.10, 0.3)
    )
    head = _mix(head, white, 0.75 * smoothstep(v + 0.2 * wobble, -0.25, -0.65))
    head = _mix(head, white, 0.7 * np.exp(-(((u - 0.83) / 0.05) ** 2)).astype(np.float32))
    head = _mix(head, (0.04, 0.035, 0.035), smoothstep(u + 0.05 * v, 0.90, 0.93))
    atlas[band(HEAD)] = head
    for part in (FORELEG, HINDLEG):
        leg = (
            base * np.float32(2.0 ** (t.leg_tone * t.bold)) * np.ones((BAND, WIDTH, 1), np.float32)
        )
        leg = _mix(leg, base * np.float32(0.92), smoothstep(u + 0.15 * wobble, 0.20, 0.05))
        leg = _mix(leg, spread_color, _carried(t, part, u, v, rng) * min(t.bold, 1.0))
        if t.socks > 0:
            leg = _mix(
                leg,
                white,
                0.9
                * min(t.bold, 1.0)
                * smoothstep(u + 0.1 * wobble, 1.0 - t.socks, 1.04 - t.socks),
            )
        leg = _mix(leg, white, 0.25 * smoothstep(v, -0.3, -0.8))
        atlas[band(part)] = _mix(leg, dark, smoothstep(u, 0.93, 0.955))
    ear = (
        base
        * np.float32(2.0 ** (t.ear_tone * t.bold - 0.15))
        * np.ones((BAND, WIDTH, 1), np.float32)
    )
    ear = _mix(
        ear,
        (0.78, 0.70, 0.64),
        0.7 * smoothstep(f32(1.0 - np.abs(v)), 0.35, 0.8) * smoothstep(u, 0.15, 0.35),
    )
    atlas[band(EAR)] = _mix(ear, dark, 0.6 * smoothstep(u, 0.8, 1.0))
    tail = base * np.float32(0.8) * np.ones((BAND, WIDTH, 1), np.float32)
    atlas[band(TAIL)] = _mix(tail, white, 0.95 * smoothstep(np.abs(v), 0.35, 0.75))
    horn = np.array([0.34, 0.30, 0.27] if velvet else [0.66, 0.56, 0.42], np.float32)
    atlas[band(HORN)] = horn * (0.85 + 0.35 * u)[..., None]
    return np.clip(atlas, 0.02, 0.95)


def _pattern_color(t: CoatTraits, white: F32, dark: F32) -> F32:
    if t.pattern_sign > 0:
        return white
    base = base_color(t.tone, t.warmth)
    return (0.45 * dark + 0.55 * base * np.float32(0.28)).astype(np.float32)


def _blobs(u: F32, v: F32, rng: Rng, count: int, size: float, ragged: F32) -> F32:
    field = np.zeros_like(u)
    places = rng.permutation(max(count, 5))[:count]
    for k in places:
        cu = 0.12 + 0.76 * (k + 0.5) / max(count, 5) + rng.normal(0, 0.03)
        cv = rng.uniform(-0.15, 0.75)
        su, sv = size * rng.uniform(0.7, 1.3) * 0.13, size * rng.uniform(0.7, 1.3) * 0.5
        field = np.maximum(field, 1.0 - ((u - cu) / su) ** 2 - ((v - cv) / sv) ** 2)
    return smoothstep(field + 0.9 * ragged, 0.10, 0.24)


def _pattern_mask(t: CoatTraits, u: F32, v: F32, rng: Rng) -> F32:
    """(BAND, WIDTH) float32 0..1: where the torso carries the pattern's colour."""
    ragged = fractal(rng, BAND, WIDTH, 14, 3) - 0.5
    s = t.pattern_scale
    place = float(rng.uniform(0.0, 1.0))
    if t.pattern == "patches":
        return _blobs(u, v, rng, int(rng.integers(3, 5)), s, ragged)
    if t.pattern == "belt":
        center = 0.40 + 0.24 * place
        return smoothstep(np.abs(u - center) + 0.12 * ragged, 0.13 * s, 0.10 * s)
    if t.pattern == "mottled":
        return smoothstep(fractal(rng, BAND, WIDTH, 8 / s, 2), 0.50, 0.58)
    if t.pattern == "saddle":
        return smoothstep(v - 0.5 * (u - 0.5) * (place - 0.5) + 0.35 * ragged, 0.16, 0.28)
    if t.pattern == "bars":
        wave = np.sin((u * (3.6 / s) + 0.12 * v + place) * 2 * np.pi + 5.0 * ragged) + 0.5 * (
            v - 0.3
        )
        return smoothstep(wave.astype(np.float32), 0.10, 0.50)
    if t.pattern == "flecked":
        return smoothstep(fractal(rng, BAND, WIDTH, 30 / s, 2), 0.60, 0.68)
    if t.pattern == "twotone":
        return smoothstep(u + 0.3 * ragged, 0.50 + 0.1 * place, 0.58 + 0.1 * place)
    if t.pattern == "rearwhite":
        return smoothstep(u + 0.3 * ragged + 0.08 * v, 0.34 + 0.1 * place, 0.28 + 0.1 * place)
    if t.pattern == "dappled":
        return _lattice(u, v, rng, 11 / s, 0.33)
    if t.pattern == "stripe":
        return smoothstep(
            np.abs(v - 0.15 + 0.25 * (place - 0.5)) + 0.3 * ragged, 0.26 * s, 0.18 * s
        )
    if t.pattern == "shoulder":
        field = 1.0 - ((u - 0.78) / (0.19 * s)) ** 2 - ((v - 0.1) / 1.1) ** 2
        return smoothstep(field + 0.7 * ragged, 0.05, 0.2)
    return np.zeros_like(u)


def _carried(t: CoatTraits, part: int, u: F32, v: F32, rng: Rng) -> F32:
    """(BAND, WIDTH) float32 0..1: how the torso's pattern goes on over neck, head and legs."""
    front, none, every = part in (NECK, HEAD, FORELEG), np.zeros_like(u), np.ones_like(u)
    if t.pattern in ("twotone", "rearwhite"):
        return every if front == (t.pattern == "twotone") else none
    if t.pattern == "shoulder":
        return every if part == FORELEG else none
    if part == HEAD:
        return none
    if t.pattern in ("mottled", "flecked", "dappled", "bars", "patches"):
        cells = {"mottled": 5, "flecked": 16, "dappled": 12, "bars": 4, "patches": 4}[t.pattern]
        return smoothstep(fractal(rng, BAND, WIDTH, cells, 2), 0.52, 0.60)
    if t.pattern == "saddle" and part == NECK:
        return smoothstep(v, 0.0, 0.3)
    if t.pattern == "stripe" and part == NECK:
        return smoothstep(np.abs(v), 0.45, 0.3)
    return none


def _lattice(u: F32, v: F32, rng: Rng, across: float, radius: float) -> F32:
    """Rows of round spots, shaken a little."""
    mask = np.zeros_like(u)
    step = 1.0 / across
    rows = max(2, round(across * 0.55))
    for row in range(rows):
        cv0 = -0.45 + 1.30 * (row + 0.5) / rows
        for col in range(int(across) + 1):
            cu = (col + 0.5 * (row % 2)) * step + rng.normal(0, 0.12 * step)
            cv = cv0 + rng.normal(0, 0.12 / rows)
            size = radius * step * rng.uniform(0.8, 1.2)
            field = 1.0 - ((u - cu) / size) ** 2 - ((v - cv) / (size * 3.0)) ** 2
            mask = np.maximum(mask, field)
    return smoothstep(mask, 0.05, 0.35)


def _fawn_spots(t: CoatTraits, u: F32, v: F32, rng: Rng) -> F32:
    return _lattice(u, v, rng, 10.0 / t.spot_size, 0.30) * smoothstep(v, -0.45, -0.25)


def _scar(u: F32, v: F32, rng: Rng) -> F32:
    cu, cv = rng.uniform(0.2, 0.85), rng.uniform(-0.2, 0.6)
    angle = rng.uniform(-1.0, 1.0)
    du, dv = (u - cu), (v - cv) * 0.3
    along = du * np.cos(angle) + dv * np.sin(angle)
    across = -du * np.sin(angle) + dv * np.cos(angle)
    field = 1.0 - (along / 0.09) ** 2 - (across / 0.013) ** 2
    return smoothstep(field.astype(np.float32), 0.0, 0.5)


def sample_coat(atlas: F32, part: U8, u: F32, v: F32) -> F32:
    """Colours ``(h, w, 3) float32`` of a raster's pixels; empty pixels get an arbitrary colour."""
    index = np.minimum(part, N_PARTS - 1).astype(np.float32)
    rows = index * BAND + (0.5 - 0.5 * np.clip(v, -1.0, 1.0)) * (BAND - 3) + 1.0
    cols = u * (WIDTH - 1)
    return f32(cv2.remap(atlas, f32(cols), f32(rows), cv2.INTER_LINEAR))
