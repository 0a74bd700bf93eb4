"""A table of weather, as Thumper keeps it or another program exports it, read row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.habits.weather_columns import (
    OFFSET,
    PARTS,
    QUANTITIES,
    TIMES,
    Column,
    columns_of,
    known_names,
)
from thumper_core.store.cameras import values
from thumper_core.store.cameras.sheet import Sheet, plain_name, read_sheet

WEATHER: Final = pl.Schema({"time": pl.Datetime("us")} | {q.name: pl.Float64() for q in QUANTITIES})
_NOTHING: Final = frozenset({"", "-", "nan", "null", "none", "na", "n/a"})


@dataclass(frozen=True)
class Weather:
    """rows: columns and types of WEATHER, by time, each time once; is_utc: whether times are of UTC, else by
    the cameras' clocks; remarks: sentences on what was not read, or how.
    """

    rows: pl.DataFrame
    is_utc: bool
    remarks: tuple[str, ...] = ()


def read_weather(path: Path, where: tzinfo | None = None) -> Weather:
    """The table in a CSV file; its first line names the columns.

    `time` (by the cameras' clocks; `time_utc`: of UTC; times with a zone of their own; or `date` and `hour`,
    or `year, month, day, hour`) and at least one of `temperature_c, pressure_hpa, wind_m_s,
    wind_from_deg`, in the units of their names; other names and units as `weather_columns` lists them. The
    lines that Open-Meteo writes above its table say its zone. where: the zone of times that tell none.

    Raises UsageError that names the line and the value where one cannot be read or cannot be.
    """
    sheet = read_sheet(path, known_names())
    if sheet is None:
        raise UsageError(f"{path} is empty.")
    sheet, offset_s = _below_preamble(path, sheet)
    said = f"{path}, line {sheet.header_line}"
    moment = _moments(said, sheet)
    columns = columns_of(said, sheet.header)
    rows: dict[datetime, tuple[float | None, ...]] = {}
    zones: set[bool] = set()
    n_twice = 0
    for number, cells in sheet.rows:
        line = f"{path}, line {number}"
        filled = [*cells, *[""] * (len(sheet.header) - len(cells))]
        at, is_utc = moment(line, filled)
        if not is_utc and offset_s is not None:
            at, is_utc = at - timedelta(seconds=offset_s), True
        elif not is_utc and where is not None:
            at, is_utc = at.replace(tzinfo=where).astimezone(UTC).replace(tzinfo=None), True
        zones.add(is_utc)
        if len(zones) > 1:
            raise UsageError(
                f"{line}: this time has a zone and others have none; give all or none."
            )
        told = tuple(_value(line, sheet, column, filled) for column in columns)
        n_twice += at in rows and rows[at] != told
        rows.setdefault(at, told)
    if not rows:
        raise UsageError(f"{path} has no rows below its header.")
    remarks = list(sheet.remarks)
    if n_twice:
        remarks.append(
            f"{path.name}: {counted(n_twice, 'time')} stood there twice, as when clocks are set back; the "
            "first was taken."
        )
    frame = pl.DataFrame(
        {"time": list(rows)}
        | {c.quantity.name: [told[n] for told in rows.values()] for n, c in enumerate(columns)},
        schema_overrides=dict(WEATHER),
    )
    missing = [
        pl.lit(None, dtype).alias(name)
        for name, dtype in WEATHER.items()
        if name not in frame.columns
    ]
    return Weather(
        frame.with_columns(missing).select(list(WEATHER)).sort("time"),
        zones == {True},
        tuple(remarks),
    )


def _below_preamble(path: Path, sheet: Sheet) -> tuple[Sheet, float | None]:
    """The table below what Open-Meteo says of its place, and how far its times are ahead of UTC."""
    names = [plain_name(cell) for cell in sheet.header]
    if OFFSET not in names:
        return sheet, None
    if len(sheet.rows) < 2:
        raise UsageError(f"{path} ends before its table of hours.")
    line, told = sheet.rows[0]
    try:
        offset_s = float(told[names.index(OFFSET)])
    except (ValueError, IndexError):
        raise UsageError(f"{path}, line {line}: `{OFFSET}` is no number of seconds.") from None
    header_line, header = sheet.rows[1]
    return Sheet(header, header_line, sheet.rows[2:], sheet.delimiter, sheet.remarks), offset_s


def _moments(said: str, sheet: Sheet) -> Callable[[str, list[str]], tuple[datetime, bool]]:
    """What reads a row's time: (line, cells) -> (time without a zone, whether it is of UTC)."""
    names = [plain_name(cell) for cell in sheet.header]
    named = next((name for name in TIMES if name in names), None)
    hour = names.index("hour") if "hour" in names else None
    if named == "date" and hour is None:
        raise UsageError(f"{said}: there is a `date` and no `hour`; weather is read by the hour.")
    if named is not None:
        at = names.index(named)
        order = values.date_order(cells[at] for _, cells in sheet.rows if at < len(cells))

        def by_time(line: str, cells: list[str]) -> tuple[datetime, bool]:
            moment, is_utc = _moment(f"{line}, column `{sheet.header[at]}`", cells[at], order)
            if named == "date" and hour is not None:
                moment += timedelta(hours=_whole(line, "hour", cells[hour], 0, 24))
            return moment, is_utc or named == "time_utc"

        return by_time
    if all(part in names for part in PARTS):
        places = [names.index(part) for part in PARTS]

        def by_parts(line: str, cells: list[str]) -> tuple[datetime, bool]:
            year, month, day = (
                _whole(line, part, cells[at], 1, 9999)
                for part, at in zip(PARTS[:3], places[:3], strict=True)
            )
            try:
                on = datetime(year, month, day)
            except ValueError:
                raise UsageError(f"{line}: {year}-{month}-{day} is no day.") from None
            return on + timedelta(hours=_whole(line, "hour", cells[places[3]], 0, 24)), False

        return by_parts
    raise UsageError(f"{said}: there is no column `time`.")


def _moment(where: str, text: str, order: values.DateOrder | None) -> tuple[datetime, bool]:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        try:
            return values.moment(text, order)[0], False
        except ValueError as error:
            raise UsageError(f"{where}: {text!r} {error}.") from None
    if at.tzinfo is None:
        return at, False
    return at.astimezone(UTC).replace(tzinfo=None), True


def _whole(line: str, name: str, text: str, low: int, high: int) -> int:
    digits = text.removesuffix(":00")
    if not digits.isdecimal() or not low <= int(digits) <= high:
        raise UsageError(f"{line}, column `{name}`: {text!r} is no {name}.")
    return int(digits)


def _value(line: str, sheet: Sheet, column: Column, cells: list[str]) -> float | None:
    text, quantity = cells[column.at], column.quantity
    if text.strip().lower() in _NOTHING:
        return None
    name = sheet.header[column.at]
    try:
        told = values.number(text, comma_files=sheet.delimiter == ",")
    except ValueError as error:
        raise UsageError(f"{line}, column `{name}`: {text!r} {error}.") from None
    value = (told + column.added) * column.factor
    if not quantity.low <= value <= quantity.high:
        raise UsageError(
            f"{line}, column `{name}`: {text} cannot be; {quantity.name} is {quantity.low:g} to "
            f"{quantity.high:g}."
        )
    return value
