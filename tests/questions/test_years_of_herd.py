"""The table of deer years: counts and estimates, what they say in words, and whether the herd grew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.questions.test_seasons import _who
from tests.workspaces import START, calibrated, copied, restate
from thumper_core.herd.abundance.estimate import Estimate, Refused
from thumper_core.herd.summary import CalibrationFigures
from thumper_core.questions.seasons import histories
from thumper_core.questions.years_of_herd import YearOfHerd, growing, sentences, years_of_herd
from thumper_core.workspace import Workspace


@pytest.fixture
def ranch(years_ranch: Workspace) -> Workspace:
    """Read only."""
    return years_ranch


def test_the_table_of_years_counts_and_estimates(ranch: Workspace) -> None:
    first, second, third = years_of_herd(ranch)
    assert [year.label for year in (first, second, third)] == ["2023/24", "2024/25", "2025/26"]
    assert (first.n_deer, first.bucks, first.does, first.fawns) == (5, 1, 3, 1)
    assert (second.n_deer, second.n_yearlings, second.n_new, second.n_missing) == (5, 1, 1, 1)
    assert (third.n_born, third.n_back, third.n_missing) == (1, 1, 1)
    assert first.survival is None
    assert isinstance(second.survival, Estimate)
    assert second.survival.low < 0.8 < second.survival.high
    assert isinstance(third.fawns_per_doe, Estimate)
    assert third.fawns_per_doe.estimate == pytest.approx(1 / 4)
    assert first.camera_days == second.camera_days
    assert first.visits_per_100_days == pytest.approx(100 * 26 / first.camera_days)
    assert first.recruited is None
    assert isinstance(second.recruited, Estimate)
    assert second.recruited.estimate == pytest.approx(
        1 / 3
    )  # one yearling doe, three that are older
    told = histories(ranch)
    words = " ".join(sentences([first, second, third], told))
    label = told.filter(pl.col("individual_id") == _who(told, "first", "still", "missing"))[
        "label"
    ][0]
    assert words.startswith("What is counted are groups of pictures")
    assert f"Missing in 2025/26: {label}. Their cameras worked" in words


def test_where_deer_are_hardly_told_apart_nobody_is_called_missing(
    ranch: Workspace, tmp_path: Path
) -> None:
    herd = restate(
        copied(ranch, tmp_path),
        lambda said: replace(
            calibrated(said), calibration=CalibrationFigures(4, 1152, 0, separation=0.2)
        ),
    )
    years = years_of_herd(herd)
    assert not any(year.is_told_apart for year in years)
    assert [type(year.survival) for year in years] == [type(None), Refused, Refused]
    words = " ".join(sentences(years, histories(herd)))
    assert "These pictures hardly tell one deer from another" in words
    assert "Missing in" not in words
    assert growing(*years[:2]).startswith("Whether the herd grew cannot be said.")


def _year(value: float, low: float, high: float, year: YearOfHerd, label: str) -> YearOfHerd:
    return replace(year, label=label, deer=Estimate("m", value, low, high, (), "s"))


@pytest.mark.parametrize(
    ("earlier", "later", "said"),
    [
        (
            (10, 9, 11),
            (20, 18, 23),
            "The herd grew: about 100% more deer in B than in A (95% interval: 7",
        ),
        (
            (20, 18, 22),
            (10, 9, 11),
            "The herd shrank: about 50% fewer deer in B than in A (95% interval: ",
        ),
        (
            (20, 15, 30),
            (22, 15, 40),
            "cannot be told: the estimate of B is 10% higher than that of A, but",
        ),
        (
            (22, 15, 40),
            (20, 15, 30),
            "the estimate of B is 9.1% lower than that of A, but anything from",
        ),
        (  # as the table shows them: 12 and 8
            (12.4, 8, 20),
            (7.94, 5, 16),
            "cannot be told: the estimate of B is 33% lower than that of A, but",
        ),
        (
            (20, 15, 30),
            (22, 15, float("inf")),
            "fewer deer to any number more fits these photos (95% int",
        ),
    ],
)
def test_whether_the_herd_grew_is_said_with_its_interval(
    ranch: Workspace, earlier: tuple[float, ...], later: tuple[float, ...], said: str
) -> None:
    year = years_of_herd(ranch)[0]
    assert said in growing(_year(*earlier, year, "A"), _year(*later, year, "B"))


def test_without_an_estimate_it_says_why(ranch: Workspace) -> None:
    year = years_of_herd(ranch)[0]
    none = replace(year, deer=Refused("m", "Too few days."))
    there = _year(20, 15, 30, year, "B")
    assert growing(none, there).endswith("The earlier of the two has no estimate: Too few days.")
    assert growing(there, none).endswith("The later of the two has no estimate: Too few days.")


def test_an_empty_workspace_has_no_years(tmp_path: Path) -> None:
    empty = Workspace.create(tmp_path / "ranch")
    assert histories(empty).is_empty()
    assert years_of_herd(empty) == []
    assert list(sentences([], histories(empty))) == [
        "No deer is told apart on a photo whose day is known."
    ]


def test_one_year_has_nothing_to_compare(small: Workspace) -> None:
    (year,) = years_of_herd(small)
    assert year.year == START.year
    assert year.survival is None
    assert year.recruited is None
    assert (year.n_new, year.n_missing, year.n_back) == (0, 0, 0)
