"""Zones of cameras' clocks: the setting, and wall clock to a time with a zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from thumper_core.contracts import UsageError
from thumper_core.stage import Stage

AUTO: Final = "auto"
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})")


class ClockSettings(Stage):
    """What zone the cameras' clocks keep. It enters no fingerprint."""

    zone: str = Field(
        AUTO,
        description="Zone of the cameras' clocks, America/Chicago or -06:00: for sun and weather. "
        "auto: this computer's where it fits the cameras' longitude, else the longitude's own.",
    )

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name != AUTO:
            try:
                zone(name)
            except UsageError as error:
                raise ValueError(str(error)) from error
        return name


def zone(name: str | None) -> tzinfo | None:
    """A zone from `America/Chicago`, `+02:00` or `UTC`; None: this computer's zone.

    Raises UsageError for anything else.
    """
    if name is None:
        return None
    match = _OFFSET.fullmatch(name)
    if match:
        minutes = int(match[2]) * 60 + int(match[3])
        if minutes < 24 * 60:
            return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes))
    elif name.upper() in ("UTC", "Z"):
        return UTC
    else:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            pass
    raise UsageError(f"A timezone is a name such as America/Chicago, or +02:00, not {name!r}.")


def stamped(at: datetime, where: tzinfo | None) -> str:
    """Wall-clock time with its zone: `2026-10-03T06:41:00-0500` as ISO 8601 with a colon."""
    try:
        local = at.replace(tzinfo=where) if where is not None else at.astimezone()
    except (OverflowError, ValueError, OSError):  # a broken clock's year 1 or 9999
        local = at.replace(tzinfo=UTC)
    return local.isoformat(timespec="seconds")
