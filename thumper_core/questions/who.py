"""Who is this? New pictures meet the deer that are known: nothing is recorded, and nothing is rebuilt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from thumper_core.identify.links.constraints import build_constraints, parted_rows
from thumper_core.identify.links.quality import crop_quality
from thumper_core.identify.links.tracklets import link_tracklets, tracklet_table
from thumper_core.identify.meet.bucks import antlers_seen, in_shed_season, male_chance
from thumper_core.identify.meet.chances import prior_of_new
from thumper_core.identify.meet.gallery import compare
from thumper_core.identify.meet.learn import Lessons, by_visit, sex_right, tells
from thumper_core.identify.meet.visits import animals_of_visits
from thumper_core.identify.space.similarity import IntArray, group_means
from thumper_core.identify.votes import vote
from thumper_core.questions.candidates import Suggesting, candidates
from thumper_core.questions.gallery import Gallery, gallery, lessons
from thumper_core.questions.herd_size import herd_size
from thumper_core.questions.met import KNOWN, NEW, UNKNOWN, Fit, Meeting, Visit
from thumper_core.questions.who_answers import answer as answer
from thumper_core.questions.who_answers import confirm as confirm
from thumper_core.questions.who_answers import looked as looked
from thumper_core.questions.who_answers import record_so_far as record_so_far
from thumper_core.questions.who_answers import take_back as take_back
from thumper_core.workspace import Workspace

Array = npt.NDArray[np.float64]

FIT_FOR: Final = ("identify", "sex", "age", "antlers")
SPOKEN_OF: Final = 1e-4
"""Chance from which a deer is among those that a visit may be of; the rest counts with "new"."""


def meet(
    workspace: Workspace, photos: Sequence[str] | None = None, *, since: datetime | None = None
) -> Meeting:
    """The visits to look at, each with the chances that it is of each known deer, of a new one, or of
    nobody who can be told.

    photos: IDs of photos: the visits that they are of, whether answered or not; what these visits taught
    the herd is left out. None: visits with a photo that was read after `since` (UTC; default: the last
    time that somebody looked through what was new, else when the first herd was made) and that nobody
    answered. Raises ThumperError where there is no herd, or its space is not kept.

    >>> from thumper_core import Workspace, who
    >>> met = who.meet(Workspace.open("ranch"))
    >>> met.visits, met.sentence
    ((), 'Nothing new.')
    """
    found = gallery(workspace, photos, since)
    visits: tuple[Visit, ...] = ()
    if found.asked.any():
        visits = _visits(workspace, found, lessons(workspace, found))
    answered = tuple(answer for answer, _ in found.answered) if photos is None else ()
    return Meeting(found.herd.herd_id, found.herd.run_id, found.since, visits, answered)


def eligibility(workspace: Workspace) -> pl.DataFrame:
    """What each picture of a deer in the shown herd is fit for.

    A row per detection: detection_id, event_id; fit_identify, fit_sex, fit_age, fit_antlers: chances that it
    shows who it is, its sex, its age class and, of a buck that has them, its antlers; p_male: chance of
    a buck; has_antlers: seen, not seen where they would be, or null; is_shed_season. Errors as of `meet`.

    >>> from thumper_core import Workspace, who
    >>> who.eligibility(Workspace.open("ranch"))["fit_identify"].is_between(0, 1).all()
    True
    """
    found = gallery(workspace, (), None)
    columns = _fit_columns(found, lessons(workspace, found))
    return pl.concat([found.frame.select("detection_id", "event_id"), columns], how="horizontal")


def _fit_columns(found: Gallery, learned: Lessons) -> pl.DataFrame:
    frame, measured = found.frame, found.facts.measured
    shed = in_shed_season(frame)
    antlers = tells(learned.antlers, measured)
    return pl.DataFrame(
        {
            "fit_identify": tells(learned.identify, measured),
            "fit_sex": tells(learned.sex, measured),
            "fit_age": tells(learned.age, measured),
            "fit_antlers": antlers,
            "p_male": male_chance(frame, sex_right(learned.sex, frame, measured)),
            "has_antlers": antlers_seen(frame, shed, antlers),
            "is_shed_season": shed,
        }
    )


def _visits(workspace: Workspace, found: Gallery, learned: Lessons) -> tuple[Visit, ...]:
    fits = _fit_columns(found, learned)
    shows = fits["fit_identify"].to_numpy()
    rows = np.flatnonzero(found.asked)
    label = _animals(workspace, found, rows, shows)
    facts = found.facts
    asked = facts.sightings(rows, found.vectors, label, found.who, shows)
    members = np.flatnonzero(found.who >= 0)
    own = by_visit(found.who[members], facts.event[members])
    known = facts.sightings(members, found.vectors, own, found.who, shows)
    compared = compare(asked, known, learned.model.yardstick)
    prior = prior_of_new(learned.model, asked, compared, known)
    deer, new = learned.model.expecting(prior).chances(asked, compared)
    suggesting = Suggesting(workspace, found, known, members, own, asked, compared, known.deer)
    made = [
        _visit(found, told, k, deer[k], float(new[k]), float(asked.tells[k]), suggesting)
        for k, told in enumerate(_told(found, fits, rows, label).iter_rows(named=True))
    ]
    made.sort(key=lambda visit: (visit.started_at is None, visit.started_at, visit.visit_id))
    is_telling = herd_size(found.herd.summary, 0).is_telling and learned.model.apart > 0
    return tuple(_with_bucks(_with_doubts(made, is_telling=is_telling), fits, found, learned))


def _animals(
    workspace: Workspace, found: Gallery, rows: npt.NDArray[np.int64], shows: Array
) -> IntArray:
    """(A,) the visit of each row that is asked about, one animal each."""
    frame = found.frame[rows.tolist()]
    apart = parted_rows(found.decisions, frame)
    index = link_tracklets(frame, found.raw, apart=apart, contrast=found.known.contrast)
    tracklets = tracklet_table(frame, index)
    settings = workspace.settings.identify
    links = build_constraints(
        tracklets, frame, index, found.decisions, found.cameras, settings
    ).constraints
    best = np.zeros(tracklets.height)
    np.maximum.at(best, index, shows[rows])
    event = np.unique(found.facts.event[rows], return_inverse=True)[1].astype(np.int32)
    of_tracklet = event[np.unique(index, return_index=True)[1]]
    means = group_means(found.vectors[rows], index, tracklets.height)
    cut = found.known.similarity
    return animals_of_visits(means, of_tracklet, links, 1.0 if cut is None else cut, best)[index]


def _told(
    found: Gallery, fits: pl.DataFrame, rows: npt.NDArray[np.int64], label: IntArray
) -> pl.DataFrame:
    """A row per visit, in the order of the labels: its pictures best first, when, and what they show.

    `best`: the frame's row of its best picture; `first`: the first detection's ID.
    """
    frame = found.frame[rows.tolist()]
    worth = fits["fit_identify"].to_numpy()[rows] * crop_quality(frame).astype(np.float64)
    one = frame.select("detection_id", "photo_id", "taken_at").with_columns(
        fits[rows.tolist()],
        visit=pl.Series(label, dtype=pl.Int64),
        worth=pl.Series(-worth),
        row=pl.Series(rows),
        held=pl.Series(found.held[rows].tolist(), dtype=pl.String),
    )
    ranked = one.sort("visit", "worth", maintain_order=True)
    seen: pl.DataFrame = ranked.group_by("visit", maintain_order=True).agg(
        pl.col("detection_id").alias("detection_ids"),
        pl.col("row").first().alias("best"),
        pl.col("is_shed_season").first(),
        pl.col("detection_id")
        .sort_by("taken_at", "detection_id", nulls_last=True)
        .first()
        .alias("first"),
        pl.col("taken_at").min().alias("started_at"),
        pl.col("taken_at").max().alias("ended_at"),
        pl.col("photo_id").n_unique().alias("n_photos"),
        pl.col("p_male", *(f"fit_{what}" for what in FIT_FOR)).max(),
        pl.col("has_antlers").max(),  # whether any picture shows them; null where none can say
        pl.col("held").sort_by("row").first(),
    )
    votes = vote(frame, label, seen.height).select("sex", "age_class")
    return seen.hstack(votes.get_columns())


def _visit(
    found: Gallery,
    told: dict[str, Any],
    k: int,
    deer: Array,
    new: float,
    shows: float,
    suggesting: Suggesting,
) -> Visit:
    """One visit; told: its row of `_told`; k: its row of what is asked; deer: (K,), new: chances, were it
    certain that the pictures tell; shows: the chance that they do.
    """
    spoken = np.flatnonzero(deer * shows >= SPOKEN_OF)
    chances = {found.names[suggesting.deer[d]]: float(deer[d]) * shows for d in spoken}
    chances = dict(sorted(chances.items(), key=lambda item: (-item[1], item[0])))
    p_unknown = 1 - shows
    p_new = max(0.0, 1 - p_unknown - sum(chances.values()))
    # Of deer that look alike the likeliest may be less likely than "new", and all together more.
    kinds = {KNOWN: sum(chances.values()), NEW: p_new, UNKNOWN: p_unknown}
    said = max(kinds, key=lambda kind: (kinds[kind], kind))
    who = next(iter(chances), None) if said == KNOWN else None
    held = told["held"] or None
    rule = suggesting.by_rule(k, held)
    best = found.frame.row(told["best"], named=True)
    return Visit(
        visit_id=f"v{told['first']}",
        event_id=best["event_id"],
        camera=best["camera"],
        started_at=told["started_at"],
        ended_at=told["ended_at"],
        detection_id=told["detection_ids"][0],
        detection_ids=tuple(told["detection_ids"]),
        n_photos=told["n_photos"],
        is_infrared=best["is_infrared"],
        flank=best["flank"],
        sex=told["sex"],
        age_class=told["age_class"],
        p_male=float(told["p_male"] or 0.0),
        has_antlers=told["has_antlers"],
        is_shed_season=told["is_shed_season"],
        may_be_buck=False,
        fit=Fit(*(float(told[f"fit_{what}"]) for what in FIT_FOR)),
        chances=chances,
        p_new=p_new,
        p_unknown=p_unknown,
        candidates=candidates(suggesting, k, chances, best),
        said=said,
        individual_id=who,
        held_by=held,
        rebuilt_as=rule,
        is_settled=said == UNKNOWN or rule == who,
    )


def _with_doubts(visits: list[Visit], *, is_telling: bool) -> list[Visit]:
    """With those doubted that only a look can say: all, or of an event's visits of one deer all but the
    likeliest, for two animals that were seen together are two.
    """
    if not is_telling:
        return [replace(one, is_doubted=True) for one in visits]
    likeliest: dict[tuple[str, str], Visit] = {}
    for one in visits:
        if one.individual_id is not None:
            best = likeliest.setdefault((one.event_id, one.individual_id), one)
            if one.chances[one.individual_id] > best.chances[one.individual_id]:
                likeliest[one.event_id, one.individual_id] = one
    first = {one.visit_id for one in likeliest.values()}
    return [
        one if one.individual_id is None or one.visit_id in first else replace(one, is_doubted=True)
        for one in visits
    ]


def _with_bucks(
    visits: list[Visit], fits: pl.DataFrame, found: Gallery, learned: Lessons
) -> list[Visit]:
    """With whether the event has any animal that may be a buck."""
    chance = found.frame.select("event_id").with_columns(fits["p_male"])
    most = dict(chance.group_by("event_id").agg(pl.col("p_male").max()).iter_rows())
    return [
        replace(one, may_be_buck=bool(most[one.event_id] >= learned.buck_min)) for one in visits
    ]
