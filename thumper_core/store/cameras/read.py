"""`cameras.csv`: where cameras stand, how wrong their clocks are, and from when to when.

A camera may have several rows, one for each deployment: each time it stood somewhere, or ran with
another clock offset.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.store.cameras import values
from thumper_core.store.cameras.names import camera_key
from thumper_core.store.cameras.sheet import Sheet, plain_name, read_sheet

CAMERAS = pl.Schema(
    {
        "name": pl.String(),
        "latitude": pl.Float64(),  # degrees, north positive
        "longitude": pl.Float64(),  # degrees, east positive
        "clock_offset_s": pl.Float64(),  # seconds, to be added to the camera's clock
        "from": pl.Datetime("us"),  # by the camera's clock, inclusive; null: from ever
        "to": pl.Datetime("us"),  # by the camera's clock, exclusive; null: for ever
    }
)
CLOCKS = pl.Schema(
    {
        **CAMERAS,
        "first_file": pl.Int64(),  # of these file numbers only; null: of any
        "last_file": pl.Int64(),  # inclusive
        "file_dates": pl.Boolean(),  # whether the dates of its files are those of its photos
    }
)
_T = TypeVar("_T")
_COLUMNS: Final = ("name", "latitude", "longitude", "clock_offset_s", "clock_offset", "from", "to",
                   "files", "file_dates")  # fmt: skip
_ALSO: Final[Mapping[str, str]] = {
    other: column
    for column, others in {
        "name": "camera camera_name camera_id kamera",
        "latitude": "lat latitude_deg decimal_latitude gps_latitude gps_lat breite breitengrad",
        "longitude": "lon long lng longitude_deg decimal_longitude gps_longitude gps_lon gps_long "
        "länge längengrad laenge laengengrad",
        "clock_offset_s": "offset_s clock_offset_seconds clock_offset_sec",
        "clock_offset": "offset",
        "from": "start begin begins start_date start_time von",
        "to": "end ends until end_date end_time bis",
    }.items()
    for other in others.split()
}
"""What people call the columns besides their names, as `plain_name` gives it."""
KNOWN: Final = frozenset({*_COLUMNS, *_ALSO})


@dataclass(frozen=True)
class CameraFile:
    """A `cameras.csv`. rows: columns and types of CLOCKS; remarks: sentences about what was not
    read, or how; extra: `name, from` and the columns that Thumper has no use for, as text.
    """

    rows: pl.DataFrame
    remarks: tuple[str, ...]
    extra: pl.DataFrame


def read_cameras(path: Path) -> pl.DataFrame:
    """The rows of a `cameras.csv`, columns and types of CAMERAS; no file: no rows.

    The first line names the columns in any order and case: `name`, and as wanted `latitude`,
    `longitude` (degrees), `clock_offset_s` (seconds) or `clock_offset` (`[+-]HH:MM[:SS]`), `from`,
    `to` (`2024-05-01` or `2024-05-01 06:30`), `files` (`100-250`: what the row says holds for file
    names of these numbers only, and comes before rows without), `file_dates` (`yes`: the dates of
    the files are when the photos were taken); a few other names for them (`Lat`, `Lon`, `Camera`)
    do as well, and other columns are left alone. How the table may be written is said in
    `camera_sheet` and `camera_values`. A `to` without a time of day takes in that day, or what of
    it lies before the camera's next row.

    Raises UsageError that names the line, the column, the value and what to write instead.
    """
    return read_camera_file(path).rows.select(list(CAMERAS))


def read_camera_file(path: Path) -> CameraFile:
    """The same with what there is to say about the file. Raises UsageError as `read_cameras`."""
    sheet = read_sheet(path, KNOWN) if path.exists() else None
    columns = _Columns({}, (), {}) if sheet is None else _columns(path, sheet)
    lines = [] if sheet is None else _lines(path, sheet, columns.used)
    deployments = _without_overlaps(path, [line.deployment() for line in lines])
    rows = pl.DataFrame(
        [
            (d.name, d.latitude, d.longitude, d.clock_offset_s, d.begins, d.ends)
            + (d.files or (None, None))
            + (d.file_dates,)
            for d in deployments
        ],
        schema=CLOCKS,
        orient="row",
    )
    extra = rows.select("name", "from").with_columns(
        pl.Series(name, [line.cells[at] for line in lines], pl.String)
        for name, at in columns.unused.items()
    )
    return CameraFile(rows, (*(sheet.remarks if sheet else ()), *columns.remarks), extra)


@dataclass(frozen=True)
class _Deployment:
    line: int
    name: str
    latitude: float | None
    longitude: float | None
    clock_offset_s: float | None
    begins: datetime | None
    ends: datetime | None
    ends_with_day: bool  # `to` was a date alone
    files: tuple[int, int] | None = None
    file_dates: bool | None = None


@dataclass(frozen=True)
class _Columns:
    """used: our column -> place in the row; unused: the others' headers -> place."""

    used: dict[str, int]
    remarks: tuple[str, ...]
    unused: dict[str, int]


