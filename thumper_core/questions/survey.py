"""What a camera survey says of the herd: effort, ratios, the classic estimate, known deer, density."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from thumper_core.herd.abundance.estimate import Refused, Result
from thumper_core.herd.abundance.occasions import capture_matrix, with_cautions
from thumper_core.herd.abundance.ratios import CLASSES, Census, jacobson
from thumper_core.language import say
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
from thumper_core.questions.survey_answers import asked
from thumper_core.survey import density as spatial
from thumper_core.survey import known as recapture
from thumper_core.survey.flat_map import plane
from thumper_core.survey.misidentified import Errors
from thumper_core.survey.resampled import ratio_of_visits
from thumper_core.survey.worked import COUNTED
from thumper_core.views.times import dated
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    from thumper_core.survey.misidentified import Array

SILENT_DAYS: Final = 7

_CLASS_OF: Final = {"buck": "bucks", "doe": "does", "fawn": "fawns"}
"""By `categories.category`: as `abundance.ratios` counts."""
_VISIT: Final = ("camera", "day", pl.col("individual_id").alias("animal"), "kind")
_SIGHTINGS: Final = """
select s.individual_id, s.event_id, s.camera, s.started_at, s.taken_at_precision, i.sex, i.age_class
from sightings s join individuals i using (individual_id)
"""
_PLACES: Final = """
select name as deployment, latitude, longitude from cameras
union all select name || ' ' || strftime("from", '%Y-%m-%d'), latitude, longitude from cameras
where "from" is not null
"""
_NOT_TOLD: Final = (
    "These pictures hardly tell one deer from another, so who was seen again is not known."
)
_NOT_ESTIMATED: Final = (
    "How many of the groups are wrong has not been estimated: `thumper identify` does it."
)


@dataclass(frozen=True)
class Survey:
    """first, last: the days that were asked for, without them the first and last with a photo; None where no
    photo's day is known; photos: the first and last day with a photo among them; days:
    `effort.judged_days`; effort: `habits.effort_by_camera`, with silent_days of each stay by itself, counted
    or not, and uncounted_days; size: of the whole herd, with its errors.
    """

    first: date | None
    last: date | None
    photos: tuple[date, date] | None
    days: pl.DataFrame
    effort: pl.DataFrame
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
        """What there is to say of cameras that took no photo for long; nothing where none did."""
        said = []
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
    sightings = workspace.sql(_SIGHTINGS)
    known = dated(sightings).with_columns(
        category().replace(_CLASS_OF).alias("kind"), pl.col("started_at").dt.date().alias("day")
    )
    events = deer_by_event(workspace)
    visits = pl.concat([known.select(*_VISIT), _nameless(photos, events, known)])
    bucks = known.filter(pl.col("kind") == "bucks")["individual_id"].n_unique()
    whole = Workspace(workspace.root)
    herd = whole.ledger.promoted_herd()
    times = capture_matrix(whole.sql(_SIGHTINGS)).seen.sum(axis=1)
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
        found = with_cautions(_density(workspace, photos, days, errors), captures)
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


def _nameless(photos: pl.DataFrame, events: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Visits of deer that nobody told from others: those of an event beyond the known ones."""
    told = known.group_by("event_id", "kind").len("told")
    days = dated(photos).group_by("event_id").agg(pl.col("taken_at").min().dt.date().alias("day"))
    more = (
        events.unpivot(CLASSES, index=["event_id", "camera"], variable_name="kind", value_name="n")
        .join(told, on=["event_id", "kind"], how="left")
        .join(days, on="event_id")
        .with_columns((pl.col("n") - pl.col("told").fill_null(0)).alias("more"))
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
        return _NOT_TOLD
    return "" if size.is_known else _NOT_ESTIMATED


def _density(
    workspace: Workspace, photos: pl.DataFrame, days: pl.DataFrame, errors: Errors
) -> Result:
    """Density from stays of cameras whose coordinates are known, by the days on which they worked.

    A camera that worked and took no photo, by a person's word, saw no deer: its place counts too.
    """
    worked = days.filter(pl.col("state").is_in(COUNTED)).group_by("deployment").len("worked")
    stays = source.deployments(photos, source.scope_of(workspace))
    silent = worked.join(stays, on="deployment", how="anti").join(
        workspace.sql(_PLACES).unique("deployment"), on="deployment"
    )
    columns = ["deployment", "latitude", "longitude", "worked"]
    places = (
        pl.concat([stays.join(worked, on="deployment").select(columns), silent.select(columns)])
        .drop_nulls(["latitude", "longitude"])
        .sort("deployment")
    )
    names = places["deployment"].to_list()
    _, metres = plane(places["latitude"], places["longitude"])
    counts = _counts(photos, source.animals(workspace), names)
    effort = places["worked"].to_numpy().astype(np.float64)
    return spatial.density(counts, np.array(metres).reshape(-1, 2), effort, errors)


def _counts(photos: pl.DataFrame, animals: pl.DataFrame, names: list[str]) -> Array:
    """(n, K) float64: days on which each stay of a camera saw each individual that any of them saw."""
    seen = (
        dated(photos)
        .filter(pl.col("deployment").is_in(names))
        .join(animals.select("photo_id", "individual_id").drop_nulls(), on="photo_id")
        .select("individual_id", "deployment", pl.col("taken_at").dt.date().alias("day"))
        .unique()
        .group_by("individual_id", "deployment")
        .len("n")
    )
    ids = {who: i for i, who in enumerate(seen["individual_id"].unique().sort())}
    counts = np.zeros((len(ids), len(names)))
    for who, where, n in seen.iter_rows():
        counts[ids[who], names.index(where)] = n
    return counts
