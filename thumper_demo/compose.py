"""One photo: the scene under its light, everybody in it from far to near, and where each can be
seen.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from . import people, wildlife
from .antlers import antler_tubes, in_velvet
from .camera import draw_strip, encode, expose
from .casting import Subject
from .coat import paint_coat
from .light import LIGHTS, Light, light_scene, shade_sprite
from .noise import F32, U8, Rng, f32, rng_for
from .plan import Photo, Script
from .scene import Scene, build_scene
from .site import Site
from .skeleton import DEER_POSES, jitter_pose, pose_quadruped
from .sprite import Sprite, draw_body
from .stumps import FIXTURES, draw_stump, is_shown, stumps_before
from .traits import Deer
from .tubes import Tube

MIN_VISIBLE = 0.25
MIN_BOX_PX = (
    12.0,
    14.0,
)  # width, height: smaller animals are left out of the photo and of the truth
_EXPOSURE_S = {"night": 0.030, "dusk": 0.022, "dawn": 0.018, "overcast": 0.008}
_KEPT_SCENES = 3
_KEPT_LIGHTS = 10


@dataclass(frozen=True)
class Seen:
    """One animal as it appears: visible box xyxy in pixels, and the share of it that is visible."""

    subject: Subject
    box: tuple[float, float, float, float]
    visible_fraction: float


@dataclass
class _Placed:
    subject: Subject
    sprite: Sprite
    x0: int
    y0: int
    distance_m: float
    alpha: F32 = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    window: tuple[slice, slice] = (slice(0, 0), slice(0, 0))
    inner: tuple[slice, slice] = (slice(0, 0), slice(0, 0))


class Studio:
    """Draws the photos of a script. Keeps the last scenes and coats; a photo does not depend on
    what was drawn before.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self._herds = [{d.name: d for d in part.herd} for part in script.chapters]
        self._chapter = 0  # of the coats that are kept
        self._coats: dict[tuple[str, bool], F32] = {}
        self._scenes: OrderedDict[int, Scene] = OrderedDict()
        self._lit: OrderedDict[tuple[int, str], U8] = OrderedDict()

    def take(self, photo: Photo) -> tuple[bytes, list[Seen]]:
        """JPEG bytes of a photo, and the animals and stumps that can be seen in it."""
        image, seen = self.draw(photo)
        site = self.script.sites[photo.site]
        rng = rng_for(self.script.plan.seed, "sensor", photo.index)
        image = expose(image, photo, rng)
        draw_strip(image, site, photo)
        return encode(image, site, photo, int(rng.integers(76, 88))), seen

    def draw(self, photo: Photo) -> tuple[U8, list[Seen]]:
        """(H, W, 3) uint8 RGB without grain and strip, and what can be seen as in `take`."""
        site = self.script.sites[photo.site]
        light = LIGHTS[photo.light]
        scene = self._scene(photo.site)
        image = self._background(photo.site, light).copy()
        placed = []
        for stump in stumps_before(self.script, photo.site):
            if is_shown(stump, photo.light):
                rng = rng_for(stump.look_seed, "pose")
                placed.append(self._place(site, photo, stump, rng))
        for k, subject in enumerate(photo.subjects):
            rng = rng_for(self.script.plan.seed, "pose", photo.index, k)
            placed.append(self._place(site, photo, subject, rng))
        kept = _visible(placed, scene)
        for item, _ in kept:
            _shadow(image, item, light, site)
        for item, _ in sorted(kept, key=lambda pair: -pair[0].distance_m):
            _paste(image, item, light, photo)
        return image, [seen for _, seen in kept]

    def _scene(self, index: int) -> Scene:
        if index not in self._scenes:
            self._scenes[index] = build_scene(self.script.sites[index])
            while len(self._scenes) > _KEPT_SCENES:
                self._scenes.popitem(last=False)
        self._scenes.move_to_end(index)
        return self._scenes[index]

    def _background(self, index: int, light: Light) -> U8:
        key = (index, light.name)
        if key not in self._lit:
            self._lit[key] = light_scene(self._scene(index), light)
            while len(self._lit) > _KEPT_LIGHTS:
                self._lit.popitem(last=False)
        return self._lit[key]

    def _place(self, site: Site, photo: Photo, subject: Subject, rng: Rng) -> _Placed:
        walked = subject.speed * photo.dt_s
        step = walked * math.cos(subject.yaw) * subject.facing
        distance = max(subject.distance_m - walked * math.sin(subject.yaw), 2.5)
        east = subject.east_m + step
        sprite = self._sprite(photo, subject, walked, site.px_per_m(distance), rng)
        if subject.facing < 0:
            sprite = sprite.flipped()
        blur = round(subject.speed * _EXPOSURE_S.get(photo.light, 0.0) * site.px_per_m(distance))
        if blur >= 2:
            sprite = _smear(sprite, min(blur, 9))
        x = site.column(east, distance) - sprite.foot[0]
        y = site.ground_row(distance) - sprite.foot[1]
        return _Placed(subject, sprite, round(x), round(y), distance)

    def _sprite(
        self, photo: Photo, subject: Subject, walked: float, px_per_m: float, rng: Rng
    ) -> Sprite:
        look = rng_for(subject.look_seed, "look")
        kind = subject.kind
        if kind in FIXTURES:
            return draw_stump(subject, px_per_m)
        if kind == "utv":
            return people.draw_utv(look, subject.yaw, px_per_m)
        if kind == "person":
            atlas = people.person_atlas(look)
            skeleton = people.pose_person(look, subject.phase + walked * 4.2)
            return draw_body(skeleton, [], atlas, subject.yaw * 1.4, px_per_m, 0.04)
        if kind == "turkey":
            atlas = wildlife.turkey_atlas(look)
            skeleton = wildlife.pose_turkey(look, subject.phase + walked * 9.0)
            return draw_body(skeleton, [], atlas, subject.yaw, px_per_m, 0.15)
        if kind in wildlife.BUILDS:
            atlas, build = wildlife.paint_wildlife(kind, look), wildlife.wildlife_build(kind, look)
            poses = wildlife.POSES[kind]
            pose = replace(
                poses[int(look.integers(len(poses)))],
                phase=subject.phase + walked * 5.5 / build.scale,
            )
            skeleton = pose_quadruped(build, jitter_pose(pose, rng, 0.5))
            return draw_body(skeleton, [], atlas, subject.yaw, px_per_m, 0.13)
        deer = self._herds[photo.chapter][subject.individual]
        state = deer.antler_state(photo.taken_at)
        coat = self._coat(photo.chapter, deer, state == "velvet")
        # How this animal holds itself during the burst, then the small changes from frame to frame.
        held = jitter_pose(replace(DEER_POSES[subject.pose], phase=subject.phase), look)
        held = replace(held, phase=held.phase + walked * 5.0 / deer.build.scale)
        skeleton = pose_quadruped(
            deer.build, replace(jitter_pose(held, rng, 0.4), phase=held.phase)
        )
        extra: list[Tube] = []
        if deer.antlers is not None and state != "shed":
            worn = in_velvet(deer.antlers) if state == "velvet" else deer.antlers
            extra = antler_tubes(worn, skeleton.crown, skeleton.frame)
        return draw_body(skeleton, extra, coat, subject.yaw, px_per_m, deer.coat.texture)

    def _coat(self, chapter: int, deer: Deer, velvet: bool) -> F32:
        if chapter != self._chapter:  # photos come by camera and time, so this is seldom
            self._coats.clear()
            self._chapter = chapter
        key = (deer.name, velvet)
        if key not in self._coats:
            self._coats[key] = paint_coat(deer.coat, velvet=velvet)
        return self._coats[key]


