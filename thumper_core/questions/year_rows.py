"""Deer years, or other stretches of days, as rows of a table: what a page, a report and a command show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from thumper_core import language
from thumper_core.herd.abundance.estimate import Refused, Result
from thumper_core.language import mark, say
from thumper_core.questions.estimates import interval, number
from thumper_core.questions.part_of_herd import PartOfHerd
from thumper_core.questions.years_of_herd import YearOfHerd

DASH: Final = "\N{EN DASH}"


@dataclass(frozen=True)
class Cell:
    """value: `31`, or a dash where there is none; interval: 95%, `27 to 40`, or nothing; reason: why there is
    no value, or nothing.
    """

    value: str
    interval: str = ""
    reason: str = ""

    @property
    def text(self) -> str:
        """`31 (27 to 40)`."""
        return f"{self.value} ({self.interval})" if self.interval else self.value


@dataclass(frozen=True)
class Row:
    """name: what it is, in the reader's language; key: for scripts; cells: one for each part."""

    key: str
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class _Kind:
    """key: of the row; name: its message; of: its cell; only_told: it means nothing where deer are hardly
    told apart; only_years: not of other stretches of days.
    """

    key: str
    name: str
    of: Callable[[PartOfHerd], Cell]
    only_told: bool = False
    only_years: bool = False


def _count(field: str) -> Callable[[PartOfHerd], Cell]:
    return lambda part: Cell(language.figure(getattr(part, field), ","))


def _result(
    field: str, *, whole: bool = False, share: bool = False
) -> Callable[[PartOfHerd], Cell]:
    return lambda part: result_cell(getattr(part, field), whole=whole, share=share)


def _rate(part: PartOfHerd) -> Cell:
    rate = part.visits_per_100_days
    return Cell(DASH if rate is None else language.figure(rate, ",.0f"))


_KINDS: Final = (
    _Kind("deer", mark("Deer in all, estimated"), _result("deer", whole=True)),
    _Kind("groups", mark("Deer seen (groups of pictures)"), _count("n_deer"), only_told=True),
    _Kind("groups", mark("Groups of pictures"), _count("n_deer")),
    _Kind("bucks", mark("Bucks seen"), _count("bucks"), only_told=True),
    _Kind("does", mark("Does seen"), _count("does"), only_told=True),
    _Kind("fawns", mark("Fawns seen"), _count("fawns"), only_told=True),
    _Kind("unknown", mark("Seen, sex not known"), _count("unknown"), only_told=True),
    _Kind("bucks_per_doe", mark("Bucks per doe"), _result("bucks_per_doe")),
    _Kind("fawns_per_doe", mark("Fawns per doe"), _result("fawns_per_doe")),
    _Kind(
        "recruited",
        mark("Recruitment: yearlings per doe"),
        _result("recruited"),
        only_told=True,
        only_years=True,
    ),
    _Kind(
        "survival",
        mark("Lived on from the year before"),
        _result("survival", share=True),
        only_told=True,
        only_years=True,
    ),
    _Kind("new", mark("New"), _count("n_new"), True, True),
    _Kind("born", mark("Born"), _count("n_born"), True, True),
    _Kind("back", mark("Came back"), _count("n_back"), True, True),
    _Kind("missing", mark("Missing"), _count("n_missing"), True, True),
    _Kind("unsure", mark("Unsure"), _count("n_unseen"), True, True),
    _Kind("lost", mark("Lost"), _count("n_lost"), True, True),
    _Kind("camera_days", mark("Camera days"), _count("camera_days")),
    _Kind("visits", mark("Visits of deer"), _count("n_visits")),
    _Kind("visits_per_100_days", mark("Visits on 100 camera days"), _rate),
)


def rows(parts: Sequence[PartOfHerd]) -> list[Row]:
    """The table's rows; none without a part. parts: of one herd, all of them deer years or none."""
    if not parts:
        return []
    is_told = all(part.is_told_apart for part in parts)
    is_of_years = all(isinstance(part, YearOfHerd) for part in parts)
    found: dict[str, Row] = {}
    for kind in _KINDS:
        if (kind.only_told and not is_told) or (kind.only_years and not is_of_years):
            continue
        if kind.key not in found:
            cells = tuple(kind.of(part) for part in parts)
            found[kind.key] = Row(kind.key, say(kind.name), cells)
    return list(found.values())


def result_cell(result: Result | None, *, whole: bool = False, share: bool = False) -> Cell:
    """An estimate with its interval. whole: it counts deer; share: it is a part of all, said in percent."""
    if result is None:
        return Cell(DASH)
    if isinstance(result, Refused):
        return Cell(DASH, "", result.reason)
    if share:
        value, low, high = (
            language.figure(x, ".0%") for x in (result.estimate, result.low, result.high)
        )
        return Cell(value, say("{low} to {high}", low=low, high=high))
    return Cell(number(result.estimate, whole), interval(result, whole))


def frame(parts: Sequence[PartOfHerd]) -> pl.DataFrame:
    """The table for a spreadsheet, as text: what it is, and of each part its value, its 95% interval, and why
    it has none; parts of one label are told apart by their number.
    """
    made = rows(parts)
    columns: dict[str, list[str]] = {"what": [row.name for row in made]}
    for at, part in enumerate(parts):
        label = part.label if part.label not in columns else f"{part.label} ({at + 1})"
        cells = [row.cells[at] for row in made]
        columns[label] = ["" if cell.value == DASH else cell.value for cell in cells]
        columns[f"{label}, 95% interval"] = [cell.interval for cell in cells]
        columns[f"{label}, why not"] = [cell.reason for cell in cells]
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
