"""Marks on one picture as lengths: rulers, the turn of the head, what no change of the picture changes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.racks import FRONT, line, moved
from thumper_core.contracts import UsageError
from thumper_core.seasons.antler_scale import CM_PER_INCH, lengths_cm, scale_of


def test_ears_of_sixteen_inches_are_the_ruler() -> None:
    found = lengths_cm((line("ears", (0, 0), (160, 0)), line("spread", (10, -50), (190, -50))))
    assert found == {"spread": pytest.approx(18 * CM_PER_INCH)}


def test_a_girth_is_that_of_a_round_beam_and_a_beam_goes_round_its_bends() -> None:
    found = lengths_cm(
        (
            line("known", (0, 0), (0, 100), length_cm=50),
            line("left beam", (0, 0), (30, 40), (30, 100)),
            line("left H1", (0, 0), (8, 0)),
        )
    )
    assert found == {
        "left beam": pytest.approx(55),
        "left H1": pytest.approx(4 * math.pi),
    }


@pytest.mark.parametrize("turn_deg", [0, 20, 45, 70, 90])
def test_two_rulers_are_one_scale_however_the_head_is_turned(turn_deg: float) -> None:
    across, along = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    rulers = [line("ears", (0, 0), (320 * across, 0))] if turn_deg < 90 else []
    rulers += [line("muzzle", (0, 50), (160 * along, 50))] if turn_deg else []
    scale = scale_of(rulers)
    assert scale.px_per_cm == pytest.approx(20 / CM_PER_INCH, rel=1e-3)
    assert scale.turn_deg == pytest.approx(turn_deg, abs=0.1)
    assert scale.is_own


def test_the_spread_turns_with_the_ears() -> None:
    for share in (1.0, 0.8):
        told = (
            line("ears", (0, 0), (160 * share, 0)),
            line("muzzle", (0, 50), (80 * math.sqrt(1 - share**2) + 1e-9, 50))
            if share < 1
            else line("left G1", (0, 0), (0, 5)),
            line("spread", (0, -50), (180 * share, -50)),
        )
        assert lengths_cm(told)["spread"] == pytest.approx(18 * CM_PER_INCH)


def test_without_a_ruler_nothing_is_measured() -> None:
    with pytest.raises(UsageError, match="Mark a ruler first"):
        lengths_cm((line("spread", (0, 0), (10, 0)),))


@given(
    size=st.floats(0.2, 20),
    right=st.floats(-500, 5000),
    down=st.floats(-500, 5000),
    mirrored=st.booleans(),
)
def test_no_size_place_or_mirror_changes_a_length(
    size: float, right: float, down: float, mirrored: bool
) -> None:
    changed = [moved(one, size, right, down, mirrored=mirrored) for one in FRONT]
    before, after = lengths_cm(FRONT), lengths_cm(changed)
    assert before.keys() == after.keys()
    for name, value in before.items():
        # A hundredth of a pixel is kept of a point: a small picture loses more by it.
        assert after[name] == pytest.approx(value, rel=0.02 / size)
