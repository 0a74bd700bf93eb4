"""What speaks against naming a deer yet, and how readiness looks at years."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.ranch_years import DEER, built
from thumper_core.questions.name_doubts import across_years, name_doubts, readiness_of
from thumper_core.questions.seasons import histories
from thumper_core.questions.year_links import YearLink
from thumper_core.workspace import Workspace


@pytest.fixture
def ranch(years_ranch: Workspace) -> Workspace:
    """Read only."""
    return years_ranch


def test_a_deer_of_one_season_and_an_open_question_say_so(ranch: Workspace) -> None:
    told = histories(ranch)
    born = told.filter(pl.col("birth_year") == 2025)["individual_id"][0]
    doubts = name_doubts(told, ())
    assert doubts == {born: "seen in 2025/26 only"}
    link = YearLink(born, "deer-099", "Bambi", "Hook", "2025/26", "2024/25", 0.7, ("a",), ("b",))
    less = YearLink(born, "deer-098", "Bambi", "Elsa", "2025/26", "2024/25", 0.6, ("a",), ("c",))
    assert name_doubts(told, (link, less)) == {
        born: "may be Hook of 2024/25: not answered",
        "deer-099": "may be Bambi of 2025/26: not answered",
        "deer-098": "may be Bambi of 2025/26: not answered",
    }
    across = across_years(told, (link,))
    assert across is not None
    assert (across.n_unanswered, across.n_once) == (1, 1)


def test_one_year_has_no_doubt(ranch: Workspace) -> None:
    told = histories(ranch).filter(pl.col("year") == 2023)
    assert name_doubts(told, ()) == {}
    assert across_years(told, ()) is None


def test_readiness_asks_of_years_only_where_deer_are_told_apart(
    ranch: Workspace, tmp_path: Path
) -> None:
    assert [one.key for one in readiness_of(ranch).criteria][3:] == ["years"]
    assert len(readiness_of(built(tmp_path, DEER[:2])).criteria) == 3
