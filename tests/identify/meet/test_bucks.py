"""Sex, antlers and season stand apart, and one possible buck keeps a visit on the buck list."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest

from thumper_core.identify.meet.bucks import (
    BUCK_MIN,
    antlers_seen,
    buck_list_from,
    in_shed_season,
    male_chance,
)


def frame(**columns: object) -> pl.DataFrame:
    plain = {
        "sex": "unknown",
        "age_class": "adult",
        "source": "model",
        "confidence": 0.8,
        "taken_at": datetime(2025, 10, 1),
        "latitude": 30.0,
    }
    return pl.DataFrame([{**plain, **columns}])


@pytest.mark.parametrize(
    ("columns", "chance"),
    [
        ({"sex": "male"}, 0.9),
        ({"sex": "female"}, 0.1),
        ({"sex": "unknown"}, 0.5),
        ({"sex": "female", "p_male": 0.3}, 0.3),
        ({"sex": "male", "source": "human"}, 0.999),
        ({"age_class": "fawn"}, 0.05),
        ({"age_class": "fawn", "source": "human"}, 0.0),
    ],
)
def test_the_chance_of_a_buck(columns: dict[str, object], chance: float) -> None:
    assert male_chance(frame(**columns), np.array([0.9]))[0] == pytest.approx(chance)


@pytest.mark.parametrize(
    ("month", "latitude", "shed"),
    [(2, 30.0, True), (10, 30.0, False), (2, -33.0, False), (8, -33.0, True), (None, 30.0, None)],
)
def test_the_shed_season_is_half_a_year_later_in_the_south(
    month: int | None, latitude: float, shed: bool | None
) -> None:
    at = None if month is None else datetime(2025, month, 10)
    made = frame(latitude=latitude).with_columns(pl.lit(at, pl.Datetime("us")).alias("taken_at"))
    assert in_shed_season(made).to_list() == [shed]


@pytest.mark.parametrize(
    ("sex", "month", "tells", "seen"),
    [
        ("male", 10, 0.9, True),
        ("female", 10, 0.9, False),
        ("female", 10, 0.2, None),  # none would be seen if there were any: no doe for that
        ("female", 2, 0.9, None),
        ("male", 2, 0.9, None),
    ],
)
def test_no_antler_seen_is_not_a_doe(sex: str, month: int, tells: float, seen: bool | None) -> None:
    made = frame(sex=sex, taken_at=datetime(2025, month, 10))
    found = antlers_seen(made, in_shed_season(made), np.array([tells]))
    assert found.to_list() == [seen]


def test_the_list_loses_next_to_no_visit_of_a_buck() -> None:
    rng = np.random.default_rng(0)
    visit = np.repeat(np.arange(400), 3)
    is_buck = visit < 100
    chance = np.where(is_buck, rng.beta(5, 2, 1200), rng.beta(2, 8, 1200))
    least = buck_list_from(chance, visit, is_buck)
    best = np.array([chance[visit == k].max() for k in range(400)])
    assert (best[:100] >= least).mean() >= 0.99
    assert (best[100:] >= least).mean() < 0.7
    assert buck_list_from(chance[:9], visit[:9], is_buck[:9]) == BUCK_MIN


@pytest.mark.parametrize("n", [30, 80, 1000])
def test_few_visits_do_not_make_the_list_lose_more_than_many(n: int) -> None:
    rng = np.random.default_rng(1)

    def chances(size: int) -> np.ndarray:
        return np.asarray(1 / (1 + np.exp(-rng.normal(2, 1.5, size))))

    fresh, visit, bucks = chances(100_000), np.arange(n), np.ones(n, bool)
    lost = [(fresh < buck_list_from(chances(n), visit, bucks)).mean() for _ in range(200)]
    assert 0.001 < np.mean(lost) < 0.008  # the lowest of 80 alone would lose 0.012
