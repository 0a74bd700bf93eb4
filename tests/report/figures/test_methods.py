"""Figures and contact sheets that the notebooks brought along."""

from __future__ import annotations

import io
import math
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from thumper_core.report.figures.methods import accumulation_curve, heatmap, intervals, reliability
from thumper_core.report.pictures.contact_sheet import contact_sheet
from thumper_core.workspace import Workspace

INTERVAL = {"name": str, "value": float, "low": float, "high": float}


@pytest.mark.parametrize(
    ("rows", "drawn"),
    [
        ([], 0),
        ([("none", None, None, None), ("nan", math.nan, 0.0, 1.0)], 0),
        ([("one", 2.0, 1.0, 4.0)], 1),
        ([("a", 2.0, 1.0, math.inf), ("b", 3.0, None, None), ("c", None, 0.0, 1.0)], 2),
    ],
)
def test_intervals_leave_out_what_is_not_known(rows: list[tuple], drawn: int) -> None:
    figure = intervals(pl.DataFrame(rows, INTERVAL, orient="row"), axis="x")
    assert sum(len(trace.x) for trace in figure.data) == drawn


def test_interval_arms_reach_from_low_to_high() -> None:
    rows = pl.DataFrame([("a", 2.0, 1.5, 4.0), ("b", 3.0, 1.0, math.inf)], INTERVAL, orient="row")
    [trace] = intervals(rows, axis="x").data
    assert list(trace.error_x.array) == [2.0, None]
    assert list(trace.error_x.arrayminus) == [0.5, 2.0]


def test_groups_share_a_row_and_do_not_cover_each_other() -> None:
    rows = pl.DataFrame(
        {
            "name": ["<b>m</b>", "<b>m</b>"],
            "group": ["p", "q"],
            "value": [0.1, 0.2],
            "low": [0.0, 0.1],
            "high": [0.2, 0.3],
        }
    )
    figure = intervals(rows, axis="x", percent=True)
    assert [trace.name for trace in figure.data] == ["p", "q"]
    assert figure.data[0].y[0] < figure.data[1].y[0]
    assert list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;m&lt;/b&gt;"]


@pytest.mark.parametrize(
    ("table", "points"),
    [
        ([], 0),
        ([(0.5, 0.4, 0)], 0),
        ([(0.5, 0.4, 10), (0.9, 1.0, 1000), (None, None, 4)], 2),
    ],
)
def test_reliability(table: list[tuple], points: int) -> None:
    frame = pl.DataFrame(table, {"predicted": float, "observed": float, "n": int}, orient="row")
    figure = reliability(frame)
    assert len(figure.data) == (2 if points else 0)
    if points:
        assert len(figure.data[1].x) == points == len(figure.data[1].marker.size)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_accumulation_curve_and_its_band(n: int) -> None:
    curve = pl.DataFrame(
        {
            "occasions": range(1, n + 1),
            "expected": [2.0 * k for k in range(n)],
            "low": [1.0 * k for k in range(n)],
            "high": [3.0 * k for k in range(n)],
        }
    )
    figure = accumulation_curve(curve)
    assert [len(trace.x) for trace in figure.data] == ([2 * n, n] if n else [])


def test_heatmap_shades_by_row_and_writes_counts() -> None:
    table = pl.DataFrame({"true": ["a", "b"], "x": [3, 0], "y": [1, 0]})
    [trace] = heatmap(table, rows="true", columns=["x", "y"], axis="said").data
    assert [list(row) for row in trace.z] == [[0.75, 0.25], [0.0, 0.0]]
    assert [list(row) for row in trace.text] == [["3", "1"], ["", ""]]
    assert len(heatmap(table.clear(), rows="true", columns=["x"], axis="said").data) == 0


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (640, 480), (200, 40, 40)).save(path)
    return path


def rows_of(photo: Path, n: int) -> pl.DataFrame:
    one = {
        "root": str(photo.parent), "path_bytes": photo.name.encode(), "width": 640,
        "x1": 100.0, "y1": 100.0, "x2": 300.0, "y2": 250.0, "label": "Ågot <b>",
    }  # fmt: skip
    return pl.DataFrame([{"detection_id": f"d-{k}"} | one for k in range(n)])


@pytest.mark.parametrize(("n", "across", "down"), [(1, 1, 1), (3, 3, 1), (4, 3, 2), (7, 3, 3)])
def test_contact_sheet_has_a_place_for_each(
    tmp_path: Path, photo: Path, n: int, across: int, down: int
) -> None:
    workspace = Workspace.create(tmp_path / "herd")
    sheet = contact_sheet(workspace, rows_of(photo, n), columns=3, crop_width=80)
    assert sheet.size == (across * 88 + 8, down * 68 + 8)
    assert sheet.getpixel((48, 38))[0] > 150 and sheet.getpixel((2, 2)) == (255, 255, 255)
    labelled = contact_sheet(workspace, rows_of(photo, n), label="label", columns=3, crop_width=80)
    assert labelled.height > sheet.height


def test_contact_sheet_of_nothing_and_of_a_photo_that_is_gone(tmp_path: Path, photo: Path) -> None:
    workspace = Workspace.create(tmp_path / "herd")
    empty = contact_sheet(workspace, rows_of(photo, 1).clear())
    buffer = io.BytesIO()
    empty.save(buffer, "PNG")  # as a notebook does
    photo.unlink()
    assert contact_sheet(workspace, rows_of(photo, 2), crop_width=80).size == (184, 76)
    with pytest.raises(ValueError, match="columns"):
        contact_sheet(workspace, rows_of(photo, 1), columns=0)
