"""The herd year by year: histories, ages, what became of each deer, antlers as noted."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.ranch_years import CAMERAS, DEER, built
from thumper_core.contracts import AgeClass, Sex
from thumper_core.decisions.kinds import AntlerState, Reclass, ShowsAntlers, Status, Undo
from thumper_core.decisions.record import record
from thumper_core.questions.judged import ALL_KINDS, said_of_deer
from thumper_core.questions.named import picture_named
from thumper_core.questions.seasons import days_of_cameras, histories
from thumper_core.questions.years_of_herd import years_of_herd
from thumper_core.workspace import Workspace


@pytest.fixture
def ranch(years_ranch: Workspace) -> Workspace:
    """Read only, but for what is taken back."""
    return years_ranch


def _who(told: pl.DataFrame, *words: str) -> str:
    """The individual whose years stand so."""
    table = told.group_by("individual_id", maintain_order=True).agg(pl.col("standing"))
    return next(who for who, stood in table.iter_rows() if tuple(stood) == words)


def test_every_deer_has_a_history_by_deer_year(ranch: Workspace) -> None:
    told = histories(ranch)
    assert told["season"].unique().sort().to_list() == ["2023/24", "2024/25", "2025/26"]
    missing = told.filter(pl.col("individual_id") == _who(told, "first", "still", "missing"))
    assert missing["n_visits"].to_list() == [5, 6, 0]
    assert missing["cameras"].to_list() == [[CAMERAS[1]], [CAMERAS[1]], None]
    assert missing["first_seen"][0].date() == date(2023, 9, 2)
    assert missing["expected_visits"][2] > 3
    back = told.filter(pl.col("individual_id") == _who(told, "first", "missing", "back"))
    assert back["sex"].unique().to_list() == ["female"]
    assert _who(told, "new", "still")
    assert _who(told, "born")
    assert told.filter(pl.col("birth_year") == 2023)["age_class"].to_list() == [
        "fawn",
        "yearling",
        "adult",
    ]


def test_what_people_say_wins_and_is_taken_back(ranch: Workspace) -> None:
    told = histories(ranch)
    who = told.filter(pl.col("birth_year") == 2023)["individual_id"][0]
    best = told.filter((pl.col("individual_id") == who) & (pl.col("year") == 2023))
    where = picture_named(ranch, best["best_detection_id"][0])
    number = record(
        ranch.ledger, Reclass(where, "white-tailed deer", Sex.FEMALE, AgeClass.ADULT), "Kim"
    )
    own = histories(ranch).filter(pl.col("individual_id") == who)
    assert own["age_class"].to_list() == ["adult", "adult", "adult"]
    assert own["age_by"][0] == "human"
    record(ranch.ledger, Undo(number), "Kim")
    assert histories(ranch).equals(told)


def test_dead_and_gone_are_said_by_people(ranch: Workspace) -> None:
    told = histories(ranch)
    who = _who(told, "first", "still", "missing")
    number = record(ranch.ledger, Status(who, "dead", date(2025, 6, 3)), "Kim")
    said = histories(ranch)
    assert said.filter(pl.col("individual_id") == who)["standing"][2] == "dead"
    assert years_of_herd(ranch, said)[2].n_lost == 1
    record(ranch.ledger, Undo(number), "Kim")
    assert histories(ranch).equals(told)


def test_antlers_are_noted_with_the_days_on_which_they_were_seen(ranch: Workspace) -> None:
    who = histories(ranch).filter(pl.col("sex") == "male")["individual_id"][0]
    rows = ranch.sql(
        "select d.detection_id, p.taken_at from assignments a join detections d using (detection_id) "
        "join photos p using (photo_id) where a.individual_id = ? order by p.taken_at",
        [who],
    )
    numbers = [
        record(
            ranch.ledger, ShowsAntlers(picture_named(ranch, rows["detection_id"][k]), state), "Kim"
        )
        for k, state in ((0, AntlerState.VELVET), (1, AntlerState.VELVET), (4, AntlerState.HARD))
    ]
    first = histories(ranch).filter((pl.col("individual_id") == who) & (pl.col("year") == 2023))
    assert first.select("velvet", "hard", "shed").row(0) == (
        "from 2 to 3 Sep 2023",
        "on 6 Sep 2023",
        None,
    )
    for number in numbers:
        record(ranch.ledger, Undo(number), "Kim")
    assert histories(ranch)["velvet"].drop_nulls().is_empty()


def test_what_two_say_of_antlers_stands_side_by_side(ranch: Workspace) -> None:
    told = histories(ranch).filter((pl.col("sex") == "male") & (pl.col("year") == 2023))
    best = told["best_detection_id"][0]
    where = picture_named(ranch, best)
    said = [("Ann", AntlerState.HARD), ("Ann", AntlerState.VELVET), ("Bob", AntlerState.SHED)]
    numbers = [record(ranch.ledger, ShowsAntlers(where, state), who) for who, state in said]
    now = histories(ranch).filter(pl.col("best_detection_id") == best).row(0, named=True)
    assert now["velvet"] == now["shed"] is not None
    assert now["hard"] is None  # Ann's own later word took its place
    listed = said_of_deer(ranch, *ALL_KINDS)
    assert listed["author", "said", "counts"].rows() == [
        ("Ann", "hard", False),
        ("Ann", "velvet", True),
        ("Bob", "shed", True),
    ]
    for number in numbers:
        record(ranch.ledger, Undo(number), "Kim")


def test_another_start_of_the_year_moves_what_was_seen(tmp_path: Path) -> None:
    ranch = built(tmp_path, DEER[:2])
    ranch.settings = ranch.settings.replace("seasons", starts_month=9, starts_day=5)
    assert days_of_cameras(ranch)["year"].unique().sort().to_list() == [2022, 2023, 2024, 2025]
    assert histories(ranch)["season"][0] == "2022/23"
