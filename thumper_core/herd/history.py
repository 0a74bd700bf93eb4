"""The herd over time: one row per identification, and what changed between two of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

import polars as pl

from thumper_core.contracts import AgeClass, Sex, UsageError
from thumper_core.store.herd_summary import HerdCounts
from thumper_core.store.records import HerdRow

MEASURES: Final = tuple(one.name for one in fields(HerdCounts))
"""Counts, but `assignment_rate`, a share in [0, 1]."""

HISTORY_SCHEMA: Final = pl.Schema(
    {
        "herd_id": pl.String(),
        "run_id": pl.String(),
        "method": pl.String(),
        "threshold": pl.Float64(),
        "created_at": pl.Datetime("us", "UTC"),
        **{m: pl.Float64() if m == "assignment_rate" else pl.Int64() for m in MEASURES},
    }
)


def counts_of(profiles: pl.DataFrame, assignments: pl.DataFrame) -> HerdCounts:
    """How much is in one herd.

    profiles: the columns of `contracts.PROFILES`; assignments: those of `contracts.ASSIGNMENTS`,
    one row per deer detection, `profile_id` null where it belongs to none. Assigned is a
    detection in a profile that was seen in at least two events: a profile of one event has not
    been recognised yet. The rate is None where there is no detection. Profiles without an individual
    show nobody who can be told: their visits are counted, and they are of no kind.
    """
    sex, age = pl.col("sex"), pl.col("age_class")
    fawn = age == AgeClass.FAWN
    is_deer = pl.col("individual_id").is_not_null()
    untold = profiles.filter(~is_deer)
    n_profiles, profiles = profiles.height, profiles.filter(is_deer)
    known = profiles.filter(pl.col("n_events") >= 2)
    assigned = assignments.join(known, on="profile_id", how="semi").height
    return HerdCounts(
        n_profiles=n_profiles,
        n_individuals=profiles["individual_id"].drop_nulls().n_unique(),
        n_detections=assignments.height,
        n_assigned=assigned,
        assignment_rate=assigned / assignments.height if assignments.height else None,
        n_singletons=profiles.filter(pl.col("n_detections") == 1).height,
        n_bucks=profiles.filter(~fawn & (sex == Sex.MALE)).height,
        n_does=profiles.filter(~fawn & (sex == Sex.FEMALE)).height,
        n_fawns=profiles.filter(fawn).height,
        n_unknown=profiles.filter(~fawn & ~sex.is_in([Sex.MALE, Sex.FEMALE])).height,
        n_untold=int(untold["n_events"].sum()),
    )


def herd_history(herds: Iterable[HerdRow]) -> pl.DataFrame:
    """HISTORY_SCHEMA, oldest first, from the rows of `ledger.herds()`.

    A measure that a herd's summary lacks is null.
    """
    rows = [
        {
            **{k: getattr(herd, k) for k in HISTORY_SCHEMA if k not in MEASURES},
            **asdict(herd.summary.counts),
        }
        for herd in herds
    ]
    return pl.DataFrame(rows, schema=HISTORY_SCHEMA).sort("created_at", "herd_id")


def difference(history: pl.DataFrame, before_id: str, after_id: str) -> pl.DataFrame:
    """What changed from one herd to another: measure, before, after, change (Float64).

    The measures, then `bucks_per_100_does` (null without does). UsageError where a herd is not in
    the history.
    """
    both = [_row(history, herd_id) for herd_id in (before_id, after_id)]
    rows = []
    for measure in (*MEASURES, "bucks_per_100_does"):
        before, after = (_value(row, measure) for row in both)
        change = None if before is None or after is None else after - before
        rows.append((measure, before, after, change))
    schema = {
        "measure": pl.String,
        "before": pl.Float64,
        "after": pl.Float64,
        "change": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _row(history: pl.DataFrame, herd_id: str) -> dict[str, Any]:
    found = history.filter(pl.col("herd_id") == herd_id)
    if found.is_empty():
        raise UsageError(f"There is no herd {herd_id!r} in the history.")
    return found.row(0, named=True)


def _value(row: Mapping[str, Any], measure: str) -> float | None:
    if measure == "bucks_per_100_does":
        bucks, does = row["n_bucks"], row["n_does"]
        return 100.0 * bucks / does if bucks is not None and does else None
    value = row[measure]
    return None if value is None else float(value)
