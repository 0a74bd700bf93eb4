"""Is the herd settled enough to be named? Criteria over the history of identifications, and over its years.

Naming a deer that is split or merged away next week is no help, so names wait for a herd of a
plausible size, that has stopped growing, and holds most of what was photographed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import polars as pl

from thumper_core.counting import counted

PROFILES_MAX: Final = 50
GROWTH_MAX: Final = 0.05
GROWTH_WEEKS: Final = 2
ASSIGNED_MIN: Final = 0.70


@dataclass(frozen=True)
class Criterion:
    """One condition, how far it is met, and what to do about it."""

    key: str
    title: str
    value: float | None  # None: not known yet
    target: float
    met: bool
    shown: str  # the value for people
    advice: str  # empty where it is met


@dataclass(frozen=True)
class Readiness:
    """All criteria together."""

    criteria: tuple[Criterion, ...]

    @property
    def ready(self) -> bool:
        """True where every criterion is met."""
        return all(c.met for c in self.criteria)


@dataclass(frozen=True)
class AcrossYears:
    """What is open between deer years. n_unanswered: proposals that two deer of different years are one;
    n_once: deer that were seen in one year only.
    """

    n_unanswered: int
    n_once: int


def readiness(history: pl.DataFrame, years: AcrossYears | None = None) -> Readiness:
    """The checklist from the herd's history; years: None where there is one deer year, or nobody asked.

    history: `herd_id, created_at` (Datetime), `n_profiles` (integer), `assignment_rate` (share of
    deer detections in a profile seen in at least two events; null: unknown), in any order; rows
    without `n_profiles` count as nothing.

    Growth is taken between the last herds of calendar weeks (from Monday). Where weeks without a
    herd lie between two, their growth is spread evenly (compound) over them: a gap is not a week
    without growth. The value is the fastest weekly growth in the last two weeks; it is unknown
    until herds span that long.

    >>> from thumper_core import Workspace, history, readiness
    >>> herds = Workspace.open("ranch").ledger.herds()
    >>> [(c.key, c.met) for c in readiness(history.herd_history(herds)).criteria]
    [('profiles', True), ('growth', False), ('assigned', True)]
    """
    known = history.filter(pl.col("n_profiles").is_not_null()).sort("created_at", "herd_id")
    of_years = () if years is None else (_across(years),)
    if known.is_empty():
        return Readiness((_profiles(None), _growth(None, 0), _assigned(None), *of_years))
    last = known.row(-1, named=True)
    value, weeks = _fastest_growth(known)
    rate = last["assignment_rate"]
    return Readiness(
        (_profiles(last["n_profiles"]), _growth(value, weeks), _assigned(rate), *of_years)
    )


def _fastest_growth(known: pl.DataFrame) -> tuple[float | None, int]:
    """(fastest weekly growth over the last weeks, how many weeks that covers, at most two)."""
    weekly = (
        known.with_columns(pl.col("created_at").dt.truncate("1w").dt.date().alias("week"))
        .group_by("week", maintain_order=True)
        .last()
        .select("week", "n_profiles")
        .rows()
    )
    fastest: float | None = None
    covered = 0
    for (week_a, n_a), (week_b, n_b) in reversed(list(pairwise(weekly))):
        weeks = (week_b - week_a).days // 7
        growth = _weekly_growth(n_a, n_b, weeks)
        fastest = growth if fastest is None else max(fastest, growth)
        covered += weeks
        if covered >= GROWTH_WEEKS:
            break
    return fastest, min(covered, GROWTH_WEEKS)


def _weekly_growth(before: int, after: int, weeks: int) -> float:
    if before == 0:
        return math.inf if after else 0.0
    return float((after / before) ** (1 / weeks) - 1)


def _profiles(value: int | None) -> Criterion:
    if value is None:
        advice = "Identify the herd first: `thumper identify`."
    elif value == 0:
        advice = "The last identification found no deer: add photos and process them."
    elif value >= PROFILES_MAX:
        advice = (
            "Probably one deer has several groups: lower the threshold towards the recommended "
            "one on the Tune page, then merge what the Review page suggests."
        )
    else:
        advice = ""
    return Criterion(
        key="profiles",
        title=f"Fewer than {PROFILES_MAX} groups",
        value=None if value is None else float(value),
        target=float(PROFILES_MAX),
        met=value is not None and 0 < value < PROFILES_MAX,
        shown="no herd yet" if value is None else str(value),
        advice=advice,
    )


def _growth(value: float | None, weeks: int) -> Criterion:
    settled = value is not None and value < GROWTH_MAX
    if value is None:
        advice = "Identify the herd again next week: growth needs herds from different weeks."
    elif not settled:
        advice = (
            "The herd still gains groups: new deer are arriving, or known ones are being split. "
            "Go on adding photos, and look at new groups with few sightings first."
        )
    elif weeks < GROWTH_WEEKS:
        advice = "So far so good: identify the herd again next week to make it two weeks."
    else:
        advice = ""
    if value is None:
        shown = "not known yet"
    elif math.isinf(value):
        shown = "from none"
    else:
        shown = f"{100 * value:+.1f}% a week over {counted(weeks, 'week')}"
    return Criterion(
        key="growth",
        title=f"Growing less than {GROWTH_MAX:.0%} a week, for two weeks",
        value=value,
        target=GROWTH_MAX,
        met=settled and weeks >= GROWTH_WEEKS,
        shown=shown,
        advice=advice,
    )


def _assigned(value: float | None) -> Criterion:
    met = value is not None and value > ASSIGNED_MIN
    if value is None:
        advice = "Identify the herd first: `thumper identify`."
    elif not met:
        advice = (
            "Many deer were seen once only or are too unclear: let the cameras gather more "
            "events, or answer the Review page's pairs near the threshold."
        )
    else:
        advice = ""
    return Criterion(
        key="assigned",
        title=f"More than {ASSIGNED_MIN:.0%} of grouped detections in groups seen twice",
        value=value,
        target=ASSIGNED_MIN,
        met=met,
        shown="not known yet" if value is None else f"{value:.1%}",
        advice=advice,
    )


def _across(years: AcrossYears) -> Criterion:
    once = counted(years.n_once, "deer", "deer")
    met = years.n_unanswered == 0
    return Criterion(
        key="years",
        title="No open question between years",
        value=float(years.n_unanswered),
        target=0.0,
        met=met,
        shown=f"{years.n_unanswered:,} open; {once} seen in one year only",
        advice=""
        if met
        else "Answer them on the Years page: a deer that is two groups would get two names.",
    )
