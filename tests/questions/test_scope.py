from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.workspaces import Deer
from thumper_core.contracts import UsageError
from thumper_core.export.duckdb_file import VIEWS
from thumper_core.questions.scope import Scope, scoped
from thumper_core.workspace import Workspace

DATED = "taken_at_precision <> 'unknown'"  # a photo of no known day is in no period
COUNTS = ("photos", "outcomes", "detections", "assignments", "profiles", "sightings")


def counts(workspace: Workspace) -> dict[str, int]:
    return {v: workspace.sql(f"select count(*) from {v}").item() for v in COUNTS}


def test_everything_is_the_workspace_itself(six_deer: Workspace) -> None:
    assert counts(scoped(six_deer, Scope())) == counts(six_deer)
    everything = Scope.of_days(date(1900, 1, 1), date(2100, 1, 1))
    undated = six_deer.sql(f"select count(*) from photos where not ({DATED})").item()
    whole = counts(six_deer)
    fewer = {view: whole[view] - undated for view in ("photos", "outcomes")}  # broken files
    assert undated and counts(scoped(six_deer, everything)) == whole | fewer
    for view in VIEWS:
        assert scoped(six_deer, everything).sql(f"select * from {view}").columns == (
            six_deer.sql(f"select * from {view}").columns
        )


@pytest.mark.parametrize(
    ("scope", "condition"),
    [
        (Scope.of_days(date(2026, 9, 30)), f"taken_at >= timestamp '2026-09-30' and {DATED}"),
        (Scope.of_days(None, date(2026, 9, 30)), f"taken_at < timestamp '2026-10-01' and {DATED}"),
        (Scope(cameras=("Creek", "Old oak")), "camera in ('Creek', 'Old oak')"),
        (
            Scope(datetime(2026, 9, 30, 6), datetime(2026, 10, 2, 12), ("Creek",)),
            "camera = 'Creek' and taken_at >= timestamp '2026-09-30 06:00' "
            "and taken_at < timestamp '2026-10-02 12:00'",
        ),
    ],
)
def test_views_hold_what_a_plain_filter_holds(
    six_deer: Workspace, scope: Scope, condition: str
) -> None:
    part = scoped(six_deer, scope)
    photos = f"(select photo_id from photos where {condition})"
    for view in ("photos", "outcomes", "detections"):
        wanted = six_deer.sql(f"select * from {view} where photo_id in {photos} order by all")
        assert part.sql(f"select * from {view} order by all").equals(wanted)
    wanted = six_deer.sql(
        f"""
        select individual_id, count(*) as n, count(distinct event_id) as e, min(taken_at) as f,
            max(taken_at) as l
        from assignments join detections using (detection_id) join photos using (photo_id)
        where photo_id in {photos} group by individual_id order by individual_id
        """
    )
    found = part.sql(
        "select individual_id, n_detections as n, n_events as e, first_seen as f, last_seen as l "
        "from individuals where n_events > 0 order by individual_id"
    )
    assert found.rows() == wanted.rows()


def test_people_are_as_if_they_had_not_been_there(six_deer: Workspace) -> None:
    part = scoped(six_deer, Scope(hide_people=True))
    assert counts(part)["photos"] == counts(six_deer)["photos"] - 2
    assert part.sql("select count(*) from detections where species = 'person'").item() == 0
    assert part.sql("select count(*) from sightings where individual_id = 'deer-001'").item() == 4
    assert counts(scoped(six_deer, Scope(hide_vehicles=True))) == counts(six_deer)


def test_no_coordinates_anywhere(six_deer: Workspace) -> None:
    part = scoped(six_deer, Scope(hide_coordinates=True))
    for table in ("photos", "cameras"):
        query = f"select count(latitude) + count(longitude) from {table}"
        assert part.sql(query).item() == 0
        assert six_deer.sql(query).item() > 0


def test_an_unknown_camera(six_deer: Workspace) -> None:
    with pytest.raises(UsageError, match="Creek, North feeder, Old oak"):
        scoped(six_deer, Scope(cameras=("Crek",)))


def test_a_period_that_ends_first() -> None:
    with pytest.raises(UsageError, match="ends"):
        Scope.of_days(date(2026, 2, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (Scope(), ""),
        (Scope.of_days(date(2026, 9, 1), date(2026, 9, 30)), "from 1 Sep 2026 to 30 Sep 2026"),
        (Scope.of_days(None, date(2026, 9, 30)), "Only photos to 30 Sep 2026"),
        (Scope(hide_people=True, hide_vehicles=True), "people or vehicles"),
        (Scope(hide_coordinates=True), "Where the cameras stand"),
        (Scope(cameras=("Creek",)), "Only the camera"),
    ],
)
def test_sentences(scope: Scope, said: str) -> None:
    text = " ".join(scope.sentences)
    assert said in text
    assert bool(text) == (scope != Scope())


def test_empty_workspace(tmp_path: Path, build: Callable[..., Workspace]) -> None:
    part = scoped(Workspace.create(tmp_path / "new"), Scope(hide_people=True))
    assert set(counts(part).values()) == {0}
    nobody = scoped(build([Deer("doe", 1)], drawn=False), Scope.of_days(date(2030, 1, 1)))
    assert set(counts(nobody).values()) == {0}


def test_a_scope_is_a_part_only_where_visits_are_left_out() -> None:
    assert not Scope(hide_coordinates=True, hide_people=True).is_part
    assert Scope(cameras=("Creek",)).is_part
    assert Scope.of_days(date(2026, 9, 1)).is_part
