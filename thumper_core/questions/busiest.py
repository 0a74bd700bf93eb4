"""The hours in which most visits begin."""

from __future__ import annotations

import polars as pl

from thumper_core.views.times import timed

_FEW_VISITS = 20  # below, a busiest hour says nothing


def busiest_hours(sightings: pl.DataFrame) -> tuple[int, int, float] | None:
    """Start and end (hours of day) of the two hours in which most visits begin, and their share.

    None where there are too few visits, or where no two hours stand out (below twice an even day).
    """
    sightings = timed(sightings)
    if sightings.height < _FEW_VISITS:
        return None
    hours = sightings["started_at"].dt.hour().to_list()
    counts = [hours.count(hour) for hour in range(24)]
    pairs = [counts[hour] + counts[(hour + 1) % 24] for hour in range(24)]
    start = max(range(24), key=lambda hour: (pairs[hour], counts[hour]))
    share = pairs[start] / len(hours)
    return (start, (start + 2) % 24, share) if share >= 2 * 2 / 24 else None
