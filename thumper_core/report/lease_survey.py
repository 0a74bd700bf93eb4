"""The survey that a lease report shows, and which of the report's figures to decide from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from thumper_core.herd.abundance.estimate import Estimate
from thumper_core.language import say
from thumper_core.questions import source, words
from thumper_core.questions.kept_surveys import kept_surveys
from thumper_core.questions.scope import Scope, scoped
from thumper_core.questions.survey import Survey, survey
from thumper_core.questions.survey_run import result_of

if TYPE_CHECKING:
    from thumper_core.questions.estimates import Answer
    from thumper_core.questions.years_of_herd import YearOfHerd
    from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class Surveyed:
    """days: which survey it is, its days and effort, in words; which: what to decide from, a sentence each;
    answers: none where there are no such photos.
    """

    days: str
    which: tuple[str, ...]
    answers: tuple[Answer, ...]


def surveyed(workspace: Workspace, years: Sequence[YearOfHerd], today: date) -> Surveyed:
    """The last survey that was kept of the last deer year; else, as is said, all days of that year. Of a
    workspace that is narrowed to days or cameras, these.
    """
    scope = source.scope_of(workspace)
    if not years or scope.is_part:
        return _told("", survey(workspace), years, is_kept=False)
    seasons, year = workspace.settings.seasons, years[-1]
    first = seasons.first_day(year.year)
    last = seasons.first_day(year.year + 1) - timedelta(days=1)
    for kept in kept_surveys(workspace):
        if kept.first > last or kept.last < first:
            continue
        found = result_of(workspace, kept.name, today)
        if found.first is not None:
            name = say(
                "{name}, the last survey that was kept of {season}:",
                name=kept.name,
                season=year.label,
            )
            return _told(name, found, years, is_kept=True)
    days = Scope.of_days(first, last)
    part = scoped(workspace, replace(scope, begins=days.begins, ends=days.ends))
    name = say("No survey was kept of {season}, so this is the whole year:", season=year.label)
    return _told(name, survey(part), years, is_kept=False)


def _told(name: str, found: Survey, years: Sequence[YearOfHerd], *, is_kept: bool) -> Surveyed:
    if found.first is None or found.last is None:
        return Surveyed("", (), ())
    told = say(
        "{cameras} {span}: {days}.",
        cameras=words.counted(found.effort.height, "camera"),
        span=words.period(*(datetime.combine(day, time()) for day in (found.first, found.last))),
        days=words.counted(int(found.effort["camera_days"].sum()), "camera-day"),
    )
    days = " ".join(part for part in (name, told, found.covered) if part)
    which = tuple(_which(found, years[-1], is_kept=is_kept)) if years else ()
    return Surveyed(days, which, tuple(found.answers))


def _which(found: Survey, year: YearOfHerd, *, is_kept: bool) -> Iterator[str]:
    """What tells the figures of one question apart, and which of them to decide from."""
    has_year = isinstance(year.deer, Estimate)
    if is_kept and isinstance(found.deer, Estimate):
        yield say(
            "How many deer: decide from the survey's number from known deer seen again. The classic ones "
            "believe that every buck was seen."
        ) + (
            " "
            + say(
                "The one at the top is of all of {season}, in which deer are born, die, come and go.",
                season=year.label,
            )
            if has_year
            else ""
        )
    elif has_year:
        yield say(
            "How many deer: decide from the number at the top, which is of all of {season} and counts "
            "wrong groups in. The classic ones below believe that every buck was seen.",
            season=year.label,
        )
    if isinstance(found.bucks_per_doe, Estimate):
        yield say(
            "Bucks per doe: decide from the range with bucks seen 1.0-1.9 times as often."
        ) + (
            " "
            + say(
                "The ratio at the top is among the deer that are known in {season}, of which bucks are the "
                "easier to know.",
                season=year.label,
            )
            if year.is_told_apart
            else ""
        )
