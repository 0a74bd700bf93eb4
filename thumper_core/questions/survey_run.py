"""A survey while it runs and after: each camera on each day, gaps, bait sites, which cameras to visit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from thumper_core.cameras.health import camera_findings
from thumper_core.language import day as day_words
from thumper_core.language import figure, mark, say
from thumper_core.questions import gap_reasons, source, words
from thumper_core.questions.effort import AWAY, LATER, judged_days, said_days, stays_in
from thumper_core.questions.estimates import Answer, answer, deer_by_event
from thumper_core.questions.kept_surveys import (
    DONE,
    PLANNED,
    cameras_of,
    narrowed,
    span_of,
    state_of,
    survey_named,
)
from thumper_core.questions.survey import Survey, survey
from thumper_core.survey.rates import rate, times_as_many
from thumper_core.survey.worked import (
    CHANCE_MAX,
    COUNTED,
    PHOTO,
    QUIET,
    SAID_DEAD,
    SAID_WORKED,
    SILENT,
    silences,
)

if TYPE_CHECKING:
    from thumper_core.decisions.kinds import KeptSurvey
    from thumper_core.questions.effort import Span
    from thumper_core.workspace import Workspace

GAP_DAYS_MIN: Final = 3
"""Shorter silences that count are not listed: most working cameras have some."""
_SMALL: Final = 0.01
_ORDER: Final = (PHOTO, SAID_WORKED, QUIET, SAID_DEAD, SILENT, AWAY, LATER)
"""What a day is called where a camera changed its place on it: the first of these."""
_LEFT: Final = mark(
    "Its card was last read on {day}: what it took after that is not known and not counted. Read its card."
)
CALENDAR: Final = pl.Schema(
    {
        "camera": pl.String(),
        "day": pl.Date(),
        "state": pl.String(),  # of `survey.worked`, or AWAY or LATER of `questions.effort`
        "silent_days": pl.Int32(),
        "chance": pl.Float64(),
    }
)


@dataclass(frozen=True)
class Gap:
    """Days in a row on which a camera took no photo. chance: of so long a silence were it working, None: not
    judged; counts: whether the days count as worked.
    """

    camera: str
    first: date
    last: date
    state: str
    chance: float | None
    counts: bool
    reasons: tuple[str, ...]

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def said(self) -> bool | None:
        """What a person says of it: that it worked, or not; None: nothing."""
        return {SAID_WORKED: True, SAID_DEAD: False}.get(self.state)

    @property
    def why(self) -> str:
        """Why its days count, or do not, in a sentence."""
        if self.said is not None:
            worked = say("A person says that it worked.")
            return worked if self.said else say("A person says that it was dead.")
        if self.chance is None:
            few = say("It took too few photos for its silence to be judged.")
            return few if self.counts else say("It has no photo, so nothing says that it worked.")
        told = _chance_words(self.chance)
        if self.counts and self.chance < CHANCE_MAX:
            return say(
                "Chance of it while working: {chance}, but it had others as long.", chance=told
            )
        return say("Chance of it while working: {chance}.", chance=told)


@dataclass(frozen=True)
class Visit:
    """A camera that somebody should go to, and why."""

    camera: str
    reason: str


@dataclass(frozen=True)
class Run:
    """calendar: CALENDAR, a row for each of the survey's cameras and days; bait: visits for a camera-day
    with bait, without, and how many times as many; none where no camera has bait.
    """

    survey: KeptSurvey
    state: str
    span: Span
    calendar: pl.DataFrame
    gaps: tuple[Gap, ...]
    bait: tuple[Answer, ...]
    visits: tuple[Visit, ...]

    @property
    def worked(self) -> int:
        """Camera-days that count."""
        return self.calendar.filter(pl.col("state").is_in(COUNTED)).height

    @property
    def effort(self) -> pl.DataFrame:
        """`camera, worked, not_worked, not_yet`: days of each camera; away is in none of them."""
        state = pl.col("state")
        return self.calendar.group_by("camera", maintain_order=True).agg(
            state.is_in(COUNTED).sum().cast(pl.Int64).alias("worked"),
            state.is_in([SILENT, SAID_DEAD]).sum().cast(pl.Int64).alias("not_worked"),
            (state == LATER).sum().cast(pl.Int64).alias("not_yet"),
        )

    @property
    def lead(self) -> str:
        """Days, cameras and camera-days in a sentence."""
        planned = self.calendar.height - self.calendar.filter(pl.col("state") == AWAY).height
        return say(
            "{worked:,} of {days} count as worked.",
            worked=self.worked,
            days=words.counted(planned, "camera-day"),
        )


def _chance_words(chance: float) -> str:
    """`12%`; small ones as small."""
    return figure(chance, ".0%") if chance >= _SMALL else say("below 1%")


def result_of(workspace: Workspace, name: str, today: date) -> Survey:
    """What a survey that is kept says of the herd. UsageError: there is none of this name."""
    kept = survey_named(workspace, name)
    return survey(narrowed(workspace, kept), span_of(workspace, kept, today))


def run_of(workspace: Workspace, name: str, today: date) -> Run:
    """How a survey that is kept runs, or ran. UsageError: there is none of this name."""
    kept = survey_named(workspace, name)
    cameras = cameras_of(workspace, kept)
    span = span_of(workspace, kept, today)
    part = narrowed(workspace, kept)
    days = judged_days(source.media(part), source.scope_of(part), said_days(workspace), span)
    calendar = _calendar(days, cameras, span)
    state = state_of(kept, today)
    return Run(
        survey=kept,
        state=state,
        span=span,
        calendar=calendar,
        gaps=tuple(_gaps(workspace, calendar)),
        bait=_bait(part, kept, calendar),
        visits=() if state == PLANNED else tuple(_to_visit(part, calendar, span, state)),
    )


def _calendar(days: pl.DataFrame, cameras: list[str], span: Span) -> pl.DataFrame:
    """CALENDAR: of a camera that stood at two places on a day, what says most of it."""
    order = {state: turn for turn, state in enumerate(_ORDER)}
    known: dict[tuple[str, date], tuple[str, int, float | None]] = {}
    for row in days.iter_rows(named=True):
        at = (row["camera"], row["day"])
        if at not in known or order[row["state"]] < order[known[at][0]]:
            known[at] = (row["state"], row["silent_days"], row["chance"])
    rows = []
    n_days = (span.last - span.first).days + 1
    for camera in cameras:
        stays = stays_in(span.cameras, camera, span.first, span.last)
        for day in (span.first + timedelta(days=n) for n in range(n_days)):
            stood = any(begins <= day <= ends for begins, ends in stays)
            rest = (LATER if stood else AWAY, 0, None)
            rows.append((camera, day, *known.get((camera, day), rest)))
    return pl.DataFrame(rows, schema=CALENDAR, orient="row")


def _gaps(workspace: Workspace, calendar: pl.DataFrame) -> list[Gap]:
    """The silences, those that do not count first, then the longest."""
    found: list[Gap] = []
    quiet = calendar.filter(pl.col("state").is_in([QUIET, SILENT, SAID_WORKED, SAID_DEAD]))
    for camera, day, state, _, chance in quiet.iter_rows():
        before = found[-1] if found else None
        goes_on = (
            before is not None
            and (before.camera, before.state) == (camera, state)
            and before.last + timedelta(days=1) == day
        )
        first = found.pop().first if goes_on else day
        found.append(Gap(camera, first, day, state, chance, state in COUNTED, ()))
    long = [gap for gap in found if gap.days >= GAP_DAYS_MIN or not gap.counts]
    photos = gap_reasons.told_by_photos(workspace, [gap.camera for gap in long])
    # A wrong clock puts photos on other days: it explains a silence only where one does not count.
    lost = {gap.camera for gap in long if not gap.counts}
    wrong = {f.camera for f in camera_findings(workspace) if f.kind == "clock"} if lost else set()
    clock = say("Its clock was wrong for some photos, which may be of these days: see Health.")
    told = [
        replace(
            gap,
            reasons=(
                *gap_reasons.reasons(photos, gap.camera, gap.first, gap.last),
                *([clock] if not gap.counts and gap.camera in wrong else []),
            ),
        )
        for gap in long
    ]
    return sorted(told, key=lambda gap: (gap.counts, -gap.days, gap.camera, gap.first))


def _bait(part: Workspace, kept: KeptSurvey, calendar: pl.DataFrame) -> tuple[Answer, ...]:
    if not kept.bait:
        return ()
    worked = dict(
        calendar.filter(pl.col("state").is_in(COUNTED)).group_by("camera").len().iter_rows()
    )
    events = deer_by_event(part)
    came = dict(events.group_by("camera").len().iter_rows()) if events.height else {}
    cameras = calendar["camera"].unique(maintain_order=True).to_list()

    def figures(names: list[str]) -> tuple[np.ndarray, np.ndarray]:
        seen = [float(came.get(name, 0)) for name in names]
        return np.array(seen), np.array([float(worked.get(name, 0)) for name in names])

    with_bait = figures([name for name in cameras if name in kept.bait])
    without = figures([name for name in cameras if name not in kept.bait])
    times = say("Times as many at bait")
    return (
        answer(say("Visits for a camera-day, with bait"), rate(*with_bait), False),
        answer(say("Visits for a camera-day, without bait"), rate(*without), False),
        answer(times, times_as_many(*with_bait, *without, times), False),
    )


def _to_visit(part: Workspace, calendar: pl.DataFrame, span: Span, state: str) -> list[Visit]:
    """Cameras that are silent, and those whose own photos say that something is wrong."""
    found = [*_silent_now(calendar, span, state)]
    for finding in camera_findings(part):
        if finding.kind != "silent" and finding.camera in span.known_until:
            found.append(Visit(finding.camera, finding.message))
    return found


def _silent_now(calendar: pl.DataFrame, span: Span, state: str) -> list[Visit]:
    newest = max((day for day in span.known_until.values() if day is not None), default=None)
    if newest is None:
        return []
    newest = min(newest, span.last)
    found = []
    for (camera,), rows in calendar.group_by("camera", maintain_order=True):
        days = rows.filter((pl.col("day") <= newest) & (pl.col("state") != AWAY))
        if str(camera) in span.unread:
            found.append(Visit(str(camera), say(_LEFT, day=day_words(span.unread[str(camera)]))))
            continue
        shot = (days["state"] == PHOTO).to_numpy()
        if not shot.size:
            continue
        if not shot.any():
            found.append(Visit(str(camera), say("It has no photo of these days.")))
            continue
        last = silences(shot, np.zeros(len(shot), dtype=bool))[-1:]
        if last and last[0].begins + last[0].days == len(shot) and not last[0].counts:
            since = day_words(days["day"][last[0].begins - 1])
            told = (
                say("Its last photo is of {day}, and it was silent to the end.", day=since)
                if state == DONE
                else say(
                    "Its last photo is of {day}, and others went on: it is dead, or its card is not "
                    "read yet.",
                    day=since,
                )
            )
            found.append(Visit(str(camera), told))
    return found
