"""The workspace's cameras as a table that people edit: `cameras.csv`, checked before it is kept."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.files import write_whole
from thumper_core.store.cameras import read_cameras
from thumper_core.workspace import Workspace

COLUMNS = ("name", "latitude", "longitude", "clock_offset_s", "from", "to")


def camera_table(workspace: Workspace) -> pl.DataFrame:
    """Cameras that are written down, then those that only photos know: COLUMNS."""
    written = read_cameras(workspace.cameras_csv).select(COLUMNS)
    names = workspace.sql("select distinct camera as name from photos order by 1")
    unknown = names.join(written, on="name", how="anti")
    return pl.concat([written, unknown], how="diagonal").with_columns(
        pl.col("clock_offset_s").fill_null(0)
    )


def save_cameras(workspace: Workspace, table: pl.DataFrame) -> None:
    """Keep the table, whole or not at all. Raises UsageError where a row cannot be right."""
    rows = table.select(COLUMNS).filter(
        pl.col("name").is_not_null() & (pl.col("name").str.strip_chars() != "")
    )
    path = workspace.cameras_csv

    def write(temporary: Path) -> None:
        rows.write_csv(temporary, datetime_format="%Y-%m-%d %H:%M:%S")
        try:
            read_cameras(temporary)
        except UsageError as error:
            raise UsageError(str(error).replace(str(temporary), path.name)) from error

    write_whole(path, write)
