"""Two deer beside each other: their hours, their cameras, whether they met, and who comes after whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.habits.following import DAYS_MIN, WITHIN_H, Following, TooFew, following
from thumper_core.habits.following import VISITS_MIN as FOLLOWING_MIN
from thumper_core.habits.overlap import VISITS_MIN as OVERLAP_MIN
from thumper_core.habits.overlap import Overlap, overlap
from thumper_core.habits.sun import sun_time
from thumper_core.language import say
from thumper_core.questions import habits, words
from thumper_core.questions.deer_habits import DeerHabits, habits_in
from thumper_core.questions.habit_record import Record, record_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thumper_core.workspace import Workspace


@dataclass(frozen=True)
class PairHabits:
    """first, second: each by itself; overlap: of their hours, None where either came too seldom; by_sun:
    hours are counted by the sun, else by the clock; cameras: camera, n_first, n_second, those of both first;
    n_together: events in which both were; index: of `habits.together`; follows: whether the second comes
    after the first; leads: the first after the second.
    """

    first: DeerHabits
    second: DeerHabits
    overlap: Overlap | None
    by_sun: bool
    cameras: pl.DataFrame
    n_together: int
    index: float
    follows: Following | TooFew
    leads: Following | TooFew

    @property
    def n_shared(self) -> int:
        """Cameras that saw both."""
        return self.cameras.filter((pl.col("n_first") > 0) & (pl.col("n_second") > 0)).height

    @property
    def sentences(self) -> list[str]:
        """What is to be said of the two, in the order in which it is read."""
        a, b = self.first.label, self.second.label
        follows = [follow_words(self.follows, a, b)]
        if isinstance(self.follows, Following):
            follows.append(follow_words(self.leads, b, a))
        return [_hours(self.overlap, by_sun=self.by_sun), _met(self, a, b), *follows]


def pair_habits(workspace: Workspace, first: str, second: str) -> PairHabits:
    """Two individuals (their IDs) beside each other.

    Raises UsageError where both are the same, ThumperError where one was not seen.

    >>> from thumper_core import Workspace, pair_habits
    >>> season = Workspace.open("ranch")
    >>> first, second = season.sql("select individual_id from individuals limit 2")["individual_id"]
    >>> pair_habits(season, first, second).n_together >= 0
    True
    """
    return pair_in(record_of(workspace), first, second)


def pair_in(record: Record, first: str, second: str) -> PairHabits:
    """The same of a record that is at hand."""
    if first == second:
        raise UsageError("Two deer are compared; these are one.")
    ones, others = (habits_in(record, who) for who in (first, second))
    a, b = record.of(first), record.of(second)
    at, at_too = _times(record, a), _times(record, b)
    shared = min(len(at), len(at_too)) >= OVERLAP_MIN
    met = habits.together(record.seen.filter(pl.col("individual_id").is_in([first, second])))
    cameras = (
        ones.cameras.select("camera", n_first="n_visits")
        .join(
            others.cameras.select("camera", n_second="n_visits"),
            on="camera",
            how="full",
            coalesce=True,
        )
        .with_columns(pl.col("n_first", "n_second").fill_null(0))
        .sort(
            pl.min_horizontal("n_first", "n_second"),
            "n_first",
            "camera",
            descending=[True, True, False],
        )
    )
    return PairHabits(
        first=ones,
        second=others,
        overlap=overlap(at, at_too) if shared else None,
        by_sun=record.suns is not None,
        cameras=cameras,
        n_together=int(met["n_together"].sum()),
        index=float(met["index"].sum()),
        follows=following(a, b, record.days, record.gap_s),
        leads=following(b, a, record.days, record.gap_s),
    )


def follow_words(found: Following | TooFew, a: str, b: str) -> str:
    """Whether b comes after a, in words; what the p means, and what else would look the same."""
    if isinstance(found, TooFew):
        return say(
            "Whether {a} or {b} follows the other cannot be told: it takes {least} visits of each at shared "
            "cameras ({n} and {m} here) and {days} days of work there ({n_days} here).",
            a=a,
            b=b,
            least=FOLLOWING_MIN,
            n=found.n_first,
            m=found.n_second,
            days=DAYS_MIN,
            n_days=found.n_days,
        )
    counts = say(
        "After {n_followed} of {n_visits} visits of {a}, {b} came to the same camera within {hours:.0f} "
        "hours; with its visits moved to other days it is {by_chance:.1f} on average, and as many in {p} of "
        "all such moves.",
        n_followed=found.n_followed,
        n_visits=found.n_visits,
        a=a,
        b=b,
        hours=WITHIN_H,
        by_chance=found.by_chance,
        p=words.percent(found.p),
    )
    if not found.stands_out:
        return f"{counts} " + say("That is no more than chance may do.")
    wait = words.hours(found.median_h or 0.0)
    return f"{counts} " + say(
        "Chance hardly does that: {b} comes after {a}, typically {wait} later, or the same "
        "feed or weather draws both.",
        a=a,
        b=b,
        wait=wait,
    )


def _hours(found: Overlap | None, *, by_sun: bool) -> str:
    if found is None:
        return say(
            "How much their hours overlap is told from {least} visits of each.", least=OVERLAP_MIN
        )
    clock = say("by the sun") if by_sun else say("by the clock")
    return say(
        "Their hours overlap by {delta} (95% interval {low} to {high}), {clock}: 100% is the same hours, 0% "
        "none in common.",
        delta=words.percent(found.delta),
        low=words.percent(found.low),
        high=words.percent(found.high),
        clock=clock,
    )


def _met(pair: PairHabits, a: str, b: str) -> str:
    cameras = counted(pair.n_shared, "camera")
    if not pair.n_together:
        return say(
            "{a} and {b} were never at a camera in one visit; {cameras} saw both.",
            a=a,
            b=b,
            cameras=cameras,
        )
    return say(
        "{a} and {b} were together in {visits}, {share} of all visits of either; {cameras} saw both.",
        a=a,
        b=b,
        visits=counted(pair.n_together, "visit"),
        share=words.percent(pair.index),
        cameras=cameras,
    )


def _times(record: Record, visits: pl.DataFrame) -> NDArray[np.float64]:
    """Times of visits as radians: by the sun where it is known, else of the clock."""
    at = pl.col("started_at").dt
    hour = at.hour() + at.minute() / 60 + at.second() / 3600
    told = visits.with_columns(hour=hour, day=at.date())
    if record.suns is None:
        clock: NDArray[np.float64] = told["hour"].to_numpy() * np.pi / 12
        return clock
    lit = told.join(record.suns, on=["camera", "day"])
    return sun_time(*(lit[name].to_numpy() for name in ("hour", "noon_h", "daylight_h")))
