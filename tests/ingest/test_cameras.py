from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from thumper_core.contracts import UsageError
from thumper_core.ingest.cameras import camera_of
from thumper_core.store.cameras.read import CAMERAS, read_cameras


@pytest.mark.parametrize(
    ("path", "level", "expected"),
    [
        ("ridge/a.jpg", 1, "ridge"),
        ("ridge/week1/a.jpg", 1, "ridge"),
        ("ridge/week1/a.jpg", 2, "week1"),
        ("ridge/week1/a.jpg", 5, "week1"),
        ("ridge/week1/a.jpg", 0, "ranch"),
        ("ridge/week1/a.jpg", -1, "week1"),
        ("ridge/week1/a.jpg", -2, "ridge"),
        ("ridge/week1/a.jpg", -3, "ranch"),
        ("ridge/week1/a.jpg", -8, "ranch"),
        ("a.jpg", 1, "ranch"),
        ("a.jpg", -1, "ranch"),
        ("DCIM/100RECNX/a.jpg", 1, "ranch"),
        ("ridge/DCIM/100RECNX/a.jpg", 1, "ridge"),
        ("ridge/DCIM/100RECNX/a.jpg", -1, "ridge"),
        ("ridge/dcim/101MEDIA/a.jpg", 2, "ridge"),
        ("101NORTH/a.jpg", 1, "101NORTH"),  # not a card's folder: it is in no DCIM
        ("caf\\xe9/a.jpg", 1, "caf\\xe9"),
        # cards, however they were copied, name no camera
        ("ridge/100RECNX/a.jpg", -1, "ridge"),
        ("100EK113/a.jpg", 1, "ranch"),
        ("ridge/Copy of DCIM/100EK113/a.jpg", -1, "ridge"),
        ("ridge/DCIM (2)/101NORTH/a.jpg", -1, "ridge"),
        ("ridge/DCIM - Copy (3)/101NORTH/a.jpg", -1, "ridge"),
        ("ridge/Kopie von DCIM/100_BTCF/a.jpg", 2, "ridge"),
        ("Copy of DCIM/a.jpg", 1, "ranch"),
        ("card1/ridge/a.jpg", 1, "ridge"),
        ("ridge/card1/a.jpg", -1, "ridge"),
        ("ridge/card1/a.jpg", 2, "ridge"),
        ("SD 2/a.jpg", 1, "ranch"),
        ("sd_card-03/ridge/DCIM/100MEDIA/a.jpg", 1, "ridge"),
        ("2024-11-05/ridge/a.jpg", 1, "ridge"),
        ("2024/11/05/ridge/a.jpg", 1, "ridge"),
        ("11/ridge/a.jpg", 1, "11"),  # a number alone may be a camera's
        ("2024/ridge/week1/a.jpg", 2, "ridge"),  # dates count as levels, as they always did
        ("ridge/20241105/a.jpg", -1, "ridge"),
        ("ridge/20249999/a.jpg", -1, "20249999"),
        ("ridge/5.11.2024/a.jpg", -1, "ridge"),
        ("Nov 2024/a.jpg", 1, "ranch"),
        # names of places that only look a little like it
        ("100ACRES/a.jpg", 1, "100ACRES"),
        ("Card house/a.jpg", 1, "Card house"),
        ("North 2/a.jpg", 1, "North 2"),
        ("North (2)/a.jpg", 1, "North (2)"),
        ("007/a.jpg", 1, "007"),
        ("May/a.jpg", 1, "May"),
        ("Old barn/a.jpg", 1, "Old barn"),
    ],
)
def test_camera_of(path: str, level: int, expected: str) -> None:
    assert camera_of("/data/ranch", path, level) == expected


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ("/", "/"),
        ("/media/ridge/DCIM", "ridge"),
        ("/media/ridge/DCIM/100MEDIA", "ridge"),
        ("/media/jane/ridge", "ridge"),
        ("/media/jane/NO NAME/DCIM", "unknown"),
        ("/run/media/jane/SD 2", "unknown"),
        ("/Volumes/Untitled/DCIM", "unknown"),
        ("/mnt/e/DCIM", "unknown"),
        ("/data/ridge/card 3", "ridge"),
        ("/home/jane", "jane"),
    ],
)
def test_camera_of_a_root_that_is_a_card(root: str, expected: str) -> None:
    assert camera_of(root, "a.jpg", 1) == expected


