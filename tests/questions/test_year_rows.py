"""The table of years: which rows there are, what a cell says, and the same for a spreadsheet."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from thumper_core.herd.abundance.estimate import Estimate, Refused
from thumper_core.questions.part_of_herd import PartOfHerd
from thumper_core.questions.year_rows import DASH, frame, result_cell, rows
from thumper_core.questions.years_of_herd import YearOfHerd, years_of_herd
from thumper_core.workspace import Workspace

FIGURES = Estimate("m", 0.5, 0.25, 0.75, (), "s")


@pytest.fixture(scope="module")
def years(years_ranch: Workspace) -> list[YearOfHerd]:
    return years_of_herd(years_ranch)


def test_years_that_are_told_apart_have_every_row(years: list[YearOfHerd]) -> None:
    made = {row.key: row for row in rows(years)}
    assert list(made)[:3] == ["deer", "groups", "bucks"]
    assert [cell.text for cell in made["missing"].cells] == ["0", "1", "1"]
    assert made["survival"].cells[0].text == DASH
    assert made["survival"].cells[1].value.endswith("%")
    assert made["groups"].name == "Deer seen (groups of pictures)"
    assert "to" in made["deer"].cells[0].interval


def test_what_means_nothing_is_left_out(years: list[YearOfHerd]) -> None:
    untold = [replace(year, is_told_apart=False) for year in years]
    keys = [row.key for row in rows(untold)]
    assert keys == [
        "deer",
        "groups",
        "bucks_per_doe",
        "fawns_per_doe",
        "camera_days",
        "visits",
        "visits_per_100_days",
    ]
    assert rows(untold)[1].name == "Groups of pictures"
    fields = PartOfHerd.__dataclass_fields__
    part = PartOfHerd(**{name: getattr(years[0], name) for name in fields})
    assert not {"new", "survival", "recruited"} & {row.key for row in rows([part, part])}


@pytest.mark.parametrize(
    ("result", "options", "text"),
    [
        (None, {}, DASH),
        (Refused("m", "why"), {}, DASH),
        (FIGURES, {}, "0.50 (0.25 to 0.75)"),
        (FIGURES, {"share": True}, "50% (25% to 75%)"),
        (replace(FIGURES, estimate=31, low=27.4, high=39.2), {"whole": True}, "31 (27 to 40)"),
        (replace(FIGURES, high=float("inf")), {}, "0.50 (at least 0.25)"),
    ],
)
def test_a_cell(result: Estimate | Refused | None, options: dict[str, bool], text: str) -> None:
    cell = result_cell(result, **options)
    assert cell.text == text
    assert cell.reason == ("why" if isinstance(result, Refused) else "")


def test_a_spreadsheet_has_a_value_an_interval_and_a_reason(years: list[YearOfHerd]) -> None:
    table = frame(years[:2])
    assert table.columns == [
        "what",
        *(
            f"{label}{what}"
            for label in ("2023/24", "2024/25")
            for what in ("", ", 95% interval", ", why not")
        ),
    ]
    row = table.row(by_predicate=pl.col("what") == "Camera days", named=True)
    assert (row["2023/24"], row["2023/24, 95% interval"]) == ("13", "")
    assert "2023/24 (2)" in frame([years[0], years[0]]).columns
