"""The words of a lease report: growth, how sure, what to do next, and what figures take for granted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from thumper_core.herd.abundance.estimate import Estimate, Refused, Result
from thumper_core.questions.estimates import Answer
from thumper_core.questions.herd_size import HerdSize, Known
from thumper_core.questions.years_of_herd import YearOfHerd, years_of_herd
from thumper_core.report.lease_words import also_assumed, headline, methods, next_steps, survey_rows
from thumper_core.store.herd_summary import HerdTrust, Interval
from thumper_core.workspace import Workspace

SURE = HerdSize(Known.ESTIMATED, 7, Interval(7.0, 6.0, 8.0))
TRUST = HerdTrust(false_merge=0.14, false_split=Interval(0.27))


@pytest.fixture(scope="module")
def years(years_ranch: Workspace) -> list[YearOfHerd]:
    return years_of_herd(years_ranch)


def _number(value: float, low: float, high: float) -> Estimate:
    return Estimate("m", value, low, high, (), "s")


@pytest.mark.parametrize(
    ("before", "after", "value"),
    [
        (_number(10, 9, 11), _number(20, 18, 23), "Growing"),
        (_number(20, 18, 22), _number(10, 9, 11), "Shrinking"),
        (_number(20, 15, 30), _number(22, 15, 40), "Cannot be told"),
        (Refused("m", "Too few days."), _number(22, 15, 40), "Not known"),
    ],
)
def test_growing_or_not(years: list[YearOfHerd], before: Result, after: Result, value: str) -> None:
    two = [replace(years[0], deer=before), replace(years[1], deer=after)]
    assert headline(two, SURE, TRUST)[3].value == value


def test_how_sure_is_in_figures_where_they_are_known(years: list[YearOfHerd]) -> None:
    line = headline(years, SURE, TRUST)[-1]
    assert line.value == "86% right"
    assert "about 14 show two" in line.sentence and "about 27 are held to be two" in line.sentence
    assert headline(years, SURE, None)[-1].value == "Not known"


def test_what_comes_next_follows_from_what_is_open(years: list[YearOfHerd]) -> None:
    wide = replace(years[2], deer=_number(13, 9, 30), n_unseen=2)
    said = list(next_steps([*years[:2], wide], SURE, [None, None], 3))  # type: ignore[list-item]
    assert [line.split(" ")[0] for line in said] == ["Answer", "Say", "Leave", "Survey", "Give"]
    assert "known only as 9 to 30" in said[3]
    assert said[4].startswith("Give names to the 3 grown bucks")
    settled = replace(years[2], deer=_number(13, 12, 14), n_unseen=0, n_missing=0)
    assert list(next_steps([*years[:2], settled], SURE, [], 0)) == []


def test_what_a_figure_takes_for_granted_stands_below_it() -> None:
    answers = [
        Answer("Bucks per doe", "m", "0.5", "0.2 to 0.9", "", ("First", "Both"), (), "A 1; B 2"),
        Answer("Deer in all", "m", "", "", "Too few.", (), (), ""),
        Answer("Fawns per doe", "m", "0.4", "0.2 to 0.9", "", ("Second", "Both"), (), "A 1"),
    ]
    assert [(row["value"], row["note"]) for row in survey_rows(answers)] == [
        ("0.5", "First"),
        ("\N{EN DASH}", "Too few."),
        ("0.4", "Second"),
    ]
    assert also_assumed(answers) == ["Both"]
    assert "The survey's figures: A 1; B 2." in methods([], answers, "1 May")
