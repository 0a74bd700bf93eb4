"""A small table as spreadsheets save it: which letters, which separator, which line is the header.

Nothing here knows what the columns mean, but for the names by which a header is told from data.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thumper_core.contracts import UsageError

_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods, .xls
_DELIMITERS: Final = (",", ";", "\t", "|")
_SEP_LINE: Final = re.compile(r'"?sep=(.)"?[;,\t]*', re.IGNORECASE)
AS_CSV_UTF8: Final = "Save it as `CSV UTF-8` and try again."


@dataclass(frozen=True)
class Sheet:
    """A table's rows. header: its cells, as they stand; delimiter: what separates fields;
    remarks: sentences about how it had to be read, for its maker.
    """

    header: list[str]
    header_line: int
    rows: list[tuple[int, list[str]]]  # (line of the file, cells without blanks round them)
    delimiter: str
    remarks: tuple[str, ...] = ()


def read_sheet(path: Path, known: Collection[str]) -> Sheet | None:
    """The table in a file; None where it holds nothing.

    UTF-8, UTF-16 and UTF-32 are told by their mark or their zeros, and what is none of them is taken
    for the Latin letters of Windows where that can be. Fields are separated by whichever of comma,
    semicolon, tab and bar makes most of the first line's cells into `known` names (see `plain_name`),
    or by what a line `sep=;` above it says. Lines may end in any way. Blank lines are left out, and
    so are comments: lines before the header that begin with `#`, and later ones with nothing beside.

    Raises UsageError, naming file and line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror or error}.") from error
    text, remarks = _decoded(path, data)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    skipped, delimiter = _preamble(lines)
    if skipped == len(lines):
        return None
    if delimiter is None:
        delimiter = _delimiter(lines[skipped], known)
    found = _cells(path, "\n".join(lines[skipped:]), delimiter, skipped)
    header_line, header = next(found)
    return Sheet(header, header_line, list(found), delimiter, remarks)


def plain_name(header: str) -> str:
    """A column's name without case, signs and units: `Clock offset (s)` is `clock_offset_s`."""
    return re.sub(r"[\W_]+", "_", header.strip().lower()).strip("_")


def _decoded(path: Path, data: bytes) -> tuple[str, tuple[str, ...]]:
    if data.startswith(_WORKBOOKS):
        raise UsageError(
            f"{path} is a spreadsheet's workbook (.xlsx, .xls or .ods) under a name that ends in "
            ".csv. Open it in the spreadsheet and save it as `CSV UTF-8`."
        )
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _strict(path, data[len(mark) :], encoding), ()
    zeros = data.count(0)
    if zeros > len(data) // 4:  # every second byte of plain letters, UTF-16 without its mark
        little = data[1:200:2].count(0) > data[0:200:2].count(0)
        return _strict(path, data, "utf-16-le" if little else "utf-16-be"), ()
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        # Of 0x80 to 0x9F, Windows makes signs where old Macs make letters: the bytes do not tell.
        if any(0x80 <= byte <= 0x9F for byte in data):
            raise UsageError(
                f"{path} is not UTF-8, and which letters its bytes stand for cannot be told. "
                + AS_CSV_UTF8
            ) from None
        text = data.decode("cp1252")
        odd = next(word for word in re.split(r"[,;\t|\"\r\n]+", text) if not word.isascii())
        return text, (
            f"{path.name} is not UTF-8; it was read as Windows letters ({odd.strip()!r}). Saved as "
            "`CSV UTF-8` there is no doubt.",
        )


def _strict(path: Path, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is damaged: it is not {encoding}. {AS_CSV_UTF8}") from error


def _preamble(lines: list[str]) -> tuple[int, str | None]:
    """How many lines come before the header, and the separator that one of them names."""
    delimiter = None
    for number, line in enumerate(lines):
        said = _SEP_LINE.fullmatch(line.strip(" \0"))
        if said:
            delimiter = said[1]
        elif line.strip(',;\t|" ') and not line.lstrip(' "').startswith("#"):
            return number, delimiter
    return len(lines), delimiter


def _delimiter(header: str, known: Collection[str]) -> str:
    def score(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])
        return sum(plain_name(cell) in known for cell in cells), len(cells)

    return max(_DELIMITERS, key=score)


def _cells(path: Path, text: str, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    is_header = True
    try:
        for values in reader:
            cells = [value.strip() for value in values]
            filled = [cell for cell in cells if cell]
            if not filled or (not is_header and cells[0].startswith("#") and len(filled) == 1):
                continue
            is_header = False
            yield skipped + reader.line_num, cells
    except csv.Error as error:
        raise UsageError(
            f"{path}, line {skipped + reader.line_num}: {error}. A quotation mark is not closed, or "
            'stands inside quoted text; there it is written twice ("").'
        ) from error
