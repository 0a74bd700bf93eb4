"""Surveys are kept, changed, dropped and brought back; whether they are planned, under way or done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.workspaces import START, Deer
from thumper_core.contracts import UsageError
from thumper_core.decisions.kinds import KeptSurvey, Undo
from thumper_core.decisions.record import record
from thumper_core.questions import kept_surveys as kept
from thumper_core.store.cameras.names import set_rename
from thumper_core.workspace import Workspace

FIRST = START.date()
LAST = FIRST + timedelta(13)


@pytest.fixture
def ranch(build: Callable[..., Workspace]) -> Workspace:
    return build([Deer("buck", 4), Deer("doe", 4)], drawn=False)


def test_a_survey_is_kept_and_changed_by_its_name(ranch: Workspace) -> None:
    assert kept.kept_surveys(ranch) == []
    kept.keep_survey(ranch, KeptSurvey("Fall", FIRST, LAST, ("creek",), ("CREEK",), 300), "Kim")
    kept.keep_survey(ranch, KeptSurvey("Spring", FIRST - timedelta(200), FIRST), "Kim")
    kept.keep_survey(ranch, KeptSurvey("FALL", FIRST, LAST, ("Creek", "Old oak")), "Kim")
    fall, spring = kept.kept_surveys(ranch)
    assert (fall.name, fall.cameras, fall.bait, fall.area_ha) == (
        "FALL",
        ("Creek", "Old oak"),
        (),
        None,
    )
    assert spring.name == "Spring"
    assert kept.survey_named(ranch, " fall ") == fall
    with pytest.raises(UsageError, match="there are: FALL, Spring"):
        kept.survey_named(ranch, "Winter")


def test_a_camera_that_is_not_there_is_refused_and_nothing_is_kept(ranch: Workspace) -> None:
    with pytest.raises(
        UsageError, match=r"no camera 'Gate'\. Cameras: Creek, North feeder, Old oak"
    ):
        kept.keep_survey(ranch, KeptSurvey("Fall", FIRST, LAST, ("Gate",)), "Kim")
    assert kept.kept_surveys(ranch) == []
    ranch.cameras_csv.write_text("name\nGate\n")
    kept.keep_survey(ranch, KeptSurvey("Fall", FIRST, LAST, ("Gate",)), "Kim")
    assert kept.cameras_of(ranch, kept.survey_named(ranch, "Fall")) == ["Gate"]


def test_what_was_dropped_can_be_brought_back(ranch: Workspace) -> None:
    for last in (LAST, LAST + timedelta(1)):
        kept.keep_survey(ranch, KeptSurvey("Fall", FIRST, last), "Kim")
    numbers = kept.drop_survey(ranch, "Fall", "Kim")
    assert len(numbers) == 2 and kept.kept_surveys(ranch) == []
    for number in reversed(numbers):
        record(ranch.ledger, Undo(number), "Kim")
    assert kept.survey_named(ranch, "Fall").last == LAST + timedelta(1)


def test_a_renamed_camera_stays_in_its_survey(ranch: Workspace) -> None:
    kept.keep_survey(ranch, KeptSurvey("Fall", FIRST, LAST, ("Creek",), ("Creek",)), "Kim")
    set_rename(ranch.ledger, "Creek", "Ford")
    fall = kept.survey_named(Workspace.open(ranch.root), "Fall")
    assert fall.cameras == fall.bait == ("Ford",)


@pytest.mark.parametrize(
    ("today", "state"),
    [(-1, kept.PLANNED), (0, kept.UNDER_WAY), (13, kept.UNDER_WAY), (14, kept.DONE)],
)
def test_how_a_survey_stands(today: int, state: str) -> None:
    assert kept.state_of(KeptSurvey("Fall", FIRST, LAST), FIRST + timedelta(today)) == state


def test_all_cameras_are_those_with_photos_and_those_that_stood_there(ranch: Workspace) -> None:
    ranch.cameras_csv.write_text("name,from,to\nGate,2026-10-01,\nGone,2020-01-01,2020-02-01\n")
    fall = KeptSurvey("Fall", FIRST, LAST)
    assert kept.cameras_of(ranch, fall) == ["Creek", "Gate", "North feeder", "Old oak"]
    assert kept.narrowed(ranch, fall).sql("select count(*) from photos").item() > 0
    none = KeptSurvey("Never", date(2030, 1, 1), date(2030, 1, 2))
    assert kept.cameras_of(ranch, none) == ["Gate"]


def test_until_when_photos_tell(ranch: Workspace) -> None:
    """Done: until the newest of any camera. Under way: until each camera's own newest."""
    fall = KeptSurvey("Fall", FIRST, LAST, ("Creek", "Old oak"))
    ranch.cameras_csv.write_text("name\nGate\n")
    newest = dict(
        ranch.sql("select camera, max(cast(taken_at as date)) from photos group by 1").iter_rows()
    )
    done = kept.span_of(ranch, fall, LAST + timedelta(1)).known_until
    latest = max(newest["Creek"], newest["Old oak"])
    assert done == {"Creek": latest, "Old oak": latest}
    running = kept.span_of(ranch, fall, LAST).known_until
    assert running == {name: newest[name] for name in ("Creek", "Old oak")}
    planned = KeptSurvey("Next", date(2030, 1, 1), date(2030, 1, 2), ("Creek", "Gate"))
    assert kept.span_of(ranch, planned, LAST).known_until == {"Creek": None, "Gate": None}
