"""How a survey runs: days of each camera, gaps, bait, cameras to visit, and the result by its days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.questions.test_effort import FIRST, PATTERN, ranch_of
from tests.workspaces import Deer
from thumper_core.contracts import UsageError
from thumper_core.decisions.kinds import CameraWorked, KeptSurvey
from thumper_core.decisions.record import record
from thumper_core.questions import survey_run
from thumper_core.questions.kept_surveys import DONE, PLANNED, UNDER_WAY, keep_survey
from thumper_core.workspace import Workspace

LAST = FIRST + timedelta(14)
AFTER = LAST + timedelta(1)
SIGNS = {
    "photo": "x", "quiet": ".", "silent": "s", "said worked": "w", "said dead": "d",
    "away": " ", "not yet": "?",
}  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ranch = ranch_of(tmp_path_factory.mktemp("run"), PATTERN | {"Pond": "xxxxxxx........"})
    ranch.cameras_csv.write_text("name,from,to\nNew,,\nCreek,2026-09-29,\n")
    cameras = ("Creek", "Gate", "Oak", "Pond", "New")
    keep_survey(ranch, KeptSurvey("Fall", FIRST, LAST, cameras), "Kim")
    return ranch


def strip(run: survey_run.Run) -> dict[str, str]:
    return {
        str(camera): "".join(SIGNS[state] for state in rows["state"])
        for (camera,), rows in run.calendar.group_by("camera", maintain_order=True)
    }


def test_every_camera_has_every_day(base: Workspace) -> None:
    run = survey_run.run_of(base, "fall", AFTER)
    assert run.state == DONE
    assert strip(run) == {
        "Creek": "xxxxxxxsssssssx",  # a photo of the day before it stood there counts
        "Gate": "x" * 15,
        "Oak": "x....x....x....",
        "Pond": "xxxxxxxssssssss",
        "New": "s" * 15,
    }
    assert run.worked == 8 + 15 + 15 + 7
    assert run.lead == "45 of 75 camera-days count as worked."
    assert run.effort.row(0) == ("Creek", 8, 7, 0)


def test_gaps_are_listed_with_what_they_mean(base: Workspace) -> None:
    run = survey_run.run_of(base, "Fall", AFTER)
    lost = [gap for gap in run.gaps if not gap.counts]
    assert [(gap.camera, gap.days) for gap in lost] == [("New", 15), ("Pond", 8), ("Creek", 7)]
    assert [gap.counts for gap in run.gaps] == sorted(gap.counts for gap in run.gaps)
    assert lost[0].why == "It has no photo, so nothing says that it worked."
    assert lost[1].why == "Chance of it while working: below 1%." and lost[1].said is None
    quiet = next(gap for gap in run.gaps if gap.camera == "Oak")
    assert "too few photos for its silence to be judged" in quiet.why


def test_cameras_that_are_silent_are_to_be_visited(base: Workspace) -> None:
    told = {one.camera: one.reason for one in survey_run.run_of(base, "Fall", AFTER).visits}
    assert set(told) == {"Pond", "New"}
    assert told["New"] == "It has no photo of these days."
    assert told["Pond"] == "Its last photo is of 4 Oct 2026, and it was silent to the end."


LEFT = {"Creek": "xxxxxxx.......x", "Gate": "x" * 15, "Pond": "xxxxxxx........"}


@pytest.mark.parametrize(
    ("read", "pond", "unread"),
    [
        (16, "xxxxxxxssssssss", {}),  # read after the survey: it was silent
        (6, "xxxxxxx????????", {"Pond": 6}),
        (9, "xxxxxxxsss?????", {"Pond": 9}),  # read, and nothing new was on it
        (
            5,
            "xxxxxxx????????",
            {"Pond": 5},
        ),  # by its clock there is a later photo: it tells of its day
    ],
)
def test_a_card_that_was_left_behind_is_no_silence(
    tmp_path: Path, read: int, pond: str, unread: dict[str, int]
) -> None:
    ranch = ranch_of(tmp_path, LEFT, {"Creek": 16, "Gate": 16, "Pond": read})
    keep_survey(ranch, KeptSurvey("Fall", FIRST, LAST), "Kim")
    run = survey_run.run_of(ranch, "Fall", AFTER)
    assert strip(run)["Pond"] == pond and strip(run)["Creek"] == "xxxxxxxsssssssx"
    assert dict(run.span.unread) == {c: FIRST + timedelta(n) for c, n in unread.items()}
    assert dict(run.effort.select("camera", "not_yet").iter_rows())["Pond"] == pond.count("?")
    told = {one.camera: one.reason for one in run.visits}
    assert set(told) == {"Pond"}
    assert ("Read its card" in told["Pond"]) == bool(unread)
    assert ("silent to the end" in told["Pond"]) == (not unread)
    assert [gap.camera for gap in run.gaps if gap.last == LAST] == ([] if unread else ["Pond"])
    found = survey_run.result_of(ranch, "Fall", AFTER)
    assert found.unread == tuple(unread)
    assert ("Not read to the end: the card of Pond." in found.gaps) == bool(unread)
    days = dict(found.days.filter(camera="Pond").group_by("state").len().iter_rows())
    assert days == {
        state: pond.count(SIGNS[state]) for state in ("photo", "silent") if SIGNS[state] in pond
    }


def test_a_camera_that_sends_its_photos_has_no_card_to_be_left_behind(tmp_path: Path) -> None:
    ranch = ranch_of(tmp_path, LEFT, {"Creek": 16, "Gate": 16, "Pond": 6})
    ranch.ledger.mark_sent(ranch.ledger.roots()[0])
    keep_survey(ranch, KeptSurvey("Fall", FIRST, LAST), "Kim")
    run = survey_run.run_of(ranch, "Fall", AFTER)
    assert strip(run)["Pond"] == "xxxxxxxssssssss" and not run.span.unread


def test_under_way_what_came_after_a_cameras_last_photo_is_not_known(base: Workspace) -> None:
    run = survey_run.run_of(base, "Fall", LAST)
    assert run.state == UNDER_WAY
    assert strip(run)["Pond"] == "xxxxxxx????????" and strip(run)["New"] == "?" * 15
    reasons = {one.camera: one.reason for one in run.visits}
    assert "dead, or its card is not read yet" in reasons["Pond"]
    assert run.effort.row(3) == ("Pond", 7, 0, 8)


def test_a_survey_that_is_planned_has_nothing_but_its_days(base: Workspace) -> None:
    begins = AFTER + timedelta(300)
    plan = KeptSurvey("Next", begins, begins + timedelta(6), ("New", "Creek"))
    keep_survey(base, plan, "Kim")
    run = survey_run.run_of(base, "Next", AFTER)
    assert (run.state, run.visits, run.gaps, run.worked) == (PLANNED, (), (), 0)
    assert set(strip(run).values()) == {"?" * 7}
    assert survey_run.result_of(base, "Next", AFTER).first is None


def test_a_persons_word_is_shown_and_counts(tmp_path_factory: pytest.TempPathFactory) -> None:
    ranch = ranch_of(tmp_path_factory.mktemp("said"), PATTERN)
    keep_survey(ranch, KeptSurvey("Fall", FIRST, LAST), "Kim")
    for n, worked in ((7, True), (12, False)):
        day = FIRST + timedelta(n)
        record(ranch.ledger, CameraWorked("Creek", day, day, worked=worked), "Kim")
    run = survey_run.run_of(ranch, "Fall", AFTER)
    assert strip(run)["Creek"] == "xxxxxxxwssssdsx"
    said = {gap.said: gap.why for gap in run.gaps if gap.said is not None}
    assert said == {False: "A person says that it was dead."}
    found = survey_run.result_of(ranch, "Fall", AFTER)
    assert dict(found.effort.select("camera", "camera_days").iter_rows())["Creek"] == 9


def test_bait_sites_are_set_against_the_others(build: Callable[..., Workspace]) -> None:
    names = tuple(f"Site {n}" for n in range(6))
    ranch = build([Deer("doe", 9) for _ in range(8)], cameras=names, drawn=False)
    last = FIRST + timedelta(27)
    keep_survey(ranch, KeptSurvey("Fall", FIRST, last, (), names[:3]), "Kim")
    with_bait, without, times = survey_run.run_of(ranch, "Fall", last + timedelta(1)).bait
    assert with_bait.value and without.value and times.value
    assert float(times.value) == pytest.approx(float(with_bait.value) / float(without.value), 0.05)
    keep_survey(ranch, KeptSurvey("Fall", FIRST, last, (), names[:1]), "Kim")
    alone, rest, _ = survey_run.run_of(ranch, "Fall", last + timedelta(1)).bait
    assert "Fewer than 3 such cameras" in alone.reason and rest.value


def test_a_survey_that_is_not_kept_is_named(base: Workspace) -> None:
    with pytest.raises(UsageError, match="No survey is called 'Winter'"):
        survey_run.run_of(base, "Winter", AFTER)
