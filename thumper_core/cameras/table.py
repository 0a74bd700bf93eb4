"""The workspace's cameras as a table that people edit: `cameras.csv`, checked before it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.files import write_whole
from thumper_core.store.cameras.names import camera_key
from thumper_core.store.cameras.read import read_camera_file, read_cameras
from thumper_core.workspace import Workspace

PLAIN: Final = ("name", "latitude", "longitude", "clock_offset_s", "from", "to")
COLUMNS: Final = (*PLAIN, "files", "file_dates")
"""Of the table; the last two are kept in the file only where a row says something in them."""


def camera_table(workspace: Workspace) -> pl.DataFrame:
    """Cameras that are written down, then those that only photos know: COLUMNS.

    >>> from thumper_core import Workspace, camera_table
    >>> camera_table(Workspace.open("ranch")).select("name", "clock_offset_s").rows()
    [('Creek', 0.0), ('North feeder', 0.0)]
    """
    written = written_cameras(workspace)
    names = workspace.sql("select distinct camera as name from photos order by 1")
    unknown = names.join(written, on="name", how="anti")
    return pl.concat([written, unknown], how="diagonal").with_columns(
        pl.col("clock_offset_s").fill_null(0)
    )


def written_cameras(workspace: Workspace) -> pl.DataFrame:
    """Of the table, the rows of `cameras.csv`."""
    rows = workspace.sql("select *, first_file || '-' || last_file as files from cameras")
    return rows.select(COLUMNS)


def save_cameras(workspace: Workspace, table: pl.DataFrame) -> None:
    """Keep the table, whole or not at all. Raises UsageError where a row cannot be right.

    Written plainly whatever the file was like: UTF-8, commas, points, ISO times. Columns that
    Thumper has no use for stay with the rows they were beside.

    >>> import polars as pl
    >>> from thumper_core import Workspace, camera_table, save_cameras
    >>> ranch = Workspace.open("ranch")
    >>> save_cameras(ranch, camera_table(ranch).with_columns(clock_offset_s=pl.lit(3600.0)))
    >>> camera_table(ranch)["clock_offset_s"].to_list()
    [3600.0, 3600.0]
    """
    path = workspace.cameras_csv
    missing = [name for name in COLUMNS if name not in table.columns]
    rows = table.with_columns(pl.lit(None).alias(name) for name in missing).select(COLUMNS)
    rows = rows.filter(pl.col("name").is_not_null() & (pl.col("name").str.strip_chars() != ""))
    whole = _with_extra(rows, read_camera_file(path).extra)
    silent = [name for name in COLUMNS if name not in PLAIN and not whole[name].is_not_null().any()]
    whole = whole.drop(silent)

    def write(temporary: Path) -> None:
        whole.write_csv(temporary, datetime_format="%Y-%m-%d %H:%M:%S")
        try:
            read_cameras(temporary)
        except UsageError as error:
            raise UsageError(str(error).replace(str(temporary), path.name)) from error

    write_whole(path, write)


def _with_extra(rows: pl.DataFrame, extra: pl.DataFrame) -> pl.DataFrame:
    """Rows with the other columns of the file: of the same camera and time, else of the camera."""
    more = [name for name in extra.columns if name not in COLUMNS]
    keyed = _keyed(extra)
    by_name = keyed.unique("key", keep="first").drop("name", "from")
    by_row = keyed.unique(["key", "from"], keep="first").drop("name")
    joined = (
        _keyed(rows.with_columns(pl.col("from").cast(pl.Datetime("us"))))
        .join(by_row, on=["key", "from"], how="left", nulls_equal=True, maintain_order="left")
        .join(
            by_name.rename({n: f"{n} " for n in more}), on="key", how="left", maintain_order="left"
        )
    )
    return joined.select(*COLUMNS, *(pl.coalesce(n, f"{n} ").alias(n) for n in more))


def _keyed(rows: pl.DataFrame) -> pl.DataFrame:
    keys = [camera_key(name) for name in rows["name"]]
    return rows.with_columns(pl.Series("key", keys, pl.String))
