"""The page of years: the table, proposals with their answers, who stands where, and a record of one year."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.workspaces import calibrated, copied, restate
from thumper_core.decisions.table import decisions_frame
from thumper_core.herd.following import following
from thumper_core.herd.summary import CalibrationFigures
from thumper_core.questions.seasons import histories
from thumper_core.questions.year_links import YearLink
from thumper_core.questions.year_standings import stands
from thumper_core.workspace import Workspace

Open = Callable[..., Any]


def texts(at: Any) -> str:
    kinds = (at.title, at.subheader, at.markdown, at.caption, at.warning, at.info, at.success)
    said = "\n".join(str(element.value) for kind in kinds for element in kind)
    return said.replace("\\", "").replace("\u2060", "")


@pytest.fixture
def ranch(years_ranch: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy to change, in which one pair of deer is proposed until it has an answer."""
    import years_ahead

    copy = copied(years_ranch, tmp_path)

    def proposed(workspace: Workspace, told: Any) -> tuple[YearLink, ...]:
        if decisions_frame(workspace.ledger).filter(~_undone()).height:
            return ()
        seen = told.drop_nulls("best_detection_id")
        first = seen.filter(_of("missing", told)).row(0, named=True)
        then = seen.filter(_of("new", told)).row(0, named=True)
        names = [row["individual_id"] for row in (then, first)]
        pictures = [(row["best_detection_id"],) for row in (then, first)]
        return (YearLink(*names, *names, "2024/25", "2024/25", 0.7, *pictures),)

    def at_once(work: Callable[[], Any]) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work())
        return done

    monkeypatch.setattr(years_ahead, "year_links", proposed)
    monkeypatch.setattr(years_ahead, "in_background", at_once)
    return copy


def _undone() -> Any:
    import polars as pl

    return pl.col("undone") | (pl.col("kind") == "undo")


def _of(standing: str, told: Any) -> Any:
    import polars as pl

    who = told.filter(pl.col("standing") == standing)["individual_id"][0]
    return pl.col("individual_id") == who


def button(at: Any, key: str) -> Any:
    return next(b for b in at.button if b.key == key)


def test_two_years_stand_beside_each_other(ranch: Workspace, open_page: Open) -> None:
    at = open_page(ranch.root, "years")
    assert not at.exception
    said = texts(at)
    assert (
        "A deer year runs from one spring to the next: 2025/26 from 1 May 2025 to 30 Apr 2026"
        in said
    )
    assert "| | 2024/25 | 2025/26 |" in said
    assert "| Missing | 1 | 1 |" in said
    assert "Recruitment: yearlings per doe" in said
    assert "In brackets: the 95% interval." in said
    at.selectbox(key="years-one").set_value("2023/24").run()
    assert "| | 2023/24 | 2025/26 |" in texts(at)
    at.selectbox(key="years-one").set_value("2025/26").run()
    assert "| | 2025/26 |" in texts(at)


def test_two_periods_stand_beside_each_other(ranch: Workspace, open_page: Open) -> None:
    at = open_page(ranch.root, "years")
    at.segmented_control(key="years-mode").set_value("periods").run()
    assert not at.exception
    said = texts(at)
    assert "| | from 1 to 3 Sep 2025 | from 4 to 6 Sep 2025 |" in said
    assert "Recruitment" not in said


@pytest.mark.parametrize(
    ("key", "kind"),
    [("years-same", "same"), ("years-another", "different")],
)
def test_an_answer_is_recorded_and_taken_back(
    ranch: Workspace, open_page: Open, key: str, kind: str
) -> None:
    at = open_page(ranch.root, "years")
    assert "Thumper puts the chance at 70%." in texts(at)
    button(at, key).click().run()
    assert not at.exception
    assert decisions_frame(ranch.ledger)["kind"].to_list() == [kind]
    assert "Nothing is proposed" in texts(at)
    button(at, "undo-last").click().run()
    following(Workspace.open(ranch.root)).wait(20)
    at.run()
    assert decisions_frame(ranch.ledger)["undone"].to_list() == [True, False]
    assert "Thumper puts the chance at 70%." in texts(at)


def test_what_is_put_off_can_be_asked_again(ranch: Workspace, open_page: Open) -> None:
    at = open_page(ranch.root, "years")
    button(at, "years-next").click().run()
    assert "chance at 70%" not in texts(at)
    button(at, "years-again").click().run()
    assert "chance at 70%" in texts(at)


def test_who_stands_where_leads_to_the_deer(ranch: Workspace, open_page: Open) -> None:
    at = open_page(ranch.root, "years")
    assert "Seen for the first time, as a fawn." in texts(at)
    at.segmented_control(key="standing-2025").set_value("missing").run()
    assert "the chance to see nothing of it would be at most 5%" in texts(at)
    told = histories(ranch)
    who = stands(told, 2025)["missing"]["label"][0]
    assert any(who in link.label.replace("\\", "") for link in at.get("page_link"))


def test_one_year_says_what_comes(own_herd: Workspace, open_page: Open) -> None:
    at = open_page(own_herd.root, "years")
    assert not at.exception
    assert "There are photos of one deer year only" in texts(at)


def test_where_deer_are_hardly_told_apart_no_deer_is_named(
    ranch: Workspace, open_page: Open
) -> None:
    restate(
        ranch,
        lambda said: replace(
            calibrated(said), calibration=CalibrationFigures(4, 1152, 0, separation=0.2)
        ),
    )
    at = open_page(ranch.root, "years")
    assert not at.exception
    said = texts(at)
    assert said.count("These pictures hardly tell one deer from another") == 1
    assert "Missing" not in said and "deer-0" not in said
    assert not [b for b in at.button if b.key == "years-same"]


def test_an_empty_workspace_says_where_to_start(tmp_path: Path, open_page: Open) -> None:
    at = open_page(tmp_path, "years")
    assert "No years yet" in texts(at)