def table(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "cameras.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


DAY = datetime(2024, 5, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("name\n", []),
        ("name\nridge\n\n", [("ridge", None, None, None, None, None)]),
        (
            "name,latitude,longitude,clock_offset_s,from,to\n"
            "ridge,30.26,-97.75,-3600,2024-05-01 06:30,2024-06-01T00:00:00\n",
            [("ridge", 30.26, -97.75, -3600.0, DAY.replace(hour=6, minute=30),
              datetime(2024, 6, 1))],
        ),
        (
            "\ufeffName;Clock Offset;Notes\r\n\"ridge; north\";+01:30;a, b\r\n",
            [("ridge; north", None, None, 5400.0, None, None)],
        ),
        ("clock_offset,name\n-8760:00:30,x\n", [("x", None, None, -31536030.0, None, None)]),
        ("name,to\nx,2024-05-01\n", [("x", None, None, None, None, datetime(2024, 5, 2))]),
        (
            "name,from,to\nx,2024-05-01,2024-06-01\nx,,2024-05-01 00:00\ny,,\n",
            [("x", None, None, None, DAY, datetime(2024, 6, 2)),
             ("x", None, None, None, None, DAY),
             ("y", None, None, None, None, None)],
        ),
        (  # moved during the last day
            "name,from,to\nx,,2024-05-01\nx,2024-05-01 12:00,\n",
            [("x", None, None, None, None, DAY.replace(hour=12)),
             ("x", None, None, None, DAY.replace(hour=12), None)],
        ),
        (  # dates alone, one after the other
            "name,from,to\nx,2024-04-01,2024-05-01\nx,2024-05-01,2024-05-20\n",
            [("x", None, None, None, datetime(2024, 4, 1), DAY),
             ("x", None, None, None, DAY, datetime(2024, 5, 21))],
        ),
    ],
)  # fmt: skip
def test_good_tables(tmp_path: Path, text: str, expected: list[tuple[Any, ...]]) -> None:
    frame = (
        read_cameras(tmp_path / "absent.csv") if not text else read_cameras(table(tmp_path, text))
    )
    assert frame.schema == CAMERAS
    assert frame.rows() == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("who,latitude\nx,1\n", "line 1: there is no column `name`"),
        ("name,Name\nx,y\n", "line 1: column `name` is there twice"),
        ("name,latitude\n,1\n", "line 2, column `name`"),
        ("name,latitude,longitude\nx,95,1\n", "line 2, column `latitude`: '95'"),
        ("name,latitude,longitude\nok,1,1\nx,1,-181\n", "line 3, column `longitude`: '-181'"),
        ("name,latitude,longitude\nx,1,\n", "line 2, column `longitude`"),
        ("name,latitude,longitude\nx,north,1\n", "line 2, column `latitude`: 'north'"),
        ("name,latitude,longitude\nx,nan,1\n", "line 2, column `latitude`: 'nan'"),
        ("name,clock_offset\nx,1h\n", "line 2, column `clock_offset`: '1h'"),
        ("name,clock_offset\nx,+01:75\n", "line 2, column `clock_offset`: '+01:75'"),
        ("name,clock_offset_s\nx,inf\n", "line 2, column `clock_offset_s`: 'inf'"),
        ("name,clock_offset,clock_offset_s\nx,+01:00,3600\n", "line 2, column `clock_offset`"),
        ("name,from\nx,1/5/2024\n", "line 2, column `from`: '1/5/2024'"),
        ("name,to\nx,2024-05-01T00:00Z\n", "line 2, column `to`"),
        ("name,from,to\nx,2024-05-02,2024-05-01\n", "line 2, column `to`"),
        ("name,from\nx,\nx,\n", "line 3, column `from`: camera 'x' is in line 2"),
        ("name,from,to\nx,2024-05-01,2024-06-01\nx,2024-05-20,\n", "line 3, column `from`"),
        ("name\nx,1,2\n", "line 2: 3 fields for 1 columns"),
        ('name\n"a\nb"\n"c\nd",1\n', "line 5: 2 fields"),
        (b"name\nCaf\x8e\n", "is not UTF-8"),
    ],
)
def test_bad_tables_name_line_and_column(tmp_path: Path, text: str | bytes, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_cameras(table(tmp_path, text))
    assert says in str(caught.value)
    assert "cameras.csv" in str(caught.value)
