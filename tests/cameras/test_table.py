"""The table of cameras as people edit it, and where it says that they stand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from thumper_core.cameras.places import file_remarks, judge_places, place_findings
from thumper_core.cameras.table import camera_table, save_cameras
from thumper_core.contracts import UsageError
from thumper_core.questions.status import workspace_status
from thumper_core.store.cameras.read import CAMERAS, read_cameras
from thumper_core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ranch")


def test_a_foreign_dialect_is_saved_plainly_and_its_notes_stay(workspace: Workspace) -> None:
    path = workspace.cameras_csv
    path.write_bytes(
        "sep=;\r\nName;Lat;Lon;Bemerkung;von;bis\r\n"
        "Süd;47,85;-11,31;am Bach, links;01.08.2025;14.09.2025\r\n"
        "Süd;47,86;-11,31;oben;15.09.2025;\r\n"
        "007;47,87;-11,31;;;\r\n".encode("utf-16")
    )
    before = read_cameras(path)
    table = camera_table(workspace).with_columns(
        latitude=pl.when(pl.col("name") == "007").then(48.0).otherwise("latitude")
    )
    save_cameras(workspace, table)
    assert path.read_text("utf-8") == (
        "name,latitude,longitude,clock_offset_s,from,to,Bemerkung\n"
        'Süd,47.85,-11.31,0.0,2025-08-01 00:00:00,2025-09-15 00:00:00,"am Bach, links"\n'
        "Süd,47.86,-11.31,0.0,2025-09-15 00:00:00,,oben\n"
        '007,48.0,-11.31,0.0,,,""\n'
    )
    after = read_cameras(path)
    assert after["name"].to_list() == ["Süd", "Süd", "007"]
    assert after.select("from", "to").equals(before.select("from", "to"))
    save_cameras(workspace, camera_table(workspace))
    assert read_cameras(path).equals(after)
    assert [p.name for p in path.parent.glob(".cameras*")] == []


@pytest.mark.parametrize("name", ["# 1", " x ", 'a "b"', "a,b", "a;b\tc", "007", "sep=;", "é"])
def test_any_name_comes_back(workspace: Workspace, name: str) -> None:
    row = (name, -0.000001, 179.5, -3.125, datetime(2025, 8, 1, 6, 30), None)
    save_cameras(workspace, pl.DataFrame([row], schema=CAMERAS, orient="row"))
    assert read_cameras(workspace.cameras_csv).rows() == [(name.strip(), *row[1:])]


def test_a_row_that_cannot_be_right_changes_nothing(workspace: Workspace) -> None:
    path = workspace.cameras_csv
    path.write_text("name\nx\n", "utf-8")
    rows = [("x", 95.0, 1.0, 0.0, None, None)]
    with pytest.raises(UsageError, match=r"^cameras\.csv, line 2, column `latitude`: '95\.0'"):
        save_cameras(workspace, pl.DataFrame(rows, schema=CAMERAS, orient="row"))
    assert path.read_text("utf-8") == "name\nx\n"
    assert [p.name for p in path.parent.glob(".cameras*")] == []


def places(*rows: tuple[str, float | None, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [(*row, None, None, None) for row in rows], schema=CAMERAS, orient="row"
    )  # fmt: skip


NEAR = (("a", 47.85, 11.31), ("b", 47.86, 11.33))
NOBODY: tuple[tuple[str, float, float], ...] = ()


@pytest.mark.parametrize(
    ("written", "by_photo", "says"),
    [
        ((), (), {}),
        ((("a", None, None),), (), {}),
        (NEAR, (), {}),
        ((*NEAR, ("c", 11.31, 47.85)), (), {"c": "swapped in cameras.csv: the other cameras stand"}),
        ((*NEAR, ("c", 17.85, 11.31)), (), {"c": "km from the others"}),
        ((("a", 11.3107, 147.8512),), (("a", 47.8512, 11.3107),), {"a": "from where its photos say"}),
        ((("a", 11.31, 47.85),), (("a", 47.8512, 11.3107),), {"a": "swapped"}),
        ((("a", 47.85, 11.31),), (("a", 47.8512, 11.3107), ("b", 1, 1)), {}),
        ((("a", -82.3, 29.6),), (), {"a": "polar ice"}),
        ((("a", 0, 0),), (), {"a": "leave an unknown position empty"}),
        # Both far from each other: neither is the one that is wrong.
        ((("a", 47.85, 11.31), ("b", 29.8, -99.3)), (), {}),
    ],
)  # fmt: skip
def test_places_that_hardly_can_be(
    written: tuple[tuple[str, float | None, float | None], ...],
    by_photo: tuple[tuple[str, float, float], ...],
    says: dict[str, str],
) -> None:
    schema = {"camera": pl.String, "latitude": pl.Float64, "longitude": pl.Float64}
    measured = pl.DataFrame(list(by_photo), schema=schema, orient="row")
    found = judge_places(places(*written), measured)
    assert [f.camera for f in found] == list(says)
    assert all(f.kind == "position" and says[f.camera] in f.message for f in found)


@pytest.mark.parametrize(
    ("text", "utc_offset_h", "says"),
    [
        ("name,latitude,longitude\nx,11.3107,147.8512\n", 1.0, "swapped?"),
        ("name,latitude,longitude\nx,47.8512,11.3107\n", 1.0, None),
        ("name,latitude,longitude\nx,29.8,-99.3\n", -6.0, None),
        ("name,latitude,longitude\nx,-17.7,178\n", -11.0, None),  # across the date line
        ("name,latitude,longitude\nx,29.8,-99.3\n", 0.0, None),  # a server on UTC
        ("name,Lat/Lon\nx,\n", 1.0, "the column `Lat/Lon` is not read"),
        ("name,latitude,longitude\nx,north,1\n", 1.0, "column `latitude`: 'north'"),
        (None, 1.0, None),
    ],
)
def test_what_status_and_health_say_of_the_file(
    workspace: Workspace, text: str | None, utc_offset_h: float, says: str | None
) -> None:
    if text is not None:
        workspace.cameras_csv.write_text(text, "utf-8")
    remarks = file_remarks(workspace, utc_offset_h)
    assert len(remarks) == (says is not None)
    assert says is None or says in remarks[0]
    if text and "north" not in text:
        assert place_findings(workspace) == []
    if says and "swapped" not in says:
        assert says in workspace_status(workspace)["remarks"][0]
