"""A fawn becomes a yearling and an adult by date; what people say comes first, and nothing is kept."""

from __future__ import annotations

import polars as pl
import pytest

from thumper_core.seasons.ages import AGED, EVIDENCE, ages

FAWN, ADULT, NOBODY = (0, 0, 3.0, 0.5), (0, 0, 0.2, 2.0), (0, 0, 0.0, 0.0)
SAID_FAWN, SAID_ADULT = (2, 1, 0.0, 5.0), (1, 1, 5.0, 0.0)


@pytest.mark.parametrize(
    ("years", "expected", "born", "doubts"),
    [
        ([], [], [], []),
        ([(2023, FAWN)], ["fawn"], [2023], [False]),
        (
            [(2023, FAWN), (2024, ADULT), (2026, ADULT)],
            ["fawn", "yearling", "adult"],
            [2023] * 3,
            [False] * 3,
        ),
        ([(2023, FAWN), (2024, FAWN)], ["fawn", "yearling"], [2023] * 2, [False, True]),
        ([(2023, ADULT), (2024, FAWN)], ["adult", "adult"], [None] * 2, [False, True]),
        ([(2023, SAID_FAWN), (2024, ADULT)], ["fawn", "yearling"], [2023] * 2, [False] * 2),
        ([(2023, SAID_ADULT), (2024, ADULT)], ["adult", "adult"], [None] * 2, [False] * 2),
        ([(2023, NOBODY), (2024, ADULT)], ["unknown", "adult"], [None] * 2, [False] * 2),
    ],
)
def test_ages_follow_from_what_is_said_and_when(
    years: list, expected: list, born: list, doubts: list
) -> None:
    rows = [("a", year, *said) for year, said in years]
    rows += [("b", 2020, *ADULT)] if years else []  # another deer changes nothing
    found = ages(pl.DataFrame(rows, schema=EVIDENCE, orient="row"))
    assert found.schema == AGED
    own = found.filter(pl.col("individual_id") == "a")
    assert own["age_class"].to_list() == expected
    assert own["birth_year"].to_list() == born
    assert own["in_doubt"].to_list() == doubts


def test_who_says_it_is_told() -> None:
    rows = [("a", 2023, *SAID_FAWN), ("b", 2023, *FAWN), ("c", 2023, *NOBODY)]
    found = ages(pl.DataFrame(rows, schema=EVIDENCE, orient="row"))
    assert found["age_by"].to_list() == ["human", "model", None]
