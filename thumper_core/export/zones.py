"""Wall clock to a time with a zone, for formats that demand one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from thumper_core.contracts import UsageError

_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})")


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
    raise UsageError(f"--timezone takes a name such as America/Chicago or +02:00, not {name!r}.")


def stamped(at: datetime, where: tzinfo | None) -> str:
    """Wall-clock time with its zone: `2026-10-03T06:41:00-0500` as ISO 8601 with a colon."""
    try:
        local = at.replace(tzinfo=where) if where is not None else at.astimezone()
    except (OverflowError, ValueError, OSError):  # a broken clock's year 1 or 9999
        local = at.replace(tzinfo=UTC)
    return local.isoformat(timespec="seconds")
