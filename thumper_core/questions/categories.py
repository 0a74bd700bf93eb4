"""Bucks, does, fawns and the unknown: the category of an animal, and visits counted by it."""

from __future__ import annotations

import polars as pl

from thumper_core.theme import CATEGORIES
from thumper_core.views.times import timed


def category(sex: str = "sex", age_class: str = "age_class") -> pl.Expr:
    """Buck, doe, fawn or unknown (String) from two columns; a fawn's sex does not matter."""
    return (
        pl.when(pl.col(age_class) == "fawn")
        .then(pl.lit("fawn"))
        .when(pl.col(sex) == "male")
        .then(pl.lit("buck"))
        .when(pl.col(sex) == "female")
        .then(pl.lit("doe"))
        .otherwise(pl.lit("unknown"))
        .alias("category")
    )


def activity(sightings: pl.DataFrame) -> pl.DataFrame:
    """Visits by the hour in which they begin: 24 rows per category that occurs, zeros included.

    Visits whose time of day is not known are in no hour.

    sightings: as `sightings` gives them. Columns: category, hour (0 to 23), n_visits.
    """
    seen = set(sightings["category"].unique())
    present = [c for c in CATEGORIES if c in seen]
    grid = pl.DataFrame({"category": present}, schema={"category": pl.String}).join(
        pl.DataFrame({"hour": range(24)}, schema={"hour": pl.Int32}), how="cross"
    )
    counted = (
        timed(sightings)
        .group_by("category", pl.col("started_at").dt.hour().cast(pl.Int32).alias("hour"))
        .agg(pl.len().cast(pl.Int64).alias("n_visits"))
    )
    joined = grid.join(counted, on=["category", "hour"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("n_visits").fill_null(0))