def _smear(sprite: Sprite, length: int) -> Sprite:
    """Motion blur along x."""
    weight = f32(cv2.blur(sprite.alpha, (length, 1)))
    color = (
        cv2.blur(sprite.albedo * sprite.alpha[..., None], (length, 1))
        / np.maximum(weight, 1e-3)[..., None]
    )
    return replace(sprite, albedo=color.astype(np.float32), alpha=weight)


def _visible(placed: list[_Placed], scene: Scene) -> list[tuple[_Placed, Seen]]:
    """From near to far: what the frame, the scene and nearer animals leave of each. Hardly visible
    ones are dropped.
    """
    site = scene.site
    cover = np.zeros((site.bottom_px, site.width), np.float32)
    kept = []
    for item in sorted(placed, key=lambda p: p.distance_m):
        h, w = item.sprite.alpha.shape
        ax, ay = max(item.x0, 0), max(item.y0, 0)
        bx, by = min(item.x0 + w, site.width), min(item.y0 + h, site.bottom_px)
        if bx <= ax or by <= ay:
            continue
        item.window = (slice(ay, by), slice(ax, bx))
        item.inner = (slice(ay - item.y0, by - item.y0), slice(ax - item.x0, bx - item.x0))
        clear = (scene.front[item.window] > item.distance_m).astype(np.float32)
        item.alpha = item.sprite.alpha[item.inner] * cv2.blur(clear, (3, 3))
        seen = item.alpha * (1.0 - cover[item.window])
        fraction = float(seen.sum() / max(float(item.sprite.alpha.sum()), 1e-6))
        solid = seen > 0.4
        cols, rows = np.flatnonzero(solid.any(axis=0)), np.flatnonzero(solid.any(axis=1))
        if fraction < MIN_VISIBLE or not len(cols):
            continue
        box = (
            float(ax + cols[0]),
            float(ay + rows[0]),
            float(ax + cols[-1] + 1),
            float(ay + rows[-1] + 1),
        )
        if box[2] - box[0] < MIN_BOX_PX[0] or box[3] - box[1] < MIN_BOX_PX[1]:
            continue
        cover[item.window] += seen
        kept.append((item, Seen(item.subject, box, min(fraction, 1.0))))
    return kept


