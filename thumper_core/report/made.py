"""When the reports in a workspace's folder were made, and of which days: noted beside them."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from thumper_core.files import write_whole
from thumper_core.language import say
from thumper_core.questions.words import moment

_FILE: Final = "made.json"


@dataclass(frozen=True)
class Made:
    """at: UTC; period: of the photos that it tells of, in words, "" where that was not noted."""

    at: datetime
    period: str = ""

    @property
    def sentence(self) -> str:
        """`Made 3 Oct 2026, 06:41 UTC, of photos from 1 to 30 Sep 2026`."""
        told = say("Made {moment} UTC", moment=moment(self.at))
        return (
            say("{told}, of photos {period}", told=told, period=self.period)
            if self.period
            else told
        )


def note_made(report: Path, period: str) -> None:
    """Note of which days a report is that was just written; a disk that refuses costs the note alone."""
    with suppress(OSError):
        noted = _noted(report.parent)
        noted[report.name] = {"period": period, "mtime_ns": report.stat().st_mtime_ns}
        write_whole(report.parent / _FILE, json.dumps(noted))


def when_made(report: Path) -> Made:
    """Of a report that is there. One that was written elsewise since has no period. Raises OSError.

    >>> from thumper_core import Workspace, when_made, write_reports
    >>> (report,) = write_reports(Workspace.open("ranch"), ["html"])
    >>> when_made(report).period
    'from 28 Sep to 3 Oct 2026'
    """
    written_ns = report.stat().st_mtime_ns
    noted = _noted(report.parent).get(report.name)
    period = ""
    if isinstance(noted, dict) and noted.get("mtime_ns") == written_ns:
        period = str(noted.get("period", ""))
    return Made(datetime.fromtimestamp(written_ns / 1e9, UTC), period)


def _noted(folder: Path) -> dict[str, Any]:
    try:
        noted = json.loads((folder / _FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}