def _columns(path: Path, sheet: Sheet) -> _Columns:
    names = [plain_name(cell) for cell in sheet.header]
    used: dict[str, int] = {}
    for column in _COLUMNS:
        exact = [at for at, name in enumerate(names) if name == column]
        # The column's own name comes before what else it may be called.
        found = exact or [at for at, name in enumerate(names) if _ALSO.get(name) == column]
        if len(found) > 1:
            both = " and ".join(f"`{sheet.header[at]}`" for at in found[:2])
            said = f"column `{column}` is there twice" if exact else f"{both} both mean `{column}`"
            raise UsageError(f"{path}, line {sheet.header_line}: {said}; keep one of them.")
        if found:
            used[column] = found[0]
    if "name" not in used:
        raise UsageError(
            f"{path}, line {sheet.header_line}: there is no column `name`; the first line names "
            f"the columns: {', '.join(_COLUMNS)}."
        )
    remarks: list[str] = []
    unused: dict[str, int] = {}
    for at, header in enumerate(sheet.header):
        if at in used.values() or not header:
            continue
        unused.setdefault(header, at)
        near = difflib.get_close_matches(names[at], KNOWN, n=1, cutoff=0.75)
        meant = _ALSO.get(near[0], near[0]) if near else None
        if any(word in names[at] for word in ("lat", "lon", "coord", "position", "gps")):
            meant = meant or "latitude` and `longitude"
        hint = f"; if it is meant to be, call it `{meant}`" if meant else ""
        remarks.append(f"{path.name}: the column `{header}` is not read{hint}.")
    return _Columns(used, tuple(remarks), unused)


def _lines(path: Path, sheet: Sheet, used: Mapping[str, int]) -> list[_Line]:
    width = len(sheet.header)
    lines = []
    for number, cells in sheet.rows:
        more = [cell for cell in cells[width:] if cell]
        nameless = [c for c, header in zip(cells, sheet.header, strict=False) if c and not header]
        if more or nameless:
            said = (
                f"{len(cells)} fields for {width} columns" if more
                else f"{nameless[0]!r} stands in a column without a name"
            )  # fmt: skip
            raise UsageError(
                f"{path}, line {number}: {said}. Put quotes round a value that holds "
                f"{_SIGNS.get(sheet.delimiter, 'a ' + sheet.delimiter)}."
            )
        filled = [*cells[:width], *[""] * (width - len(cells))]
        fields = {column: filled[at] for column, at in used.items()}
        lines.append(_Line(path, number, fields, filled, sheet.delimiter == ","))
    times = [line.fields.get(column, "") for line in lines for column in ("from", "to")]
    order = values.date_order(times)
    return [replace(line, date_order=order) for line in lines]


_SIGNS: Final = {",": "a comma", ";": "a semicolon", "\t": "a tab"}


