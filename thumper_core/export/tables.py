"""The herd as plain tables: a folder of CSV files, or one XLSX workbook with a sheet for each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core.contracts import ThumperError
from thumper_core.export.files import csv_text, safe_cell, write_file, write_folder
from thumper_core.export.xlsx_rows import TimeStyles, rows_xml
from thumper_core.questions import source

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

MOST_ROWS: Final = 1_048_575
"""Rows below the header that a sheet can hold."""
_WIDEST: Final = 60  # characters


def tables(workspace: Workspace) -> dict[str, pl.DataFrame]:
    """herd, sightings, detections, photos, cameras: each one row per what its name says."""
    photos, animals = source.media(workspace), source.animals(workspace)
    herd = source.individuals(workspace).drop("best_detection_id")
    sightings = workspace.sql(
        "select individual_id, name, sex, age_class, camera, event_id, started_at, ended_at, "
        "n_detections, best_detection_id, taken_at_precision from sightings "
        "order by started_at, individual_id"
    )
    where = photos.select(
        "photo_id", "file", "camera", "taken_at", "taken_at_precision", "event_id"
    )
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
            cell = WriteOnlyCell(sheet, safe_cell(name))
            cell.font = Font(bold=True)
            header.append(cell)
        sheet.append(header)
        styles = TimeStyles(_style(sheet, "yyyy-mm-dd hh:mm:ss"), _style(sheet, "yyyy-mm-dd"))
    shell = io.BytesIO()
    book.save(shell)
    return _filled(shell, list(sheets.values()), styles) if sheets else shell.getvalue()


def _style(sheet: Any, number_format: str) -> int:
    """The number that the workbook has for cells of this format."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet)
    cell.number_format = number_format
    number: int = cell.style_id
    return number


def _filled(shell: io.BytesIO, frames: list[pl.DataFrame], styles: TimeStyles) -> bytes:
    """The workbook with the frames' rows below its headers, sheet by sheet."""
    parts = {f"xl/worksheets/sheet{number}.xml": frame for number, frame in enumerate(frames, 1)}
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(shell) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name not in parts:
                made.writestr(name, content)
                continue
            before, end, behind = content.partition(b"</sheetData>")
            with made.open(name, "w", force_zip64=True) as part:
                part.write(before)
                for piece in rows_xml(parts[name], styles):
                    part.write(piece.encode())
                part.write(end + behind)
    return buffer.getvalue()


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
