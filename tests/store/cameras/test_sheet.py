"""`cameras.csv` as spreadsheets and people write it."""

from __future__ import annotations

import runpy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from thumper_core.contracts import UsageError
from thumper_core.store.cameras.read import CAMERAS, read_camera_file, read_cameras
from thumper_core.store.cameras.values import date_order, degrees, moment, number, offset_s, seconds

PLACE = (47.8512, 11.3107)
AUTUMN = (datetime(2025, 8, 1), datetime(2025, 9, 15))
ONE = [("Nordblick", *PLACE, 0.0, None, None)]
DATED = [("Nordblick", *PLACE, 0.0, *AUTUMN)]
WEST = [("Nordblick", 47.8512, -99.3107, 0.0, None, None)]
SPREADSHEETS: dict[str, list[tuple[Any, ...]] | str] = {
    "01_german_decimal_comma": DATED,
    "02_us_dates": DATED,
    "03_german_dates": DATED,
    "04_cp1252": [*ONE, ("Süd", 47.85, 11.31, 0.0, None, None)],
    "05_utf16_tab": ONE,
    "06_utf8_tab": ONE,
    "07_sep_line": ONE,
    "08_trailing_columns": ONE,
    "09_degree_signs": ONE,
    "10_hemisphere": WEST,
    "11_unicode_minus": WEST,
    "12_iso_with_seconds": [
        ("Nordblick", *PLACE, 0.0, datetime(2025, 8, 1), datetime(2025, 9, 14, 12))
    ],
    "13_cr_only": ONE,
    "14_title_case": [("Nordblick", *PLACE, None, None, None)],
    "15_lat_lon_swapped": [("Nordblick", 11.3107, 147.8512, 0.0, None, None)],
    "16_thousands": "line 2, column `latitude`: '47.851.200' has thousands separators",
    "17_offset_h_mm": [("Nordblick", *PLACE, 3600.0, None, None)],
    "18_offset_ampm": "line 2, column `clock_offset`: '1:00:00 AM' is a time of day",
    "19_negative_offset_paren": "line 2, column `clock_offset_s`: '-3,600' can be",
    "20_name_number": [("007", *PLACE, 0.0, None, None)],
}


def test_what_spreadsheets_save(
    shared_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(shared_dir / "cases" / "cameras_csv_from_spreadsheets.py"))
    files = {path.stem: path for path in (tmp_path / "csv").iterdir()}
    assert files.keys() == SPREADSHEETS.keys()
    for name, expected in SPREADSHEETS.items():
        if isinstance(expected, str):
            with pytest.raises(UsageError) as caught:
                read_cameras(files[name])
            assert f"{files[name]}, {expected}" in str(caught.value)
        else:
            frame = read_cameras(files[name])
            assert frame.schema == CAMERAS
            assert frame.rows() == expected, name


