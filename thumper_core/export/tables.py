"""The herd as plain tables: a folder of CSV files, or one XLSX workbook with a sheet for each."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.export import source
from thumper_core.export.files import csv_text, safe_cell, write_file, write_folder

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

MOST_ROWS: Final = 1_048_575
"""Rows below the header that a sheet can hold."""
_MOST_SIGNS: Final = 32_767  # in one cell
_WIDEST: Final = 60  # characters


def tables(workspace: Workspace) -> dict[str, pl.DataFrame]:
    """herd, sightings, detections, photos, cameras: each one row per what its name says."""
    photos, animals = source.media(workspace), source.animals(workspace)
    herd = source.individuals(workspace).drop("best_detection_id")
    sightings = workspace.sql(
        "select individual_id, name, sex, age_class, camera, event_id, started_at, ended_at, "
        "n_detections, best_detection_id from sightings order by started_at, individual_id"
    )
    where = photos.select("photo_id", "file", "camera", "taken_at", "event_id")
    return {
        "herd": herd,
        "sightings": sightings,
        "detections": animals.join(where, on="photo_id", how="left", maintain_order="left"),
        "photos": photos.drop("path_bytes", "camera_from", "camera_to", "offset_s"),
        "cameras": source.deployments(photos, source.scope_of(workspace)),
    }


def csv(workspace: Workspace, out: Path) -> Path:
    """Write each table as a CSV file into the folder `out` and return it."""
    files = {f"{name}.csv": csv_text(frame) for name, frame in tables(workspace).items()}
    return write_folder(out, files, "csv")


def xlsx(workspace: Workspace, out: Path) -> Path:
    """Write all tables as one workbook and return where it is."""
    return write_file(out, workbook(tables(workspace)))


def workbook(sheets: Mapping[str, pl.DataFrame]) -> bytes:
    """An XLSX workbook: a sheet per frame, its header bold and frozen, no cell a formula.

    Raises ThumperError where a frame has more rows than a sheet holds.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    for title, frame in sheets.items():
        if frame.height > MOST_ROWS:
            raise ThumperError(
                f"{title} has {frame.height:,} rows, and a sheet holds {MOST_ROWS:,}. Choose a "
                "shorter period with --from and --to, or export csv."
            )
        sheet = book.create_sheet(_sheet_name(title))
        sheet.freeze_panes = "A2"
        for number, width in enumerate(_widths(frame), 1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        header = []
        for name in frame.columns:
            cell = WriteOnlyCell(sheet, _cell(name))
            cell.font = Font(bold=True)
            header.append(cell)
        sheet.append(header)
        for row in frame.iter_rows():
            sheet.append([_cell(value) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    """A value that openpyxl writes as text, number, time or truth: never as a formula."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    safe = safe_cell(value)
    if isinstance(safe, datetime):
        return safe.replace(tzinfo=None)
    if isinstance(safe, str):
        return ILLEGAL_CHARACTERS_RE.sub("", safe)[:_MOST_SIGNS]
    return safe


def _sheet_name(title: str) -> str:
    return "".join("_" if c in "[]:*?/\\" else c for c in title)[:31] or "Sheet"


def _widths(frame: pl.DataFrame) -> list[float]:
    """Column widths in characters, from the header and the first rows."""
    widths = []
    for name in frame.columns:
        texts = [str(value) for value in frame[name].head(200) if value is not None]
        longest = max([len(name), *(len(t) for t in texts)])
        widths.append(float(min(max(longest, 6) + 2, _WIDEST)))
    return widths
