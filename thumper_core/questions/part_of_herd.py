"""One stretch of days of the herd: effort, who was seen, how many there were, ratios."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from thumper_core.herd.abundance.estimate import Refused, Result
from thumper_core.herd.abundance.occasions import capture_matrix, with_cautions
from thumper_core.herd.abundance.ratios import ratio_of_individuals
from thumper_core.language import mark, say
from thumper_core.questions.categories import category
from thumper_core.questions.herd_size import HerdSize, Known, herd_size
from thumper_core.questions.scope import Scope, scoped
from thumper_core.questions.source import scope_of
from thumper_core.questions.survey import survey
from thumper_core.questions.words import period
from thumper_core.survey.known import METHOD, abundance_of_known
from thumper_core.survey.misidentified import Errors

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_HARDLY: Final = mark(
    "These pictures hardly tell one deer from another: who lived on, is missing or came back cannot be "
    "said."
)
_UNCALIBRATED: Final = mark(
    "These photos do not say how much alike two pictures of one deer are: who lived on, is missing or "
    "came back cannot be said."
)
_NOT_ESTIMATED: Final = mark("How many of the groups are wrong has not been estimated.")
_SEEN: Final = """
select s.individual_id, s.started_at, s.taken_at_precision, cast({year} as integer) as year
from sightings s where s.taken_at_precision <> 'unknown'
"""


@dataclass(frozen=True, kw_only=True)
class PartOfHerd:
    """label: of the days, such as `2026/27`; camera_days: on which a camera stood; n_visits: of deer that are
    told apart; bucks, does, fawns, unknown: individuals seen, yearlings among bucks and does; deer: how many
    there were, the unseen with them; bucks_per_doe, fawns_per_doe: among known deer, or over visits where
    deer are hardly told apart; is_told_apart: whether a group is held to be one deer, without which who is
    new or missing means nothing.
    """

    label: str
    camera_days: int
    n_visits: int
    bucks: int
    does: int
    fawns: int
    unknown: int
    deer: Result
    bucks_per_doe: Result
    fawns_per_doe: Result
    is_told_apart: bool

    @property
    def n_deer(self) -> int:
        """Individuals seen."""
        return self.bucks + self.does + self.fawns + self.unknown

    @property
    def visits_per_100_days(self) -> float | None:
        """Visits of known deer on a hundred days of a camera; None without effort."""
        return 100 * self.n_visits / self.camera_days if self.camera_days else None


def untold(size: HerdSize) -> str:
    """Why nothing can be said of who lived on, of a herd of this size; empty where it can."""
    if size.is_telling:
        return ""
    return say(_HARDLY if size.known is Known.HARDLY else _UNCALIBRATED)


class Parts:
    """What every part of one herd needs: its size and errors, and who was seen when, as what.

    told: `questions.seasons.histories`, for the kind that a deer was of in each year; days: `camera, day`,
    on which each camera stood (`questions.habits.camera_days`).
    """

    def __init__(self, workspace: Workspace, told: pl.DataFrame, days: pl.DataFrame) -> None:
        self._workspace, self._days = workspace, days
        year = workspace.settings.seasons.sql("s.started_at")
        seen = workspace.sql(_SEEN.format(year=year))
        kinds = told.select("individual_id", "year", category())
        self._seen = seen.join(kinds, on=["individual_id", "year"], how="left").sort("started_at")
        herd = workspace.ledger.promoted_herd()
        self.size: HerdSize = herd_size(
            herd.summary if herd else None, told["individual_id"].n_unique()
        )
        self._errors = self._errors_of(seen)

    @property
    def is_told_apart(self) -> bool:
        """Whether a group is held to be one deer."""
        return self.size.is_telling

    @property
    def untold(self) -> str:
        """Why nothing can be said of single deer; empty where they are told apart."""
        return untold(self.size)

    def between(self, label: str, first: date, last: date) -> PartOfHerd:
        """The days from first to last, both counted."""
        day = pl.col("started_at").dt.date()
        seen = self._seen.filter(day.is_between(first, last))
        who = seen.unique("individual_id", keep="last", maintain_order=True)
        count: dict[Any, int] = dict(
            who["category"].fill_null("unknown").value_counts().iter_rows()
        )
        bucks, does, fawns = (count.get(kind, 0) for kind in ("buck", "doe", "fawn"))
        of_bucks = ratio_of_individuals(bucks, does, "bucks per doe")
        of_fawns = ratio_of_individuals(fawns, does, "fawns per doe")
        if not self.is_told_apart:
            of_bucks, of_fawns = self._over_visits(first, last)
        return PartOfHerd(
            label=label,
            camera_days=self._days.filter(pl.col("day").is_between(first, last)).height,
            n_visits=seen.height,
            bucks=bucks,
            does=does,
            fawns=fawns,
            unknown=count.get("unknown", 0),
            deer=self._deer(seen),
            bucks_per_doe=of_bucks,
            fawns_per_doe=of_fawns,
            is_told_apart=self.is_told_apart,
        )

    def _over_visits(self, first: date, last: date) -> tuple[Result, Result]:
        days = Scope.of_days(first, last)
        whole = scope_of(self._workspace)
        found = survey(scoped(self._workspace, replace(whole, begins=days.begins, ends=days.ends)))
        return found.bucks_per_doe, found.fawns_per_doe

    def _errors_of(self, seen: pl.DataFrame) -> Errors | None:
        """How wrong the whole herd's groups are; None where that is not known."""
        if not self.size.is_known or self.size.animals is None:
            return None
        times = capture_matrix(seen).seen.sum(axis=1).astype(int)
        return Errors.of_herd(np.bincount(times)[1:].astype(np.float64), self.size.animals)

    def _deer(self, seen: pl.DataFrame) -> Result:
        if self._errors is None:
            return Refused(METHOD, self.untold or say(_NOT_ESTIMATED))
        captures = capture_matrix(seen)
        if not captures.individual_ids:
            return Refused(METHOD, say("No identified deer was seen."))
        times = captures.seen.sum(axis=1).astype(np.float64)
        found = abundance_of_known(times, captures.seen.shape[1], self._errors)
        return with_cautions(found, captures)


def periods_of_herd(
    workspace: Workspace, told: pl.DataFrame, days: pl.DataFrame, dates: Iterable[tuple[date, date]]
) -> list[PartOfHerd]:
    """A part for each first and last day; told, days: as `Parts`. UsageError: it ends before it begins."""
    parts = Parts(workspace, told, days)
    found = []
    for first, last in dates:
        Scope.of_days(first, last)  # says so where it ends too early
        label = period(*(datetime.combine(day, time()) for day in (first, last)))
        found.append(parts.between(label, first, last))
    return found
