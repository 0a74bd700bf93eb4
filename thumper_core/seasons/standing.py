"""What became of each deer in each year: new, still there, back, missing, or unseen for no known reason.

A deer is missing only where its cameras worked: from how often it came to each of them in the last year in
which it was seen, and the days on which they stood, follows how often it would have been seen. Visits are
taken to come one by one (Poisson), so that a deer that lives as it did is seen on no visit with the chance
exp(-expected).
"""

from __future__ import annotations

import math
from datetime import date
from typing import Final

import polars as pl

from thumper_core.deer_year import DeerYear

MISSED_MAX: Final = 0.05
"""Chance of seeing nothing of a deer that is there, up to which it is called missing."""
SEEN: Final = ("first", "new", "born", "still", "back")
"""What becomes of a deer that is seen: in the first year of the record; for the first time, grown or as a
fawn; in the year before too; not in the year before."""
UNSEEN: Final = ("missing", "unseen", "harvested", "dead", "gone")
STANDINGS: Final = pl.Schema(
    {
        "individual_id": pl.String(),
        "year": pl.Int32(),
        "standing": pl.String(),  # one of SEEN or UNSEEN
        "expected_visits": pl.Float64(),  # had it lived as in the last year that saw it; null: seen
    }
)


def standings(
    visits: pl.DataFrame,
    effort: pl.DataFrame,
    born: pl.DataFrame,
    statuses: pl.DataFrame,
    deer_year: DeerYear,
) -> pl.DataFrame:
    """`STANDINGS`: a row for each individual and year with effort from the first that saw it on.

    visits: `individual_id, year, camera, n_visits`; effort: `camera, year, camera_days`; born:
    `individual_id, birth_year`; statuses: `individual_id, status, status_on` as people said it, the
    date null where nobody gave one: then it holds from the year after the last that saw the deer.
    """
    worked = {
        (c, y): float(d) for c, y, d in effort.select("camera", "year", "camera_days").iter_rows()
    }
    years = sorted({y for (_, y), days in worked.items() if days > 0})
    births = dict(born.select("individual_id", "birth_year").drop_nulls().iter_rows())
    said = {who: (word, on) for who, word, on in statuses.iter_rows()}
    rows: list[tuple[object, int, str, float | None]] = []
    order = ["individual_id", "year", "camera"]
    for (who,), of_deer in visits.sort(order).group_by("individual_id", maintain_order=True):
        came: dict[int, dict[str, int]] = {}
        for year, camera, n in of_deer.select("year", "camera", "n_visits").iter_rows():
            came.setdefault(year, {})[camera] = n
        first, last = min(came), max(came)
        before: int | None = None  # the last year that saw it
        for year in sorted({*came, *(y for y in years if y > first)}):
            if year in came:
                is_first_year = not any(y < year for y in years)
                word = _seen(year, before, years, is_first_year, births.get(str(who)))
                rows.append((who, year, word, None))
                before = year
                continue
            assert before is not None  # years before the first were left out
            expected = sum(
                n / worked[camera, before] * worked.get((camera, year), 0.0)
                for camera, n in came[before].items()
                if worked.get((camera, before), 0.0) > 0
            )
            word = _unseen(year, last, said.get(str(who)), expected, deer_year)
            rows.append((who, year, word, expected))
    return pl.DataFrame(rows, schema=STANDINGS, orient="row")


def _seen(year: int, before: int | None, years: list[int], is_first: bool, born: int | None) -> str:
    if before is None:
        if born == year:
            return "born"
        return "first" if is_first else "new"
    skipped = [y for y in years if before < y < year]
    return "back" if skipped else "still"


def _unseen(
    year: int, last: int, said: tuple[str, date | None] | None, expected: float, deer_year: DeerYear
) -> str:
    word, on = said or ("alive", None)
    if word in UNSEEN and year > last:
        since = deer_year.of(on) if on is not None else last + 1
        if year >= since:
            return word
    return "missing" if math.exp(-expected) <= MISSED_MAX else "unseen"
