"""On which days cameras worked, by photos, `cameras.csv`, the days of a survey and people's words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.made_photos import MadePhotos, write_run
from tests.workspaces import START
from thumper_core.decisions.kinds import CameraWorked, Undo
from thumper_core.decisions.record import record
from thumper_core.questions import effort, habits, source
from thumper_core.questions.seasons import days_of_cameras
from thumper_core.questions.survey import survey
from thumper_core.store.cameras.names import set_rename
from thumper_core.workspace import Workspace

FIRST = START.date()
PATTERN = {"Creek": "xxxxxxx.......x", "Gate": "x" * 15, "Oak": "x....x....x...."}


def ranch_of(
    folder: Path, pattern: dict[str, str], read: dict[str, int] | None = None
) -> Workspace:
    """Cameras with a photo on each day that has an `x`, from START on; read: days after it on which a card
    was read.
    """
    workspace = Workspace.create(folder / "ranch")
    made = MadePhotos(folder / "photos")
    for camera, text in pattern.items():
        for n, sign in enumerate(text):
            if sign == "x":
                at = START + timedelta(days=n)
                facts = {"read_at": START + timedelta(days=read[camera])} if read else {}
                made.outcome(made.photo(camera, at, **facts), 0)
    workspace.ledger.promote({"run": write_run(workspace, [made], "fake", "fake")})
    return workspace


def days_of(workspace: Workspace) -> pl.DataFrame:
    said = effort.said_days(workspace)
    return effort.judged_days(source.media(workspace), source.scope_of(workspace), said)


def worked(workspace: Workspace) -> dict[str, int]:
    return dict(effort.days_by_camera(days_of(workspace)).select("camera", "counted").iter_rows())


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    return ranch_of(tmp_path, PATTERN)


def test_one_rule_for_rates_years_and_surveys(ranch: Workspace) -> None:
    assert worked(ranch) == {"Creek": 8, "Gate": 15, "Oak": 11}
    photos, scope = source.media(ranch), source.scope_of(ranch)
    days = habits.camera_days(photos, scope, effort.said_days(ranch))
    assert dict(days.group_by("camera").len().iter_rows()) == worked(ranch)
    assert dict(days_of_cameras(ranch).group_by("camera").len().iter_rows()) == worked(ranch)
    told = survey(ranch).effort
    assert dict(told.select("camera", "camera_days").iter_rows()) == worked(ranch)
    assert dict(told.select("camera", "uncounted_days").iter_rows())["Creek"] == 7
    assert "Of 41 camera-days 7 do not count" in survey(ranch).gaps


def test_a_persons_word_goes_before_the_rule_and_can_be_taken_back(ranch: Workspace) -> None:
    begins, ends = FIRST + timedelta(7), FIRST + timedelta(13)
    number = record(ranch.ledger, CameraWorked("Creek", begins, ends, worked=True), "Kim")
    assert worked(ranch)["Creek"] == 15
    record(ranch.ledger, CameraWorked("Creek", ends, ends, worked=False), "Kim")
    assert worked(ranch)["Creek"] == 14, "the last word on a day holds"
    record(ranch.ledger, CameraWorked("Gate", FIRST, ends, worked=False), "Kim")
    assert worked(ranch)["Gate"] == 15, "a day with a photo counts"
    record(ranch.ledger, Undo(number), "Kim")
    assert worked(ranch)["Creek"] == 8
    spans = effort.said_spans(ranch)
    assert spans["camera"].to_list() == ["Creek", "Gate"]


def test_a_word_follows_its_camera_when_it_is_renamed(ranch: Workspace) -> None:
    begins, ends = FIRST + timedelta(7), FIRST + timedelta(13)
    record(ranch.ledger, CameraWorked("Creek", begins, ends, worked=True), "Kim")
    set_rename(ranch.ledger, "Creek", "Old creek")
    assert worked(Workspace.open(ranch.root))["Old creek"] == 15


@pytest.mark.parametrize(
    ("row", "stays"),
    [
        ("", [(0, 14)]),
        ("Creek,2026-09-30,2026-10-05", [(2, 7)]),
        ("Creek,2026-09-30,2026-10-02\nCreek,2026-10-04,", [(2, 4), (6, 14)]),
        ("Creek,2025-01-01,2025-02-01", []),
    ],
)
def test_where_a_camera_stood_in_given_days(
    ranch: Workspace, row: str, stays: list[tuple[int, int]]
) -> None:
    ranch.cameras_csv.write_text(f"name,from,to\n{row}\n")
    table = ranch.sql("select * from cameras")
    last = FIRST + timedelta(14)
    expected = [(FIRST + timedelta(a), FIRST + timedelta(b)) for a, b in stays]
    assert effort.stays_in(table, "Creek", FIRST, last) == expected


def test_in_a_survey_cameras_stand_on_all_of_its_days(ranch: Workspace) -> None:
    last = FIRST + timedelta(19)
    none = ranch.sql("select * from cameras")
    until: dict[str, date | None] = {"Gate": last, "Oak": FIRST + timedelta(12), "New": None}
    span = effort.Span(FIRST - timedelta(2), last, until, none)
    photos = source.media(ranch).filter(pl.col("camera") != "Creek")
    found = effort.judged_days(photos, source.scope_of(ranch), None, span)
    n = dict(found.group_by("camera").len().iter_rows())
    assert n == {"Gate": 22, "Oak": 15}
    gate = found.filter(pl.col("camera") == "Gate")["state"].to_list()
    assert gate == ["quiet"] * 2 + ["photo"] * 15 + ["silent"] * 5


def test_no_photos_no_days(build: Callable[..., Workspace]) -> None:
    assert days_of(build([], n_blank=0, identified=False)).is_empty()
