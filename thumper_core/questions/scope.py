"""A part of a workspace: a period, some cameras, and without what a hunter would not show.

A scoped workspace answers every question of the views as if the rest had never been photographed,
so reports and exports need not know about selections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from thumper_core.contracts import PEOPLE, VEHICLES, UsageError
from thumper_core.store.cameras.names import require_camera
from thumper_core.views.pictures import PICTURE_SCORE
from thumper_core.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

    from thumper_core.questions.blurred import Blur


@dataclass(frozen=True)
class Scope:
    """What of a workspace is shown.

    begins (inclusive) and ends (exclusive): camera wall clock, None: no bound; cameras: names,
    empty: all; hide_coordinates: no latitude or longitude; hide_people, hide_vehicles: photos
    that show one are left out as if they had not been taken; blur_people: people and vehicles are blurred
    in pictures (`questions.blurred`).
    """

    begins: datetime | None = None
    ends: datetime | None = None
    cameras: tuple[str, ...] = ()
    hide_coordinates: bool = False
    hide_people: bool = False
    hide_vehicles: bool = False
    blur_people: bool = False

    @classmethod
    def of_days(
        cls,
        first: date | None = None,
        last: date | None = None,
        *,
        cameras: Sequence[str] = (),
        hide_coordinates: bool = False,
        hide_people: bool = False,
        hide_vehicles: bool = False,
        blur_people: bool = False,
    ) -> Scope:
        """A scope from its first day to its last, both included. UsageError: it ends too early."""
        if first is not None and last is not None and last < first:
            raise UsageError(f"The period ends ({last}) before it begins ({first}).")
        midnight = time()
        return cls(
            begins=datetime.combine(first, midnight) if first else None,
            ends=datetime.combine(last, midnight) + timedelta(days=1) if last else None,
            cameras=tuple(cameras),
            hide_coordinates=hide_coordinates,
            hide_people=hide_people,
            hide_vehicles=hide_vehicles,
            blur_people=blur_people,
        )

    @property
    def is_part(self) -> bool:
        """Whether a period or some cameras were selected, so that not every visit is counted."""
        return bool(self.begins or self.ends or self.cameras)

    @property
    def hidden_species(self) -> tuple[str, ...]:
        """Species words whose photos are left out."""
        return (PEOPLE if self.hide_people else ()) + (VEHICLES if self.hide_vehicles else ())

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was selected and left out, for people; nothing where all is shown."""
        said = []
        if self.begins or self.ends:
            first = f"from {_day(self.begins)}" if self.begins else ""
            last = f"to {_day(self.ends - timedelta(days=1))}" if self.ends else ""
            said.append(f"Only photos {' '.join(filter(None, (first, last)))} are counted.")
        if self.cameras:
            word = "camera" if len(self.cameras) == 1 else "cameras"
            names = ", ".join(
                f"\N{FIRST STRONG ISOLATE}{n}\N{POP DIRECTIONAL ISOLATE}" for n in self.cameras
            )
            said.append(f"Only the {word} {names} {'is' if word == 'camera' else 'are'} counted.")
        hidden = [
            w for w, on in (("people", self.hide_people), ("vehicles", self.hide_vehicles)) if on
        ]
        if hidden:
            said.append(f"Photos that show {' or '.join(hidden)} are left out.")
        if self.blur_people:
            said.append("People and vehicles that were found are blurred.")
        if self.hide_coordinates:
            said.append("Where the cameras stand is left out.")
        return tuple(said)


class ScopedWorkspace(Workspace):
    """A workspace whose views hold what lies in a scope; its ledger is the whole one's."""

    def __init__(self, root: Path, scope: Scope) -> None:
        super().__init__(root)
        self.scope = scope
        self.blur: Blur | None = None  # of its pictures, once it was asked (`questions.blurred`)
        self._narrowed: duckdb.DuckDBPyConnection | None = None

    def query(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB connection of one's own, its views narrowed to the scope."""
        db = super().query()
        narrow(db, self.scope)
        return db

    def _current(self) -> duckdb.DuckDBPyConnection:
        # What was narrowed cannot be brought up to date: after a change it is made anew.
        stamp = self._as_of()
        if self._narrowed is None or stamp != self._stamp:
            self._narrowed, self._stamp = self.query(), stamp
        return self._narrowed


def scoped(workspace: Workspace, scope: Scope) -> Workspace:
    """The workspace narrowed to a scope. UsageError: a camera that no photo is from."""
    whole = Workspace(workspace.root)
    if scope == Scope():
        return whole
    known = whole.sql("select distinct camera from photos")["camera"].to_list()
    cameras = tuple(require_camera(name, known) for name in scope.cameras)
    narrowed = ScopedWorkspace(workspace.root, replace(scope, cameras=cameras))
    whole.settings = narrowed.settings = workspace.settings
    return narrowed


def with_coordinates(workspace: Workspace) -> Workspace:
    """The same scope with coordinates: for formats that make them coarse themselves."""
    if not isinstance(workspace, ScopedWorkspace) or not workspace.scope.hide_coordinates:
        return workspace
    return scoped(workspace, replace(workspace.scope, hide_coordinates=False))


def narrow(db: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    """Narrow the views of a connection of one's own (`views.session.connect`) to a scope."""
    db.execute(
        "create temp table hidden_photos as select distinct photo_id from detections "
        "where list_contains($1, species)",
        [list(scope.hidden_species)],
    )
    db.execute(
        "delete from photos where photo_id in (select photo_id from hidden_photos) "
        "or ($1::timestamp is not null and taken_at < $1::timestamp) "
        "or ($2::timestamp is not null and taken_at >= $2::timestamp) "
        "or (($1::timestamp is not null or $2::timestamp is not null) "
        "and taken_at_precision = 'unknown') "
        "or (len($3) > 0 and not list_contains($3, camera))",
        [scope.begins, scope.ends, list(scope.cameras)],
    )
    if scope.cameras:
        db.execute("delete from cameras where not list_contains($1, name)", [list(scope.cameras)])
    if scope.hide_coordinates:
        for table in ("photos", "cameras"):
            db.execute(f"update {table} set latitude = null, longitude = null")
    for name, query in _NARROWED.items():
        db.execute(f'create temp table "in_scope_{name}" as {query}')
        db.execute(f'create or replace temp view "{name}" as select * from "in_scope_{name}"')


# In this order: each may use the ones before it, narrowed already.
_NARROWED: Final = {
    "outcomes": "select * from outcomes semi join photos using (photo_id)",
    "detections": "select * from detections semi join photos using (photo_id)",
    "embeddings": "select * from embeddings semi join detections using (detection_id)",
    "assignments": "select * from assignments semi join detections using (detection_id)",
    "tracklets": "select * from tracklets semi join assignments using (tracklet_id)",
    "profiles": f"""
        with seen as (
            select a.profile_id, cast(count(*) as integer) as n_detections,
                cast(count(distinct p.event_id) as integer) as n_events,
                min(p.taken_at) filter (where p.taken_at_precision <> 'unknown') as first_seen,
                max(p.taken_at) filter (where p.taken_at_precision <> 'unknown') as last_seen,
                arg_max(d.detection_id, {PICTURE_SCORE}) as best_detection_id
            from assignments a join detections d using (detection_id) join photos p using (photo_id)
            group by a.profile_id
        )
        select p.* replace (s.n_detections as n_detections, s.n_events as n_events,
            s.first_seen as first_seen, s.last_seen as last_seen,
            s.best_detection_id as best_detection_id)
        from profiles p join seen s using (profile_id)
        """,
}


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"
