"""Marks at the renderer's own points give its bucks' true spread, and show how much of a beam is seen."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import fmean

import numpy as np
import pytest

from thumper_core.decisions.kinds.antlers import Line
from thumper_core.seasons import antlers as measure
from thumper_core.seasons.antler_scale import EARS_CM, MUZZLE_CM, lengths_cm, scale_of
from thumper_demo.antlers import Antlers, antler_tubes, grow_antlers
from thumper_demo.noise import rng_for
from thumper_demo.skeleton import head_frame
from thumper_demo.tubes import View

VIEW = View(0.0, 900.0)  # pixels of a metre
BUCKS = 40


def bucks() -> list[Antlers]:
    found = []
    for seed in range(BUCKS):
        rng = rng_for(seed, "x")
        found.append(grow_antlers(rng, float(rng.random()), 1.0))
    return found


def on_picture(points: list[tuple[float, float, float]]) -> tuple[tuple[float, float], ...]:
    return tuple(VIEW.project(point)[:2] for point in points)


def marked(antlers: Antlers, turn_deg: float, pitch: float = 0.0) -> tuple[list[Line], float]:
    """Marks of a buck whose head is turned so far from the camera, and the true spread, cm."""
    frame = head_frame(pitch, math.radians(90 - turn_deg))
    forward, _, side = (np.array(axis) for axis in frame)
    tubes = antler_tubes(antlers, (0.0, 0.0, 0.0), frame)
    right, left = (tube.points for tube in tubes if len(tube.points) == 7)
    apart = [math.dist(a, b) for a, b in zip(left, right, strict=True)]
    widest = apart.index(max(apart))
    ears = EARS_CM / 100 * side
    nose = MUZZLE_CM / 100 * forward
    lines = [
        Line("left beam", on_picture(left)),
        Line("right beam", on_picture(right)),
    ]
    if turn_deg < 89:
        lines.append(Line("spread", on_picture([left[widest], right[widest]])))
        lines.append(Line("ears", on_picture([tuple(-ears / 2), tuple(ears / 2)])))
    if turn_deg > 1:
        lines.append(Line("muzzle", on_picture([(0.0, 0.0, 0.0), tuple(nose)])))
    return lines, 100 * max(apart)


def beam_cm(antlers: Antlers) -> float:
    tubes = antler_tubes(antlers, (0.0, 0.0, 0.0), head_frame(0.0, 0.0))
    points = next(tube.points for tube in tubes if len(tube.points) == 7)
    return 100 * sum(math.dist(a, b) for a, b in pairwise(points))


@pytest.mark.parametrize("turn_deg", [0, 20, 45])
@pytest.mark.parametrize("pitch", [0.0, -0.25])
def test_the_true_spread_comes_back_however_the_head_is_held(turn_deg: float, pitch: float) -> None:
    for antlers in bucks():
        lines, true_cm = marked(antlers, turn_deg, pitch)
        assert lengths_cm(lines)["spread"] == pytest.approx(true_cm, rel=0.005)


@pytest.mark.parametrize("turn_deg", [0, 20, 45, 70, 90])
def test_the_turn_of_the_head_is_read_from_the_two_rulers(turn_deg: float) -> None:
    lines, _ = marked(bucks()[0], turn_deg)
    scale = scale_of(lines)
    assert scale.turn_deg == pytest.approx(turn_deg, abs=0.5)
    assert scale.px_per_cm == pytest.approx(9.0, rel=0.01)


@pytest.mark.parametrize(
    ("turn_deg", "seen"), [(0, 0.49), (30, 0.67), (45, 0.77), (60, 0.85), (90, 0.92)]
)
def test_what_a_beam_shows_is_what_is_told(turn_deg: float, seen: float) -> None:
    shares = []
    for antlers in bucks():
        lines, _ = marked(antlers, turn_deg, -0.25)
        # By the true scale: the rulers of a bowed head err by themselves.
        found = {line.name: line.length_px / 9.0 for line in lines}
        shares.append((found["left beam"] + found["right beam"]) / 2 / beam_cm(antlers))
    assert fmean(shares) == pytest.approx(seen, abs=0.03)
    if turn_deg >= measure.FACING_DEG:
        assert dict(measure._SHOWN)[float(turn_deg)] == seen


def test_a_front_and_a_half_turned_picture_give_a_score_below_the_truth_and_it_lies_inside() -> (
    None
):
    inside = []
    for antlers in bucks():
        front, spread_cm = marked(antlers, 0)
        turned, _ = marked(antlers, 45)
        girth = Line("left H1", ((0.0, 0.0), (0.0, 30.0)))
        rack = measure.measured(
            [
                measure.Marked("front", "Kim", tuple(front)),
                measure.Marked("turned", "Kim", (*turned, girth)),
            ]
        )
        beam = beam_cm(antlers)
        true_in = (min(spread_cm, beam) + 2 * beam + 8 * math.pi * 30 / 9) / 2.54
        assert rack.score_in is not None and rack.score_low_in and rack.score_high_in
        assert rack.score_in < true_in
        inside.append(rack.score_low_in < true_in < rack.score_high_in)
    assert all(inside)
