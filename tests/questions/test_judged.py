"""What people judged of age and antlers: who said what, what counts, the year in words, contradictions."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.racks import FRONT, SPREAD, TURNED
from tests.ranch_years import Lived, built
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import (
    CountsPoints,
    Decision,
    MarksAntlers,
    Merge,
    Reclass,
    SaysAge,
    Undo,
)
from thumper_core.decisions.record import record
from thumper_core.herd.build import build_herd
from thumper_core.questions.deer_years import deer_years, pictures_of_year
from thumper_core.questions.judged import rack_of, said_of_deer
from thumper_core.questions.named import picture_named
from thumper_core.questions.seasons import histories
from thumper_core.workspace import Workspace

DEER = [
    Lived({2023: ("buck", 5), 2024: ("buck", 4)}),
    Lived({2023: ("fawn", 4), 2024: ("doe", 4)}, hour=18),
]


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    return built(tmp_path, DEER)


def of_sex(ranch: Workspace, sex: str) -> str:
    found = ranch.sql("select individual_id from individuals where sex = ? limit 1", [sex])
    return str(found.item())


def boxes(ranch: Workspace, who: str, year: int) -> list[BoxKey]:
    rows = pictures_of_year(ranch, who, year, 9)
    return [picture_named(ranch, one) for one in rows["detection_id"]]


def say(ranch: Workspace, author: str, *said: Decision) -> list[int]:
    return [record(ranch.ledger, one, author) for one in said]


def year(ranch: Workspace, who: str, of: int) -> dict:
    return deer_years(ranch, who).row(by_predicate=pl.col("year") == of, named=True)


def test_two_peoples_ages_are_a_middle_and_a_range(ranch: Workspace) -> None:
    buck = of_sex(ranch, "male")
    first, second, *_ = boxes(ranch, buck, 2024)
    say(ranch, "Ann", SaysAge(first, 3.5), CountsPoints(first, 5, 4, typical=True))
    say(ranch, "Kim", SaysAge(second, 2.5))
    row = year(ranch, buck, 2024)
    assert (row["age"], row["age_low"], row["age_high"], row["age_people"]) == (3.5, 2.5, 3.5, 2)
    assert row["judged"] == "3.5 years (2 people: 2.5 to 3.5), 5+4 points (1 person)"
    assert row["is_typical"] is True
    assert year(ranch, buck, 2023)["judged"] is None
    told = histories(ranch).filter(individual_id=buck, year=2024)
    assert told["judged"].item() == row["judged"]


def test_a_later_word_of_the_same_person_takes_the_place_of_the_earlier(ranch: Workspace) -> None:
    buck = of_sex(ranch, "male")
    first, second, *_ = boxes(ranch, buck, 2024)
    say(ranch, "Ann", SaysAge(first, 2.5), CountsPoints(first, 4, 4))
    [later, _] = say(ranch, "Ann", SaysAge(second, 4.5), CountsPoints(first, 5, 4))
    assert year(ranch, buck, 2024)["judged"] == "4.5 years (1 person), 5+4 points (1 person)"
    said = said_of_deer(ranch)
    assert said["counts"].to_list() == [False, False, True, True]
    say(ranch, "Ann", Undo(later))
    assert year(ranch, buck, 2024)["age"] == 2.5


def test_people_who_count_otherwise_are_told_apart(ranch: Workspace) -> None:
    buck = of_sex(ranch, "male")
    where = boxes(ranch, buck, 2024)[0]
    say(ranch, "Ann", CountsPoints(where, 5, 4, typical=True))
    say(ranch, "Kim", CountsPoints(where, 5, 5, typical=False))
    row = year(ranch, buck, 2024)
    assert row["judged"] == "5+5 points (2 people: 9 to 10 in all)"
    assert row["is_typical"] is None


def test_marks_become_a_score_with_an_interval_and_one_without_says_why(ranch: Workspace) -> None:
    buck = of_sex(ranch, "male")
    first, second, *_ = boxes(ranch, buck, 2024)
    say(ranch, "Ann", MarksAntlers(first, FRONT))
    row = year(ranch, buck, 2024)
    assert row["judged"] == "spread about 16.0 in (13 to 19)"
    assert "turned away from the camera" in row["no_score"]
    say(ranch, "Kim", MarksAntlers(second, (*TURNED, SPREAD)))
    row = year(ranch, buck, 2024)
    assert row["judged"].startswith("about 11")
    assert row["score_low_in"] < row["score_in"] < row["score_high_in"]
    assert (row["marked_pictures"], row["marked_people"]) == (2, 2)
    # A second look at the same picture takes the place of the first, one at another does not.
    say(ranch, "Ann", MarksAntlers(first, FRONT[:2]))
    assert rack_of(said_of_deer(ranch).filter(pl.col("counts"))).n_pictures == 2


def test_words_go_with_their_pictures_into_a_later_identification(ranch: Workspace) -> None:
    buck, doe = of_sex(ranch, "male"), of_sex(ranch, "female")
    say(ranch, "Ann", SaysAge(boxes(ranch, buck, 2024)[0], 3.5))
    say(ranch, "Kim", Merge(doe, (buck,)))
    build_herd(ranch)
    kept = histories(ranch).filter(pl.col("age").is_not_null())
    assert kept["age"].to_list() == [3.5]
    assert kept["year"].to_list() == [2024]


def test_an_age_against_the_fawn_of_its_first_pictures_is_told(ranch: Workspace) -> None:
    doe = of_sex(ranch, "female")
    say(ranch, "Ann", SaysAge(boxes(ranch, doe, 2024)[0], 3.5))
    assert year(ranch, doe, 2024)["age_conflict"] == (
        "It was seen as a fawn, which makes it 1.5 years old; people say 3.5 years."
    )
    say(ranch, "Ann", SaysAge(boxes(ranch, doe, 2024)[1], 1.5))
    assert year(ranch, doe, 2024)["age_conflict"] is None


def test_words_of_a_picture_that_is_no_deer_any_more_are_kept_and_not_shown(
    ranch: Workspace,
) -> None:
    buck = of_sex(ranch, "male")
    where = boxes(ranch, buck, 2024)[0]
    say(ranch, "Ann", SaysAge(where, 3.5), Reclass(where, "coyote"))
    build_herd(ranch)
    assert said_of_deer(ranch).is_empty()
    assert "age" in ranch.sql("select kind from decisions")["kind"].to_list()


def test_nothing_is_judged_where_nothing_was_said(ranch: Workspace) -> None:
    assert said_of_deer(ranch).is_empty()
    assert histories(ranch)["judged"].drop_nulls().is_empty()
