"""What a camera survey says of the herd: effort, ratios, the classic estimate, known deer, density."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from thumper_core.herd.abundance.estimate import Refused, Result
from thumper_core.herd.abundance.occasions import capture_matrix, with_cautions
from thumper_core.herd.abundance.ratios import CLASSES, Census, event_counts, jacobson
from thumper_core.language import mark, say
from thumper_core.questions import habits, source, tables, words
from thumper_core.questions.categories import category
from thumper_core.questions.effort import (
    Span,
    counted_days,
    days_by_camera,
    judged_days,
    said_days,
)
from thumper_core.questions.estimates import Answer, answer, deer_by_event
from thumper_core.questions.herd_size import HerdSize, herd_size
from thumper_core.questions.stages import stages
from thumper_core.questions.survey_answers import asked
from thumper_core.questions.survey_density import density_of
from thumper_core.survey import density as spatial
from thumper_core.survey import known as recapture
from thumper_core.survey.misidentified import Errors
from thumper_core.survey.resampled import ratio_of_visits
from thumper_core.survey.worked import COUNTED
from thumper_core.views.times import dated
from thumper_core.workspace import Workspace

SILENT_DAYS: Final = 7

_CLASS_OF: Final = {"buck": "bucks", "doe": "does", "fawn": "fawns"}
"""By `categories.category`: as `abundance.ratios` counts."""
_VISIT: Final = ("camera", "day", pl.col("individual_id").alias("animal"), "kind")
_SIGHTINGS: Final = """
select s.individual_id, s.event_id, s.camera, s.started_at, s.taken_at_precision, i.sex, i.age_class,
    cast({year} as integer) as year
