"""The views: every column of the design, and what settings and decisions change in them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.ledgers import add_decision
from thumper_core.contracts import (
    DETECTIONS,
    OUTCOMES,
    PHOTO_FACTS,
    AgeClass,
    ClassMeaning,
    Sex,
    ThumperError,
    UsageError,
)
from thumper_core.store.ledger import FileRow
from thumper_core.store.meanings import set_meanings
from thumper_core.workspace import Workspace

COLUMNS = {
    "photos": "photo_id path root camera taken_at taken_at_source width height bytes make model "
    "is_infrared latitude longitude burst_id event_id",
    "outcomes": "run_id photo_id status error_code error_message n_detections",
    "detections": "run_id detection_id photo_id ordinal x1 y1 x2 y2 confidence class species sex "
    "age_class source",
    "embeddings": "run_id detection_id embedder vector",
    "tracklets": "herd_id tracklet_id burst_id camera started_at n_detections",
    "assignments": "herd_id detection_id tracklet_id profile_id individual_id p_same",
    "profiles": "herd_id profile_id individual_id sex age_class n_detections n_events first_seen "
    "last_seen",
    "individuals": "individual_id name theme sex age_class status notes first_seen last_seen "
    "n_events",
    "sightings": "individual_id name camera event_id started_at ended_at n_detections "
    "best_detection_id",
    "decisions": "decision_id kind subject payload author made_at undone",
    "runs": "run_id fingerprint state detector embedder started_at finished_at",
    "jobs": "job_id run_id pid host heartbeat_at state",
    "bursts": "burst_id event_id camera started_at",
    "events": "event_id camera started_at",
    **{f"all_{name}": "run_id" for name in ("outcomes", "detections", "embeddings")},
    **{f"all_{name}": "herd_id" for name in ("tracklets", "assignments", "profiles")},
}
START = datetime(2026, 11, 1, 6, 0)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path)


def add_photo(workspace: Workspace, photo_id: str, taken: datetime | None, **facts: Any) -> None:
    name = facts.pop("name", f"{photo_id}.jpg")
    named = facts.pop("name_taken_at", None)
    row = {"photo_id": photo_id, "width": 200, "height": 100, "bytes": 9, "exif_taken_at": taken}
    table = pa.Table.from_pylist([row | facts], schema=PHOTO_FACTS)
    shard = workspace.lake.next_shard_name("photos")
    workspace.lake.write_shard("photos", shard, {"photos": table})
    path = f"north/{name}"
    workspace.ledger.upsert_files(
        [FileRow("/p", path, path.encode(), 9, 10**18, photo_id, "north", named, True, False)]
    )


def add_run(workspace: Workspace, fingerprint: str, boxes: list[dict[str, Any]]) -> str:
    run_id = workspace.ledger.create_run(fingerprint, "demo", "e", {}).run_id
    photos = sorted({box["photo_id"] for box in boxes})
    outcomes = [{"run_id": run_id, "photo_id": p, "status": "ok"} for p in photos]
    rows = [
        {"run_id": run_id, "detection_id": f"{b['photo_id']}-{i}", "ordinal": i, "x1": 10, "y1": 10,
         "x2": 60, "y2": 60, "confidence": 0.9} | b
        for i, b in enumerate(boxes)
    ]  # fmt: skip
    tables = {
        "outcomes": pa.Table.from_pylist(outcomes, schema=OUTCOMES),
        "detections": pa.Table.from_pylist(rows, schema=DETECTIONS),
    }
    workspace.lake.write_shard(f"runs/{run_id}", "000000", tables)
    return run_id


@pytest.mark.parametrize("view", COLUMNS)
def test_every_view_is_there_in_an_empty_workspace_with_its_columns(
    workspace: Workspace, view: str
) -> None:
    frame = workspace.sql(f"select * from {view}")
    assert frame.height == 0
    assert set(COLUMNS[view].split()) <= set(frame.columns)


@pytest.mark.parametrize("table", ["corrections", "moved", "drawn"])
def test_where_nobody_spoke_of_boxes_the_tables_are_as_where_somebody_did(
    workspace: Workspace, table: str
) -> None:
    describe = f"select column_name, column_type from (describe {table})"
    unspoken = workspace.query().sql(describe).fetchall()
    payload = {"photo_id": "p0", "box": [0, 0, 9, 9]}
    add_decision(workspace.ledger, "not_animal", "p0", payload, "ann")
    assert workspace.query().sql(describe).fetchall() == unspoken != []


def test_bursts_and_events_follow_the_gaps_and_the_camera(workspace: Workspace) -> None:
    for i, seconds in enumerate([0, 10, 21, 1821, 3622]):
        add_photo(workspace, f"p{i}", START + timedelta(seconds=seconds))
    frame = workspace.sql("select burst_id, event_id from photos order by taken_at")
    assert frame["burst_id"].to_list() == ["bp0", "bp0", "bp2", "bp3", "bp4"]
    assert frame["event_id"].to_list() == ["ep0", "ep0", "ep0", "ep0", "ep4"]
    assert workspace.sql("select n_photos, n_bursts from events order by started_at").rows() == [
        (4, 3),
        (1, 1),
    ]
    workspace.settings = workspace.settings.replace("ingest", burst_gap_s=9.0)
    fresh = workspace.query().execute("select count(distinct burst_id) from photos").fetchone()
    assert fresh == (5,)


def test_time_comes_from_exif_then_name_then_file(workspace: Workspace) -> None:
    add_photo(workspace, "a", START, name_taken_at=START + timedelta(days=1))
    add_photo(workspace, "b", None, name_taken_at=START + timedelta(days=1))
    add_photo(workspace, "c", None)
    rows = dict(workspace.sql("select photo_id, taken_at_source from photos").rows())
    assert rows == {"a": "exif", "b": "filename", "c": "file_mtime"}
    local = datetime.fromtimestamp(10**9)
    assert workspace.sql("select taken_at from photos where photo_id = 'c'").item() == local


def test_camera_table_moves_clocks_and_places_by_deployment(workspace: Workspace) -> None:
    workspace.cameras_csv.write_text(
        "name,latitude,longitude,clock_offset_s,from,to\n"
        "north,30.5,-98.5,3600,,2026-11-02\n"
        "north,31.5,-98.5,0,2026-11-02,\n"
    )
    add_photo(workspace, "a", START)
    add_photo(workspace, "b", START + timedelta(days=5), latitude=1.0, longitude=2.0)
    rows = workspace.sql("select taken_at, latitude from photos order by taken_at").rows()
    assert rows == [(START + timedelta(hours=1), 30.5), (START + timedelta(days=5), 31.5)]


def test_same_bytes_under_two_paths_are_one_photo(workspace: Workspace) -> None:
    add_photo(workspace, "a", START)
    add_photo(workspace, "a", START, name="copy.jpg")
    assert workspace.sql("select path from photos")["path"].to_list() == ["north/a.jpg"]


def test_a_missing_file_leaves_the_views_but_not_the_ledger(workspace: Workspace) -> None:
    add_photo(workspace, "a", START)
    workspace.ledger.mark_missing("/p", [b"north/a.jpg"])
    assert workspace.sql("select count(*) from photos").item() == 0
    assert len(workspace.ledger.files_under("/p")) == 1


def test_the_promoted_run_is_shown_and_before_a_promotion_the_newest(workspace: Workspace) -> None:
    add_photo(workspace, "a", START)
    first = add_run(workspace, "f1", [{"photo_id": "a", "class": "doe"}])
    second = add_run(workspace, "f2", [{"photo_id": "a", "class": "buck"}])
    assert workspace.sql('select run_id, "class" from detections').rows() == [(second, "buck")]
    workspace.ledger.promote({"run": first})
    assert workspace.sql('select run_id, "class" from detections').rows() == [(first, "doe")]
    assert workspace.sql("select count(*) from all_detections").item() == 2


def test_meanings_apply_when_asked_and_a_mended_one_needs_no_new_run(workspace: Workspace) -> None:
    add_photo(workspace, "a", START)
    add_run(workspace, "f1", [{"photo_id": "a", "class": "doe"}, {"photo_id": "a", "class": "elk"}])
    asked = 'select "class", species, sex, age_class, source from detections order by "class"'
    assert workspace.sql(asked).rows()[0] == ("doe", "doe", "unknown", "unknown", "model")
    meaning = ClassMeaning("white-tailed deer", Sex.FEMALE, AgeClass.ADULT)
    set_meanings(workspace.ledger, "demo", {"doe": meaning})
    assert workspace.sql(asked).rows() == [
        ("doe", "white-tailed deer", "female", "adult", "model"),
        ("elk", "elk", "unknown", "unknown", "model"),
    ]


def test_decisions_correct_remove_and_draw_in_every_run_and_can_be_undone(
    workspace: Workspace,
) -> None:
    add_photo(workspace, "a", START)
    far = {"x1": 100, "x2": 150}
    add_run(workspace, "f1", [{"photo_id": "a", "class": "doe"}])
    add_run(
        workspace, "f2", [{"photo_id": "a", "class": "doe"}, {"photo_id": "a", "class": "x"} | far]
    )
    box = [11.0, 11.0, 61.0, 61.0]
    buck = {"species": "white-tailed deer", "sex": "male", "age_class": "adult"}
    ledger = workspace.ledger
    add_decision(ledger, "class", "a", {"photo_id": "a", "box": box} | buck, "me")
    stone = {"photo_id": "a", "box": [100.0, 10.0, 150.0, 60.0]}
    removed = add_decision(ledger, "not_animal", "a", stone, "me")
    add_decision(
        ledger, "missed_animal", "a", {"photo_id": "a", "box": [5.0, 70.0, 40.0, 95.0]} | buck, "me"
    )
    asked = "select run_id, sex, source, confidence from all_detections order by run_id, y1, x1"
    rows = workspace.sql(asked).rows()
    assert [(r[1], r[2]) for r in rows] == [("male", "human")] * 4
    assert [r[3] for r in rows] == pytest.approx([0.9, 1.0, 0.9, 1.0])
    add_decision(ledger, "undo", str(removed), {"decision_id": removed}, "me")
    assert workspace.sql("select count(*) from all_detections").item() == 5
    undone = workspace.sql("select decision_id from decisions where undone")
    assert undone["decision_id"].to_list() == [removed]


def test_a_moved_box_is_where_it_was_put_in_every_run_until_that_is_undone(
    workspace: Workspace,
) -> None:
    add_photo(workspace, "a", START)
    for fingerprint in ("f1", "f2"):
        add_run(workspace, fingerprint, [{"photo_id": "a", "class": "doe"}])
    asked = "select distinct x1, y1, x2, y2, source from all_detections"
    (before,) = workspace.sql(asked).rows()
    to = [200.0, 10.0, 260.0, 60.0]
    payload = {"photo_id": "a", "box": list(before[:4]), "to": to}
    number = add_decision(workspace.ledger, "box", "a", payload, "me")
    assert workspace.sql(asked).rows() == [(*to, "model")]
    add_decision(workspace.ledger, "undo", str(number), {"decision_id": number}, "me")
    assert workspace.sql(asked).rows() == [before]


def test_sql_takes_parameters(workspace: Workspace) -> None:
    assert workspace.sql("select ? + 1 as n", [41])["n"].item() == 42


def test_opening_what_is_no_workspace_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ThumperError, match="init"):
        Workspace.open(tmp_path / "nowhere")
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UsageError, match="is a file"):
        Workspace.create(file)
