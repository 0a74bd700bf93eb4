"""New, back, missing: a deer is missing only where its cameras worked."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from thumper_core.deer_year import DeerYear
from thumper_core.seasons.standing import STANDINGS, standings

VISITS = {"individual_id": pl.String, "year": pl.Int32, "camera": pl.String, "n_visits": pl.Int32}
EFFORT = {"camera": pl.String, "year": pl.Int32, "camera_days": pl.Int32}
BORN = {"individual_id": pl.String, "birth_year": pl.Int32}
STATUS = {"individual_id": pl.String, "status": pl.String, "status_on": pl.Date}
USUAL = [("Creek", year, 20) for year in (2023, 2024, 2025)]


def stood(visits: list, effort: list, born: list = (), status: list = ()) -> list[tuple]:  # type: ignore[assignment]
    found = frame(visits, effort, born, status)
    return [(year, word) for _, year, word, _, _ in found.iter_rows()]


def frame(visits: list, effort: list, born: list, status: list) -> pl.DataFrame:
    found = standings(
        pl.DataFrame([("a", *row) for row in visits], schema=VISITS, orient="row"),
        pl.DataFrame(effort, schema=EFFORT, orient="row"),
        pl.DataFrame(list(born), schema=BORN, orient="row"),
        pl.DataFrame([("a", *row) for row in status], schema=STATUS, orient="row"),
        DeerYear(),
    )
    assert found.schema == STANDINGS
    return found


@pytest.mark.parametrize(
    ("visits", "effort", "expected"),
    [
        ([], USUAL, []),
        (
            [(2023, "Creek", 4), (2024, "Creek", 1), (2025, "Creek", 3)],
            USUAL,
            [(2023, "first"), (2024, "still"), (2025, "still")],
        ),
        ([(2024, "Creek", 2)], USUAL, [(2024, "new"), (2025, "unseen")]),
        (
            [(2023, "Creek", 4), (2025, "Creek", 1)],
            USUAL,
            [(2023, "first"), (2024, "missing"), (2025, "back")],
        ),
        # four visits in twenty days: two days later are too few to miss it
        (
            [(2023, "Creek", 4)],
            [("Creek", 2023, 20), ("Creek", 2024, 2)],
            [(2023, "first"), (2024, "unseen")],
        ),
        # other cameras worked, its own did not
        (
            [(2023, "Creek", 9)],
            [("Creek", 2023, 20), ("Gate", 2024, 90)],
            [(2023, "first"), (2024, "unseen")],
        ),
        # a year in which nobody looked is none
        (
            [(2023, "Creek", 9), (2025, "Creek", 2)],
            [("Creek", 2023, 20), ("Creek", 2025, 20)],
            [(2023, "first"), (2025, "still")],
        ),
    ],
)
def test_what_became_of_a_deer(visits: list, effort: list, expected: list) -> None:
    assert stood(visits, effort) == expected


def test_a_fawn_is_born_and_not_new() -> None:
    born = [("a", 2024)]
    assert stood([(2024, "Creek", 5)], USUAL, born) == [(2024, "born"), (2025, "missing")]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (("harvested", date(2023, 11, 12)), ["first", "harvested", "harvested"]),
        (("harvested", date(2025, 4, 30)), ["first", "harvested", "harvested"]),
        (("dead", date(2025, 6, 1)), ["first", "missing", "dead"]),
        (("gone", None), ["first", "gone", "gone"]),
        (("alive", None), ["first", "missing", "missing"]),
        (("missing", date(2025, 5, 1)), ["first", "missing", "missing"]),
    ],
)
def test_what_people_say_of_it_holds_from_its_day_on(status: tuple, expected: list[str]) -> None:
    found = stood([(2023, "Creek", 9)], USUAL, status=[status])
    assert [word for _, word in found] == expected


def test_seen_again_it_is_there_whatever_was_said() -> None:
    found = stood([(2023, "Creek", 9), (2025, "Creek", 1)], USUAL, status=[("gone", None)])
    assert found == [(2023, "first"), (2024, "missing"), (2025, "back")]


@pytest.mark.parametrize(
    ("status", "seen", "lost"),
    [
        (("dead", date(2023, 10, 1)), [2023], {2023: "dead"}),  # in the year that saw it
        (("dead", date(2024, 4, 30)), [2023], {2023: "dead"}),
        (("harvested", date(2024, 11, 3)), [2023], {2024: "harvested"}),
        (("gone", None), [2023], {2024: "gone"}),  # after the last year that saw it
        (("gone", None), [2023, 2025], {}),  # and no later year was looked at
        (
            ("dead", date(2020, 1, 1)),
            [2023],
            {2023: "dead"},
        ),  # before the record: in its first year
        (("dead", date(2031, 1, 1)), [2023], {}),
        (("missing", date(2024, 6, 1)), [2023], {}),
        (("alive", None), [2023], {}),
    ],
)
def test_a_loss_belongs_to_one_year(status: tuple, seen: list[int], lost: dict) -> None:
    found = frame([(year, "Creek", 9) for year in seen], USUAL, [], [status])
    told = found.drop_nulls("lost").select("year", "lost").iter_rows()
    assert dict(told) == lost
