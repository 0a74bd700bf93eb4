"""The time a file's name carries.

A date without a time of day is not a time: a burst or an hour of activity made of it would be
invented. Digits that may as well be a counter (`20210528_0041`) are not taken for one either.
"""

from __future__ import annotations

import re
from datetime import datetime

_TIME_IN_NAME = re.compile(
    r"""
    (?<!\d)
    (?P<year>(?:19|20)\d\d) (?P<ds>[-_.:/]?) (?P<month>\d\d) (?P=ds) (?P<day>\d\d)
    (?: T | [ ]at[ ] | [ _.@+-]{1,3} | (?=\d) )
    (?P<hour>\d\d)
    (?: (?P<ts>[-_.:h]) (?P<minute>\d\d) (?: (?:(?P=ts)|m) (?P<second>\d\d) s? )?
      | (?P<minute2>\d\d) (?P<second2>\d\d) (?: [._]? (?P<millisecond>\d{3}) )? )
    (?!\d)
    (?: [ _]? (?P<half>[ap])m \b )?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_YEARS = range(1990, 2100)


def time_in_name(name: str) -> datetime | None:
    """The camera's wall-clock time in a file name, or None where it carries no full one.

    Reads a date in year, month, day order with a time of day behind it, such as
    `IMG_20240105_061530.jpg`, `20240105061530.JPG`, `2024-01-05 06-15-30 M 1_3.JPG`,
    `cam__2024-01-05__06-15-30(1).jpg`, `2024-01-05 at 06.15.30 PM.jpeg`; separated hours and
    minutes do without seconds, run-together ones do not.
    """
    for match in _TIME_IN_NAME.finditer(name):
        found = _as_time(match)
        if found is not None:
            return found
    return None


def _as_time(match: re.Match[str]) -> datetime | None:
    """The match as a time; None where a part is out of its range."""
    part = match.groupdict()
    year, month, day, hour = (int(part[key]) for key in ("year", "month", "day", "hour"))
    if year not in _YEARS:
        return None
    if part["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if part["half"].lower() == "p" else 0)
    minute = int(part["minute"] or part["minute2"])
    second = int(part["second"] or part["second2"] or 0)
    try:
        return datetime(
            year, month, day, hour, minute, second, int(part["millisecond"] or 0) * 1000
        )
    except ValueError:
        return None
