"""The herd as a list: which groups are wanted, in which order, and the columns that a table shows of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from thumper_core.language import mark
from thumper_core.questions import words

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

ORDERS: Final = {
    "seen": mark("Most seen"),
    "newest": mark("Last seen"),
    "first": mark("First seen"),
    "name": mark("Name"),
    "kind": mark("Kind"),
    "sure": mark("Least sure"),
    "few": mark("Least seen"),
}
"""What a list can be sorted by, and what that is called."""
WHICH: Final = ("all", "named", "nameless", "hit list")
COLUMNS: Final = {
    "deer": mark("Deer"),
    "id": "ID",
    "kind": mark("Kind"),
    "visits": mark("Visits"),
    "pictures": mark("Pictures"),
    "cameras": mark("Cameras"),
    "first_seen": mark("First seen"),
    "last_seen": mark("Last seen"),
    "sure": mark("How sure"),
    "status": mark("Status"),
    "notes": mark("Notes"),
}
"""What a table can show of each group, and what that is called."""
USUAL: Final = ("deer", "kind", "visits", "pictures", "cameras", "first_seen", "last_seen", "sure")
"""The columns that are shown where nobody chose others."""


@dataclass(frozen=True)
class Wanted:
    """Which groups, and in which order.

    kinds: of `theme.CATEGORIES`, empty: all; which: one of WHICH; camera: visited by it (None: any); text: a
    part of the name or ID; order: one of ORDERS.
    """

    kinds: tuple[str, ...] = ()
    which: str = "all"
    camera: str | None = None
    text: str = ""
    order: str = "seen"


def listed(cards: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    """The rows of `tables.herd_cards` that are wanted, in their order.

    cards: with `sure` of `sureness` where they are ordered by it.
    """
    keep = pl.lit(True)
    if wanted.kinds:
        keep &= pl.col("category").is_in(wanted.kinds)
    if wanted.which == "hit list":
        keep &= pl.col("watched")
    elif wanted.which == "named":
        keep &= pl.col("name").is_not_null()
    elif wanted.which == "nameless":
        keep &= pl.col("name").is_null()
    if wanted.camera is not None:
        keep &= pl.col("cameras").list.contains(wanted.camera)
    if wanted.text:
        text = wanted.text.lower()
        found = (
            pl.col(name).str.to_lowercase().str.contains(text, literal=True)
            for name in ("label", "individual_id")
        )
        keep &= pl.any_horizontal(*found)
    shown = cards.filter(keep)
    label = pl.col("label").str.to_lowercase()
    if wanted.order == "name":
        return shown.sort(pl.col("name").is_null(), label)
    if wanted.order == "kind":  # as the cards stand: bucks first
        return shown
    by, falls = {
        "seen": ("n_visits", True),
        "newest": ("last_seen", True),
        "first": ("first_seen", False),
        "sure": ("sure", False),
        "few": ("n_visits", False),
    }[wanted.order]
    return shown.sort(by, "individual_id", descending=[falls, False], nulls_last=True)


def sureness(workspace: Workspace) -> pl.DataFrame:
    """How sure it is that an individual's pictures belong together: individual_id, sure.

    sure: mean of `p_same` over its tracklets, [0, 1]; null where there is but one, or nothing was calibrated.
    """
    return workspace.sql(
        """
        with each as (
            select individual_id, tracklet_id, any_value(p_same) as p_same from assignments
            where individual_id is not null group by 1, 2
        )
        select individual_id, avg(p_same) as sure from each group by 1 order by 1
        """
    )


def table(shown: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    """What a table shows of rows of `listed`: the chosen of COLUMNS, by their keys, in the order of COLUMNS.

    shown: with `sure`. Times are days; cameras is text, the most visited first.
    """
    kinds = {category: words.kind(category) for category in shown["category"].unique()}
    status = [words.status_of(row) or None for row in shown.iter_rows(named=True)]
    made = shown.select(
        pl.col("label").alias("deer"),
        pl.col("individual_id").alias("id"),
        pl.col("category").replace_strict(kinds, return_dtype=pl.String).alias("kind"),
        pl.col("n_visits").alias("visits"),
        pl.col("n_detections").alias("pictures"),
        pl.col("cameras").list.join(", "),
        pl.col("first_seen", "last_seen").dt.date(),
        pl.col("sure").round(3),
        pl.Series("status", status, pl.String),
        "notes",
    )
    return made.select(name for name in COLUMNS if name in columns)


def joined_into(cards: pl.DataFrame) -> str:
    """Which of several groups keeps its ID and name when they are joined: one with a name, else the most
    seen.

    cards: rows of `tables.herd_cards`, at least one.
    """
    order = cards.sort(
        pl.col("name").is_null(), "n_visits", "individual_id", descending=[False, True, False]
    )
    return str(order["individual_id"][0])
