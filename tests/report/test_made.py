from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from tests.workspaces import Deer, build
from thumper_core.report.made import Made, note_made, when_made
from thumper_core.report.write import NAMES, write_reports


def test_a_report_says_when_it_was_made_and_of_which_days(tmp_path: Path) -> None:
    ranch = build(tmp_path, [Deer("buck", 3)], drawn=False)
    begun = datetime.now(UTC)
    write_reports(ranch, ["csv", "weekly"])
    for name in ("csv", "weekly"):
        made = when_made(ranch.reports_dir / NAMES[name])
        assert abs((made.at - begun).total_seconds()) < 60
        assert made.period.startswith(("from ", "on "))
        assert made.sentence.endswith(f"UTC, of photos {made.period}")


def test_what_was_written_elsewise_since_has_no_period(tmp_path: Path) -> None:
    report = tmp_path / "herd-report.html"
    report.write_text("a")
    os.utime(report, (1e9, 1e9))
    note_made(report, "from 1 to 30 Sep 2026")
    assert when_made(report) == Made(
        datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC), "from 1 to 30 Sep 2026"
    )
    os.utime(report, (2e9, 2e9))
    assert when_made(report).sentence == "Made 18 May 2033, 03:33 UTC"
    (tmp_path / "made.json").write_text("nonsense")
    assert when_made(report).period == ""
