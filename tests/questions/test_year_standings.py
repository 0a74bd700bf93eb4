"""Who is new, back, missing or lost in a year, each with a picture; a deer's years; bucks by years."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from thumper_core.decisions.kinds import Status, Undo
from thumper_core.decisions.record import record
from thumper_core.herd.abundance.estimate import Estimate
from thumper_core.questions.seasons import histories
from thumper_core.questions.year_standings import STANDINGS, known_by_year, pictured, stands
from thumper_core.questions.years_of_herd import years_of_herd
from thumper_core.workspace import Workspace


@pytest.fixture
def ranch(years_ranch: Workspace) -> Workspace:
    """Read only, but for what is taken back."""
    return years_ranch


def test_each_stands_where_it_belongs_with_its_last_picture(ranch: Workspace) -> None:
    told = histories(ranch)
    found = stands(told, 2025)
    assert {key: part.height for key, part in found.items()} == {"born": 1, "back": 1, "missing": 1}
    missing = found["missing"].row(0, named=True)
    assert (missing["season"], missing["n_visits"]) == ("2024/25", 6)
    assert missing["last_seen"].date() == date(2024, 9, 7)
    assert missing["detection_id"]
    assert found["born"]["season"].to_list() == ["2025/26"]
    assert list(stands(told, 2023)) == ["born"]


def test_what_people_say_makes_it_lost(ranch: Workspace) -> None:
    who = stands(histories(ranch), 2025)["missing"]["individual_id"][0]
    number = record(ranch.ledger, Status(who, "harvested", date(2025, 6, 3)), "Kim")
    found = stands(histories(ranch), 2025)
    assert "missing" not in found
    assert found["lost"]["standing"].to_list() == ["harvested"]
    record(ranch.ledger, Undo(number), "Kim")


def test_a_loss_is_shown_in_the_year_of_its_date(ranch: Workspace) -> None:
    who = stands(histories(ranch), 2025)["missing"]["individual_id"][0]
    number = record(ranch.ledger, Status(who, "dead", date(2024, 10, 1)), "Kim")
    told = histories(ranch)
    assert "lost" not in stands(told, 2025) and "missing" not in stands(told, 2025)
    lost = stands(told, 2024)["lost"].row(0, named=True)
    assert (lost["individual_id"], lost["standing"], lost["season"]) == (who, "dead", "2024/25")
    first, second, third = years_of_herd(ranch, told)
    assert [year.n_lost for year in (first, second, third)] == [0, 1, 0]
    # It was seen in 2024/25 and is known to be dead, so not all that were seen can have lived on.
    assert isinstance(third.survival, Estimate)
    assert third.survival.high <= 1 - 1 / second.n_deer
    record(ranch.ledger, Undo(number), "Kim")


def test_every_word_of_a_standing_has_its_place_but_those_of_the_usual() -> None:
    words = [word for one in STANDINGS for word in one.words]
    assert sorted(words) == sorted(
        ["new", "born", "back", "missing", "unseen", "harvested", "dead", "gone"]
    )


def test_a_deer_s_years_have_a_picture_each(ranch: Workspace) -> None:
    told = histories(ranch)
    (buck,) = known_by_year(told, "male", 3)
    own = pictured(told, buck)
    assert own["season"].to_list() == ["2023/24", "2024/25", "2025/26"]
    assert own["detection_id"].null_count() == 0
    does = known_by_year(told, "female", 2)
    assert len(does) == 5
    assert known_by_year(told.filter(pl.col("year") > 2030), "male") == []
