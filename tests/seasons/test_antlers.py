"""A rack from several pictures and people: the sum, its interval, what is taken from where."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.racks import EARS, FRONT, RACK, SPREAD, TURNED, line, moved
from thumper_core.decisions.kinds.antlers import Line
from thumper_core.seasons.antler_scale import CM_PER_INCH
from thumper_core.seasons.antlers import (
    LINE_SD,
    PICTURE_SD,
    RULER_SD,
    SHARED_SD,
    Marked,
    Rack,
    measured,
)

SUM_IN = 16 + 2 * 20 + 2 * 4 + 2 * 8 + 8 * 4  # by tests.racks


def rack(*pictures: tuple[Line, ...]) -> Rack:
    return measured([Marked(f"p{k}", "Kim", lines) for k, lines in enumerate(pictures)])


def test_the_parts_add_up_to_a_score_inside_its_interval() -> None:
    found = rack((*TURNED, SPREAD), FRONT)
    assert found.why_no_score is None
    assert found.score_in is not None
    assert found.score_in == pytest.approx(SUM_IN + (16 * math.sqrt(2) - 16) / 2, rel=2e-3)
    assert found.score_low_in is not None and found.score_high_in is not None
    assert found.score_low_in < found.score_in < found.score_high_in
    assert (found.n_pictures, found.n_people) == (2, 1)
    assert found.to_ears == pytest.approx((1 + math.sqrt(2)) / 2, rel=1e-3)
    filled = {one.name: one.taken_from for one in found.lengths if one.taken_from}
    assert filled == {f"{s} H{n}": f"{s} H1" for s in ("left", "right") for n in (2, 3, 4)}


def test_the_constants_are_those_that_the_published_errors_give() -> None:
    absolute = math.sqrt(
        math.pi / 2
    )  # of a normal error, its standard deviation over its mean size
    assert math.hypot(SHARED_SD, PICTURE_SD) == pytest.approx(absolute * 0.059, abs=5e-4)
    assert math.hypot(SHARED_SD, PICTURE_SD / math.sqrt(2)) == pytest.approx(
        absolute * 0.045, abs=1e-3
    )
    assert math.hypot(SHARED_SD, PICTURE_SD, LINE_SD) == pytest.approx(absolute * 0.067, abs=5e-4)
    assert pytest.approx(RULER_SD, abs=1e-3) == 3 / 4 / 16


def test_the_spread_is_credited_up_to_the_longer_beam() -> None:
    wide = line("spread", (-120, -100), (120, -100))  # 24 in, beams 20
    apart = rack((EARS, wide), TURNED)
    narrow = rack((EARS, SPREAD), TURNED)
    assert apart.score_in is not None and narrow.score_in is not None
    assert apart.score_in - narrow.score_in == pytest.approx(20 - 16, abs=0.02)


def test_a_beam_that_points_at_the_camera_is_not_measured() -> None:
    found = rack(FRONT)
    assert found.score_in is None
    assert found.why_no_score is not None and "turned away from the camera" in found.why_no_score
    assert found.left_out == ("left beam", "right beam")
    spread = found.length("spread")
    assert spread is not None
    assert spread.value == pytest.approx(16 * CM_PER_INCH)
    share = 1.959964 * math.sqrt(SHARED_SD**2 + RULER_SD**2 + PICTURE_SD**2 + LINE_SD**2)
    assert (spread.low, spread.high) == pytest.approx(
        (spread.value * (1 - share), spread.value * (1 + share))
    )


def test_from_the_side_no_spread_is_measured() -> None:
    aside = (line("muzzle", (0, 0), (80, 0)), SPREAD, *RACK)
    found = rack(aside)
    assert "spread" in found.left_out
    assert found.why_no_score == "the spread is not marked on a picture from the front"


@pytest.mark.parametrize(
    ("missing", "why"),
    [("spread", "the spread"), ("beam", "no beam"), (" H1", "no girth")],
)
def test_what_a_score_cannot_do_without_is_said(missing: str, why: str) -> None:
    kept = tuple(one for one in (*TURNED, SPREAD) if not one.name.endswith(missing))
    found = rack(kept)
    assert found.score_in is None
    assert found.why_no_score is not None and found.why_no_score.startswith(why)


def test_one_beam_stands_for_the_other_and_says_so() -> None:
    one_sided = tuple(one for one in (*TURNED, SPREAD) if one.name not in ("left beam", "left H1"))
    found = rack(one_sided)
    beam, girth = found.length("left beam"), found.length("left H3")
    assert beam is not None and beam.taken_from == "right beam"
    assert girth is not None and girth.taken_from == "right H1"
    assert found.score_in is not None


def test_people_of_one_picture_are_one_look_and_their_range_is_kept() -> None:
    longer = replace(SPREAD, points=((-90, -100), (90, -100)))
    said = [
        Marked("p1", "Ann", (EARS, SPREAD)),
        Marked("p1", "Kim", (EARS, longer)),
    ]
    spread = measured(said).length("spread")
    assert spread is not None
    assert (spread.n_pictures, spread.n_people) == (1, 2)
    assert (spread.least, spread.value, spread.most) == pytest.approx(
        tuple(inches * CM_PER_INCH for inches in (16, 17, 18))
    )


def test_more_pictures_that_agree_make_it_surer_and_such_as_differ_do_not() -> None:
    one = rack((*TURNED, SPREAD))
    four = rack(*[(*TURNED, SPREAD)] * 4)
    odd = tuple(moved(x, 1.5, 0, 0) if "ears" not in x.name else x for x in (*TURNED, SPREAD))
    torn = rack((*TURNED, SPREAD), odd)

    def wide(found: Rack) -> float:
        assert found.score_in and found.score_low_in
        return 1 - found.score_low_in / found.score_in

    assert wide(four) < wide(one) < wide(torn)
    # What all pictures share, the deer's own ruler first, no number of them takes away.
    assert wide(rack(*[(*TURNED, SPREAD)] * 30)) > 1.9 * math.hypot(SHARED_SD, RULER_SD)


def test_a_known_length_spares_the_error_of_the_deers_ruler() -> None:
    typed = line("known", (0, 200), (100, 200), length_cm=10 * CM_PER_INCH)
    own, known = rack((EARS, SPREAD)), rack((typed, SPREAD))
    a, b = own.length("spread"), known.length("spread")
    assert a is not None and b is not None
    assert a.value == pytest.approx(b.value)
    assert b.high < a.high


def test_marks_without_a_ruler_are_passed_over_and_nothing_gives_nothing() -> None:
    assert rack((SPREAD,)).lengths == ()
    found = measured([])
    assert (found.lengths, found.score_in, found.n_pictures) == ((), None, 0)


@given(size=st.floats(0.5, 20), mirrored=st.booleans(), right=st.floats(0, 4000))
def test_no_size_place_or_mirror_changes_the_score(
    size: float, mirrored: bool, right: float
) -> None:
    usual = (*TURNED, SPREAD)
    changed = tuple(moved(one, size, right, 0, mirrored=mirrored) for one in usual)
    before, after = rack(usual), rack(changed)
    for field in ("score_in", "score_low_in", "score_high_in"):
        assert getattr(after, field) == pytest.approx(getattr(before, field), rel=5e-3)


@given(st.floats(1.0, 1.5))
def test_a_longer_tine_never_lowers_the_score(longer: float) -> None:
    usual = (*TURNED, SPREAD)
    changed = tuple(moved(x, longer, 0, 0) if x.name == "left G2" else x for x in usual)
    before, after = rack(usual).score_in, rack(changed).score_in
    assert before is not None and after is not None
    assert after >= before - 1e-9
