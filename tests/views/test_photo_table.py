"""What the view `photos` makes of times: which is taken, how exact it is, what it founds."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from thumper_core.contracts import PHOTO_FACTS
from thumper_core.store.ledger import FileRow
from thumper_core.store.upgrades import upgrade
from thumper_core.workspace import Workspace

START = datetime(2024, 11, 9, 6, 41, 10)
READ = datetime(2024, 12, 1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path)


def add_photos(
    workspace: Workspace, *photos: dict[str, Any], schema: pa.Schema = PHOTO_FACTS
) -> None:
    """Photos `p0`, `p1`, ... of camera north.

    Each: `exif, source, exact, sequence, read, lasts` (facts), `named, name_exact, path, number, mtime`
    (the file).
    """
    facts, files = [], []
    for number, photo in enumerate(photos):
        photo_id = photo.get("id", f"p{number}")
        facts.append({"photo_id": photo_id, "width": 200, "height": 100, "bytes": 9,
                      "exif_taken_at": photo.get("exif"), "exif_source": photo.get("source"),
                      "exif_precision": photo.get("exact"), "sequence": photo.get("sequence"),
                      "duration_s": photo.get("lasts"),
                      "read_at": photo.get("read")})  # fmt: skip
        path = photo.get("path", f"north/{photo_id}.jpg")
        mtime_ns = int(photo.get("mtime", READ).timestamp() * 1e9)
        files.append(FileRow("/p", path, path.encode(), 9, mtime_ns, photo_id, "north",
                             photo.get("named"), True, False, photo.get("name_exact"),
                             photo.get("number")))  # fmt: skip
    rows = [{name: fact[name] for name in schema.names if name in fact} for fact in facts]
    shard = workspace.lake.next_shard_name("photos")
    table = pa.Table.from_pylist(rows, schema=schema)
    workspace.lake.write_shard("photos", shard, {"photos": table})
    workspace.ledger.upsert_files(files)


def only(workspace: Workspace) -> tuple[Any, ...]:
    return workspace.sql(
        "select taken_at, taken_at_source, taken_at_precision, is_time_evidence from photos"
    ).row(0)


BROKEN = datetime(2000, 1, 1, 0, 3)
DAY = datetime(2024, 11, 9)


@pytest.mark.parametrize(
    ("photo", "expected"),
    [
        ({"exif": START}, (START, "exif", "second", True)),
        ({"exif": START.replace(microsecond=5)}, (START.replace(microsecond=5), "exif", "subsecond", True)),
        ({"exif": START, "source": "maker_note", "exact": "second"}, (START, "maker_note", "second", True)),
        ({"exif": START, "named": BROKEN}, (START, "exif", "second", True)),
        ({"named": START, "name_exact": "second"}, (START, "filename", "second", True)),
        ({"named": START}, (START, "filename", "second", True)),
        ({"named": START, "name_exact": "minute"}, (START, "filename", "minute", True)),
        ({"named": DAY, "name_exact": "day"}, (DAY, "filename", "day", False)),
        ({}, (READ, "file_mtime", "unknown", False)),
        # a whole time before a day
        ({"exif": DAY, "source": "gps", "exact": "day", "named": START}, (START, "filename", "second", True)),
        ({"exif": DAY, "source": "gps", "exact": "day"}, (DAY, "gps", "day", False)),
        ({"exif": DAY, "source": "gps", "exact": "day", "named": BROKEN, "name_exact": "day"},
         (DAY, "gps", "day", False)),
        # clocks that cannot be
        ({"exif": BROKEN}, (BROKEN, "implausible", "unknown", False)),
        ({"exif": datetime(1, 1, 1)}, (datetime(1, 1, 1), "implausible", "unknown", False)),
        ({"exif": datetime(9999, 12, 31, 23)}, (datetime(9999, 12, 31, 23), "implausible", "unknown", False)),
        ({"exif": READ + timedelta(days=2), "read": READ},
         (READ + timedelta(days=2), "implausible", "unknown", False)),
        ({"exif": READ + timedelta(days=1), "read": READ},
         (READ + timedelta(days=1), "exif", "second", True)),
        ({"exif": READ + timedelta(days=2)}, (READ + timedelta(days=2), "exif", "second", True)),
        ({"named": READ + timedelta(days=2), "read": READ},
         (READ + timedelta(days=2), "implausible", "unknown", False)),
        # what a broken clock says gives way to what the name says
        ({"exif": BROKEN, "named": START}, (START, "filename", "second", True)),
        ({"exif": BROKEN, "named": DAY, "name_exact": "day"}, (DAY, "filename", "day", False)),
        ({"exif": BROKEN, "named": datetime(2099, 1, 1), "read": READ},
         (BROKEN, "implausible", "unknown", False)),
        # a film's date is older than any camera's clock
        ({"named": datetime(1995, 5, 5, 5, 5)}, (datetime(1995, 5, 5, 5, 5), "filename", "second", True)),
    ],
)  # fmt: skip
def test_which_time_is_taken_and_what_it_is_worth(
    workspace: Workspace, photo: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    add_photos(workspace, photo)
    assert only(workspace) == expected


def test_photos_of_which_only_the_copy_is_dated_are_each_their_own_event(
    workspace: Workspace,
) -> None:
    copied = [{"mtime": READ + timedelta(seconds=k / 2)} for k in range(4)]
    days = [{"id": f"d{k}", "named": DAY, "name_exact": "day"} for k in range(3)]
    broken = [{"id": f"b{k}", "exif": BROKEN} for k in range(2)]
    add_photos(workspace, *copied, *days, *broken)
    frame = workspace.sql("select burst_id, event_id, is_time_evidence from photos")
    assert frame["burst_id"].n_unique() == frame["event_id"].n_unique() == 9
    assert not frame["is_time_evidence"].any()
    events = workspace.sql("select is_time_evidence, n_photos from events")
    assert set(events.rows()) == {(False, 1)}


def test_a_copy_between_two_frames_does_not_part_their_burst(workspace: Workspace) -> None:
    frames = [{"exif": START}, {"exif": START + timedelta(seconds=4)}]
    add_photos(workspace, *frames, {"mtime": START + timedelta(seconds=2)})
    bursts = dict(workspace.sql("select photo_id, burst_id from photos").rows())
    assert bursts == {"p0": "bp0", "p1": "bp0", "p2": "bp2"}


def test_times_to_the_minute_found_events_but_no_burst(workspace: Workspace) -> None:
    add_photos(workspace, *({"named": START, "name_exact": "minute"} for _ in range(3)))
    frame = workspace.sql("select burst_id, event_id from photos")
    assert (frame["burst_id"].n_unique(), frame["event_id"].n_unique()) == (3, 1)


def test_the_frames_number_orders_what_one_second_holds(workspace: Workspace) -> None:
    add_photos(workspace, *({"exif": START, "sequence": 3 - k, "number": 40 + k} for k in range(3)))
    rows = workspace.sql(
        "select photo_id, sequence, file_number, burst_id from photos order by sequence"
    ).rows()
    assert rows == [("p2", 1, 42, "bp2"), ("p1", 2, 41, "bp2"), ("p0", 3, 40, "bp2")]


def season(first: datetime, n: int = 5, days: int = 3) -> list[dict[str, Any]]:
    return [{"exif": first + timedelta(days=days * k)} for k in range(n)]


def named(photos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**photo, "id": f"q{k}"} for k, photo in enumerate(photos)]


@pytest.mark.parametrize(
    ("photos", "implausible"),
    [
        # the battery was changed, and nobody set the clock: it starts at the year's first moment
        ([*named(season(START)), *season(datetime(2013, 1, 1, 0, 4))], 5),
        ([*named(season(START)), *season(datetime(2030, 1, 1, 0, 4))], 5),
        # somebody stood there at midnight
        ([*named(season(datetime(2023, 12, 20))), *season(datetime(2024, 1, 1, 0, 4))], 0),
        # nothing says otherwise
        (season(datetime(2013, 1, 1, 0, 4)), 0),
        # a camera that somebody put up on New Year's Day
        ([*named(season(START)), *season(datetime(2013, 1, 1, 9, 30))], 0),
        # a year's photos
        ([*named(season(START)), *season(datetime(2013, 1, 1, 0, 4), 40, 8)], 0),
    ],
)
def test_a_clock_that_started_anew_is_known_by_its_neighbours(
    workspace: Workspace, photos: list[dict[str, Any]], implausible: int
) -> None:
    add_photos(workspace, *photos)
    frame = workspace.sql("select count(*) from photos where taken_at_source = 'implausible'")
    assert frame.item() == implausible


def test_a_corrected_clock_is_believed(workspace: Workspace) -> None:
    workspace.cameras_csv.write_text(
        f"name,clock_offset_s,from,to\nnorth,{(START - BROKEN).total_seconds()},,2001-01-01\n"
    )
    add_photos(workspace, {"exif": BROKEN}, {"exif": datetime(9999, 12, 31, 23)})
    rows = workspace.sql("select taken_at, taken_at_source from photos order by taken_at").rows()
    assert rows == [(START, "exif"), (datetime(9999, 12, 31, 23), "implausible")]


@pytest.mark.parametrize(("hours", "day"), [(1, 9), (-1, 9), (20, 10), (-36, 8), (240, 19)])
def test_an_offset_moves_a_day_by_days(workspace: Workspace, hours: int, day: int) -> None:
    workspace.cameras_csv.write_text(f"name,clock_offset_s\nnorth,{hours * 3600}\n")
    add_photos(workspace, {"named": DAY, "name_exact": "day"})
    assert only(workspace)[0] == datetime(2024, 11, day)


def test_facts_of_an_older_version_are_read(workspace: Workspace) -> None:
    """Its shards have fewer columns; beside newer ones, or alone."""
    old = pa.schema(list(PHOTO_FACTS)[:11])
    add_photos(workspace, {"exif": START}, {"named": DAY, "name_exact": "day"}, schema=old)
    asked = "select taken_at_source, taken_at_precision, sequence from photos order by photo_id"
    assert workspace.sql(asked).rows() == [("exif", "second", None), ("filename", "day", None)]
    add_photos(workspace, {"id": "z", "exif": START, "sequence": 2, "exact": "subsecond"})
    assert workspace.sql(asked).rows()[2] == ("exif", "subsecond", 2)


def test_of_a_photo_that_was_read_twice_the_newer_facts_hold(workspace: Workspace) -> None:
    add_photos(workspace, {})
    add_photos(workspace, {"exif": START, "source": "maker_note", "exact": "second", "sequence": 1})
    assert workspace.sql("select taken_at, taken_at_source from photos").rows() == [
        (START, "maker_note")
    ]


def test_a_ledger_of_schema_1_learns_how_exact_its_names_are() -> None:
    script = resources.files("thumper_core.store").joinpath("ledger_schema.sql")
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(script.read_text("utf-8"))
    connection.execute("pragma user_version=1")
    times = ["2024-01-05 06:15:30", "2024-01-05 06:15:00", "2024-01-05 06:15:30.123000", None]
    for number, time in enumerate(times):
        connection.execute(
            "insert into files values ('/p', ?, ?, 1, 1, 'p', 'north', ?, 1, 0)",
            (str(number), str(number).encode(), time),
        )
    upgrade(connection)
    found = connection.execute("select name_precision from files order by path").fetchall()
    assert found == [("second",), ("minute",), ("subsecond",), (None,)]
    connection.close()


def test_a_clip_and_the_stills_of_its_trigger_are_one_burst(workspace: Workspace) -> None:
    def at(seconds: float, **more: Any) -> dict[str, Any]:
        return {"exif": START + timedelta(seconds=seconds), **more}

    add_photos(
        workspace,
        at(0),
        at(2, lasts=30.0, source="container"),  # the clip that the trigger began
        at(38),  # six seconds after its end
        at(70),  # a later trigger
    )
    bursts = workspace.sql("select photo_id, burst_id from photos order by photo_id").rows()
    assert bursts == [("p0", "bp0"), ("p1", "bp0"), ("p2", "bp0"), ("p3", "bp3")]


@pytest.mark.parametrize(
    ("named", "name_exact", "taken"),
    [
        (START, "second", ("filename", START)),  # what a container says may be UTC
        (START, "minute", ("filename", START)),
        (START.replace(hour=0, minute=0, second=0), "day", ("container", READ)),
        (None, None, ("container", READ)),
    ],
)
def test_a_clips_name_is_believed_before_its_container(
    workspace: Workspace,
    named: datetime | None,
    name_exact: str | None,
    taken: tuple[str, datetime],
) -> None:
    clip = {"exif": READ, "source": "container", "exact": "second", "lasts": 9.0}
    add_photos(workspace, clip | {"named": named, "name_exact": name_exact})
    source, at = taken
    assert only(workspace)[:2] == (at, source)
