"""The deer year of a day, its label, and the same in SQL."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.contracts import UsageError
from thumper_core.deer_year import DeerYear
from thumper_core.settings import Settings

DB = duckdb.connect()


@pytest.mark.parametrize(
    ("starts", "day", "year", "label"),
    [
        ((5, 1), date(2026, 4, 30), 2025, "2025/26"),
        ((5, 1), date(2026, 5, 1), 2026, "2026/27"),
        ((5, 1), date(2027, 1, 1), 2026, "2026/27"),
        ((1, 1), date(2026, 12, 31), 2026, "2026"),
        ((9, 15), date(2099, 9, 15), 2099, "2099/00"),
        ((2, 28), date(2028, 2, 29), 2028, "2028/29"),
    ],
)
def test_a_day_belongs_to_the_year_that_began_last(
    starts: tuple[int, int], day: date, year: int, label: str
) -> None:
    deer_year = DeerYear(starts_month=starts[0], starts_day=starts[1])
    assert deer_year.of(day) == year
    assert deer_year.label(year) == label


@settings(deadline=None, max_examples=30)
@given(day=st.dates(date(1999, 1, 1), date(2040, 1, 1)), month=st.integers(1, 12))
def test_sql_says_the_same(day: date, month: int) -> None:
    deer_year = DeerYear(starts_month=month, starts_day=7)
    asked = f"select {deer_year.sql('t.taken')} from (select date '{day}' as taken) t"
    assert DB.execute(asked).fetchone() == (deer_year.of(day),)


def test_it_is_a_setting_that_is_checked_and_kept(tmp_path: Path) -> None:
    changed = Settings().replace("seasons", starts_month=10, starts_day=31)
    changed.save(tmp_path / "thumper.toml")
    kept = Settings.load(tmp_path / "thumper.toml").seasons
    assert (kept.of(date(2026, 10, 30)), kept.of(date(2026, 10, 31))) == (2025, 2026)
    with pytest.raises(UsageError, match="not every year has a day 29 in month 2"):
        Settings().replace("seasons", starts_month=2, starts_day=29)
    with pytest.raises(UsageError, match="starts_month"):
        Settings().replace("seasons", starts_month=13)
