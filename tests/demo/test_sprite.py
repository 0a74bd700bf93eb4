"""Bodies: every pose of every animal draws, both ways, and moves its coat along."""

from __future__ import annotations

import numpy as np
import pytest

from thumper_demo import people, wildlife
from thumper_demo.antlers import antler_tubes
from thumper_demo.coat import paint_coat
from thumper_demo.skeleton import DEER_POSES, pose_quadruped
from thumper_demo.sprite import Sprite, draw_body
from thumper_demo.traits import make_herd

HERD = make_herd(4, 8, 0.3)
BUCK = next(deer for deer in HERD if deer.antlers)
DOE = next(deer for deer in HERD if deer.kind == "doe")
FAWN = next(deer for deer in HERD if deer.kind == "fawn")


def _check(sprite: Sprite) -> None:
    h, w = sprite.alpha.shape
    assert sprite.albedo.shape == sprite.normal.shape == (h, w, 3)
    assert sprite.albedo.dtype == sprite.alpha.dtype == sprite.normal.dtype == np.float32
    assert sprite.alpha.min() >= 0.0
    assert sprite.alpha.max() <= 1.0 + 1e-5
    solid = sprite.alpha > 0.95
    assert solid.sum() > 100
    assert np.isfinite(sprite.albedo[solid]).all()
    assert (sprite.normal[solid][:, 2] > -1e-3).all()


def _draw(deer: object, pose: str, yaw: float = 0.0, px: float = 100.0) -> Sprite:
    skeleton = pose_quadruped(deer.build, DEER_POSES[pose])  # type: ignore[attr-defined]
    antlers = deer.antlers  # type: ignore[attr-defined]
    extra = antler_tubes(antlers, skeleton.crown, skeleton.frame) if antlers else []
    return draw_body(skeleton, extra, paint_coat(deer.coat), yaw, px, 0.1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("pose", sorted(DEER_POSES))
@pytest.mark.parametrize("yaw", [-0.4, 0.0, 0.4])
def test_every_pose_draws(pose: str, yaw: float) -> None:
    for deer in (BUCK, DOE, FAWN):
        _check(_draw(deer, pose, yaw))


def test_a_fawn_is_smaller_and_a_buck_taller() -> None:
    heights = [_draw(deer, "stand").alpha.shape[0] for deer in (FAWN, DOE, BUCK)]
    assert heights[0] < 0.8 * heights[1]
    assert heights[2] > 1.1 * heights[1]


def test_size_follows_scale() -> None:
    small, large = _draw(DOE, "walk", px=60.0), _draw(DOE, "walk", px=120.0)
    assert large.alpha.shape[1] / small.alpha.shape[1] == pytest.approx(2.0, rel=0.06)
    assert large.alpha.sum() / small.alpha.sum() == pytest.approx(4.0, rel=0.08)


def test_flipping_twice_is_the_same_animal() -> None:
    sprite = _draw(BUCK, "walk", 0.3)
    twice = sprite.flipped().flipped()
    np.testing.assert_array_equal(twice.albedo, sprite.albedo)
    np.testing.assert_array_equal(twice.normal, sprite.normal)
    assert twice.foot == sprite.foot
    np.testing.assert_allclose(sprite.flipped().normal[:, ::-1, 0], -sprite.normal[..., 0])


def test_two_deer_in_one_pose_differ_and_one_deer_does_not() -> None:
    a, b = (_draw(DOE, "stand") for _ in range(2))
    np.testing.assert_array_equal(a.albedo, b.albedo)
    other = next(deer for deer in HERD if deer.kind == "doe" and deer is not DOE)
    c = _draw(other, "stand")
    h, w = min(a.alpha.shape[0], c.alpha.shape[0]), min(a.alpha.shape[1], c.alpha.shape[1])
    assert np.abs(a.albedo[-h:, :w] - c.albedo[-h:, :w]).mean() > 0.02


@pytest.mark.parametrize("kind", sorted(wildlife.BUILDS))
def test_wildlife_draws(kind: str) -> None:
    rng = np.random.default_rng(0)
    atlas = wildlife.paint_wildlife(kind, rng)
    for pose in wildlife.POSES[kind]:
        _check(
            draw_body(
                pose_quadruped(wildlife.wildlife_build(kind, rng), pose), [], atlas, 0.1, 120.0, 0.1
            )
        )


def test_turkeys_people_and_vehicles_draw() -> None:
    rng = np.random.default_rng(0)
    for phase in (0.0, 2.0):
        _check(
            draw_body(
                wildlife.pose_turkey(rng, phase), [], wildlife.turkey_atlas(rng), 0.2, 150.0, 0.1
            )
        )
        _check(
            draw_body(
                people.pose_person(rng, phase), [], people.person_atlas(rng), 0.4, 100.0, 0.05
            )
        )
    for yaw in (-0.4, 0.0, 0.4):
        _check(people.draw_utv(rng, yaw, 90.0))
