"""Reports by the name of their format."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from thumper_core.contracts import UsageError
from thumper_core.language import ENGLISH, speaking
from thumper_core.questions import tables, words
from thumper_core.report.made import note_made

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

NAMES: Final[dict[str, str]] = {
    "html": "herd-report.html",
    "pdf": "herd-report.pdf",
    "xlsx": "herd-report.xlsx",
    "csv": "herd-report-csv",
    "weekly": "weekly-summary",
    "lease": "lease-report.pdf",
}
"""Format -> name of its file, or folder for `csv` and `weekly`."""


def read_formats(text: str) -> list[str]:
    """`html,pdf` as a list without repetitions. UsageError names the formats there are."""
    wanted = list(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    unknown = [name for name in wanted if name not in NAMES]
    if unknown or not wanted:
        raise UsageError(
            f"--format takes some of {', '.join(NAMES)}, not {', '.join(unknown) or 'nothing'}."
        )
    return wanted


def write_reports(
    workspace: Workspace,
    formats: Sequence[str],
    out: Path | None = None,
    *,
    title: str | None = None,
    now: datetime | None = None,
    locale: str = ENGLISH,
) -> list[Path]:
    """Write the reports and return where they are, in the order of `formats`.

    locale: of the lease report, as `language.known` gives it; the others are in English.

    out: a folder, or for a single format the very file (by its ending) or the very folder (`csv`,
    `weekly`); None: the workspace's reports folder. title, now: as for `html.report`.

    >>> from thumper_core import Workspace, write_reports
    >>> [path.name for path in write_reports(Workspace.open("ranch"), ["html", "csv"])]
    ['herd-report.html', 'herd-report-csv']
    """
    folder = workspace.reports_dir if out is None else out
    if out is not None and len(formats) == 1 and not _holds_reports(out, formats[0]):
        return [_write(workspace, formats[0], out, title, now, locale)[0]]
    whole = words.period(*tables.span(workspace)) if out is None else ""
    written = []
    for name in formats:
        target, days = _write(workspace, name, folder / NAMES[name], title, now, locale)
        written.append(target)
        if out is None:
            note_made(target, days or whole)
    return written


def _holds_reports(out: Path, name: str) -> bool:
    """Whether `out` is a folder to put the report into, rather than the report itself."""
    ending = Path(NAMES[name]).suffix
    return bool(ending) and (out.is_dir() or out.suffix.lower() != ending)


def _write(
    workspace: Workspace,
    name: str,
    target: Path,
    title: str | None,
    now: datetime | None,
    locale: str,
) -> tuple[Path, str]:
    """Where it is, and of which days; "" where it tells of all photos."""
    from thumper_core.report import lease, pdf, sheets
    from thumper_core.report.pages import html, weekly

    if name == "html":
        return html.report(workspace, target, title=title, now=now), ""
    if name == "pdf":
        return pdf.report_pdf(workspace, target, title=title, now=now), ""
    if name == "lease":
        with speaking(locale):
            return lease.lease_report(workspace, target, title=title, now=now), ""
    if name == "xlsx":
        return sheets.report_xlsx(workspace, target, title=title, now=now), ""
    if name == "csv":
        return sheets.report_csv(workspace, target, title=title, now=now), ""
    told = weekly.weekly(workspace, title=title, now=now)
    return weekly.write_weekly(told, target), f"from {told.period}"
