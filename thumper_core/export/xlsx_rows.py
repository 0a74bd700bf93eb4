"""Rows of a frame as the XML of an XLSX sheet, a column at a time.

openpyxl makes a Python object of every cell; with millions of cells that takes minutes. It still
writes the workbook round these rows, and reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

import polars as pl

from thumper_core.export.files import safe_cell

MOST_SIGNS: Final = 32_767
"""In one cell."""
_CHUNK_ROWS: Final = 5000
_NOTHING: Final = "<c/>"
_EPOCH_DAY: Final = 25_569  # 1 January 1970 as a sheet counts days
_DAY_US: Final = 86_400_000_000
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class TimeStyles:
    """Numbers, in the workbook's list of cell styles, of that of a moment and of a day."""

    moment: int
    day: int


def rows_xml(frame: pl.DataFrame, styles: TimeStyles) -> Iterator[str]:
    """`<row>` elements in pieces; no text is a formula, null and values that are not finite are
    empty cells, times have the frame's own clock.
    """
    for part in frame.iter_slices(_CHUNK_ROWS):
        cells = [_cells(column, styles) for column in part.get_columns()]
        if cells:
            row = pl.select(pl.concat_str(pl.lit("<row>"), *cells, pl.lit("</row>")).alias("row"))
            yield "".join(row["row"].to_list())


def _cells(column: pl.Series, styles: TimeStyles) -> pl.Series:
    """A `<c>` element for each value."""
    kind = column.dtype
    if kind == pl.Boolean:
        return _wrapped(column.cast(pl.Int8).cast(pl.String), '<c t="b"><v>', "</v></c>")
    if kind.is_float():
        finite = column.set(~column.is_finite().fill_null(False), None)
        return _wrapped(finite.cast(pl.String), "<c><v>", "</v></c>")
    if kind.is_integer():
        return _wrapped(column.cast(pl.String), "<c><v>", "</v></c>")
    if kind == pl.Date:
        days = column.to_physical().cast(pl.Int64) + _EPOCH_DAY
        return _wrapped(days.cast(pl.String), f'<c s="{styles.day}"><v>', "</v></c>")
    if kind == pl.Datetime:
        us = column.cast(pl.Datetime("us", kind.time_zone)).dt.replace_time_zone(None).to_physical()  # type: ignore[attr-defined]
        days = us.cast(pl.Float64) / _DAY_US + _EPOCH_DAY
        return _wrapped(days.cast(pl.String), f'<c s="{styles.moment}"><v>', "</v></c>")
    values = column.to_list()
    if kind == pl.String:
        texts = {value: _text(value) for value in set(values)}  # most columns repeat themselves
        made = [texts[value] for value in values]
    else:
        made = [_text(value) for value in values]
    return _wrapped(
        pl.Series(made, dtype=pl.String), '<c t="inlineStr"><is><t xml:space="preserve">',
        "</t></is></c>",
    )  # fmt: skip


def _text(value: Any) -> str | None:
    """What a text cell holds; lists and the like joined as CSV files have them."""
    safe = safe_cell(value)
    return None if safe is None else escape(_NOT_XML.sub("", str(safe))[:MOST_SIGNS])


def _wrapped(texts: pl.Series, before: str, behind: str) -> pl.Series:
    return pl.select(
        pl.concat_str(pl.lit(before), texts, pl.lit(behind)).fill_null(_NOTHING)
    ).to_series()
