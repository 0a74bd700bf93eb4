"""The hit list: the deer that somebody watches for, when each was seen last, and which were seen since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from thumper_core.decisions.kinds import Watch
from thumper_core.language import say
from thumper_core.questions import words

if TYPE_CHECKING:
    from thumper_core.questions.met import Visit
    from thumper_core.workspace import Workspace

HINT: Final = 0.1
"""Chance from which on a visit is looked at first because it may be of a watched deer."""


@dataclass(frozen=True)
class LastVisit:
    """The newest visit of an individual whose time is known.

    status, status_on: as `decisions.kinds.Status` says them; n_pictures: of that visit.
    """

    individual_id: str
    label: str
    is_watched: bool
    status: str
    status_on: date | None
    camera: str
    ended_at: datetime
    precision: str
    n_pictures: int

    @property
    def sentence(self) -> str:
        """Who was seen, when and where, and what speaks against it."""
        when = words.when(self.ended_at, self.precision)
        told = say(
            "{label}, on the hit list, was seen on {when}, at {camera} ({pictures}).",
            label=self.label,
            when=when,
            camera=self.camera,
            pictures=words.counted(self.n_pictures, "picture"),
        )
        if self.status == "missing":
            return say(
                "{told} It was {status}.",
                told=told,
                status=words.status(self.status, self.status_on),
            )
        if self.status in ("harvested", "dead"):
            status = words.status(self.status, self.status_on)
            return say(
                "{told} It is said to be {status}: look at who this is.", told=told, status=status
            )
        return told


def last_visits(workspace: Workspace) -> dict[str, LastVisit]:
    """The newest visit of each individual of the shown herd, by individual."""
    rows = workspace.sql(
        """
        select i.individual_id, i.label, i.watched as is_watched, i.status, i.status_on, s.camera,
            s.ended_at, s.taken_at_precision as precision, s.n_detections as n_pictures
        from sightings s join individuals i using (individual_id)
        where s.taken_at_precision <> 'unknown'
        qualify row_number() over (
            partition by i.individual_id order by s.ended_at desc, s.event_id desc
        ) = 1
        """
    )
    return {row["individual_id"]: LastVisit(**row) for row in rows.iter_rows(named=True)}


def seen_since(before: Mapping[str, LastVisit], after: Mapping[str, LastVisit]) -> list[LastVisit]:
    """The newest visits of watched deer that are later than those before, the latest first."""
    new = [
        visit
        for who, visit in after.items()
        if visit.is_watched and (who not in before or visit.ended_at > before[who].ended_at)
    ]
    return sorted(new, key=lambda visit: (visit.ended_at, visit.individual_id), reverse=True)


def watching(workspace: Workspace, individual_id: str, *, watched: bool) -> list[Watch]:
    """What puts a deer on the hit list or takes it off, with those that were merged into it.

    One that is watched is watched still when it becomes part of another one: so both come off.
    """
    if watched:
        return [Watch(individual_id, watched=True)]
    parts = workspace.sql(
        "select w.individual_id from ledger_individuals w join merged m using (individual_id) "
        "where w.watched = 1 and m.merged_into = ? order by 1",
        [individual_id],
    )["individual_id"].to_list()
    return [Watch(who, watched=False) for who in (individual_id, *parts)]


def watched(workspace: Workspace) -> frozenset[str]:
    """The individuals of the shown herd that are on the hit list."""
    rows = workspace.sql("select individual_id from individuals where watched and n_events > 0")
    return frozenset(rows["individual_id"])


def fates(workspace: Workspace) -> dict[str, str]:
    """What is said of the individuals of the shown herd that are not simply alive: `taken on 3 Oct 2026`."""
    rows = workspace.sql(
        "select individual_id, status, status_on, status_by from individuals "
        "where status <> 'alive' and n_events > 0"
    )
    return {row["individual_id"]: words.status_of(row) for row in rows.iter_rows(named=True)}


def first(visits: Iterable[Visit], wanted: Collection[str]) -> list[Visit]:
    """The same visits, first those that may be of a watched deer, the likeliest of them first; the others
    as they were.

    wanted: individuals on the hit list; they may be it from a chance of `HINT` on.
    """

    def rank(visit: Visit) -> float:
        chance = max((visit.chances.get(one, 0.0) for one in wanted), default=0.0)
        return -chance if chance >= HINT else 0.0

    return sorted(visits, key=rank)