@dataclass(frozen=True)
class _Line:
    """One line's fields and how to read them."""

    path: Path
    number: int
    fields: Mapping[str, str]
    cells: list[str]
    comma_files: bool
    date_order: values.DateOrder | None = None

    def deployment(self) -> _Deployment:
        name = self.fields["name"]
        if not name:
            raise self.wrong("name", "must not be empty")
        latitude = self._read("latitude", lambda text: values.degrees(text, "latitude"))
        longitude = self._read("longitude", lambda text: values.degrees(text, "longitude"))
        if (latitude is None) != (longitude is None):
            empty = "latitude" if latitude is None else "longitude"
            raise self.wrong(empty, "must be given where the other coordinate is")
        if latitude is not None and longitude is not None:
            self._check_place(latitude, longitude)
        begins, ends = self._moment("from"), self._moment("to")
        ends_at = ends[0] + timedelta(days=ends[1]) if ends else None
        if begins and ends_at and begins[0] >= ends_at:
            raise self.wrong("to", "must be later than `from`")
        return _Deployment(
            self.number, name, latitude, longitude, self._offset_s(),
            begins[0] if begins else None, ends_at, ends is not None and ends[1],
            self._read("files", values.file_numbers), self._read("file_dates", values.yes),
        )  # fmt: skip

    def wrong(self, column: str, why: str) -> UsageError:
        value = self.fields.get(column, "")
        return UsageError(f"{self.path}, line {self.number}, column `{column}`: {value!r} {why}.")

    def _read(self, column: str, read: Callable[[str], _T]) -> _T | None:
        text = self.fields.get(column, "")
        try:
            return read(text) if text else None
        except ValueError as error:
            raise self.wrong(column, str(error)) from None

    def _check_place(self, latitude: float, longitude: float) -> None:
        for column, value, limit in (("latitude", latitude, 90), ("longitude", longitude, 180)):
            if abs(value) > limit:
                swapped = column == "latitude" and abs(value) <= 180 and abs(longitude) <= 90
                hint = "; are latitude and longitude swapped?" if swapped else (
                    "; write degrees such as 47.8512" if abs(value) > 360 else ""
                )  # fmt: skip
                raise self.wrong(column, f"is not between -{limit} and {limit} degrees{hint}")

    def _offset_s(self) -> float | None:
        seconds = self._read(
            "clock_offset_s", lambda text: values.seconds(text, comma_files=self.comma_files)
        )
        written = self._read("clock_offset", values.offset_s)
        if seconds is not None and written is not None:
            raise self.wrong("clock_offset", "is given beside `clock_offset_s`; keep one of them")
        return seconds if written is None else written

    def _moment(self, column: str) -> tuple[datetime, bool] | None:
        return self._read(column, lambda text: values.moment(text, self.date_order))


def _without_overlaps(path: Path, deployments: list[_Deployment]) -> list[_Deployment]:
    """The deployments in the order of the file; UsageError where two of one camera overlap."""
    last: dict[str, list[_Deployment]] = {}
    done: dict[int, _Deployment] = {}
    for row in sorted(deployments, key=lambda d: (d.begins or datetime.min, d.line)):
        earlier = last.setdefault(camera_key(row.name), [])
        for before in [done[one.line] for one in earlier if _same_files(one, row)]:
            if not _overlap(before, row):
                continue
            if not _share_a_day(before, row):
                raise UsageError(
                    f"{path}, line {row.line}, column `from`: camera {row.name!r} is in line "
                    f"{before.line} for the same time; let one end before the other begins."
                )
            done[before.line] = replace(before, ends=row.begins)
        earlier.append(row)
        done[row.line] = row
    return [done[row.line] for row in deployments]


def _same_files(one: _Deployment, other: _Deployment) -> bool:
    """Whether both rows may hold for one photo with none of them before the other."""
    if one.files is None or other.files is None:
        return one.files is other.files
    return one.files[0] <= other.files[1] and other.files[0] <= one.files[1]


def _overlap(before: _Deployment, after: _Deployment) -> bool:
    return before.ends is None or after.begins is None or after.begins < before.ends


def _share_a_day(before: _Deployment, after: _Deployment) -> bool:
    """Whether `after` begins on the day that `before` ends with: the day of the visit."""
    if not before.ends_with_day or before.ends is None or after.begins is None:
        return False
    is_last_day = after.begins >= before.ends - timedelta(days=1)
    return is_last_day and (before.begins is None or before.begins < after.begins)
