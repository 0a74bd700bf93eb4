"""Places where the same came back, by camera: what a person is asked about, and what was said."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.decisions.keys import BoxKey
from thumper_core.decisions.kinds import Fixture, RestingPlace
from thumper_core.language import say

if TYPE_CHECKING:
    import polars as pl

    from thumper_core.workspace import Workspace

_ORDER: Final = "order by f.said is not null, f.n_photos desc, f.camera, f.place_id"


@dataclass(frozen=True)
class Place:
    """A place of one camera, by one light.

    place_id: its earliest detection; n_photos, n_events, n_days: in which the same was seen there;
    share: of the camera's photos by that light from first_at to last_at; said: `fixture`,
    `resting_place`, or None where nobody said anything; detection_id, photo_id: what shows it best;
    box: xyxy, pixels of the upright photo.
    """

    place_id: str
    camera: str
    is_infrared: bool
    n_photos: int
    n_events: int
    n_days: int
    share: float
    first_at: datetime | None
    last_at: datetime | None
    said: str | None
    detection_id: str
    photo_id: str
    box: tuple[float, float, float, float]

    @property
    def message(self) -> str:
        """What was seen, in a sentence."""
        light = say("in infrared") if self.is_infrared else say("in colour")
        photos, days = counted(self.n_photos, "photo"), counted(self.n_days, "day")
        seen = say(
            "{light} the same came back at one place in {photos} on {days} ({share:.0%} of its "
            "photos in that time)",
            light=light,
            photos=photos,
            days=days,
            share=self.share,
        )
        if self.said == RestingPlace.kind:
            return say("{seen}. An animal rests there, a person said: its boxes count.", seen=seen)
        if self.said == Fixture.kind:
            return say("{seen}. It is a fixture, a person said: its boxes are left out.", seen=seen)
        return say("{seen}. It is taken for a feeder, a stump or a lamp, and left out.", seen=seen)

    def decision(self, *, is_fixture: bool) -> Fixture | RestingPlace:
        """What a person says of it, to be recorded with `decide`."""
        kind = Fixture if is_fixture else RestingPlace
        return kind(BoxKey(self.photo_id, self.box))

    def as_dict(self) -> dict[str, Any]:
        """The place as JSON values, with its sentence."""
        times = {name: at.isoformat() if at else None for name, at in self._times()}
        return {**asdict(self), "box": list(self.box), **times, "message": self.message}

    def _times(self) -> tuple[tuple[str, datetime | None], ...]:
        return ("first_at", self.first_at), ("last_at", self.last_at)


def places(workspace: Workspace) -> list[Place]:
    """The places of the shown run: those that nobody spoke of first, the most frequent before others."""
    rows = workspace.sql(f"select f.* exclude (run_id, frame_ms) from fixtures f {_ORDER}")
    sides = ("x1", "y1", "x2", "y2")
    return [
        Place(
            **{name: value for name, value in row.items() if name not in sides},
            box=tuple(row[side] for side in sides),
        )
        for row in rows.iter_rows(named=True)
    ]


def crops(workspace: Workspace) -> pl.DataFrame:
    """What shows each place best, in the order of `places`: place_id, and what a crop is made by
    (detection_id, root, path_bytes, width, x1, y1, x2, y2).
    """
    return workspace.sql(
        "select f.place_id, f.detection_id, p.root, p.path_bytes, p.width, f.x1, f.y1, f.x2, f.y2, "
        "f.frame_ms "
        f"from fixtures f join photos p using (photo_id) {_ORDER}"
    )


def place(workspace: Workspace, name: str) -> Place:
    """The place whose ID begins with `name`. UsageError where none or several do."""
    found = [one for one in places(workspace) if name and one.place_id.startswith(name)]
    if len(found) != 1:
        many = say("Several places begin") if found else say("No place begins")
        raise UsageError(f"{many} with {name!r}: `thumper cameras fixtures` lists them.")
    return found[0]