def _shadow(image: U8, item: _Placed, light: Light, site: Site) -> None:
    """Darken the ground under and beside an animal."""
    sprite = item.sprite
    h, w = sprite.alpha.shape
    fx, fy = item.x0 + sprite.foot[0], item.y0 + sprite.foot[1]
    flat = site.height_m / item.distance_m  # how much the ground is foreshortened
    sx, sy, sz = light.toward
    kx = float(np.clip(-sx / max(sy, 0.2), -1.5, 1.5)) if light.shadow_strength > 0.15 else 0.0
    ky = (
        float(np.clip(sz / max(sy, 0.2), -1.0, 1.4)) * flat
        if light.shadow_strength > 0.15
        else flat * 0.25
    )
    strength = max(light.shadow_strength * 0.85, 0.28)
    xs = [fx - sprite.foot[0] + kx * up for up in (0, h)] + [
        fx - sprite.foot[0] + w + kx * up for up in (0, h)
    ]
    pad = 12
    ax, bx = max(int(min(xs)) - pad, 0), min(int(max(xs)) + pad, site.width)
    ay, by = max(int(fy - ky * h) - pad, 0), min(int(fy) + pad + 8, site.bottom_px)
    if bx <= ax or by <= ay:
        return
    # Sprite (x, y) -> ground: along x by kx per pixel of height above the foot, up the picture by
    # ky.
    matrix = np.array(
        [[1.0, -kx, item.x0 + kx * sprite.foot[1] - ax], [0.0, ky, fy - ky * sprite.foot[1] - ay]],
        np.float32,
    )
    cast = cv2.warpAffine(sprite.alpha, matrix, (bx - ax, by - ay), flags=cv2.INTER_LINEAR)
    cast = cv2.GaussianBlur(cast, (0, 0), max(1.2, 0.012 * site.px_per_m(item.distance_m)))
    window = image[ay:by, ax:bx]
    window[:] = (window * (1.0 - strength * cast)[..., None]).astype(np.uint8)


def _paste(image: U8, item: _Placed, light: Light, photo: Photo) -> None:
    sprite = item.sprite
    lit = shade_sprite(
        sprite.albedo[item.inner],
        sprite.normal[item.inner],
        sprite.shade[item.inner],
        light,
        item.distance_m,
        0.85,
    ) * np.float32(255.0)
    alpha = item.alpha
    if light.infrared and sprite.eyes:
        _eye_shine(lit, item)
    window = image[item.window]
    window[:] = (window + (lit - window) * alpha[..., None] + 0.5).clip(0, 255).astype(np.uint8)


def _eye_shine(lit: F32, item: _Placed) -> None:
    """The tapetum throws the flash straight back: bright discs with a glow."""
    oy, ox = item.inner[0].start, item.inner[1].start
    for x, y, r in item.sprite.eyes:
        center = (int((x - ox) * 16), int((y - oy) * 16))
        glow = np.zeros(lit.shape[:2], np.float32)
        cv2.circle(glow, center, int((r * 1.2 + 0.8) * 16), 1.0, -1, cv2.LINE_AA, 4)
        soft = cv2.GaussianBlur(glow, (0, 0), max(r * 1.1, 1.0))
        lit += (255.0 - lit) * np.clip(glow + 0.7 * soft, 0, 1)[..., None]
