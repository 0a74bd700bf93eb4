"""`cameras.csv`: where cameras stand, how wrong their clocks are, and from when to when.

A camera may have several rows, one for each deployment: each time it stood somewhere, or ran with
another clock offset.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.store.camera_names import camera_key

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
_OPTIONAL = ("latitude", "longitude", "clock_offset_s", "clock_offset", "from", "to")
_OFFSET = re.compile(r"([+-]?)(\d{1,6}):([0-5]\d)(?::([0-5]\d))?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def read_cameras(path: Path) -> pl.DataFrame:
    """The rows of a `cameras.csv`, columns and types of CAMERAS; no file: no rows.

    The first line names the columns in any order and case: `name`, and as wanted `latitude`,
    `longitude` (decimal degrees), `clock_offset_s` (seconds) or `clock_offset`
    (`[+-]HH:MM[:SS]`), `from`, `to` (`2024-05-01` or `2024-05-01 06:30`); others are left alone.
    Fields are separated by commas or semicolons. A `to` without a time of day takes in that day, or
    what of it lies before the camera's next row.

    Raises UsageError that names the line and the column.
    """
    deployments = _without_overlaps(path, _read(path)) if path.exists() else []
    return pl.DataFrame(
        [
            (d.name, d.latitude, d.longitude, d.clock_offset_s, d.begins, d.ends)
            for d in deployments
        ],
        schema=CAMERAS,
        orient="row",
    )


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


def _read(path: Path) -> list[_Deployment]:
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: save it as `CSV UTF-8`.") from error
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror or error}.") from error
    first_line = text.split("\n", 1)[0]
    delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    columns: list[str] | None = None
    deployments = []
    try:
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            if columns is None:
                columns = _column_names(path, values)
                continue
            if len(values) > len(columns):
                raise UsageError(
                    f"{path}, line {reader.line_num}: {len(values)} fields for {len(columns)} "
                    "columns. Put quotes round a value that holds a comma."
                )
            fields = dict(zip(columns, (value.strip() for value in values), strict=False))
            deployments.append(_Line(path, reader.line_num, fields).deployment())
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: {error}.") from error
    return deployments


def _column_names(path: Path, values: list[str]) -> list[str]:
    names = [re.sub(r"[\s_]+", "_", value.strip().lower()) for value in values]
    if "name" not in names:
        raise UsageError(
            f"{path}, line 1: there is no column `name`; the first line names the columns: "
            f"name, {', '.join(_OPTIONAL)}."
        )
    twice = next((n for n in names if n in ("name", *_OPTIONAL) and names.count(n) > 1), None)
    if twice is not None:
        raise UsageError(f"{path}, line 1: column `{twice}` is there twice.")
    return names


class _Line:
    """One line's fields and how to read them."""

    def __init__(self, path: Path, number: int, fields: Mapping[str, str]) -> None:
        self.path, self.number, self.fields = path, number, fields

    def deployment(self) -> _Deployment:
        if not self.fields.get("name"):
            raise self.wrong("name", "must not be empty")
        latitude, longitude = self._degrees("latitude", 90), self._degrees("longitude", 180)
        if (latitude is None) != (longitude is None):
            empty = "latitude" if latitude is None else "longitude"
            raise self.wrong(empty, "must be given where the other coordinate is")
        begins, ends = self._time("from"), self._time("to")
        ends_with_day = _DATE.fullmatch(self.fields.get("to", "")) is not None
        if ends is not None and ends_with_day:
            ends += timedelta(days=1)
        if begins is not None and ends is not None and begins >= ends:
            raise self.wrong("to", "must be later than `from`")
        return _Deployment(
            self.number, self.fields["name"], latitude, longitude, self._offset_s(), begins, ends,
            ends_with_day,
        )  # fmt: skip

    def wrong(self, column: str, why: str) -> UsageError:
        value = self.fields.get(column, "")
        return UsageError(f"{self.path}, line {self.number}, column `{column}`: {value!r} {why}.")

    def _number(self, column: str) -> float | None:
        text = self.fields.get(column, "")
        try:
            value = float(text) if text else None
        except ValueError:
            raise self.wrong(column, "is not a number") from None
        if value is not None and not math.isfinite(value):
            raise self.wrong(column, "is not a number")
        return value

    def _degrees(self, column: str, limit: int) -> float | None:
        value = self._number(column)
        if value is not None and abs(value) > limit:
            raise self.wrong(column, f"is not between -{limit} and {limit} degrees")
        return value

    def _offset_s(self) -> float | None:
        seconds, text = self._number("clock_offset_s"), self.fields.get("clock_offset", "")
        if not text:
            return seconds
        match = _OFFSET.fullmatch(text)
        if match is None:
            raise self.wrong("clock_offset", "is not of the form +HH:MM or -HH:MM:SS")
        if seconds is not None:
            raise self.wrong("clock_offset", "is given beside `clock_offset_s`; keep one of them")
        hours, minutes, rest = int(match[2]), int(match[3]), int(match[4] or 0)
        return (-1.0 if match[1] == "-" else 1.0) * (hours * 3600 + minutes * 60 + rest)

    def _time(self, column: str) -> datetime | None:
        text = self.fields.get(column, "")
        if not text:
            return None
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            raise self.wrong(column, "is not a time such as 2024-05-01 06:30") from None
        if value.tzinfo is not None:
            raise self.wrong(column, "has a time zone; give the camera's own clock")
        return value


def _without_overlaps(path: Path, deployments: list[_Deployment]) -> list[_Deployment]:
    """The deployments in the order of the file; UsageError where two of one camera overlap."""
    last: dict[str, _Deployment] = {}
    done: dict[int, _Deployment] = {}
    for row in sorted(deployments, key=lambda d: (d.begins or datetime.min, d.line)):
        key = camera_key(row.name)
        before = last.get(key)
        if before is not None and _overlap(before, row):
            if not _share_a_day(before, row):
                raise UsageError(
                    f"{path}, line {row.line}, column `from`: camera {row.name!r} is in line "
                    f"{before.line} for the same time; let one end before the other begins."
                )
            done[before.line] = replace(before, ends=row.begins)
        last[key] = done[row.line] = row
    return [done[row.line] for row in deployments]


def _overlap(before: _Deployment, after: _Deployment) -> bool:
    return before.ends is None or after.begins is None or after.begins < before.ends


def _share_a_day(before: _Deployment, after: _Deployment) -> bool:
    """Whether `after` begins on the day that `before` ends with: the day of the visit."""
    if not before.ends_with_day or before.ends is None or after.begins is None:
        return False
    is_last_day = after.begins >= before.ends - timedelta(days=1)
    return is_last_day and (before.begins is None or before.begins < after.begins)
