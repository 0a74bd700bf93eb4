"""A survey cut into occasions: who was seen when, for every method that counts recaptures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.herd.abundance.estimate import Refused, Result
from thumper_core.language import mark, say
from thumper_core.views.times import dated

CLOSED_DAYS_MAX: Final = 90.0
CLOSED: Final = (
    mark("No deer is born, dies, comes or goes during the survey."),
    mark("Every individual is one animal and every sighting is given to the right one."),
)


@dataclass(frozen=True)
class Captures:
    """Who was seen on which occasion.

    seen: (N, K) bool, individuals by occasions; starts: the K occasions' first moments.
    """

    individual_ids: tuple[str, ...]
    starts: tuple[datetime, ...]
    occasion_days: float
    seen: npt.NDArray[np.bool_]

    @property
    def cautions(self) -> tuple[str, ...]:
        """What the length of the survey says about the methods' assumptions."""
        span_days = len(self.starts) * self.occasion_days
        if span_days <= CLOSED_DAYS_MAX:
            return ()
        return (
            say(
                "The survey spans {days:.0f} days: over more than {most:.0f}, births, deaths and "
                "newcomers count as if they had been there all along. Narrow the dates.",
                days=span_days,
                most=CLOSED_DAYS_MAX,
            ),
        )


def capture_matrix(sightings: pl.DataFrame, occasion_days: float = 1.0) -> Captures:
    """Cut the survey into occasions of equal length and note who was seen on each.

    sightings: `individual_id, started_at` (Datetime), one row per individual and event; rows
    without an individual are left out, as are those whose day is not known. The first occasion
    begins at midnight of the first day; the last may be cut short by the end of the survey.
    """
    if occasion_days <= 0:
        raise ValueError(f"occasion_days must be positive, not {occasion_days}")
    known = dated(sightings).filter(pl.col("individual_id").is_not_null())
    first, last = known["started_at"].min(), known["started_at"].max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return Captures((), (), occasion_days, np.zeros((0, 0), bool))
    origin = first.replace(hour=0, minute=0, second=0, microsecond=0)
    length = timedelta(days=occasion_days)
    n_occasions = int((last - origin) / length) + 1
    ids = known["individual_id"].unique().sort()
    seen = np.zeros((len(ids), n_occasions), bool)
    length_us = round(length.total_seconds() * 1e6)
    occasion = ((known["started_at"] - origin).dt.total_microseconds() // length_us).to_numpy()
    seen[np.searchsorted(ids.to_numpy(), known["individual_id"].to_numpy()), occasion] = True
    starts = tuple(origin + k * length for k in range(n_occasions))
    return Captures(tuple(ids), starts, occasion_days, seen)


def with_cautions(result: Result, captures: Captures) -> Result:
    """An estimate with what the survey's length says about it added; a refusal as it is."""
    if isinstance(result, Refused) or not captures.cautions:
        return result
    return replace(result, cautions=(*result.cautions, *captures.cautions))