from sightings s join individuals i using (individual_id)
"""
_LOOSE: Final = """
select d.picture_id as photo_id, p.event_id, p.camera, d.sex, d.age_class
from detections d join photos p using (photo_id)
anti join (from assignments where individual_id is not null) a using (detection_id)
where d.is_deer and p.is_time_evidence
"""
_NOT_TOLD: Final = mark(
    "These pictures hardly tell one deer from another, so who was seen again is not known."
)
_NOT_ESTIMATED: Final = mark(
    "How many of the groups are wrong has not been estimated: `thumper identify` does it."
)


@dataclass(frozen=True)
class Survey:
    """first, last: the days that were asked for, without them the first and last with a photo; None where no
    photo's day is known; photos: the first and last day with a photo among them; days:
    `effort.judged_days`; effort: `habits.effort_by_camera`, with silent_days of each stay by itself, counted
    or not, and uncounted_days; unread: cameras whose card was not read
    to the end (`effort.Span`); size: of the whole herd, with its errors.
    """

    first: date | None
    last: date | None
    photos: tuple[date, date] | None
    days: pl.DataFrame
    effort: pl.DataFrame
    unread: tuple[str, ...]
    size: HerdSize
    bucks_per_doe: Result
    fawns_per_doe: Result
    classic: Census
    deer: Result  # from known ones seen again
    density: Result

    @property
    def covered(self) -> str:
        """Until when photos tell of the days that were asked for, and what counts; nothing where all do."""
        if self.photos is None or self.photos == (self.first, self.last):
            return ""
        first, last = (words.day(day) for day in self.photos)
        said = say("Its photos are of {first} to {last}.", first=first, last=last)
        n_days = (self.last - self.first).days + 1 if self.first and self.last else 0
        worked, planned = int(self.effort["camera_days"].sum()), n_days * self.effort.height
        if worked >= planned:
            return said
        more = say(
            "{worked:,} of {days} count as worked; nothing says that a camera worked on the others.",
            worked=worked,
            days=words.counted(planned, "camera-day"),
        )
        return f"{said} {more}"

    @property
    def lead(self) -> str:
        """How many deer there were in these days, or why that is not known."""
        if not self.size.is_telling:
            return self.size.sentence
        told = answer("", self.deer, True)
        if told.reason:
            return say(
                "How many deer there were in these days is not known. {reason}", reason=told.reason
            )
        return say(
            "About {n} deer in these days (95% interval {interval}), from known deer seen again.",
            n=told.value,
            interval=told.interval,
        )

    @property
    def gaps(self) -> str:
        """What there is to say of cameras that took no photo for long, or whose card was not read; nothing
        where none did.
        """
        said = []
        if self.unread:
            said.append(
                say(
                    "Not read to the end: the card of {cameras}. What lies on it is not known, and its last "
                    "days are not counted.",
                    cameras=words.listed(list(self.unread)),
                )
            )
        lost = int(self.effort["uncounted_days"].sum())
        if lost:
            whole = words.counted(lost + int(self.effort["camera_days"].sum()), "camera-day")
            said.append(
                say(
                    "Of {days} {lost:,} do not count as worked: they lie in silences far longer than the "
                    "camera's own gaps explain, or a person says that it was dead.",
                    days=whole,
                    lost=lost,
                )
            )
        quiet = self.days.filter(
            pl.col("state").is_in(COUNTED) & (pl.col("silent_days") >= SILENT_DAYS)
        )["camera"].n_unique()
        if quiet:
            cameras = words.counted(quiet, "camera")
            said.append(
                say(
                    "{cameras} took no photo for {days} days or longer, which count as worked: nothing says "
                    "that it did not.",
                    cameras=cameras,
                    days=SILENT_DAYS,
                )
            )
        return " ".join(said)

    @property
    def answers(self) -> list[Answer]:
        """Every question in the order in which it is read."""
        return [one.answer for one in asked(self)]


def survey(workspace: Workspace, span: Span | None = None) -> Survey:
    """The survey of a workspace, or of the part that `scope.scoped` narrows it to.

    span: of a survey that is kept (`kept_surveys.span_of`), whose cameras stood on all of its days.
    """
    photos = source.media(workspace)
    days = judged_days(photos, source.scope_of(workspace), said_days(workspace), span)
    whole = Workspace(workspace.root)
    whole.settings = workspace.settings
    all_sightings = _SIGHTINGS.format(year=workspace.settings.seasons.sql("s.started_at"))
    sightings = workspace.sql(all_sightings)
    known = _of_season(dated(sightings), stages(whole)).with_columns(
        category().replace(_CLASS_OF).alias("kind"), pl.col("started_at").dt.date().alias("day")
    )
    events = deer_by_event(workspace)
    nameless = _nameless(photos, events, event_counts(workspace.sql(_LOOSE)), known)
    visits = pl.concat([known.select(*_VISIT), nameless])
    bucks = known.filter(pl.col("kind") == "bucks")["individual_id"].n_unique()
    herd = whole.ledger.promoted_herd()
    times = capture_matrix(whole.sql(all_sightings)).seen.sum(axis=1)
    size = herd_size(herd.summary if herd else None, len(times))
    refusal = _refusal(size)
    if refusal or size.animals is None:
        deer: Result = Refused(recapture.METHOD, refusal)
        found: Result = Refused(spatial.METHOD, refusal)
    else:
        groups = np.bincount(times.astype(int))[1:].astype(np.float64)
        errors = Errors.of_herd(groups, size.animals)
        captures = capture_matrix(sightings)
        seen, n_days = captures.seen.sum(axis=1).astype(np.float64), captures.seen.shape[1]
        deer = with_cautions(recapture.abundance_of_known(seen, n_days, errors), captures)
        found = with_cautions(density_of(workspace, photos, days, errors), captures)
    dates = dated(photos)["taken_at"].dt.date()
    lost = days_by_camera(days).select("camera", pl.col("uncounted").alias("uncounted_days"))
    worked = habits.effort_by_camera(photos, counted_days(days), tables.sightings(workspace))
    silent = days.group_by("camera").agg(pl.col("silent_days").max().cast(pl.Int64))
    first, last = dates.min(), dates.max()
    shot = (first, last) if isinstance(first, date) and isinstance(last, date) else None
    begins, ends = _asked_days(workspace, span)
    return Survey(
        first=shot and (begins or shot[0]),
        last=shot and (ends or shot[1]),
        photos=shot,
        days=days,
        effort=worked.join(lost, on="camera", how="left", maintain_order="left")
        .update(silent, on="camera")
        .with_columns(pl.col("uncounted_days").fill_null(0)),
        unread=tuple(span.unread) if span is not None else (),
        size=size,
        bucks_per_doe=ratio_of_visits(visits, "bucks", "does"),
        fawns_per_doe=ratio_of_visits(visits, "fawns", "does"),
        classic=jacobson(bucks, events),
        deer=deer,
        density=found,
    )


def _asked_days(workspace: Workspace, span: Span | None) -> tuple[date | None, date | None]:
    """The first and last day that somebody asked for, None where nobody did."""
    if span is not None:
        return span.first, span.last
    scope = source.scope_of(workspace)
    last = scope.ends and (scope.ends - timedelta(microseconds=1)).date()
    return scope.begins and scope.begins.date(), last


def _of_season(sightings: pl.DataFrame, aged: pl.DataFrame) -> pl.DataFrame:
    """Sightings with the age class that a deer had in that deer year: a fawn of then is grown in the herd."""
    then = aged.select("individual_id", "year", pl.col("age_class").alias("then"))
    return sightings.join(
        then, on=["individual_id", "year"], how="left", maintain_order="left"
    ).with_columns(pl.coalesce("then", "age_class").alias("age_class"))


def _nameless(
    photos: pl.DataFrame, events: pl.DataFrame, loose: pl.DataFrame, known: pl.DataFrame
) -> pl.DataFrame:
    """Visits of deer that nobody told from others: those of an event beyond the known ones.

    events, loose: `ratios.event_counts` of all boxes, and of those of no known deer: a box that shows
    another kind than its deer is of (a buck's without its head) is no deer more.
    """
    told = known.group_by("event_id", "kind").len("told")
    alone = loose.unpivot(
        CLASSES, index=["event_id", "camera"], variable_name="kind", value_name="alone"
    )
    days = dated(photos).group_by("event_id").agg(pl.col("taken_at").min().dt.date().alias("day"))
    more = (
        events.unpivot(CLASSES, index=["event_id", "camera"], variable_name="kind", value_name="n")
        .join(told, on=["event_id", "kind"], how="left")
        .join(alone, on=["event_id", "camera", "kind"])
        .join(days, on="event_id")
        .with_columns(
            pl.min_horizontal(pl.col("n") - pl.col("told").fill_null(0), "alone").alias("more")
        )
        .filter(pl.col("more") > 0)
    )
    return (
        more.select(
            "camera",
            "day",
            pl.int_ranges(pl.col("more")).alias("animal"),
            "kind",
            pl.col("event_id"),
        )
        .explode("animal")
        .select(
            "camera",
            "day",
            pl.format("{} {} {}", "event_id", "kind", "animal").alias("animal"),
            "kind",
        )
    )


def _refusal(size: HerdSize) -> str:
    """Why nobody can be known again; empty where they can."""
    if not size.is_telling:
        return say(_NOT_TOLD)
    return "" if size.is_known else say(_NOT_ESTIMATED)
