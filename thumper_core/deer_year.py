"""The deer year: from the day on which one season ends and the next begins, 1 May unless set otherwise."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Self

from pydantic import Field, model_validator

from thumper_core.stage import Stage


class DeerYear(Stage):
    """When a deer year begins; it goes by the calendar year of that day. It enters no fingerprint."""

    starts_month: int = Field(5, ge=1, le=12, description="Month in which a deer year begins.")
    starts_day: int = Field(1, ge=1, le=31, description="Day of that month on which it begins.")

    @model_validator(mode="after")
    def _is_a_day(self) -> Self:
        if self.starts_day > monthrange(2001, self.starts_month)[1]:  # 2001: a year of 365 days
            raise ValueError(
                f"not every year has a day {self.starts_day} in month {self.starts_month}"
            )
        return self

    def of(self, day: date) -> int:
        """The deer year that a day belongs to."""
        return day.year - ((day.month, day.day) < (self.starts_month, self.starts_day))

    def first_day(self, year: int) -> date:
        """The day on which a deer year begins."""
        return date(year, self.starts_month, self.starts_day)

    def label(self, year: int) -> str:
        """`2026/27`; `2026` where deer years are calendar years.

        >>> DeerYear().label(2026), DeerYear(starts_month=1).label(2026)
        ('2026/27', '2026')
        """
        if (self.starts_month, self.starts_day) == (1, 1):
            return str(year)
        return f"{year}/{(year + 1) % 100:02d}"

    def sql(self, column: str) -> str:
        """SQL: the deer year of a column of times."""
        starts = self.starts_month * 100 + self.starts_day
        return (
            f"(year({column}) - cast(month({column}) * 100 + day({column}) < {starts} as integer))"
        )
