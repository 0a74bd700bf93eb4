"""Who is new, born, back, missing, unsure or lost in a deer year, each with a picture to know it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from thumper_core.language import mark
from thumper_core.seasons.standing import LOST, SEEN


@dataclass(frozen=True)
class Standing:
    """key: in the address; title: how it is headed; means: what is meant, a sentence; words: those of
    `seasons.standing` that are it.
    """

    key: str
    title: str
    means: str
    words: tuple[str, ...]


STANDINGS: Final = (
    Standing("new", mark("New"), mark("Seen for the first time, grown."), ("new",)),
    Standing("born", mark("Born"), mark("Seen for the first time, as a fawn."), ("born",)),
    Standing("back", mark("Came back"), mark("Seen, and not seen in the year before."), ("back",)),
    Standing(
        "missing",
        mark("Missing"),
        mark(
            "Not seen, though its cameras worked long enough: had it come as often as in the last year "
            "that saw it, the chance to see nothing of it would be at most 5%."
        ),
        ("missing",),
    ),
    Standing(
        "unsure",
        mark("Unsure"),
        mark(
            "Not seen, but it came too seldom before, or its cameras worked too little, to call it missing."
        ),
        ("unseen",),
    ),
    Standing(
        "lost",
        mark("Lost"),
        mark("People say that it was taken, found dead or left."),
        LOST,
    ),
)
"""In the order in which they are shown; a deer that was there in the year before too is none of them."""


def stands(told: pl.DataFrame, year: int) -> dict[str, pl.DataFrame]:
    """By `Standing.key`, those that are not empty: `individual_id, label, standing, season, detection_id,
    sex, age_class, n_visits, last_seen`, the most seen first.

    told: `questions.seasons.histories`. A deer is lost in one year only, and may have been seen in it before:
    then it is in two parts. Where the year has no picture of a deer, season, detection_id,
    n_visits and last_seen are of the last year before that has one.
    """
    seen = told.filter(pl.col("standing").is_in(SEEN) & (pl.col("year") <= year))
    last = seen.sort("year").unique("individual_id", keep="last", maintain_order=True)
    rows = (
        told.filter(pl.col("year") == year)
        .select("individual_id", "label", "standing", "lost", "sex")
        .join(
            last.select(
                "individual_id",
                "season",
                "age_class",
                "n_visits",
                "last_seen",
                pl.col("best_detection_id").alias("detection_id"),
            ),
            on="individual_id",
        )
        .sort("n_visits", "individual_id", descending=[True, False])
    )
    parts = {one.key: rows.filter(pl.col("standing").is_in(one.words)) for one in STANDINGS}
    parts["lost"] = rows.drop_nulls("lost").with_columns(standing="lost")
    parts = {key: part.drop("lost") for key, part in parts.items()}
    return {key: part for key, part in parts.items() if part.height}


def pictured(told: pl.DataFrame, individual_id: str) -> pl.DataFrame:
    """A deer's years that have a picture, the first first: rows of told with its `detection_id`."""
    own = told.filter(pl.col("individual_id") == individual_id).drop_nulls("best_detection_id")
    return own.rename({"best_detection_id": "detection_id"}).sort("year")


def known_by_year(told: pl.DataFrame, sex: str, least: int = 1) -> list[str]:
    """Grown individuals of one sex that were seen in `least` years or more: the most years first, then the
    most visits.
    """
    seen = told.filter((pl.col("sex") == sex) & pl.col("standing").is_in(SEEN))
    counted = (
        seen.group_by("individual_id")
        .agg(
            pl.len().alias("n_years"),
            pl.col("n_visits").sum(),
            (pl.col("age_class") != "fawn").any().alias("is_grown"),
        )
        .filter(pl.col("is_grown") & (pl.col("n_years") >= least))
    )
    order = ["n_years", "n_visits", "individual_id"]
    return counted.sort(order, descending=[True, True, False])["individual_id"].to_list()
