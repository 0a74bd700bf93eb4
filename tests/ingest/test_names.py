from __future__ import annotations

from datetime import datetime
from datetime import time as clock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thumper_core.contracts import TimePrecision
from thumper_core.ingest.names import NamedTime, NameFacts, read_name

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
        ("PXL_20240105_061530123.jpg", MORNING.replace(microsecond=123_000)),
        ("2024-01-05T06-15-30.123.jpg", MORNING.replace(microsecond=123_000)),
        ("signal-2024-01-05-06-15-30-123.jpg", MORNING),
        ("20240105_061530_123.jpg", MORNING),  # the 123rd, as likely as milliseconds
        ("20240105T061530Z.jpg", MORNING),
        ("20240105T061530-0600.jpg", MORNING),
        ("20240105 06h15.jpg", datetime(2024, 1, 5, 6, 15)),
        ("AABP_13_20051007_1205.jpg", datetime(2005, 10, 7, 12, 5)),
        # hours of one digit, and of twelve
        ("2024-01-05 6-15-30.jpg", MORNING),
        ("Screen Shot 2024-01-05 at 6.15.30 PM.png", datetime(2024, 1, 5, 18, 15, 30)),
        ("Screenshot 2024-01-05 at 6.15.30\u202fPM.png", datetime(2024, 1, 5, 18, 15, 30)),
        ("Screenshot 2024-01-05 at 6.15.30\xa0p.m..png", datetime(2024, 1, 5, 18, 15, 30)),
        ("WhatsApp Image 2024-01-05 at 12.15.30 AM (2).jpeg", datetime(2024, 1, 5, 0, 15, 30)),
        ("2024-01-05 6-15 AM.jpg", datetime(2024, 1, 5, 6, 15)),
        # year last, where day and month can be only one way round
        ("20-02-2026 09-49-14.jpg", datetime(2026, 2, 20, 9, 49, 14)),
        ("02-20-2026 09-49-14 AM.jpg", datetime(2026, 2, 20, 9, 49, 14)),
        ("13.11.2024 06.41.10.jpg", datetime(2024, 11, 13, 6, 41, 10)),
        ("5_5_2024 6-41-10 PM.jpg", datetime(2024, 5, 5, 18, 41, 10)),
        ("13112024064110.jpg", datetime(2024, 11, 13, 6, 41, 10)),
        ("01-06-2026_14-37-15.jpg", None),
        ("01062026143715.jpg", None),
        # but Tactacam's are month first
        ("016719001060737-28-4-01062026143715-SYFW00012.jpg", datetime(2026, 1, 6, 14, 37, 15)),
        ("016719001060737-28-4-13062026143715-SYFW00012.jpg", datetime(2026, 6, 13, 14, 37, 15)),
        # counters and numbers
        ("202401050041.jpg", None),
        ("IMAG0104.JPG", None),
        ("1704435330.jpg", None),  # seconds since 1970 are no wall clock, nor certainly a time
        ("1704435330123.jpg", None),
        ("IMG_0005.JPG", None),
        ("120240105061530.jpg", None),
        ("2024010506153012.jpg", None),
        ("8842000101201530.jpg", None),
        # out of range
        ("20241305_061530.jpg", None),
        ("20230229_061530.jpg", None),
        ("19020105_061530.jpg", None),
        ("31-02-2024 06-15-30.jpg", None),
        ("", None),
    ],
)
def test_time_in_name(name: str, expected: datetime | None) -> None:
    time = read_name(name).time
    assert (time and time.at) == expected
    assert time is None or time.precision != TimePrecision.DAY


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("IMG_20240105_061530123.jpg", TimePrecision.SUBSECOND),
        ("IMG_20240105_061500.jpg", TimePrecision.SECOND),
        ("2024-01-05 06-15.jpg", TimePrecision.MINUTE),
        ("20240105_0615.jpg", TimePrecision.MINUTE),
        ("20240105.jpg", TimePrecision.DAY),
        ("IMG-20240105-WA0001.jpg", TimePrecision.DAY),
        ("2024-01-05_SYFR0041.JPG", TimePrecision.DAY),
        ("Plains_S012_2024-01-05_human_vehicle.jpg", TimePrecision.DAY),
        # what stands behind the day is a counter, or might be one, or no time
        ("20240105_0041.jpg", TimePrecision.DAY),
        ("20240105_2415.jpg", TimePrecision.DAY),
        ("2024-01-05_3-15.jpg", TimePrecision.DAY),
        ("20240105_246060.jpg", TimePrecision.DAY),
        ("2024-01-05 24-10-00.jpg", TimePrecision.DAY),
        ("2024-01-05 13.15.30 PM.jpeg", TimePrecision.DAY),
        # day and month
        ("05.05.2024.jpg", TimePrecision.DAY),
        ("25-12-2024.jpg", TimePrecision.DAY),
        ("05.06.2024.jpg", None),
        # from when to when?
        ("2024-01-05_2024-01-06.jpg", None),
    ],
)
def test_how_exact_the_time_in_a_name_is(name: str, precision: TimePrecision | None) -> None:
    time = read_name(name).time
    assert (time and time.precision) == precision
    if precision == TimePrecision.DAY:
        assert isinstance(time, NamedTime) and time.at == datetime.combine(time.at, clock.min)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("IMG_0041.JPG", 41),
        ("RCNX0712.JPG", 712),
        ("1793T_00016.JPG", 16),
        ("IMG_0041(1).JPG", 41),
        ("Copy of IMG_0041 - Copy (2).JPG", 41),
        ("2021-05-28_SYFR0041_deer.JPG", 41),
        ("IMG-20240105-WA0007.jpg", 7),
        ("20210528120000_0041.jpg", 41),
        ("016719001060737-28-4-01062026143715-SYFW00012.jpg", 12),
        ("B013_IMG_0005_empty.jpeg", 5),
        ("20240105_061530.jpg", None),
        ("01-06-2026_14-37-15.jpg", None),
        ("FI9853EP_20241109064110_HDAlarm.jpg", None),
        ("1704435330.jpg", None),
        ("deer7.jpg", None),
        ("", None),
    ],
)
def test_number_in_name(name: str, number: int | None) -> None:
    assert read_name(name).number == number


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)),
    st.sampled_from(["%Y%m%d_%H%M%S", "%Y%m%d%H%M%S", "%Y-%m-%d %H-%M-%S", "%Y.%m.%d_%H:%M:%S"]),
)
def test_what_is_written_is_read(moment: datetime, form: str) -> None:
    moment = moment.replace(microsecond=0)
    assert read_name(f"cam_{moment.strftime(form)}_x.jpg").time == (moment, TimePrecision.SECOND)


@given(st.text())
def test_any_text_is_survived(name: str) -> None:
    assert isinstance(read_name(name), NameFacts)
