"""One deer to know: sides and seasons, what is least sure, and every decision that is about it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from tests import generated
from tests.pipeline.test_clip import herd_of_a_clip
from tests.workspaces import Deer, build
from thumper_core.contracts import Flank
from thumper_core.decisions import kinds
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.record import record
from thumper_core.questions import about_deer, browse
from thumper_core.questions.review_queue import verdict_key
from thumper_core.workspace import Workspace

WHO = "deer-001"


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    return build(tmp_path, [Deer("buck", 5), Deer("doe", 3)], drawn=False)


def test_the_best_picture_of_each_side_in_each_season(ranch: Workspace) -> None:
    own = browse.members(ranch, WHO).sort("detection_id").to_dicts()
    for row, flank in zip(own, (Flank.LEFT, Flank.LEFT, Flank.RIGHT), strict=False):
        record(ranch.ledger, kinds.ShowsFlank(verdict_key(row), flank), "Kim")
    rows = about_deer.by_side_and_season(ranch, WHO)
    assert dict(rows.select("flank", "n_pictures").iter_rows()) == {
        "left": 2,
        "right": 1,
        "unknown": len(own) - 3,
    }
    assert rows["n_pictures"].sum() == len(own)
    assert {about_deer.season_of(row) for row in rows.to_dicts()} == {"Autumn 2026"}
    assert about_deer.by_side_and_season(ranch, "deer-999").is_empty()


@pytest.mark.parametrize(
    ("day", "latitude", "season"),
    [
        ("2026-03-01", 30.0, "Spring 2026"),
        ("2026-08-31", 30.0, "Summer 2026"),
        ("2026-11-30", None, "Autumn 2026"),
        ("2026-12-01", 30.0, "Winter 2026/27"),
        ("2027-02-28", 30.0, "Winter 2026/27"),
        ("2027-01-15", -36.0, "Summer 2026/27"),
        ("2026-07-01", -36.0, "Winter 2026"),
    ],
)
def test_seasons_are_those_of_the_place(
    ranch: Workspace, day: str, latitude: float | None, season: str
) -> None:
    class Moved:
        """The same workspace with all of its photos on one day at one place."""

        def sql(self, text: str, values: list[object]) -> pl.DataFrame:
            at, place = datetime.fromisoformat(day), latitude
            moved = (
                "(select * replace (?::timestamp as taken_at, ?::double as latitude) from photos) p"
            )
            return ranch.sql(text.replace("photos p", moved, 1), [at, place, *values])

    rows = about_deer.by_side_and_season(Moved(), WHO)  # type: ignore[arg-type]
    assert {about_deer.season_of(row) for row in rows.to_dicts()} == {season}


def test_a_day_that_is_not_known_is_of_no_season() -> None:
    row = {"season": None, "season_year": None, "is_over_new_year": None}
    assert about_deer.season_of(row) == "Day not known"


def test_the_least_sure_come_first_one_of_a_burst(ranch: Workspace, tmp_path: Path) -> None:
    assert about_deer.least_sure(ranch, WHO, 9).is_empty()  # too few photos to calibrate by
    many = generated.build(tmp_path / "many", generated.Size(photos=150, animals=5, cameras=3))
    members = browse.members(many, WHO).filter(pl.col("p_same").is_not_null())
    rows = about_deer.least_sure(many, WHO, 99)
    assert rows["p_same"].is_sorted() and rows.height == members["tracklet_id"].n_unique() > 2
    assert rows["p_same"][0] == members["p_same"].min()
    assert about_deer.least_sure(many, WHO, 2).height == 2


@pytest.mark.parametrize(
    ("p", "said"),
    [(1.0, "over 99%"), (0.993, "over 99%"), (0.985, "98%"), (0.5, "50%"), (0.001, "under 1%")],
)
def test_no_chance_is_said_to_be_certain(p: float, said: str) -> None:
    assert about_deer.chance(p) == said


def test_decisions_about_a_deer_are_those_of_it_and_of_its_pictures(ranch: Workspace) -> None:
    own = browse.members(ranch, WHO).to_dicts()
    other = browse.members(ranch, "deer-002").to_dicts()
    mine, its = verdict_key(own[0]), verdict_key(other[0])
    about = [
        kinds.Name(WHO, "Bo"),
        kinds.ShowsFlank(mine, Flank.LEFT),
        kinds.Different(mine, its),
        kinds.Move(verdict_key(other[1]), WHO),
        kinds.Merge("deer-002", (WHO,), ((its, mine),)),
        kinds.Split(WHO, (mine,)),
    ]
    elsewhere = [
        kinds.Name("deer-002", "Di"),
        kinds.ShowsFlank(its, Flank.LEFT),
        kinds.Split("deer-002", (its,), cannot=((its, mine),)),
    ]
    numbers = [record(ranch.ledger, one, "Kim") for one in about]
    for one in elsewhere:
        record(ranch.ledger, one, "Ann")
    undone = record(ranch.ledger, kinds.Note(WHO, "limps"), "Kim")
    record(ranch.ledger, kinds.Undo(undone), "Kim")
    rows = about_deer.decided_about(ranch, WHO)
    assert rows["decision_id"].to_list() == numbers[::-1]
    assert set(rows["author"]) == {"Kim"} and rows["what"][-1] == kinds.Name.label
    assert about_deer.decided_about(ranch, "deer-999").is_empty()


def test_decisions_about_another_moment_of_a_clip_are_not_about_the_deer(tmp_path: Path) -> None:
    herd = herd_of_a_clip(tmp_path)
    row = browse.members(herd, WHO).row(0, named=True)
    own = BoxKey.of_row(row)
    number = record(herd.ledger, kinds.ShowsFlank(own, Flank.LEFT), "Kim")
    later = BoxKey(own.photo_id, own.box, 60_000)  # something else stood there
    record(herd.ledger, kinds.NotAnimal(later), "Kim")
    assert about_deer.decided_about(herd, WHO)["decision_id"].to_list() == [number]
