"""What a file's name tells: the time it carries, how exact that is, and the file's number.

A date without a time of day gives the day and no more: a burst or an hour of activity made of it
would be invented. Where day and month could be either way round, the name carries no time, but for
names of one maker's form. Nor do digits that may as well be a counter: `20210528_0041`, seconds
since 1970 (which are no wall clock either). Dates of folders are not asked: they are mostly those
of the day when the card was read.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from thumper_core.contracts import TimePrecision

_YEARS = range(1990, 2100)
_DAY = r"(?: [T] | [ ]at[ ] | ,?[ _.@+-]{1,3} )"
_CLOCK = r"""
    (?: (?P<hour>\d\d?) (?P<ts>[-_.:h]) (?P<minute>\d\d)
        (?: (?:(?P=ts)|m) (?P<second>\d\d) s? (?: [.,] (?P<fraction>\d{3}|\d{6}) (?!\d) )? )?
      | (?P<hour2>\d\d) (?P<minute2>\d\d) (?P<second2>\d\d) (?: [.]? (?P<fraction2>\d{3}) )?
      | (?P<hour3>0[1-9]|1\d|2[0-3]) (?P<minute3>[0-5]\d) (?![-.]\d|_\d\d) )
    (?!\d)
    (?: [ _\u00a0\u202f]? (?P<half>[ap])\.?m\b )?
"""
# The forms of a date: year first; year last, with day and month as they can only be; and the same
# two run together with a full time of day.
_YEAR_FIRST = r"(?P<year>(?:19|20)\d\d) (?P<ds>[-_.:/]) (?P<month>\d\d?) (?P=ds) (?P<day>\d\d?)"
_COMPACT = r"(?P<year>(?:19|20)\d\d) (?P<month>\d\d) (?P<day>\d\d)"
_YEAR_LAST = r"(?P<one>\d\d?) (?P<ds>[-_./]) (?P<two>\d\d?) (?P=ds) (?P<year>(?:19|20)\d\d)"
_RUN = r"(?P<hour>\d\d) (?P<minute>\d\d) (?P<second>\d\d)"
_TIMES = tuple(
    re.compile(rf"(?<!\d) {form} (?!\d)", re.VERBOSE | re.IGNORECASE)
    for form in (
        _COMPACT + _DAY + _CLOCK,
        _YEAR_FIRST + _DAY + _CLOCK,
        _COMPACT + _RUN + r"(?: [._]? (?P<fraction>\d{3}) )?",
        # Tactacam Reveal: IMEI, two counters, MMDDYYYYhhmmss, the camera's own name of the file
        r"(?<=-) (?P<month>\d\d) (?P<day>\d\d) (?P<year>20\d\d)" + _RUN + r"(?= -SY[A-Z]{2}\d )",
        _YEAR_LAST + _DAY + _CLOCK,
        r"(?P<one>\d\d) (?P<two>\d\d) (?P<year>(?:19|20)\d\d)" + _RUN,
    )
)
_DAYS = tuple(
    re.compile(rf"(?<!\d) {form} (?!\d)", re.VERBOSE)
    for form in (
        r"(?P<year>(?:19|20)\d\d) (?P<ds>[-_.:/]?) (?P<month>\d\d) (?P=ds) (?P<day>\d\d)",
        r"(?P<one>\d\d) (?P<ds>[-_./]) (?P<two>\d\d) (?P=ds) (?P<year>(?:19|20)\d\d)",
    )
)
_YEAR = re.compile(r"19\d\d|20\d\d")  # a name without one carries no date: most names, at once
_NUMBER = re.compile(r"(?<!\d)\d{3,8}(?![^\W_])")


class NamedTime(NamedTuple):
    """A time that a file's name carries.

    at: wall clock; of a day alone its midnight; precision: `subsecond` to `day`.
    """

    at: datetime
    precision: TimePrecision


class NameFacts(NamedTuple):
    """What a file's name tells.

    time: its wall-clock time, or the day; number: by which a camera counts its files, 41 of
    `IMG_0041.JPG`: the last run of three to eight digits that belongs to no date or time.
    """

    time: NamedTime | None
    number: int | None


def read_name(name: str) -> NameFacts:
    """The time and the number in a file name (without folders), each None where it has none.

    Reads `IMG_20240105_061530.jpg`, `20240105061530.JPG`, `2024-01-05 06-15-30 M 1_3.JPG`,
    `cam__2024-01-05__06-15-30(1).jpg`, `2024-01-05 at 6.15.30 PM.jpeg`, `13.11.2024 06.41.10.jpg`,
    `20051007_1205.jpg` and their like. A zone behind the time is left alone.
    """
    if not _YEAR.search(name):  # every `add` asks every name again
        runs = _NUMBER.findall(name)
        return NameFacts(None, int(runs[-1]) if runs else None)
    time, spans = _time_and_spans(name)
    number = None
    for run in _NUMBER.finditer(name):
        if not any(begin < run.end() and run.start() < end for begin, end in spans):
            number = int(run[0])
    return NameFacts(time, number)


def _time_and_spans(name: str) -> tuple[NamedTime | None, list[tuple[int, int]]]:
    """The time in a name, and which of its characters are those of dates and times."""
    for form in _TIMES:
        for match in form.finditer(name):
            found = _as_time(match.groupdict())
            if found is not None:
                return found, [match.span()]
    dates = [match for form in _DAYS for match in form.finditer(name)]
    days = {day for match in dates if (day := _midnight(match.groupdict())) is not None}
    found = NamedTime(days.pop(), TimePrecision.DAY) if len(days) == 1 else None
    return found, [match.span() for match in dates]


def _midnight(part: dict[str, str | None]) -> datetime | None:
    """A match's day; None where it is none, or not certain."""
    day = _as_day(part)
    try:
        return datetime(*day) if day else None
    except ValueError:
        return None


def _as_time(part: dict[str, str | None]) -> NamedTime | None:
    """A match's parts as a time; None where one is out of its range, or the day is not certain."""
    day = _as_day(part)
    if day is None:
        return None
    get = part.get
    hour = get("hour") or get("hour2") or get("hour3")
    minute = get("minute") or get("minute2") or get("minute3")
    second, fraction = get("second") or get("second2"), get("fraction") or get("fraction2")
    hours = int(hour or 0)
    half = get("half")
    if hour and len(hour) == 1 and not half and second is None:
        return None  # `2024-01-05_3-15` may as well be the third of fifteen
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.lower() == "p" else 0)
    try:
        at = datetime(
            *day, hours, int(minute or 0), int(second or 0), int((fraction or "0").ljust(6, "0"))
        )
    except ValueError:
        return None
    if second is None:
        return NamedTime(at, TimePrecision.MINUTE)
    return NamedTime(at, TimePrecision.SUBSECOND if fraction else TimePrecision.SECOND)


def _as_day(part: dict[str, str | None]) -> tuple[int, int, int] | None:
    """Year, month, day of a match; None where day and month may be either way round."""
    year = int(part["year"] or 0)
    if year not in _YEARS:
        return None
    one, two = part.get("one"), part.get("two")
    if one and two:
        a, b = int(one), int(two)
        if a != b and max(a, b) <= 12:
            return None
        month, day = (b, a) if a > 12 else (a, b)
    else:
        month, day = int(part["month"] or 0), int(part["day"] or 0)
    return year, month, day
