"""From files as people have them to the times of the view `photos`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from PIL import Image

from thumper_core.contracts import PHOTO_FACTS
from thumper_core.ingest.add import add_paths
from thumper_core.workspace import Workspace


def case(shared_dir: Path, name: str, folder: Path) -> Path:
    """The photos that a script of ../shared/cases makes."""
    script = shared_dir / "cases" / f"{name}.py"
    if not script.exists():
        pytest.skip(f"no {script}")
    subprocess.run([sys.executable, script], cwd=folder, check=True, timeout=120)
    return folder / "photos"


def times(workspace: Workspace) -> pl.DataFrame:
    return workspace.sql(
        "select regexp_extract(path, '[^/]+$') as name, taken_at, taken_at_source as source, "
        "taken_at_precision as precision, is_time_evidence, sequence, burst_id, event_id "
        "from photos order by path"
    )


def test_photos_copied_together_are_not_one_burst(
    workspace: Workspace, photos: Path, shared_dir: Path
) -> None:
    add_paths(workspace, [case(shared_dir, "no_exif_copied_together", photos)])
    frame = times(workspace)
    assert frame["burst_id"].n_unique() == frame["event_id"].n_unique() == frame.height == 12
    assert set(frame["precision"]) == {"day"} and not frame["is_time_evidence"].any()
    days = {name: f"{at:%Y%m%d}" for name, at in frame.select("name", "taken_at").iter_rows()}
    assert all(name[4:12] == day for name, day in days.items())


def test_the_time_in_a_maker_note(workspace: Workspace, photos: Path, shared_dir: Path) -> None:
    add_paths(workspace, [case(shared_dir, "maker_note_time", photos)])
    frame = times(workspace)
    assert frame["taken_at"].to_list() == [
        datetime(2024, 11, 9, 6, 41, second) for second in (10, 10, 11, 11, 12)
    ]
    assert set(frame["source"]) == {"maker_note"}
    assert frame["sequence"].to_list() == [1, 2, 3, 4, 5]
    assert frame["burst_id"].n_unique() == 1


NO_TIMES = {"ambiguous": None, "epoch": None, "counter, no time": None,
            "date only": datetime(2024, 1, 5), "24h": datetime(2024, 11, 9)}  # fmt: skip


def test_times_in_names(workspace: Workspace, photos: Path, shared_dir: Path) -> None:
    folder = case(shared_dir, "time_in_names", photos)
    expected: dict[str, str] = json.loads((photos / "names.json").read_text("utf-8"))
    add_paths(workspace, [folder])
    found = {row["name"]: row for row in times(workspace).iter_rows(named=True)}
    assert found.keys() == expected.keys()
    for name, told in expected.items():
        row = found[name]
        if told not in NO_TIMES:
            wanted = datetime.fromisoformat(told)
            assert row["taken_at"].replace(microsecond=wanted.microsecond) == wanted, name
            assert (row["source"], row["is_time_evidence"]) == ("filename", True), name
        elif NO_TIMES[told] is None:
            assert (row["source"], row["precision"]) == ("file_mtime", "unknown"), name
        else:
            assert row["taken_at"] == NO_TIMES[told], name
            assert (row["precision"], row["is_time_evidence"]) == ("day", False), name


def as_an_older_version_left_it(workspace: Workspace) -> None:
    """Facts without the newer columns, and without the times that were not looked for."""
    [shard] = workspace.lake.shards("photos")
    table = workspace.lake.read("photos", "photos")
    old = table.select(PHOTO_FACTS.names[:11])
    at = old.schema.get_field_index("exif_taken_at")
    old = old.set_column(
        at, PHOTO_FACTS.field(at), pa.nulls(old.num_rows, PHOTO_FACTS.field(at).type)
    )
    workspace.lake.set_aside(shard)
    workspace.lake.write_shard("photos", shard.name, {"photos": old})


@pytest.mark.parametrize("reread", [False, True])
def test_what_an_older_version_found_no_time_in_is_read_again_once(
    workspace: Workspace, photos: Path, make_photo: Any, reread: bool
) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({36867: "2024:01:05 06:15:30"})
    for number, block in enumerate([exif, None]):
        (photos / f"{number}.jpg").write_bytes(make_photo(number, exif=block))
    add_paths(workspace, [photos])
    as_an_older_version_left_it(workspace)
    assert set(times(workspace)["source"]) == {"file_mtime"}
    again = add_paths(workspace, [photos])
    assert (again.n_changed, again.n_unchanged) == (2, 0)
    assert times(workspace)["source"].to_list() == ["exif", "file_mtime"]
    third = add_paths(workspace, [photos], reread=reread)
    assert third.n_changed == (2 if reread else 0)
    assert times(workspace).height == 2


def test_a_camera_that_says_tomorrow_is_not_believed(
    workspace: Workspace, photos: Path, make_photo: Any
) -> None:
    for number, text in enumerate(["2098:01:05 06:15:30", "0001:01:01 00:00:00"]):
        exif = Image.Exif()
        exif.get_ifd(0x8769).update({36867: text})
        (photos / f"IMG_{number:04}.jpg").write_bytes(make_photo(number, exif=exif))
        os.utime(photos / f"IMG_{number:04}.jpg", (1, 1))
    add_paths(workspace, [photos])
    frame = times(workspace)
    assert set(frame["source"]) == {"implausible"}
    assert frame["taken_at"].to_list() == [datetime(2098, 1, 5, 6, 15, 30), datetime(1, 1, 1)]
    assert frame["burst_id"].n_unique() == 2
