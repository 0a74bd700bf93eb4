"""What is said of the number of deer: one choice, by what the herd knows of itself."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from thumper_core.questions.herd_size import HerdSize, Known, herd_size
from thumper_core.store.herd_summary import (
    CalibrationFigures,
    HerdCut,
    HerdSummary,
    HerdTrust,
    Interval,
)

GOOD = HerdSummary(
    cut=HerdCut("average", 0.6, 0.6, "least expected error"),
    trust=HerdTrust(estimated_animals=25.3, animals_low=20.6, animals_high=29.2),
    calibration=CalibrationFigures(40, 90, separation=4.1),
)
HARDLY = replace(GOOD, calibration=CalibrationFigures(4, 1152, separation=0.2))
OF_OLD = replace(
    GOOD,
    calibration=CalibrationFigures(4, 1152),
    warnings=("this embedder hardly tells these animals apart: pairs of one animal lie 0.2 ...",),
)
ALONE = replace(
    GOOD,
    cut=HerdCut("average", None, None, "no threshold: only 0 must-link pairs"),
    trust=HerdTrust(),
    calibration=CalibrationFigures(0, 0),
)


@pytest.mark.parametrize(
    ("summary", "is_part", "known", "figure"),
    [
        (None, False, Known.UNESTIMATED, "not known"),
        (HerdSummary(), False, Known.UNESTIMATED, "not known"),  # of a version that kept nothing
        (GOOD, False, Known.ESTIMATED, "about 25"),
        (GOOD, True, Known.UNESTIMATED, "not known"),
        (HARDLY, False, Known.HARDLY, "not known"),
        (HARDLY, True, Known.HARDLY, "not known"),
        (OF_OLD, False, Known.HARDLY, "not known"),
        (ALONE, False, Known.UNCALIBRATED, "not known"),
        (ALONE, True, Known.UNCALIBRATED, "not known"),
    ],
)
def test_what_is_known(
    summary: HerdSummary | None, is_part: bool, known: Known, figure: str
) -> None:
    found = herd_size(summary, 43, is_part=is_part)
    assert (found.known, found.figure) == (known, figure)
    assert found.is_known == bool(found.interval)
    assert "43 groups of pictures" in found.sentence
    assert "43 deer" not in found.sentence


@pytest.mark.parametrize(
    ("animals", "n_groups", "sentence"),
    [
        (Interval(1.0), 1, "Thumper estimates about 1 deer in 1 group of pictures."),
        (
            Interval(25.3, 20.6, 29.2),
            43,
            "Thumper estimates about 25 deer (95% interval 21 to 29) in 43 groups of pictures: one deer "
            "can be several groups, and one group several deer.",
        ),
    ],
)
def test_an_estimate_leads(animals: Interval, n_groups: int, sentence: str) -> None:
    assert HerdSize(Known.ESTIMATED, n_groups, animals).sentence == sentence


def test_over_several_seasons_the_estimate_says_that_it_is_less_sure() -> None:
    """Of eight rendered ranches of three years the interval held the truth in four (docs)."""
    one = HerdSize(Known.ESTIMATED, 43, Interval(25.3, 20.6, 29.2))
    assert "season" not in one.sentence
    said = replace(one, n_seasons=3).sentence
    assert said.startswith(one.sentence) and "of 3 seasons: antlers and coats change" in said
    assert "season" not in replace(one, known=Known.HARDLY, n_seasons=3).sentence


def test_a_herd_without_calibration_says_what_its_groups_are() -> None:
    alone = herd_size(ALONE, 9).sentence
    assert "nearly every box counts as a deer of its own" in alone
    asked = replace(ALONE, cut=HerdCut("average", 0.4, None, "no threshold: too few"))
    said = herd_size(asked, 9).sentence
    assert "nothing could check" in said and "every box" not in said


@pytest.mark.parametrize("known", [*Known])
@pytest.mark.parametrize("is_compared", [True, False])
def test_of_one_group_nothing_is_said_that_several_are(known: Known, is_compared: bool) -> None:
    said = HerdSize(known, 1, Interval(1.0), is_compared).sentence
    assert "1 group of pictures" in said
    assert not re.search(r"many of|\beach\b|\bthey\b|in several|group of pictures hold\b", said)
