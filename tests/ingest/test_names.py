from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thumper_core.ingest.names import time_in_name

MORNING = datetime(2024, 1, 5, 6, 15, 30)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IMG_20240105_061530.jpg", MORNING),
        ("20240105061530.JPG", MORNING),
        ("PICT20240105061530_1.JPG", MORNING),
        ("2024-01-05 06-15-30.jpg", MORNING),
        ("2024-01-05 06-15-30 M 1_3.JPG", MORNING),
        ("2024-01-05_06.15.30.png", MORNING),
        ("2024-01-05T06:15:30.png", MORNING),
        ("StationA__2024-01-05__06-15-30(1).JPG", MORNING),
        ("M-12_2024-01-05-06-15-30.jpg", MORNING),
        ("2024_01_05_06_15_30.jpg", MORNING),
        ("2024-01-05 06h15m30s.jpg", MORNING),
        ("WhatsApp Image 2024-01-05 at 06.15.30.jpeg", MORNING),
        ("2024-01-05 06.15.30 PM.jpeg", datetime(2024, 1, 5, 18, 15, 30)),
        ("2024-01-05 12.15.30 am.jpeg", datetime(2024, 1, 5, 0, 15, 30)),
        ("IMG_20240105_061530123.jpg", datetime(2024, 1, 5, 6, 15, 30, 123000)),
        ("2024-01-05 06-15.jpg", datetime(2024, 1, 5, 6, 15)),
        ("20240229_000000.jpg", datetime(2024, 2, 29)),
        ("20249999_061530_20240105_061530.jpg", MORNING),
        # a date alone is not a time
        ("2021-05-28_SYFR0041.JPG", None),
        ("2021-08-08_RCNX0063_fox.JPG", None),
        ("Asian Plains_S012_2022-08-25_human_vehicle.jpg", None),
        ("20240105.jpg", None),
        # counters and numbers
        ("20240105_0041.jpg", None),
        ("202401050041.jpg", None),
        ("IMAG0104.JPG", None),
        ("1704435330123.jpg", None),
        ("IMG_0005.JPG", None),
        ("120240105061530.jpg", None),
        ("2024010506153012.jpg", None),
        # out of range
        ("20241305_061530.jpg", None),
        ("20230229_061530.jpg", None),
        ("20240105_246060.jpg", None),
        ("2024-01-05 13.15.30 PM.jpeg", None),
        ("19020105_061530.jpg", None),
        ("", None),
    ],
)
def test_time_in_name(name: str, expected: datetime | None) -> None:
    assert time_in_name(name) == expected


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)),
    st.sampled_from(["%Y%m%d_%H%M%S", "%Y%m%d%H%M%S", "%Y-%m-%d %H-%M-%S", "%Y.%m.%d_%H:%M:%S"]),
)
def test_what_is_written_is_read(moment: datetime, form: str) -> None:
    moment = moment.replace(microsecond=0)
    assert time_in_name(f"cam_{moment.strftime(form)}_x.jpg") == moment


@given(st.text())
def test_any_text_is_survived(name: str) -> None:
    assert time_in_name(name) is None or isinstance(time_in_name(name), datetime)
