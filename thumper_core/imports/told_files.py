"""A file of results in one form, whichever program wrote it: boxes, and what people said of its photos."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from thumper_core.contracts import ANIMAL, ClassMeaning, UsageError
from thumper_core.export.md_read import MdResults
from thumper_core.imports.packages import Medium, Observation, Package, Row
from thumper_core.store.cameras.sheet import read_sheet

SQLITE: Final = b"SQLite format 3\0"
_TELLING: Final = ("file", "relativepath", "relative_path", "label", "n_detections", "species")
"""Columns by which a header is told from data."""
_COMMA: Final = re.compile(r"-?\d+,\d+")


@dataclass(frozen=True)
class ToldFile:
    """results: its boxes, None where it has none; digest: of these; said: what people
    said, by the photo's name in the file; root: the folder that its names begin with, where it names one.
    """

    title: str
    digest: str
    results: MdResults | None
    said: Mapping[str, tuple[Observation, ...]] = field(default_factory=dict)
    root: str = ""

    @property
    def names(self) -> list[str]:
        """The photos that it is about."""
        return [image.file for image in self.results.images] if self.results else [*self.said]

    @property
    def package(self) -> Package:
        """What people said, as a package says it."""
        observations = tuple(one for said in self.said.values() for one in said)
        return Package(self.title, {}, {name: Medium(name) for name in self.said}, observations)


def observation(
    name: str,
    meaning: ClassMeaning,
    box_xywh: tuple[float, float, float, float] | None = None,
) -> Observation | None:
    """What a person said of a photo, or of a box in it; None of a word that says no species."""
    if meaning.species in ("", ANIMAL):
        return None
    kind = meaning.species if meaning.species in ("human", "vehicle") else "animal"
    return Observation(
        (name,),
        kind,
        meaning.species,
        meaning.sex,
        meaning.age_class,
        box_xywh=box_xywh,
        is_human=True,
    )


class Table(NamedTuple):
    """A CSV file's columns, and its rows with their lines; every value is text without blanks round it."""

    columns: list[str]
    rows: list[tuple[int, Row]]


def table_of(path: Path) -> Table:
    """A CSV file as programs and spreadsheets save it. Raises UsageError where it is none.

    Where fields are separated by semicolons, numbers have a comma (`0,92`): they are read with a point.
    """
    if path.suffix.lower() != ".csv" and path.exists():
        raise UsageError(
            f"{path} is a spreadsheet or a ZIP file. Export it as CSV; packages come in with `thumper "
            "import package`."
        )
    sheet = read_sheet(path, _TELLING)
    if sheet is None:
        return Table([], [])
    rows: list[tuple[int, Row]] = []
    for line, cells in sheet.rows:
        values = [
            cell.replace(",", ".") if sheet.delimiter == ";" and _COMMA.fullmatch(cell) else cell
            for cell in cells
        ]
        full = [*values, *[""] * (len(sheet.header) - len(values))]
        rows.append((line, dict(zip(sheet.header, full, strict=False))))
    return Table(sheet.header, rows)