def table(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "cameras.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"\xef\xbb\xbf", []),
        (b"\n ; ;\n,,,\n", []),
        ("name,latitude,longitude\nx,1,2\n".encode("utf-16-le"), [("x", 1.0, 2.0)]),
        ("name,latitude,longitude\nx,1,2\n".encode("utf-16-be"), [("x", 1.0, 2.0)]),
        ("Kamera|Breite|Länge\nx|1,5|2\n", [("x", 1.5, 2.0)]),
        ("# ours, since May\n\nname,latitude,longitude\n# a note\nx,1,2\n", [("x", 1.0, 2.0)]),
        ("name,latitude,longitude\n#1,1,2\n", [("#1", 1.0, 2.0)]),
        ("name;latitude;longitude\na, b;1;2\n", [("a, b", 1.0, 2.0)]),
        ("name,latitude,longitude\nx,47°51'04\"N,11°18'38.5\"E\n",
         [("x", 47 + 51 / 60 + 4 / 3600, 11 + 18 / 60 + 38.5 / 3600)]),
        ('name,latitude,longitude\nx,"47°51\'04""N",-99\n', [("x", 47 + 51 / 60 + 4 / 3600, -99.0)]),
        ("camera,LATITUDE,Longitude,camera model\nx,1,2,Reconyx\n", [("x", 1.0, 2.0)]),
        ("name,latitude,longitude,,\nx,1,2,,,,\n", [("x", 1.0, 2.0)]),
    ],
)  # fmt: skip
def test_the_ways_to_write_a_table(
    tmp_path: Path, content: bytes | str, expected: list[tuple[Any, ...]]
) -> None:
    rows = read_cameras(table(tmp_path, content)).select("name", "latitude", "longitude").rows()
    assert [row[0] for row in rows] == [row[0] for row in expected]
    for row, wanted in zip(rows, expected, strict=True):
        assert row[1:] == pytest.approx(wanted[1:])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04rest", "is a spreadsheet's workbook"),
        (b"\xd0\xcf\x11\xe0rest", "is a spreadsheet's workbook"),
        (b"\xff\xfen\x00a", "is damaged"),
        ('name,latitude,longitude\n"North feeder,1,2\ny,1,2\n', "A quotation mark is not closed"),
        ("name,latitude,longitude\nx,147.85,11.3\n",
         "'147.85' is not between -90 and 90 degrees; are latitude and longitude swapped?"),
        ("name,latitude,longitude\nx,11.3 E,47.8 N\n",
         "'11.3 E' is a longitude; are the two columns swapped?"),
        ("name,latitude,longitude\nx,478512,11\n", "write degrees such as 47.8512"),
        ("name,latitude,longitude\nx,1,2,note\n", "line 2: 4 fields for 3 columns"),
        ("name,latitude,longitude,\nx,1,2,note\n", "'note' stands in a column without a name"),
        ("name,lat,Lat.,lon\nx,1,1,2\n", "`lat` and `Lat.` both mean `latitude`"),
        ("name,from\nx,1/8/2025\n", "'1/8/2025' can be 2025-01-08 or 2025-08-01"),
        ("name,from,to\nx,1/8/2025,14/9/2025\ny,1/8/2025,9/14/2025\n", "can be 2025-01-08 or"),
        ("name;clock_offset_s\nx;3.600\n", "'3.600' can be a number with thousands"),
        ("name,latitude,longitude\nx,1,2\nx,1,2\n", "camera 'x' is in line 2 for the same time"),
        ("name\n\n# note\n\nx\nx\n", "line 6, column `from`: camera 'x' is in line 5"),
    ],
)  # fmt: skip
def test_what_stays_open_is_said(tmp_path: Path, content: bytes | str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_cameras(table(tmp_path, content))
    assert says in str(caught.value)
    assert "cameras.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("name,latitude,longitude\nx,1,2\n", []),
        ("name,Notes\nx,\n", ["the column `Notes` is not read."]),
        ("name,Lat/Lon\nx,\n", ["`Lat/Lon` is not read; if it is meant to be, call it "]),
        ("name,lattitude,longitud\nx,1,2\n", ["call it `latitude`", "call it `longitude`"]),
        ("name,latitude,lat,longitude\nx,1,3,2\n", ["the column `lat` is not read"]),
        ("name\nSüd\n".encode("cp1252"), ["was read as Windows letters ('Süd')"]),
    ],
)
def test_what_is_not_read_is_said(tmp_path: Path, content: bytes | str, says: list[str]) -> None:
    remarks = read_camera_file(table(tmp_path, content)).remarks
    assert len(remarks) == len(says)
    assert all(one in remark for one, remark in zip(says, remarks, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("47,8512", 47.8512), ("-47.8512", -47.8512), ("\u221247.5", -47.5), ("N 47.5", 47.5),
        ("47.8512°", 47.8512), ("47.8512 S", -47.8512), ("S47,5", -47.5), ("47,851", 47.851),
        ("47 51 04", 47 + 51 / 60 + 4 / 3600), ("47:51:04", 47 + 51 / 60 + 4 / 3600),
        ("-0°30'", -0.5), ("47° 30.6′ N", 47.51), ("47°51′04,5″S", -(47 + 51 / 60 + 4.5 / 3600)),
    ],
)  # fmt: skip
def test_degrees(text: str, expected: float) -> None:
    assert degrees(text, "latitude") == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    ["", "north", "nan", "inf", "47°61'00\"", "47°51'60\"", "-47 S", "47 O", "47.5°30'", "47d51m04s",
     "47 51 04 02", "47 W", "47.851.200", "47,851,200", "1e400x"],
)  # fmt: skip
def test_no_degrees(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) "):
        degrees(text, "latitude")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1:00:00", 3600.0), ("\u22121:00", -3600.0), ("+01:30", 5400.0), ("0:00:30", 30.0)],
)
def test_offsets(text: str, expected: float) -> None:
    assert offset_s(text) == expected


@pytest.mark.parametrize("text", ["3600", "1h", "1:75", "13:00 pm", "", "(1:00)"])
def test_no_offsets(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) "):
        offset_s(text)


def test_seconds() -> None:
    assert [seconds(text) for text in ("-3600", "3600,5", "1:00:00", "3.125")] == [
        -3600, 3600.5, 3600, 3.125,
    ]  # fmt: skip
    assert number("3.125") == 3.125
    for text in ("1:00", "1,000", "(3600)", "1 h", "1.000.000"):
        with pytest.raises(ValueError, match=r"^(is|has|can) "):
            seconds(text)


DAY = datetime(2025, 8, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-08-01", (DAY, True)), ("2025/8/1", (DAY, True)), ("1.8.2025", (DAY, True)),
        ("20250801", (DAY, True)), ("2025-08-01T00:00", (DAY, False)),
        ("2025-08-01 06", (DAY.replace(hour=6), False)),
        ("01.08.2025 06:30", (DAY.replace(hour=6, minute=30), False)),
        ("8/31/2025 6:30 PM", (datetime(2025, 8, 31, 18, 30), False)),
        ("31/8/2025 12:05:09 a.m.", (datetime(2025, 8, 31, 0, 5, 9), False)),
        ("8/8/2025", (datetime(2025, 8, 8), True)), ("1-Aug-2025", (DAY, True)),
        ("August 1, 2025", (DAY, True)), ("1. März 2025", (datetime(2025, 3, 1), True)),
    ],
)  # fmt: skip
def test_moments(text: str, expected: tuple[datetime, bool]) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize(
    "text",
    ["8/1/2025", "1-8-2025", "01.08.25", "1-Aug-25", "31.02.2025", "45870", "13/13/2025", "May",
     "2025-08-01T00:00Z", "8/31/2025 13:00 PM", "2025-08-01 25:00", "1. Foo 2025"],
)  # fmt: skip
def test_no_moments(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has|can) "):
        moment(text)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], None),
        (["8/1/2025"], None),
        (["8/1/2025", "9/14/2025"], "month first"),
        (["14/9/2025 06:00", "x"], "day first"),
        (["14/9/2025", "9/14/2025"], None),
        (["14.9.2025", "2025/14/9"], None),
    ],
)
def test_one_file_has_one_order(texts: list[str], expected: str | None) -> None:
    assert date_order(texts) == expected
    if expected is not None:
        assert moment("8/1/2025", date_order(texts))[0].day == (1 if expected[0] == "m" else 8)
