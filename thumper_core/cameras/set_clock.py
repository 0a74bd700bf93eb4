"""What a person says of a camera's clock: rows of `cameras.csv`, no edit of any photo."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from thumper_core.cameras.clock_rows import Row, offsets_before, with_offset
from thumper_core.cameras.finding import ClockFix, offset_text
from thumper_core.cameras.table import camera_table, save_cameras
from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.store.cameras.names import require_camera
from thumper_core.store.cameras.values import file_numbers
from thumper_core.workspace import Workspace

_TIMES: Final = """
select count(*) as n, count(*) filter (is_time_evidence) as n_timed,
    count(*) filter (taken_at_source = 'file_mtime') as n_by_file_date
from photos where camera = $1 and ($2::timestamp is null or clock_at >= $2::timestamp)
    and ($3::timestamp is null or clock_at < $3::timestamp)
    and ($4::bigint is null or file_number between $4::bigint and $5::bigint)
"""


def set_clock(workspace: Workspace, camera: str, fix: ClockFix) -> list[str]:
    """Write down an offset of a camera's clock, in place of what was there: what that changed.

    Raises UsageError where there is no such camera, or no photo of it in the time.
    """
    name = _known(workspace, camera)
    begins, ends = _moment(fix.begins), _moment(fix.ends)
    if begins and ends and begins >= ends:
        raise UsageError(f"The time ends ({ends}) before it begins ({begins}).")
    numbers = file_numbers(fix.files) if fix.files else None
    first, last = numbers or (None, None)
    count = workspace.sql(_TIMES, [name, begins, ends, first, last]).row(0, named=True)
    if not count["n"]:
        raise UsageError(
            f"{name} has no photo with such a time. --from and --to are by the camera's own clock."
        )
    table = camera_table(workspace)
    old = [row for row in table.to_dicts() if row["name"] == name]
    new = with_offset(old, name, fix.offset_s, begins, ends, fix.files)
    _save(workspace, table, name, new)
    said = [
        f"{counted(count['n'], f'photo of {name} is', f'photos of {name} are')} moved: the clock's "
        f"time {offset_text(fix.offset_s)}."
    ]
    if count["n_by_file_date"]:
        said.append(
            f"{count['n_by_file_date']:,} of them have no time but their file's date, which is no "
            "evidence. If those dates are real: "
            + f'thumper cameras clock "{name}" --trust-file-dates'
        )
    undo = [
        ClockFix.of(seconds, a, b, numbers).command(name)
        for seconds, a, b in offsets_before(old, begins, ends, fix.files)
    ]
    return [*said, "To take it back: " + "; ".join(undo)]


def clock_by_photo(
    workspace: Workspace, camera: str, photo: Path, taken_at: datetime, fix: ClockFix
) -> list[str]:
    """Set a camera's clock by one photo whose time is known; `fix` without its offset.

    Raises UsageError where the photo is not known, or is another camera's.
    """
    name = _known(workspace, camera)
    path = Path(os.path.realpath(photo)).as_posix()
    rows = workspace.sql(
        "select p.camera, p.clock_at, p.taken_at_precision from photos p "
        "where p.root || '/' || p.path in ($1, $2) or ($2 not like '/%' and p.path = $2)",
        [path, str(photo)],
    )
    if rows.is_empty():
        raise UsageError(f"{photo} is no photo that is known by this path. See `thumper add`.")
    row = rows.filter(pl.col("camera") == name)
    if row.is_empty():
        raise UsageError(f"{photo} is a photo of {rows['camera'][0]}, not of {name}.")
    clock_at: datetime = row["clock_at"][0]
    offset_s = round((taken_at - clock_at).total_seconds())
    said = set_clock(workspace, name, ClockFix(offset_s, fix.begins, fix.ends, fix.files))
    return [
        f"Its clock says {clock_at:%Y-%m-%d %H:%M:%S}, so it is {offset_text(offset_s)} off.",
        *said,
    ]


def trust_file_dates(workspace: Workspace, camera: str, *, trust: bool = True) -> list[str]:
    """Say that the dates of a camera's files are when its photos were taken, or take that back."""
    name = _known(workspace, camera)
    table = camera_table(workspace)
    old = [row for row in table.to_dicts() if row["name"] == name]
    _save(workspace, table, name, [row | {"file_dates": True if trust else None} for row in old])
    count = workspace.sql(_TIMES, [name, None, None, None, None]).row(0, named=True)
    n = count["n_by_file_date"]
    if not n:
        return [
            f"No photo of {name} has its time from its file's date; that will count for others."
        ]
    if not trust:
        photos = counted(n, f"photo of {name} has", f"photos of {name} have")
        return [f"{photos} no time that is evidence, but a file's date."]
    return [
        f"{counted(n, f'photo of {name} was', f'photos of {name} were')} taken when the files' dates say.",
        f'To take it back: thumper cameras clock "{name}" --no-trust-file-dates',
    ]


def _save(workspace: Workspace, table: pl.DataFrame, name: str, new: list[Row]) -> None:
    others = [row for row in table.to_dicts() if row["name"] != name]
    known = {row["name"] for row in workspace.sql("from cameras").iter_rows(named=True)}
    kept = [row for row in others if row["name"] in known]  # the rest only photos know
    save_cameras(workspace, pl.DataFrame([*kept, *new], schema=table.schema, orient="row"))


def _known(workspace: Workspace, camera: str) -> str:
    return require_camera(
        camera, workspace.sql("select distinct camera from photos")["camera"].to_list()
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
