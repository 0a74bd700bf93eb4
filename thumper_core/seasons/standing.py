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
LOST: Final = ("harvested", "dead", "gone")
"""What people say of a deer that left for good."""
STANDINGS: Final = pl.Schema(
    {
        "individual_id": pl.String(),
        "year": pl.Int32(),
        "standing": pl.String(),  # one of SEEN, missing, unseen, or one of LOST
        "expected_visits": pl.Float64(),  # had it lived as in the last year that saw it; null: seen
        "lost": pl.String(),  # one of LOST in the year in which it was lost, seen before in it or not
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
    date null where nobody gave one: then it holds from the year after the last that saw the deer. A deer is
    lost once, in the year of that date, or in the next with effort where that one has none.
    """
    worked = {
        (c, y): float(d) for c, y, d in effort.select("camera", "year", "camera_days").iter_rows()
    }
    years = sorted({y for (_, y), days in worked.items() if days > 0})
    births = dict(born.select("individual_id", "birth_year").drop_nulls().iter_rows())
    said = {who: (word, on) for who, word, on in statuses.iter_rows()}
    rows: list[tuple[object, int, str, float | None, str | None]] = []
    order = ["individual_id", "year", "camera"]
    for (who,), of_deer in visits.sort(order).group_by("individual_id", maintain_order=True):
        came: dict[int, dict[str, int]] = {}
        for year, camera, n in of_deer.select("year", "camera", "n_visits").iter_rows():
            came.setdefault(year, {})[camera] = n
        first, last = min(came), max(came)
        before: int | None = None  # the last year that saw it
        word_said, since = _lost(said.get(str(who)), last, deer_year)
        of_record = sorted({*came, *(y for y in years if y > first)})
        lost_in = min((y for y in of_record if y >= since), default=None) if word_said else None
        for year in of_record:
            if year in came:
                is_first_year = not any(y < year for y in years)
                word = _seen(year, before, years, is_first_year, births.get(str(who)))
                rows.append((who, year, word, None, word_said if year == lost_in else None))
                before = year
                continue
            assert before is not None  # years before the first were left out
            expected = sum(
                n / worked[camera, before] * worked.get((camera, year), 0.0)
                for camera, n in came[before].items()
                if worked.get((camera, before), 0.0) > 0
            )
            is_over = word_said is not None and year >= since and year > last
            is_missed = math.exp(-expected) <= MISSED_MAX
            word = str(word_said) if is_over else "missing" if is_missed else "unseen"
            rows.append((who, year, word, expected, word_said if year == lost_in else None))
    return pl.DataFrame(rows, schema=STANDINGS, orient="row")


def _seen(year: int, before: int | None, years: list[int], is_first: bool, born: int | None) -> str:
    if before is None:
        if born == year:
            return "born"
        return "first" if is_first else "new"
    skipped = [y for y in years if before < y < year]
    return "back" if skipped else "still"


def _lost(
    said: tuple[str, date | None] | None, last: int, deer_year: DeerYear
) -> tuple[str | None, int]:
    """The word on a deer that left for good, None where it did not, and the year from which it holds."""
    word, on = said or ("alive", None)
    since = deer_year.of(on) if on is not None else last + 1
    return (word, since) if word in LOST else (None, since)
