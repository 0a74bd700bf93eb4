"""How old a deer was in each year: a fawn is a yearling from the next season's start, and then an adult.

Nothing of it is kept: it follows from what boxes show, as models and people say it, and when. So it
follows every correction, and what is taken back is gone.
"""

from __future__ import annotations

from typing import Final

import polars as pl

EVIDENCE: Final = pl.Schema(
    {
        "individual_id": pl.String(),
        "year": pl.Int32(),
        "said_fawn": pl.Int64(),  # boxes of which a person says so
        "said_adult": pl.Int64(),
        "fawn": pl.Float64(),  # confidence of the boxes that a model says so of, added up
        "adult": pl.Float64(),
    }
)
AGED: Final = pl.Schema(
    {
        "individual_id": pl.String(),
        "year": pl.Int32(),
        "age_class": pl.String(),
        "birth_year": pl.Int32(),  # null: it was not seen as a fawn
        "age_by": pl.String(),  # human or model; null: nobody says
        "in_doubt": pl.Boolean(),  # called a fawn in a year after one in which it was there
    }
)


def ages(evidence: pl.DataFrame) -> pl.DataFrame:
    """`AGED`, one row for each row of `EVIDENCE`, by individual and year.

    A deer was born in the first year in which it was seen, if it was a fawn then: most of what people say
    of that year's boxes decides, else most of what the model says. What is called a fawn in a later year
    is in doubt: it grew up already, or two deer are taken for one. A deer that was never seen as a fawn is
    an adult where anybody says so, and of unknown age else; it may be a yearling.
    """
    human = (pl.col("said_fawn") + pl.col("said_adult")) > 0
    by_model = (pl.col("fawn") + pl.col("adult")) > 0
    said = (
        evidence.select(list(EVIDENCE))
        .sort("individual_id", "year")
        .with_columns(
            pl.when(human)
            .then(pl.lit("human"))
            .when(by_model)
            .then(pl.lit("model"))
            .alias("age_by"),
            pl.when(human)
            .then(pl.col("said_fawn") > pl.col("said_adult"))
            .otherwise(pl.col("fawn") > pl.col("adult"))
            .alias("looks_young"),
        )
        .with_columns(pl.col("year").min().over("individual_id").alias("first"))
    )
    young = pl.col("looks_young") & (pl.col("year") == pl.col("first"))
    born = pl.col("first").filter(young).first().over("individual_id").cast(pl.Int32)
    years = pl.col("year") - pl.col("birth_year")
    return (
        said.with_columns(born.alias("birth_year"))
        .with_columns(
            pl.when(years == 0)
            .then(pl.lit("fawn"))
            .when(years == 1)
            .then(pl.lit("yearling"))
            .when(years.is_not_null() | pl.col("age_by").is_not_null())
            .then(pl.lit("adult"))
            .otherwise(pl.lit("unknown"))
            .alias("age_class"),
            (pl.col("looks_young") & (pl.col("year") > pl.col("first"))).alias("in_doubt"),
        )
        .select(pl.col(name).cast(kind) for name, kind in AGED.items())
    )
