"""A table of deer years to decide from, and what it says in words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from thumper_core.herd.abundance.estimate import Estimate, Refused, Result
from thumper_core.herd.abundance.occasions import capture_matrix
from thumper_core.herd.abundance.ratios import ratio_of_individuals
from thumper_core.language import say
from thumper_core.questions import words
from thumper_core.questions.in_no_herd import photos_in_no_herd, waiting_words
from thumper_core.questions.part_of_herd import PartOfHerd, Parts
from thumper_core.questions.seasons import days_of_cameras, histories
from thumper_core.seasons.growth import growth
from thumper_core.seasons.standing import LOST, SEEN
from thumper_core.seasons.survival import METHOD, survival

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_CAPTURED = """
select individual_id, started_at, cast({year} as integer) as year
from sightings s where s.taken_at_precision <> 'unknown'
"""


@dataclass(frozen=True, kw_only=True)
class YearOfHerd(PartOfHerd):
    """One deer year of the herd.

    n_yearlings: among bucks and does; n_new, n_born, n_back: of those seen, see `seasons.standing`;
    n_missing: not seen though their cameras worked; n_unseen: neither seen nor missing;
    n_lost: people say that they were taken, died or went in this year, seen before in it or not;
    n_waiting: photos with deer that no identification has looked at (`in_no_herd`); survival: to this year
    from the one before; recruited: yearlings known as fawns the year before, for each grown doe;
    both None in the first year.
    """

    year: int
    n_yearlings: int
    n_new: int
    n_born: int
    n_back: int
    n_missing: int
    n_unseen: int
    n_lost: int
    n_waiting: int
    survival: Result | None
    recruited: Result | None


def years_of_herd(
    workspace: Workspace, told: pl.DataFrame | None = None, days: pl.DataFrame | None = None
) -> list[YearOfHerd]:
    """Every deer year of the record, the first first.

    told, days: `histories` and `days_of_cameras`, where they were asked for.

    >>> from thumper_core import Workspace, years_of_herd
    >>> [(year.label, year.n_deer) for year in years_of_herd(Workspace.open("ranch"))]
    [('2026/27', 4)]
    """
    days = days_of_cameras(workspace) if days is None else days
    told = histories(workspace, days) if told is None else told
    parts = Parts(workspace, told, days)
    deer_year = workspace.settings.seasons
    captured = workspace.sql(_CAPTURED.format(year=deer_year.sql("s.started_at")))
    found = []
    waiting = photos_in_no_herd(workspace)
    before: set[str] | None = None
    for year in sorted({*days["year"].to_list(), *told["year"].to_list()}):
        last = deer_year.first_day(year + 1) - timedelta(days=1)
        part = parts.between(deer_year.label(year), deer_year.first_day(year), last)
        of_year = told.filter(pl.col("year") == year)
        seen = of_year.filter(pl.col("standing").is_in(SEEN))
        is_young = pl.col("age_class") == "yearling"
        n_yearlings = seen.filter(is_young).height
        young_does = seen.filter(is_young & (pl.col("sex") == "female")).height
        lived_on: Result | None = None
        recruited: Result | None = None
        if before is not None:
            after = capture_matrix(captured.filter(pl.col("year") == year))
            lived_on = Refused(METHOD, parts.untold)
            recruited = Refused("yearlings per doe, identified individuals", parts.untold)
            if parts.is_told_apart:
                lost = of_year.filter(pl.col("standing").is_in(LOST))["individual_id"]
                lived_on = survival(before, after, lost.to_list())
                grown = part.does - young_does
                recruited = ratio_of_individuals(n_yearlings, grown, "yearlings per doe")
        stands: dict[Any, int] = dict(of_year["standing"].value_counts().iter_rows())
        found.append(
            YearOfHerd(
                **vars(part),
                year=year,
                n_yearlings=n_yearlings,
                n_new=stands.get("new", 0),
                n_born=stands.get("born", 0),
                n_back=stands.get("back", 0),
                n_missing=stands.get("missing", 0),
                n_unseen=stands.get("unseen", 0),
                n_lost=of_year["lost"].count(),
                n_waiting=waiting.get(year, 0),
                survival=lived_on,
                recruited=recruited,
            )
        )
        before = set(seen["individual_id"])
    return found


def growing(earlier: PartOfHerd, later: PartOfHerd) -> str:
    """Whether the herd grew between two parts, in a sentence that says how sure that is."""
    found = growth(earlier.deer, later.deer)
    if isinstance(found, Refused):
        return say("Whether the herd grew cannot be said. {reason}", reason=found.reason)
    named = {"earlier": earlier.label, "later": later.label}
    if found.low > 1:
        return say(
            "The herd grew: about {more} more deer in {later} than in {earlier} (95% interval: {low} to "
            "{high} more).",
            more=words.percent(found.estimate - 1),
            low=words.percent(found.low - 1),
            high=words.percent(found.high - 1),
            **named,
        )
    if found.high < 1:
        return say(
            "The herd shrank: about {fewer} fewer deer in {later} than in {earlier} (95% interval: {low} to "
            "{high} fewer).",
            fewer=words.percent(1 - found.estimate),
            low=words.percent(1 - found.high),
            high=words.percent(1 - found.low),
            **named,
        )
    # Of the whole deer that the table shows: 12 and then 8 are a third fewer, whatever stands behind them.
    shown = [
        round(part.deer.estimate) for part in (earlier, later) if isinstance(part.deer, Estimate)
    ]
    ratio = shown[1] / shown[0] if len(shown) == 2 and shown[0] else found.estimate
    change = words.percent(abs(ratio - 1))
    return say(
        "Whether the herd grew or shrank cannot be told: the estimate of {later} is {change} than that of "
        "{earlier}, but anything from {low} fewer deer to {high} fits these photos (95% interval).",
        change=say("{change} higher", change=change)
        if ratio >= 1
        else say("{change} lower", change=change),
        low=words.percent(1 - found.low),
        high=say("any number more")
        if math.isinf(found.high)
        else say("{more} more", more=words.percent(found.high - 1)),
        **named,
    )


def sentences(years: list[YearOfHerd], told: pl.DataFrame) -> Iterator[str]:
    """What the last year's table says in words, and what speaks against it."""
    if not years:
        yield say("No deer is told apart on a photo whose day is known.")
        return
    for year in years:
        if year.n_waiting:
            yield waiting_words(year.n_waiting, year.label)
    last = years[-1]
    if not last.is_told_apart and isinstance(last.deer, Refused):
        yield last.deer.reason
        return
    yield say(
        "What is counted are groups of pictures: a deer that is two groups counts twice, and may count as "
        "new. So answer Review first, and what is proposed between years."
    )
    missing = told.filter((pl.col("year") == last.year) & (pl.col("standing") == "missing"))
    if missing.height:
        yield say(
            "Missing in {season}: {names}. Their cameras worked long enough to have shown them, had "
            "they lived as in the last year that saw them.",
            season=last.label,
            names=words.listed(missing["label"].to_list()),
        )
    if last.n_unseen and not last.n_waiting:
        yield say(
            "Of {deer} nothing can be said in {season}: they came too seldom, or their cameras worked "
            "too little, for them to be called missing.",
            deer=words.counted(last.n_unseen, "known deer", "known deer"),
            season=last.label,
        )
    doubts = told.filter(pl.col("in_doubt"))
    if doubts.height:
        yield say(
            "Called a fawn in a year after one in which it was there already: {names}. It grew up, or two "
            "deer are taken for one.",
            names=words.listed(doubts["label"].unique(maintain_order=True).to_list()),
        )
