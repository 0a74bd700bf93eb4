"""Ratios of visits with intervals that clusters share in."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from thumper_core.herd.abundance.estimate import Estimate, Refused
from thumper_core.survey.resampled import ratio_of_visits


def visits(rows: list[tuple[str, int, str, str]]) -> pl.DataFrame:
    """Rows of camera, day, animal and kind."""
    first = date(2026, 9, 1)
    return pl.DataFrame(
        [(c, first + timedelta(days=d), a, k) for c, d, a, k in rows],
        schema={"camera": pl.String, "day": pl.Date, "animal": pl.String, "kind": pl.String},
        orient="row",
    )


def drawn(seed: int, n_bucks: int = 20, n_does: int = 40, spread: float = 0.5) -> pl.DataFrame:
    """A herd whose deer, cameras and days differ."""
    rng = np.random.default_rng(seed)
    rows = []
    cameras, days = rng.lognormal(0, spread, 10), rng.lognormal(0, spread / 2, 14)
    for kind, n in (("bucks", n_bucks), ("does", n_does)):
        for i, ease in enumerate(rng.lognormal(0, spread, n)):
            for c, d in zip(
                *np.nonzero(rng.poisson(0.02 * ease * np.outer(cameras, days))), strict=True
            ):
                rows.append((f"c{c}", int(d), f"{kind}{i}", kind))
    return visits(rows)


def estimate(rows: pl.DataFrame) -> Estimate:
    found = ratio_of_visits(rows, "bucks", "does")
    assert isinstance(found, Estimate)
    return found


def test_the_value_is_the_ratio_of_visits() -> None:
    rows = drawn(1)
    found = estimate(rows)
    bucks, does = ((rows["kind"] == k).sum() for k in ("bucks", "does"))
    assert found.estimate == pytest.approx(bucks / does)
    assert found.low * found.high == pytest.approx(found.estimate**2)


def test_other_kinds_do_not_count() -> None:
    rows = drawn(1)
    more = pl.concat([rows, visits([("c1", 2, "f", "fawns")] * 30)])
    assert estimate(more).estimate == estimate(rows).estimate
    assert estimate(more).high == pytest.approx(estimate(rows).high)


def test_one_buck_that_always_comes_widens_the_interval() -> None:
    """As many visits, of one animal instead of many."""
    rows = drawn(2)
    is_buck = pl.col("kind") == "bucks"
    of_few = rows.with_columns(
        pl.when(is_buck).then(pl.col("animal").str.slice(0, 6)).otherwise("animal").alias("animal")
    )
    wide, narrow = estimate(of_few), estimate(rows)
    assert wide.high / wide.low > narrow.high / narrow.low


def test_the_interval_holds_where_deer_cameras_and_days_differ() -> None:
    held = [e.low <= 0.5 <= e.high for e in (estimate(drawn(seed)) for seed in range(40))]
    assert sum(held) >= 36


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "known to be that of a buck"),
        ([("a", 1, "x", "bucks")] * 20, "known to be that of a doe"),
        ([("a", 1, "x", "bucks"), ("b", 2, "y", "does")], "Only 2 visits"),
        ([("a", d, f"x{d}", k) for d in range(9) for k in ("bucks", "does")], "3 cameras"),
        ([(c, 1, f"{c}{k}", k) for c in "abcdefgh" for k in ("bucks", "does")], "3 days"),
    ],
)
def test_too_little_is_refused(rows: list[tuple[str, int, str, str]], reason: str) -> None:
    found = ratio_of_visits(visits(rows), "bucks", "does")
    assert isinstance(found, Refused)
    assert reason in found.reason


def test_visits_of_unknown_sex_are_said_and_left_out() -> None:
    rows = drawn(1)
    few, many = (visits([("c1", 2, f"u{i}", "unknown") for i in range(n)]) for n in (1, 200))
    assert estimate(pl.concat([rows, few])).cautions == ()
    found = estimate(pl.concat([rows, many]))
    assert found.estimate == estimate(rows).estimate
    assert "Of 200 visits" in found.cautions[0]
