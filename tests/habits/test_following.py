"""Who follows whom: by hand, planted, and no more often by chance than it says."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from thumper_core.habits.following import DAYS_MIN, P_MAX, Following, TooFew, following

FIRST = date(2025, 9, 1)
GAP_S = 1800.0


def worked(n: int = 60, *cameras: str) -> pl.DataFrame:
    days = pl.DataFrame({"day": [FIRST + timedelta(days=k) for k in range(n)]})
    return pl.DataFrame({"camera": list(cameras or ("A", "B"))}).join(days, how="cross")


def visits(rows: list[tuple[str, float]]) -> pl.DataFrame:
    """(camera, hours after FIRST's midnight)."""
    start = datetime.combine(FIRST, datetime.min.time())
    made = [(camera, start + timedelta(hours=hours)) for camera, hours in rows]
    schema = {"camera": pl.String, "started_at": pl.Datetime("us")}
    return pl.DataFrame(made, schema=schema, orient="row")


def random_visits(seed: int, n: int, days: int = 60) -> list[tuple[str, float]]:
    """In spells of days, at hours of one's own: deer that know nothing of each other."""
    random = np.random.default_rng(seed)
    spells = np.repeat(random.gamma(1.0, 1.0, days // 5 + 1), 5)[:days]
    day = random.choice(days, n, p=spells / spells.sum())
    hour = random.normal(random.uniform(5, 19), 1.5, n) % 24
    return [("AB"[random.integers(2)], float(d * 24 + h)) for d, h in zip(day, hour, strict=True)]


def found(*args: object) -> Following:
    told = following(*args, GAP_S)  # type: ignore[arg-type]
    assert isinstance(told, Following)
    return told


def test_counted_by_hand() -> None:
    """Twelve visits, 40 days; after the first four the second comes 2 hours later, once in company."""
    ones = [("A", 24 * day + 8.0) for day in range(12)]
    others = [("A", 24 * day + 10.0) for day in range(4)] + [("A", 24 * 6 + 8.2)]
    others += [("A", 24 * day + 10.0) for day in range(20, 30)]
    told = found(visits(ones), visits(others), worked(40, "A"))
    assert (told.n_visits, told.n_followed, told.n_moves) == (12, 4, 39)
    assert told.median_h == pytest.approx(2.0)
    at = set(range(12))
    days = [0, 1, 2, 3, *range(20, 30)]
    moved = [len(at & {(day + shift) % 40 for day in days}) for shift in range(40)]
    assert told.by_chance == pytest.approx(np.mean(moved[1:]))
    assert told.p == pytest.approx(np.mean([n >= 4 for n in moved]))


def test_a_follower_is_found_and_the_other_way_is_not() -> None:
    leads = random_visits(1, 60)
    random = np.random.default_rng(2)
    after = [(camera, hours + float(random.uniform(1, 3))) for camera, hours in leads[:30]]
    ones, others = visits(leads), visits(after + random_visits(3, 30))
    assert found(ones, others, worked()).stands_out
    assert not found(others, ones, worked()).stands_out


def test_deer_that_know_nothing_of_each_other() -> None:
    """P_MAX of the ways at most, within what 80 draws can show."""
    out = [
        found(visits(random_visits(2 * k, 50)), visits(random_visits(2 * k + 1, 50)), worked()).stands_out
        for k in range(80)
    ]  # fmt: skip
    assert np.mean(out) <= P_MAX + 2 * np.sqrt(P_MAX * (1 - P_MAX) / len(out))


def test_company_is_no_following() -> None:
    leads = random_visits(5, 50)
    beside = visits([(camera, hours + 0.3) for camera, hours in leads])
    told = found(visits(leads), beside, worked())
    assert told.n_followed < 0.5 * told.n_visits
    assert not told.stands_out


@pytest.mark.parametrize(
    ("ones", "others", "days", "told"),
    [
        ([], [], worked(60), TooFew(0, 0, 0)),
        ([("A", 1.0)] * 20, [("B", 1.0)] * 20, worked(60), TooFew(0, 0, 0)),
        ([("A", 1.0)] * 20, [("A", 1.0)] * 9, worked(60), TooFew(20, 9, 60)),
        ([("A", 1.0)] * 20, [("A", 1.0)] * 20, worked(DAYS_MIN - 1), TooFew(20, 20, DAYS_MIN - 1)),
        ([("A", 24 * 80.0)] * 20, [("A", 1.0)] * 20, worked(60), TooFew(0, 20, 60)),
    ],
    ids=["none", "apart", "few", "short", "on days not worked"],
)
def test_too_little(
    ones: list[tuple[str, float]], others: list[tuple[str, float]], days: pl.DataFrame, told: TooFew
) -> None:
    assert following(visits(ones), visits(others), days, GAP_S) == told
