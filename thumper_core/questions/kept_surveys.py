"""Surveys that are kept: days, cameras and bait of each, and whether it is planned, under way or done."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.decisions.kinds import KeptSurvey, Undo
from thumper_core.decisions.names import name_key
from thumper_core.herd.decide import decide
from thumper_core.questions.effort import Span, stays_in
from thumper_core.questions.scope import Scope, ScopedWorkspace
from thumper_core.store.cameras.names import camera_key, renames_of, require_camera

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thumper_core.workspace import Workspace

_READ: Final = """
select camera, max(cast(read_at as date)) as day from photos
group by camera having not bool_or(list_contains(?, root))
"""
"""Until when a camera's card is known: when a photo of it was last read. UTC is near enough for days."""
PLANNED, UNDER_WAY, DONE = "planned", "under way", "done"
_KEPT: Final = "select decision_id, subject, payload from decisions where kind = ? and not undone"
_NEWEST: Final = """
select camera, max(cast(taken_at as date)) as day from photos
where taken_at_precision <> 'unknown' group by camera
"""


def kept_surveys(workspace: Workspace) -> list[KeptSurvey]:
    """The surveys that are kept, each as it was said last, the one that began last first."""
    rows = workspace.sql(f"{_KEPT} order by decision_id", [KeptSurvey.kind])
    last = {subject: payload for _, subject, payload in rows.iter_rows()}
    renames = renames_of(workspace.ledger)

    def now(cameras: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(renames.get(camera_key(name), name) for name in cameras))

    found = [KeptSurvey.of(json.loads(payload)) for payload in last.values()]
    named = [replace(one, cameras=now(one.cameras), bait=now(one.bait)) for one in found]
    return sorted(named, key=lambda one: (one.first, one.name), reverse=True)


def survey_named(workspace: Workspace, name: str) -> KeptSurvey:
    """The survey of this name, however it is written. UsageError names those that there are."""
    kept = kept_surveys(workspace)
    for one in kept:
        if one.subject == name_key(name):
            return one
    names = ", ".join(one.name for one in kept) or "none is kept yet"
    raise UsageError(f"No survey is called {name!r}; there are: {names}.")


def keep_survey(workspace: Workspace, wanted: KeptSurvey, author: str) -> int:
    """Keep a survey, or change the one of this name; the decision's number.

    Its cameras are named as their photos or `cameras.csv` name them: one without photos stands there.
    UsageError: there is no such camera.
    """
    known = known_cameras(workspace)

    def named(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(require_camera(name, known) for name in names))

    made = replace(wanted, cameras=named(wanted.cameras), bait=named(wanted.bait))
    return decide(workspace, made, author).numbers[0]


def drop_survey(workspace: Workspace, name: str, author: str) -> tuple[int, ...]:
    """Keep a survey no longer: all that was said under its name is taken back, as one step."""
    subject = survey_named(workspace, name).subject
    rows = workspace.sql(
        f"{_KEPT} and subject = ? order by decision_id", [KeptSurvey.kind, subject]
    )
    undos = [Undo(number) for number in reversed(rows["decision_id"].to_list())]
    return decide(workspace, undos, author, as_one=True).numbers


def known_cameras(workspace: Workspace) -> list[str]:
    """Cameras that have photos or stand in `cameras.csv`."""
    rows = workspace.sql("select camera as name from photos union select name from cameras")
    return sorted(rows["name"].to_list())


def state_of(kept: KeptSurvey, today: date) -> str:
    """PLANNED, UNDER_WAY or DONE, by the calendar."""
    if today < kept.first:
        return PLANNED
    return UNDER_WAY if today <= kept.last else DONE


def cameras_of(workspace: Workspace, kept: KeptSurvey) -> list[str]:
    """The cameras of a survey; where it names none, those that have a photo in its days or stood somewhere
    then by `cameras.csv`.
    """
    if kept.cameras:
        return list(kept.cameras)
    table = workspace.sql("select * from cameras")
    stood = {
        name for name in table["name"].unique() if stays_in(table, name, kept.first, kept.last)
    }
    seen = narrowed(workspace, kept).sql("select distinct camera from photos")["camera"]
    return sorted({*stood, *seen})


def narrowed(workspace: Workspace, kept: KeptSurvey) -> Workspace:
    """The workspace narrowed to a survey's days and cameras, of which some may have no photo yet."""
    scope = Scope.of_days(kept.first, kept.last, cameras=kept.cameras)
    part = ScopedWorkspace(workspace.root, scope)
    part.settings = workspace.settings
    return part


def span_of(workspace: Workspace, kept: KeptSurvey, today: date) -> Span:
    """The days and cameras of a survey, and until when photos can tell of each.

    Where it is done, that is the newest photo of any of its cameras, but not beyond the day on which its own
    card was last read: a card that was left behind is no camera that fell silent. One that sends its photos
    has no card. Under way it is the camera's own newest photo: what came after may lie on its card.
    """
    cameras = cameras_of(workspace, kept)
    newest = {c: day for c, day in workspace.sql(_NEWEST).iter_rows() if c in {*cameras}}
    of_any = max(newest.values(), default=None)
    is_done = state_of(kept, today) == DONE
    sent = workspace.ledger.sent_roots()
    read = dict(workspace.sql(_READ, [sent]).iter_rows()) if is_done else {}
    known: dict[str, date | None] = {}
    unread: dict[str, date] = {}
    for camera in cameras:
        until = of_any if is_done else newest.get(camera)
        last_read = read.get(camera)
        if until is not None and last_read is not None:
            told = max(last_read, newest.get(camera, last_read))
            if told < min(until, kept.last):
                until, unread[camera] = told, last_read
        known[camera] = until if until is not None and until >= kept.first else None
    table = pl.DataFrame(workspace.sql("select * from cameras"))
    return Span(kept.first, kept.last, known, table, unread)
