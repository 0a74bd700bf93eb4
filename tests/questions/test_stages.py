"""What a deer was in a deer year: by its boxes, and by what people say of its age."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from thumper_core.decisions.kinds import SaysAge
from thumper_core.decisions.record import record, undo_all
from thumper_core.questions.deer_years import deer_years, judged_on
from thumper_core.questions.seasons import histories
from thumper_core.questions.stages import staged, stages
from thumper_core.workspace import Workspace


@pytest.fixture
def ranch(years_ranch: Workspace) -> Iterator[Workspace]:
    before = {row.decision_id for row in years_ranch.ledger.decisions()}
    yield years_ranch
    made = [one.decision_id for one in years_ranch.ledger.decisions()]
    undo_all(years_ranch.ledger, [one for one in made if one not in before], "Kim")


def _of(ranch: Workspace, who: str) -> list[str]:
    rows = stages(ranch).sort("individual_id", "year").rows_by_key("individual_id", named=True)
    return [row["age_class"] for row in rows[who]]


def _say(ranch: Workspace, who: str, season: str, *ages: float) -> None:
    where, _ = judged_on(ranch, who, season)
    for number, age in enumerate(ages):
        record(ranch.ledger, SaysAge(where, age), f"person {number}")


def test_stages_are_those_of_the_deer_years(ranch: Workspace) -> None:
    told = histories(ranch).filter(n_visits=0).height
    assert told  # years in which a deer was missing have no stage of their own
    seen = histories(ranch).filter(histories(ranch)["n_visits"] > 0)
    mine = stages(ranch).sort("individual_id", "year")
    for column in ("individual_id", "year", "age_class"):
        assert mine[column].to_list() == seen[column].to_list()
    fawn = mine.filter(birth_year=2023)["individual_id"][0]
    assert _of(ranch, fawn) == ["fawn", "yearling", "adult"]


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ([], ["adult", "adult", "adult"]),
        ([0.5], ["fawn", "yearling", "adult"]),
        ([1.5], ["adult", "adult", "adult"]),
        ([0.5, 0.5, 2.5], ["fawn", "yearling", "adult"]),
        ([0.5, 1.5], ["adult", "adult", "adult"]),
    ],
)
def test_people_s_word_on_its_age_counts_beside_its_boxes(
    ranch: Workspace, ages: list[float], expected: list[str]
) -> None:
    told = histories(ranch)
    does = told.filter(sex="female", standing="first")
    who = next(
        one
        for one in does["individual_id"]
        if told.filter(individual_id=one)["standing"].to_list() == ["first", "still", "still"]
    )
    _say(ranch, who, "2023", *ages)
    assert _of(ranch, who) == expected
    own = deer_years(ranch, who)
    assert own["age_class"].to_list()[::-1] == expected
    conflict = own.filter(year=2023)["age_conflict"].item()
    assert (conflict is not None) == (ages == [0.5]), "its boxes still show a grown deer"


def test_the_age_of_another_year_says_what_no_box_of_a_year_says(ranch: Workspace) -> None:
    evidence = stages(ranch).filter(birth_year=2023).select("individual_id", "year")
    who = str(evidence["individual_id"][0])
    _say(ranch, who, "2025", 2.5)
    nothing = evidence.filter(evidence["year"] < 2025).with_columns(
        said_fawn=0, said_adult=0, fawn=0.0, adult=0.0
    )
    assert staged(ranch, nothing).sort("year")["age_class"].to_list() == ["fawn", "yearling"]
