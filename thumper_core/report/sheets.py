"""The herd report as tables: one workbook, or a folder of CSV files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from thumper_core.export.files import csv_text, write_file, write_folder
from thumper_core.export.tables import workbook
from thumper_core.questions import categories, estimates, habits, source, tables
from thumper_core.questions.effort import said_days
from thumper_core.report.pages.content import Content, content

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace


def report_xlsx(
    workspace: Workspace, out: Path, *, title: str | None = None, now: datetime | None = None
) -> Path:
    """Write the report's tables as one workbook; title, now: as for `html.report`."""
    return write_file(out, workbook(report_tables(workspace, title=title, now=now)))


def report_csv(
    workspace: Workspace, out: Path, *, title: str | None = None, now: datetime | None = None
) -> Path:
    """Write the report's tables as CSV files into the folder `out`."""
    made = report_tables(workspace, title=title, now=now)
    files = {f"{name.lower()}.csv": csv_text(frame) for name, frame in made.items()}
    return write_folder(out, files, "report-csv")


def report_tables(
    workspace: Workspace, *, title: str | None = None, now: datetime | None = None
) -> dict[str, pl.DataFrame]:
    """The report's tables by name; each is there even where it is empty."""
    told = content(workspace, title=title, pictures=1, now=now)
    photos = source.media(workspace)
    days = habits.camera_days(photos, source.scope_of(workspace), said_days(workspace))
    given = estimates.answers(estimates.herd_abundance(workspace))
    cards = tables.herd_cards(workspace)
    return {
        "Summary": summary(told),
        "Herd": cards.with_columns(pl.col("cameras").list.join(", ")),
        "Visits": told.visits,
        "Abundance": pl.DataFrame(
            [
                (
                    a.question,
                    a.value,
                    a.interval,
                    a.method,
                    a.reason,
                    " ".join(a.assumptions),
                    a.source,
                )
                for a in given
            ],
            schema=dict.fromkeys(
                (
                    "question",
                    "estimate",
                    "interval_95",
                    "method",
                    "refused_because",
                    "assumptions",
                    "source",
                ),
                pl.String,
            ),
            orient="row",
        ),
        "Activity": categories.activity(told.visits),
        "Moon": habits.by_moon(days, told.visits),
        "Months": habits.by_month(days, told.visits),
        "Movements": habits.movements(told.visits),
        "Together": habits.together(told.visits),
        "Cameras": told.effort,
        "Effort": habits.effort_by_camera(photos, days, told.visits),
        "Failures": pl.DataFrame(
            [
                (f["path"], f["camera"], f["status"], f["reason"], f["message"])
                for f in told.failures
            ],
            schema=dict.fromkeys(("path", "camera", "status", "reason", "message"), pl.String),
            orient="row",
        ),
    }


def summary(told: Content) -> pl.DataFrame:
    """The report's sentences and numbers as rows of name and value."""
    rows = [("Report", told.title), ("Photos from", told.when), ("Made", told.made)]
    rows += [("Selection", text) for text in told.scope]
    rows += [("Summary", text) for text in told.summary]
    rows += [(tile.name, " ".join(filter(None, (tile.value, tile.note)))) for tile in told.tiles]
    rows += [("How sure is this?", text) for text in told.quality.texts]
    rows += [("Warning", text) for text in told.quality.warnings]
    rows += list(told.quality.facts)
    return pl.DataFrame(rows, schema={"what": pl.String, "value": pl.String}, orient="row")
