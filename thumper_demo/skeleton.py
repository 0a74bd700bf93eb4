"""Four-legged bodies: proportions, poses, and the tubes that follow from both."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from .noise import Rng
from .tubes import EAR, FORELEG, HEAD, HINDLEG, NECK, TAIL, TORSO, PlanarMap, Tube

Vec = tuple[float, float, float]


@dataclass(frozen=True)
class Build:
    """Proportions in metres for an animal at ``scale`` 1."""

    scale: float = 1.0
    leg: float = 0.53  # ground to belly line
    length: float = 0.86  # chest to rump
    chest: float = 0.205  # half depth of the chest
    waist: float = 0.155
    rump: float = 0.185
    width: float = 0.72  # body thickness as a share of its depth
    neck_len: float = 0.44
    neck_r: tuple[float, float, float] = (0.158, 0.090, 0.072)
    head_len: float = 0.25
    head_r: tuple[float, float, float] = (0.082, 0.058, 0.036)
    ear_len: float = 0.17
    ear_r: float = 0.044
    ear_up: float = 0.62
    leg_r: float = 1.0
    tail_len: float = 0.24
    tail_r: float = 0.042
    hump: float = 0.0  # raises the middle of the back


@dataclass(frozen=True)
class Pose:
    """Joint angles in radians. ``stride`` swings the legs at ``phase``; ``look`` turns the neck out
    of the side plane.
    """

    name: str
    neck: float
    head: float
    look: float = 0.0
    head_look: float = 0.0
    stride: float = 0.0
    phase: float = 0.0
    tail: float = -1.15
    reach: float = 1.0


DEER_POSES: dict[str, Pose] = {
    "walk": Pose("walk", 0.72, -0.42, stride=0.34),
    "alert": Pose("alert", 1.08, -0.28, head_look=0.35),
    "stand": Pose("stand", 0.88, -0.38),
    "graze": Pose("graze", -0.98, -1.10, stride=0.12, reach=1.30),
    "browse": Pose("browse", 0.20, -0.55, stride=0.08),
    "back": Pose("back", 1.06, -0.22, look=1.55, head_look=2.55),
}


def jitter_pose(pose: Pose, rng: Rng, amount: float = 1.0) -> Pose:
    """The same pose held a little differently: what changes between two frames of a burst, or two
    visits.
    """
    return replace(
        pose,
        neck=pose.neck + amount * float(rng.normal(0, 0.07)),
        head=pose.head + amount * float(rng.normal(0, 0.08)),
        look=pose.look + amount * float(rng.normal(0, 0.08)),
        head_look=pose.head_look + amount * float(rng.normal(0, 0.15)),
        phase=pose.phase + amount * float(rng.uniform(-0.5, 0.5)),
        tail=pose.tail + amount * float(rng.normal(0, 0.15)),
    )


@dataclass
class Skeleton:
    """Tubes of one posed body, and the places that other parts hang on."""

    tubes: list[Tube]
    planar: PlanarMap
    crown: Vec
    frame: tuple[Vec, Vec, Vec]
    eyes: list[Vec]
    nose: Vec
    eye_r: float
    notes: dict[str, float] = field(default_factory=dict)


def _direction(pitch: float, turn: float) -> Vec:
    return math.cos(pitch) * math.cos(turn), math.sin(pitch), math.cos(pitch) * math.sin(turn)


def _add(a: Vec, b: Vec, k: float = 1.0) -> Vec:
    return a[0] + k * b[0], a[1] + k * b[1], a[2] + k * b[2]


def head_frame(pitch: float, turn: float) -> tuple[Vec, Vec, Vec]:
    """Forward, up and side unit vectors of a head with this pitch and turn (radians)."""
    forward = _direction(pitch, turn)
    side = (-math.sin(turn), 0.0, math.cos(turn))
    up = (
        -math.sin(pitch) * math.cos(turn),
        math.cos(pitch),
        -math.sin(pitch) * math.sin(turn),
    )
    return forward, up, side


def pose_quadruped(build: Build, pose: Pose) -> Skeleton:
    """Tubes (metres, ground at y = 0, body's middle at x = 0) of a four-legged animal in a pose."""
    b, s = build, build.scale
    half = b.length / 2
    back = b.leg + 2 * b.chest  # height of the withers
    mid = b.leg + b.chest
    tubes: list[Tube] = []
    for z, far in ((-0.085, True), (0.085, False)):
        shift = 0.0 if far else math.pi
        tubes += _leg(b, True, half - 0.13, z, pose, pose.phase + shift)
        tubes += _leg(b, False, -half + 0.10, z, pose, pose.phase + shift + 1.7)
    spine: list[Vec] = [
        (-half - 0.05, back - b.rump * 1.22, 0.0),
        (-half + 0.04, back - b.rump * 1.04, 0.0),
        (-half + 0.17, back - b.rump - 0.002, 0.0),
        (-half * 0.30, back - b.waist - 0.030 + b.hump, 0.0),
        (half * 0.25, mid + (b.hump * 0.6), 0.0),
        (half - 0.14, mid + 0.012, 0.0),
        (half + 0.01, mid + 0.030, 0.0),
    ]
    waist = 0.6 * b.waist + 0.4 * b.chest
    radii = [b.rump * 0.58, b.rump * 0.90, b.rump, waist, b.chest * 0.97, b.chest, b.chest * 0.66]
    tubes.append(Tube(TORSO, spine, radii, b.width))
    base: Vec = (half - 0.07, back - b.neck_r[0] * 1.05, 0.0)
    neck_len = b.neck_len * pose.reach
    bend = pose.neck
    mid_neck = _add(base, _direction(bend - 0.10, pose.look * 0.45), neck_len * 0.5)
    end = _add(mid_neck, _direction(bend + 0.12, pose.look), neck_len * 0.5)
    start = _add(base, (-0.08, -0.05, 0.0))
    r0, r1, r2 = b.neck_r
    tubes.append(Tube(NECK, [start, base, mid_neck, end], [r0 * 1.05, r0, r1, r2], 0.8))
    forward, up, side = head_frame(pose.head, pose.head_look)
    skull = _add(end, up, 0.012)
    brow = _add(_add(skull, forward, b.head_len * 0.42), up, 0.004)
    nose = _add(_add(skull, forward, b.head_len), up, -0.016)
    h0, h1, h2 = b.head_r
    tubes.append(Tube(HEAD, [skull, brow, nose], [h0, h1, h2], 0.85))
    crown = _add(skull, up, h0 * 0.75)
    for sign in (-1.0, 1.0):
        root = _add(_add(crown, side, sign * h0 * 0.55), forward, -h0 * 0.35)
        out = _add(
            _add((-0.30 * forward[0], -0.30 * forward[1], -0.30 * forward[2]), up, b.ear_up),
            side,
            sign * 0.62,
        )
        norm = math.hypot(*out)
        tip = _add(root, out, b.ear_len / norm)
        belly = _add(root, out, 0.48 * b.ear_len / norm)
        tubes.append(Tube(EAR, [root, belly, tip], [b.ear_r * 0.55, b.ear_r, b.ear_r * 0.25], 0.35))
    eyes = [
        _add(_add(_add(skull, forward, b.head_len * 0.30), up, h1 * 0.42), side, sign * h1 * 0.80)
        for sign in (-1, 1)
    ]
    root = (-half - 0.05 - b.rump * 0.35, back - b.rump * 0.62, 0.0)
    t1 = _add(root, _direction(math.pi - pose.tail * 0.75, 0.0), b.tail_len * 0.45)
    t2 = _add(t1, _direction(math.pi - pose.tail * 1.15, 0.0), b.tail_len * 0.55)
    tubes.append(Tube(TAIL, [root, t1, t2], [b.tail_r * 0.8, b.tail_r, b.tail_r * 0.35], 0.6))
    planar = PlanarMap(
        -half - b.rump * 0.8, half + b.chest * 0.75, b.leg - 0.05, back + b.hump + 0.01
    )
    skeleton = Skeleton(tubes, planar, crown, (forward, up, side), eyes, nose, 0.0145)
    return _scaled(skeleton, s)


def _leg(b: Build, fore: bool, x: float, z: float, pose: Pose, phase: float) -> list[Tube]:
    """One leg: a thigh that belongs to the torso's texture, then shank, cannon and hoof."""
    swing = pose.stride * math.sin(phase)
    lift = max(0.0, math.cos(phase)) * pose.stride
    if fore:
        joints = [
            (0.0, b.leg * 1.28),
            (-0.045, b.leg * 0.92),
            (-0.005, b.leg * 0.50),
            (-0.02, b.leg * 0.13),
            (0.018, 0.0),
        ]
        radii = [0.118, 0.056, 0.030, 0.022, 0.028]
    else:
        joints = [
            (0.0, b.leg * 1.30),
            (0.085, b.leg * 0.93),
            (-0.085, b.leg * 0.52),
            (-0.045, b.leg * 0.13),
            (-0.01, 0.0),
        ]
        radii = [0.150, 0.080, 0.032, 0.024, 0.029]
    hip = joints[0]
    points: list[Vec] = []
    for k, (jx, jy) in enumerate(joints):
        angle = swing * (0.55 if k == 1 else 1.0)
        dx, dy = jx - hip[0], jy - hip[1]
        px = dx * math.cos(angle) - dy * math.sin(angle)
        py = dx * math.sin(angle) + dy * math.cos(angle)
        if k >= 3:  # the lifted foot folds back
            px -= lift * 0.22 * (k - 2) * b.leg
            py += lift * 0.16 * (k - 2) * b.leg
        points.append((x + px, max(hip[1] + py, 0.012 if k == 4 else 0.02), z))
    radii = [r * b.leg_r for r in radii]
    part = FORELEG if fore else HINDLEG
    return [
        Tube(TORSO, points[:2], radii[:2], 0.62),
        Tube(part, points[1:], radii[1:], 0.9),
    ]


def _scaled(skeleton: Skeleton, s: float) -> Skeleton:
    if s == 1.0:
        return skeleton

    def grow(p: Vec) -> Vec:
        return p[0] * s, p[1] * s, p[2] * s

    tubes = [
        t._replace(points=[grow(p) for p in t.points], radii=[r * s for r in t.radii])
        for t in skeleton.tubes
    ]
    planar = PlanarMap(*(value * s for value in skeleton.planar))
    eyes = [grow(p) for p in skeleton.eyes]
    return Skeleton(
        tubes,
        planar,
        grow(skeleton.crown),
        skeleton.frame,
        eyes,
        grow(skeleton.nose),
        skeleton.eye_r * s,
    )
