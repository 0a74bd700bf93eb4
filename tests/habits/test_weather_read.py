"""Tables of weather: Thumper's own, Open-Meteo's, Meteostat's, and what is wrong in others."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from thumper_core.contracts import UsageError
from thumper_core.habits.weather_read import read_weather

_HEADER = (
    "time,temperature_2m (°C),relative_humidity_2m (%),pressure_msl (hPa),surface_pressure (hPa),"
    "wind_speed_10m (km/h),wind_direction_10m (°)"
)
OPEN_METEO = f"""latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation
30.72,-99.2,510.0,-18000,America/Chicago,CDT

{_HEADER}
2025-08-25T00:00,22.1,40,1013.2,950.1,7.2,180
2025-08-25T01:00,21.1,,1013.0,950.0,NaN,185
"""
ZONED = """time,temperature_c,pressure_hpa,wind_m_s,wind_from_deg
2025-08-25T00:00-05:00,22.1,1013.2,2.0,180
"""
METEOSTAT = """date,hour,temp,dwpt,rhum,prcp,snow,wdir,wspd,wpgt,pres,tsun,coco
2025-08-25,0,22.1,10,50,,,180,7.2,,1013.2,,
2025-08-25,1,,10,50,,,185,,,1013.0,,
"""
METEOSTAT_PARTS = """year,month,day,hour,temp,temp_source,wdir,wspd,pres
2025,8,25,5,22.1,isd_lite,180,7.2,1013.2
"""
OWN = """time_utc,temperature_c,pressure_hpa,wind_m_s,wind_from_deg
2025-08-25T05:00,22.1,1013.2,2.0,180
"""
GERMAN = """time;temperature_c;pressure_hpa
25.08.2025 05:00;22,1;1013,2
"""
AMERICAN = """Date,Hour,temp
8/25/2025,5,22.1
9/1/2025,5,20
"""
MILES = """time,temp (°F),wind_speed (mph),pressure (inHg)
2025-08-25 05:00,71.78,4.4739,29.9200
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "w.csv"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "hour", "is_utc", "told"),
    [
        (OPEN_METEO, 5, True, (22.1, 1013.2, 2.0, 180.0)),
        (METEOSTAT, 0, False, (22.1, 1013.2, 2.0, 180.0)),
        (METEOSTAT_PARTS, 5, False, (22.1, 1013.2, 2.0, 180.0)),
        (OWN, 5, True, (22.1, 1013.2, 2.0, 180.0)),
        (ZONED, 5, True, (22.1, 1013.2, 2.0, 180.0)),
        (GERMAN, 5, False, (22.1, 1013.2, None, None)),
        (MILES, 5, False, (22.1, 1013.21, 2.0, None)),
        (AMERICAN, 5, False, (22.1, None, None, None)),
    ],
    ids=[
        *("open-meteo", "meteostat", "meteostat parts", "own", "with a zone", "german", "miles"),
        "american",
    ],
)  # fmt: skip
def test_tables_of_others(
    tmp_path: Path, text: str, hour: int, is_utc: bool, told: tuple[float | None, ...]
) -> None:
    found = read_weather(written(tmp_path, text))
    first = found.rows.row(0)
    assert (first[0], found.is_utc) == (datetime(2025, 8, 25, hour), is_utc)
    assert first[1:] == pytest.approx(told, abs=0.02)
    assert found.remarks == ()


def test_missing_cells_are_missing(tmp_path: Path) -> None:
    assert read_weather(written(tmp_path, OPEN_METEO)).rows["wind_m_s"].to_list()[1] is None
    assert read_weather(written(tmp_path, METEOSTAT)).rows["temperature_c"].to_list()[1] is None


def test_a_zone_for_times_that_tell_none(tmp_path: Path) -> None:
    found = read_weather(written(tmp_path, GERMAN), ZoneInfo("America/Chicago"))
    assert (found.is_utc, found.rows["time"][0]) == (True, datetime(2025, 8, 25, 10))


def test_an_hour_that_is_there_twice(tmp_path: Path) -> None:
    text = "time,temperature_c\n2025-11-02 01:00,9\n2025-11-02 01:00,8\n"
    found = read_weather(written(tmp_path, text))
    assert found.rows["temperature_c"].to_list() == [9.0]
    assert "1 time stood there twice" in found.remarks[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("time,temperature_c\n", "no rows"),
        ("day,temperature_c\n1,2\n", "no column `time`"),
        ("date,temperature_c\n2025-01-01,2\n", "no `hour`"),
        ("time,rain\n2025-01-01 01:00,2\n", "no column of temperature"),
        ("time,temperature\n2025-01-01 01:00,2\n", "the unit of `temperature` is not told"),
        ("time,temperature_c\n2025-01-01 01:00,2\nsoon,3\n", "line 3, column `time`: 'soon'"),
        ("Date,Hour,temp\n9/1/2025,5,20\n", "line 2, column `Date`: '9/1/2025' can be"),
        ("time,temperature_c\n2025-01-01 01:00,warm\n", "line 2, column `temperature_c`: 'warm'"),
        ("time,temperature_c\n2025-01-01 01:00,99\n", "line 2, column `temperature_c`: 99 cannot be"),
        ("time,wind_m_s\n2025-01-01 01:00,-1\n", "wind_m_s is 0 to 110"),
        ("year,month,day,hour,temp\n2025,2,30,1,5\n", "line 2: 2025-2-30 is no day"),
        ("year,month,day,hour,temp\n2025,2,3,25,5\n", "'25' is no hour"),
        (
            "time,temperature_c\n2025-01-01 01:00,2\n2025-01-01T02:00Z,3\n",
            "line 3: this time has a zone and others have none",
        ),
        ("utc_offset_seconds,x\nlate,1\ntime,temp\n", "is no number of seconds"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        read_weather(written(tmp_path, text))
    assert said in str(error.value)
