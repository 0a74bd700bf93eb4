"""What speaks against naming a deer yet: it was seen in one year only, or may be one of another year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from thumper_core.herd.history import herd_history
from thumper_core.herd.readiness import AcrossYears, Readiness, readiness
from thumper_core.language import say
from thumper_core.questions.seasons import histories
from thumper_core.questions.tables import size_of
from thumper_core.questions.year_links import YearLink, year_links
from thumper_core.seasons.standing import SEEN

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace


def readiness_of(workspace: Workspace) -> Readiness:
    """The checklist of a workspace, with what is open between its years where deer are told apart."""
    told = histories(workspace)
    is_telling = size_of(workspace, told["individual_id"].n_unique()).is_telling
    across = across_years(told, year_links(workspace, told)) if is_telling else None
    return readiness(herd_history(workspace.ledger.herds()), across)


def across_years(told: pl.DataFrame, links: Sequence[YearLink]) -> AcrossYears | None:
    """What `herd.readiness` is told of years; None where the record has one. told: `seasons.histories`."""
    if told["year"].n_unique() < 2:
        return None
    return AcrossYears(len(links), len(_once(told)))


def name_doubts(told: pl.DataFrame, links: Sequence[YearLink]) -> dict[str, str]:
    """Of each individual that there is something to say of, a sentence's part such as `seen in 2026/27 only`.

    Nothing where the record has one year. An open question says more, and is said first.
    """
    if told["year"].n_unique() < 2:
        return {}
    found = {
        who: say("seen in {season} only", season=season) for who, season in _once(told).items()
    }
    for one in reversed(links):  # the likeliest is said
        found[one.later] = say(
            "may be {deer} of {season}: not answered",
            deer=one.earlier_label,
            season=one.season_before,
        )
        found[one.earlier] = say(
            "may be {deer} of {season}: not answered", deer=one.later_label, season=one.season
        )
    return found


def _once(told: pl.DataFrame) -> dict[str, str]:
    """The season of each individual that was seen in one only."""
    seen = told.filter(pl.col("standing").is_in(SEEN))
    alone = seen.filter(pl.len().over("individual_id") == 1)
    return dict(alone.select("individual_id", "season").iter_rows())
