"""Fawn, yearling or adult: what each deer was in each deer year, by boxes and people's word on its age.

A herd's profile has one age class for all its years; what is counted in a season goes by that season's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import polars as pl

from thumper_core.contracts import AgeClass
from thumper_core.decisions.kinds import SaysAge
from thumper_core.questions.judged import said_of_deer
from thumper_core.seasons.ages import ages
from thumper_core.seasons.judged import OLDEST, YOUNGEST

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

EVIDENCE: Final = f"""
    count(*) filter (d.source = 'human' and d.age_class = '{AgeClass.FAWN}') as said_fawn,
    count(*) filter (d.source = 'human' and d.age_class = '{AgeClass.ADULT}') as said_adult,
    coalesce(sum(d.confidence) filter (d.source <> 'human' and d.age_class = '{AgeClass.FAWN}'), 0)::double
        as fawn,
    coalesce(sum(d.confidence) filter (d.source <> 'human' and d.age_class = '{AgeClass.ADULT}'), 0)::double
        as adult
"""
"""SQL: what boxes `d` say of one deer's age, as `seasons.ages` takes it."""
_SEEN: Final = f"""
select a.individual_id, cast({{year}} as integer) as year, {EVIDENCE}
from assignments a join detections d using (detection_id) join photos p using (photo_id)
where d.repeated is null and p.taken_at_precision <> 'unknown' and a.individual_id is not null
group by all
"""
_SAYS: Final = "select count(*) from decisions where kind = ? and not undone"
_SAID: Final = pl.Schema(
    {"individual_id": pl.String(), "year": pl.Int32(), "age": pl.Float64()}
)  # one row a word


def stages(workspace: Workspace) -> pl.DataFrame:
    """`seasons.ages.AGED` of every individual and deer year in which it was seen: see `staged`."""
    year = workspace.settings.seasons.sql("p.taken_at")
    return staged(workspace, workspace.sql(_SEEN.format(year=year)))


def staged(workspace: Workspace, evidence: pl.DataFrame) -> pl.DataFrame:
    """`seasons.ages.AGED` of rows of `seasons.ages.EVIDENCE`, with people's word on ages.

    A person's age of 0.5 is a word for a fawn of that year, any other one for a grown deer, beside what
    people say of single boxes. Where nothing is said of a year, the ages of other years say it.
    """
    said = _ages_said(workspace)
    votes = said.group_by("individual_id", "year").agg(
        (pl.col("age") == YOUNGEST).sum().cast(pl.Int64).alias("young"),
        (pl.col("age") > YOUNGEST).sum().cast(pl.Int64).alias("grown"),
    )
    both = evidence.join(votes, on=["individual_id", "year"], how="left").with_columns(
        pl.col("said_fawn") + pl.col("young").fill_null(0),
        pl.col("said_adult") + pl.col("grown").fill_null(0),
    )
    born = (
        said.filter(pl.col("age") < OLDEST)  # the oldest class is open
        .group_by("individual_id")
        .agg((pl.col("year") - pl.col("age").floor()).quantile(0.5, "lower").alias("by_age"))
    )
    grown = pl.col("year") - pl.col("by_age")
    return (
        ages(both)
        .join(born, on="individual_id", how="left", maintain_order="left")
        .with_columns(
            pl.when((pl.col("age_class") != AgeClass.UNKNOWN) | grown.is_null() | (grown < 0))
            .then("age_class")
            .when(grown == 0)
            .then(pl.lit("fawn"))
            .when(grown == 1)
            .then(pl.lit("yearling"))
            .otherwise(pl.lit("adult"))
            .alias("age_class")
        )
        .drop("by_age")
    )


def _ages_said(workspace: Workspace) -> pl.DataFrame:
    """`_SAID`: the last age that each person gave a deer in a deer year."""
    if not workspace.sql(_SAYS, [SaysAge.kind]).item():
        return pl.DataFrame(schema=_SAID)
    words = said_of_deer(workspace, SaysAge.kind).filter(
        pl.col("counts"), pl.col("year").is_not_null()
    )
    years = [float(json.loads(text)["age"]) for text in words["payload"]]
    return words.select("individual_id", "year", pl.Series("age", years, pl.Float64))
