"""Times of a cron line: the last one, the next one (by cronsim), and the same for systemd."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cronsim import CronSim, CronSimError

from thumper_core.contracts import UsageError

_DAYS: Final = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_NAMED: Final = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0",
                 "@monthly": "0 0 1 * *"}  # fmt: skip
_FORM: Final = 'five fields, minute hour day month weekday, such as "0 2 * * 0" for Sundays at two.'


@dataclass(frozen=True)
class Cron:
    """A cron line as crontab(5) has it, in the machine's local time without a zone.

    text: its five fields. A day matches when either of day and weekday does, where both are
    restricted.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Read `minute hour day month weekday`, or @weekly and the like.

        Raises UsageError for what is no such line, or names a day that never comes.
        """
        fields = _NAMED.get(text.strip(), text).split()
        if len(fields) != 5:
            raise UsageError(f"{text!r} is not a cron line: {_FORM}")
        line = " ".join(fields)
        try:
            sim = CronSim(line, datetime.min)
        except CronSimError as error:
            raise UsageError(
                f"{text!r} is not a cron line ({str(error).lower()}): {_FORM}"
            ) from None
        # cronsim knows the last day and the third Friday too; crontab(5) and systemd do not.
        if min(sim.days) < 1 or not all(isinstance(day, int) for day in sim.weekdays):
            raise UsageError(f"{text!r} is not a cron line (L, W and # are not known): {_FORM}")
        return cls(line)

    def next_after(self, now: datetime) -> datetime:
        """The first time later than `now`."""
        return next(CronSim(self.text, now))

    def last_before(self, now: datetime) -> datetime:
        """The newest time that is not later than `now`."""
        later = now.replace(microsecond=0) + timedelta(seconds=1)
        return next(CronSim(self.text, later, reverse=True))

    def on_calendar(self) -> list[str]:
        """The same as `OnCalendar=` values of systemd.time(7)."""
        sim = CronSim(self.text, datetime.min)
        clock = f"{_listed(sim.hours, 24)}:{_listed(sim.minutes, 60)}:00"
        months = _listed(sim.months, 12)
        days = f"*-{months}-{_listed(sim.days, 31)} {clock}"
        chosen = sorted({day % 7 for day in sim.weekdays if isinstance(day, int)})
        weekdays = ",".join(_DAYS[day] for day in chosen)
        if sim.day_and:
            return [days if len(chosen) == 7 else f"{weekdays} {days}"]
        return [days, f"{weekdays} *-{months}-* {clock}"]


def _listed(values: Collection[int], n_all: int) -> str:
    return "*" if len(values) == n_all else ",".join(f"{value:02d}" for value in sorted(values))
