"""Who may be whom from year to year: what speaks, what forbids, and what the herd itself teaches."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from thumper_core.identify.scale.random_effects import Scale
from thumper_core.seasons.links import RIGHT_MAX, Groups, learned, links

SCALE = Scale(0.1, 0.8, 0.01, 0.2, 0.02, 0.015)


def visits(rows: list[tuple[str, int, str, int, int]]) -> pl.DataFrame:
    """(individual, year, camera, hour, visits) -> a row each."""
    return pl.DataFrame(
        [
            (who, year, camera, datetime(year, 9, 1, hour) + timedelta(days=k))
            for who, year, camera, hour, n in rows
            for k in range(n)
        ],
        schema=["individual_id", "year", "camera", "started_at"],
        orient="row",
    )


def groups(years: list[tuple[int, int]], **changed: object) -> Groups:
    """One individual for each (first, last), all alike, six tracklets and three visits a year each."""
    n = len(years)
    ids = [f"d{k}" for k in range(n)]
    rows = [(ids[k], y, "Creek", 7, 3) for k, span in enumerate(years) for y in sorted(set(span))]
    told: dict = {
        "ids": tuple(ids),
        "first": np.array([a for a, _ in years]),
        "last": np.array([b for _, b in years]),
        "sex": ("female",) * n,
        "birth_year": np.zeros(n, np.int64),
        "centres": np.full((n, 1), 0.9, np.float32),
        "sizes": np.full(n, 6),
        "is_stray": np.zeros(n, bool),
        "youngest": np.full(n, np.nan),
        "oldest": np.full(n, np.nan),
        "visits": visits(rows),
    }
    return Groups(**(told | changed))


def pairs(found: Groups) -> list[tuple[int, int]]:
    return [(one.later, one.earlier) for one in links(found, SCALE)]


def test_only_years_that_do_not_overlap_are_compared() -> None:
    assert pairs(groups([(2023, 2023), (2024, 2024)])) == [(1, 0)]
    assert pairs(groups([(2023, 2024), (2024, 2025)])) == []
    assert links(groups([]), SCALE) == []


@pytest.mark.parametrize(
    ("youngest", "oldest", "is_possible"),
    [
        ([3.5, 2.5], [3.5, 2.5], False),
        ([2.5, 2.5], [4.5, 2.5], True),  # people differ: it may have been 2.5
        ([3.5, np.nan], [3.5, np.nan], True),
        ([np.nan, 1.5], [np.nan, 1.5], True),
        ([3.5, 4.5], [3.5, 4.5], True),
    ],
)
def test_no_deer_grows_younger(
    youngest: list[float], oldest: list[float], is_possible: bool
) -> None:
    said = {"youngest": np.array(youngest), "oldest": np.array(oldest)}
    assert pairs(groups([(2023, 2023), (2024, 2024)], **said)) == [(1, 0)] * is_possible


def test_a_fawn_of_this_year_was_nobody_last_year() -> None:
    born = {"birth_year": np.array([0, 2024])}
    assert pairs(groups([(2023, 2023), (2024, 2024)], **born)) == []
    grown = {"birth_year": np.array([2023, 0])}  # last year's fawn may be this year's doe
    assert pairs(groups([(2023, 2023), (2024, 2024)], **grown)) == [(1, 0)]


def test_alike_is_likelier_and_the_other_sex_less_so() -> None:
    def chance(**changed: object) -> float:
        return links(groups([(2023, 2023), (2024, 2024)], **changed), SCALE)[0].p

    alike = chance()
    assert 0.7 < alike <= RIGHT_MAX
    assert chance(centres=np.array([[0.9], [0.4]], np.float32)) < 0.5 < alike
    assert chance(sex=("female", "male")) < alike
    assert chance(sex=("unknown", "male")) == pytest.approx(alike)


def test_place_and_hour_tell_what_the_herd_teaches() -> None:
    """Deer that each keep to one camera and come at other hours later: places tell, hours do not."""
    cameras, rows = ["Creek", "Gate", "Oak"], []
    for k in range(15):
        for turn in range(4):
            rows.append((f"d{k:02}", 2023, cameras[k % 3], (4 * (turn + k)) % 24, 1))
    told = learned(visits(rows))
    assert told.place[2] > 1.5
    assert told.place[0] < 0.5
    assert told.hour[2] <= 1.0
    few = learned(visits(rows[:20]))
    assert few.place.tolist() == few.hour.tolist() == [1, 1, 1]
