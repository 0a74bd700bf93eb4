"""Times of a cron line: the last one, the next one, and the same for systemd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from thumper_core.contracts import UsageError

_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final[tuple[tuple[str, int, int, tuple[str, ...]], ...]] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_HORIZON_DAYS: Final = 366 * 8 + 1  # 29 February may be eight years away
_NAMED: Final = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0",
                 "@monthly": "0 0 1 * *"}  # fmt: skip


@dataclass(frozen=True)
class Cron:
    """A cron line as sets of numbers; Sunday is 0.

    any_day, any_weekday: whether the field begins with `*`. As in crontab(5), a day matches when
    either field does, where both are restricted.
    """

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    any_day: bool
    any_weekday: bool

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Read `minute hour day month weekday`, or @weekly and the like. Raises UsageError."""
        fields = _NAMED.get(text.strip(), text).split()
        if len(fields) != 5:
            raise UsageError(
                f"{text!r} is not a cron line: five fields, minute hour day month weekday, such as "
                '"0 2 * * 0" for Sundays at two.'
            )
        minutes, hours, days, months, weekdays = (
            _numbers(field, *spec) for field, spec in zip(fields, _FIELDS, strict=True)
        )
        return cls(
            text=" ".join(fields),
            minutes=minutes,
            hours=hours,
            days=days,
            months=months,
            weekdays=tuple(sorted({day % 7 for day in weekdays})),
            any_day=fields[2].startswith("*"),
            any_weekday=fields[4].startswith("*"),
        )

    def next_after(self, now: datetime) -> datetime:
        """The first time later than `now`. Raises UsageError where there is none."""
        return self._first(now, 1, lambda at: at > now)

    def last_before(self, now: datetime) -> datetime:
        """The newest time that is not later than `now`. Raises UsageError where there is none."""
        return self._first(now, -1, lambda at: at <= now)

    def on_calendar(self) -> list[str]:
        """The same as `OnCalendar=` values of systemd.time(7)."""
        clock = f"{_listed(self.hours, 24)}:{_listed(self.minutes, 60)}:00"
        months = _listed(self.months, 12)
        days = f"*-{months}-{_listed(self.days, 31)} {clock}"
        weekdays = ",".join(_DAYS[day].capitalize() for day in self.weekdays)
        on_weekdays = f"{weekdays} *-{months}-* {clock}"
        if self.any_weekday or self.any_day:
            everyday = len(self.weekdays) == 7
            return [days if everyday else f"{weekdays} {days}"]
        return [days, on_weekdays]

    def _first(self, now: datetime, step: int, is_wanted: Callable[[datetime], bool]) -> datetime:
        for offset in range(_HORIZON_DAYS):
            day = now + timedelta(days=step * offset)
            if not self._matches(day):
                continue
            for at in self._times(day, step):
                if is_wanted(at):
                    return at
        raise UsageError(f"{self.text!r} never comes.")

    def _matches(self, day: datetime) -> bool:
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        either = self.any_day or self.any_weekday
        return day.month in self.months and (
            (by_day and by_weekday) if either else (by_day or by_weekday)
        )

    def _times(self, day: datetime, step: int) -> Iterator[datetime]:
        for hour in self.hours[::step]:
            for minute in self.minutes[::step]:
                yield day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def _numbers(field: str, what: str, low: int, high: int, names: tuple[str, ...]) -> tuple[int, ...]:
    found: set[int] = set()
    for part in field.lower().split(","):
        span, _, step_text = part.partition("/")
        try:
            step = int(step_text) if step_text else 1
            if span == "*":
                first, last = low, high
            else:
                first_text, dash, last_text = span.partition("-")
                first = _number(first_text, low, names)
                last = _number(last_text, low, names) if dash else (high if step_text else first)
            if step < 1 or not low <= first <= last <= high:
                raise ValueError
        except ValueError:
            raise UsageError(f"{part!r} is no {what} of a cron line ({low} to {high}).") from None
        found.update(range(first, last + 1, step))
    return tuple(sorted(found))


def _number(text: str, low: int, names: tuple[str, ...]) -> int:
    return names.index(text) + low if text in names else int(text)


def _listed(values: tuple[int, ...], n_all: int) -> str:
    return "*" if len(values) == n_all else ",".join(f"{value:02d}" for value in values)
